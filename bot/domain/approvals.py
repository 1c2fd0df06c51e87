"""Runs that wait for somebody's consent: what was asked for, by whom, who has agreed, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.access import Caller, reference_of
from bot.domain.audit import AuditEntry, Phase
from bot.domain.runs import RunSpec


class ApprovalState(StrEnum):
    """OPEN waits; APPROVED is about to be started; the others are ends. VOID: the asker may not start it any more."""

    OPEN = "open"
    APPROVED = "approved"
    STARTED = "started"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a rule of the policy wants, as it was when it was asked: `needed` of the holders of `roles`, of `people`
    (TEAM/USER in Slack, or object ids) and of the members of `groups`. They are asked in `channel` or, where that is
    "", those of `people` that Slack knows directly."""

    needed: int
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    channel: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """Somebody's consent: a Slack person and the Entra object id they acted as."""

    team: str
    user: str
    object_id: str


@dataclass(frozen=True, slots=True)
class ApprovalMessage:
    """A message in Slack that shows a request: to approvers (`asks`), or to its asker; `thread_ts` is the thread that
    it stands in or begins."""

    channel: str
    ts: str
    thread_ts: str
    asks: bool


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A run that waits for consent. It is named by its run's id, and starts exactly `spec`.

    `key`, `team`, `user` and `channel` are of the request in Slack, `object_id` is the Azure identity that it was asked
    with. `fingerprint` is of the project's files where no commit names them. `hours` and `cost` are what
    it can take at most, None where nobody can tell. Times are UTC. `by` (TEAM/USER) ended it, and said `reason`.
    """

    key: str
    team: str
    user: str
    channel: str
    object_id: str
    command: str
    spec: RunSpec
    requirements: tuple[Requirement, ...]
    asked: datetime
    until: datetime
    fingerprint: str = ""
    hours: float | None = None
    cost: float | None = None
    currency: str = ""
    state: ApprovalState = ApprovalState.OPEN
    by: str = ""
    reason: str = ""
    votes: tuple[Vote, ...] = ()

    @property
    def run_id(self) -> str:
        """The run that it is about, and what it goes by."""
        return self.spec.run_id

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.state is ApprovalState.OPEN


def row(request: ApprovalRequest, result: str, by: Caller, object_id: str, scope: str) -> AuditEntry:
    """The audit's row of what `by` did about a request: asked, approved, rejected, expired, void or started."""
    return AuditEntry(
        key=request.key,
        phase=Phase.APPROVAL,
        command=request.command,
        team=by.team,
        user=by.user,
        object_id=object_id,
        channel=by.channel,
        action="",
        scope=scope,
        result=result,
        reason=f"run={request.run_id}",
        reference=reference_of(request.key),
        delivery=by.delivery,
        request=by.request,
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """What came of somebody's consent: how many more are needed (0: it is approved)."""

    request: ApprovalRequest
    missing: int
