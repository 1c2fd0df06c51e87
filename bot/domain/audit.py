"""The audit's rows: who tried what, what was decided and how it ended. No message text, no tokens.

Each row carries a seal: an HMAC-SHA256 (RFC 2104) over the row and the seal before it, under a key that isn't in the
database. Whoever changes, adds, swaps or takes out a row can't make the seals that follow; whoever takes off the last
rows is found by the head, the last row's seal, where it was noted elsewhere.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import InvalidRequest

COLUMNS = (
    "id",
    "at",
    "key",
    "phase",
    "command",
    "team",
    "user",
    "object_id",
    "channel",
    "action",
    "scope",
    "result",
    "reason",
    "reference",
    "delivery",
    "request",
)
"""What a seal covers, in this order; with the seal that is the whole row."""


class Phase(StrEnum):
    """Every attempt has a decision; one that was allowed has an outcome; an unknown outcome is settled later.

    A request is for a role that somebody lacks: they ask others for it, it is granted or given up, they go on.
    An approval is given or refused by somebody else than the one who asked. A change is of what decisions rest on:
    links and the policy.
    """

    DECISION = "decision"
    OUTCOME = "outcome"
    SETTLED = "settled"
    REQUEST = "request"
    APPROVAL = "approval"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row. `result` is allowed/refused for a decision and done/failed/unknown for an outcome.
    `reason` is what settled it.

    `key` is the request's, `delivery` what Slack calls the delivery that brought it, and `request` a digest of what was
    asked, whose words aren't kept (see `digest_of`). A job that runs again adds no
    second row that says the same, but one for what came out differently.
    """

    key: str
    phase: Phase
    command: str
    team: str
    user: str
    object_id: str
    channel: str
    action: str
    scope: str
    result: str
    reason: str
    reference: str = ""
    delivery: str = ""
    request: str = ""


def digest_of(key: str, asked: object) -> str:
    """A digest of what was asked by the request `key`, as JSON: whoever has the words can show that they are those."""
    text = json.dumps([key, asked], ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def change(
    what: str, key: str, reason: str, *, result: str = "done", team: str = "", user: str = "", object_id: str = ""
) -> AuditEntry:
    """The row of a change that no request in Slack asked for, such as a link or a new policy.

    `key` is unique to the change; `reason` says by whom or from where; `team`, `user` and `object_id` are of the person
    whom it is about.
    """
    return AuditEntry(
        key=key,
        phase=Phase.CHANGE,
        command=what,
        team=team,
        user=user,
        object_id=object_id,
        channel="",
        action="",
        scope="",
        result=result,
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: the last `last` of those that fit; "" fits all. `since` is a time as rows have it (UTC, ISO 8601).

    `run` is a run's id: of every request that had to do with it. `scope` leaves out what was decided at another one.
    `before` is a row's id: only those before it.
    """

    last: int = 50
    user: str = ""
    command: str = ""
    since: str = ""
    result: str = ""
    run: str = ""
    reference: str = ""
    scope: str = ""
    before: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows as they were written, oldest first, and what Slack calls the people in them by user id. `more`: there are
    older ones that fit."""

    wanted: Wanted
    rows: tuple[Mapping[str, str], ...]
    names: Mapping[str, str]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The last row's id and seal; written `ID-SEAL`. The empty audit's is `0-` and zeros."""

    id: int
    seal: str

    def __str__(self) -> str:
        return f"{self.id}-{self.seal}"

    @staticmethod
    def of(text: str) -> "Head":
        """The head that is written as `text`. Raises InvalidRequest."""
        found = re.fullmatch(r"\s*([0-9]{1,18})-([0-9a-f]{64})\s*", text)
        if not found:
            raise InvalidRequest("This is no head of the audit. `aml-bot audit export` ends with one: ID-SEAL.")
        return Head(int(found[1]), found[2])


NOTHING = Head(0, "0" * 64)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the seals say: how many rows hold from the first on, the head after them, and what is wrong then ("" when
    nothing is)."""

    rows: int
    head: Head
    problem: str = ""


def sealed(key: bytes, before: Head, row: Mapping[str, object]) -> Head:
    """The head after `row`, which has all of `COLUMNS`."""
    parts = [before.seal, *(row[name] for name in COLUMNS)]
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"), default=repr)
    return Head(int(str(row["id"])), hmac.new(key, text.encode(), hashlib.sha256).hexdigest())


def verify(rows: Iterable[Mapping[str, object]], key: bytes, *, known: Head | None = None, highest: int = 0) -> Verdict:
    """Check the seals of `rows`, which are in the order of their ids.

    `known` is a head that was noted earlier: its row must still be there. `highest` is the highest id that the database
    says it has given.
    """
    head, count = NOTHING, 0
    found = known is None or known == NOTHING
    for row in rows:
        if row["id"] != head.id + 1:
            return Verdict(count, head, f"Between row {head.id} and row {row['id']} rows are missing.")
        after = sealed(key, head, row)
        if not hmac.compare_digest(after.seal.encode(), str(row["seal"]).encode(errors="replace")):
            return Verdict(count, head, f"Row {row['id']} isn't what was written, or the key is another one.")
        head, count = after, count + 1
        if known is not None and known.id == head.id:
            if known != head:
                return Verdict(count, head, f"Row {head.id} has another seal than the head that you gave.")
            found = True
    if known is not None and not found:
        return Verdict(
            count, head, f"The audit ends at row {head.id}, and the head that you gave is of row {known.id}."
        )
    if highest > head.id:
        return Verdict(count, head, f"The audit ends at row {head.id}, but there was a row {highest} once.")
    return Verdict(count, head)
