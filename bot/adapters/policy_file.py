"""The policy file: one TOML file, read whole or not at all, each mistake with its line."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from rapidfuzz import fuzz, process

from bot.adapters.policy_schema import (
    BY_NAME,
    LATEST,
    STARTING_RUNS,
    TABLES,
    Key,
    Kind,
    Table,
    Wrong,
    checked,
    is_list,
)
from bot.adapters.toml_lines import Place, lines_of
from bot.domain.errors import ConfigurationError
from bot.domain.policy import (
    ANY,
    AllowRule,
    ApprovalRule,
    Complaint,
    DenyRule,
    InvalidPolicy,
    Limit,
    Link,
    Policy,
    Prices,
    Rule,
)

Ruled = TypeVar("Ruled", bound=Rule)

MOST_BYTES = 1_000_000
MOST_OPEN_HOURS = 168.0
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")


class PolicyFile:
    """`ports.PolicyOrigin` for a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Policy:
        return read_policy(self._file)


def read_policy(file: Path) -> Policy:
    """Read and check a policy file.

    Raises:
        InvalidPolicy: it isn't TOML, or says something that isn't understood. Nothing is guessed.
        ConfigurationError: it is missing or can't be read.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"The policy file {file} can't be read ({error.strerror}). The bot doesn't start without a policy; "
            "the README shows one to start from."
        ) from error
    return policy_of(content, str(file))


def policy_of(content: bytes, file: str = "policy.toml") -> Policy:
    """The policy that is written in `content`, of a file called `file`. Raises InvalidPolicy."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    if len(content) > MOST_BYTES:
        raise InvalidPolicy(file, (Complaint(0, f"It is larger than {MOST_BYTES // 1_000_000} MB."),), digest)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidPolicy(file, (Complaint(line, "This isn't UTF-8."),), digest) from error
    try:
        values = tomllib.loads(text)
        lines = lines_of(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidPolicy(file, (_not_toml(str(error), text),), digest) from error
    except RecursionError as error:
        raise InvalidPolicy(file, (Complaint(0, "Its lists are nested too deeply."),), digest) from error
    reader = _Reader(values, lines)
    policy = reader.policy(digest)
    if reader.complaints:
        raise InvalidPolicy(file, tuple(reader.complaints), digest)
    return policy


def valid_link(team: str, user: str, object_id: str) -> Link:
    """A link of these ids. Raises ConfigurationError for one that can't be right."""
    try:
        return Link(checked(Kind.TEAM, team), checked(Kind.USER, user), checked(Kind.GUID, object_id))
    except Wrong as error:
        raise ConfigurationError(f"The link {error}.") from error


def _not_toml(said: str, text: str) -> Complaint:
    found = _AT_LINE.search(said)
    # Only the end of the document has no line.
    line = int(found[1]) if found else len(text.splitlines())
    said = _AT_LINE.sub("", said).removesuffix("(at end of document)").strip()
    return Complaint(max(line, 1), f"This isn't TOML: {said}.")


class _Reader:
    """Makes a policy of a document's values and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, Any], lines: Mapping[Place, int]) -> None:
        self._values = values
        self._lines = lines
        self.complaints: list[Complaint] = []

    def policy(self, digest: str) -> Policy:
        """The policy; only to be used when there are no complaints."""
        version = self._version()
        self._only((), self._values, ("version", "prices", *BY_NAME))
        found: dict[str, list[tuple[Place, dict[str, Any]]]] = {}
        for table in TABLES:
            if table.name in self._values and table.since > version:
                self._complain((table.name,), f"[[{table.name}]] needs version = {table.since}.")
            found[table.name] = self._tables(table, version)
        links = tuple(Link(**values) for _, values in found["links"] if len(values) == len(BY_NAME["links"].keys))
        rules = self._rules(AllowRule, found["allow"])
        if not found["allow"] and not self.complaints:
            self._complain((), "There is no [[allow]] rule, so nobody could do anything.")
        return Policy(
            version=version,
            links=links,
            rules=rules,
            digest=digest,
            denials=self._rules(DenyRule, found["deny"]),
            limits=self._limits(found["limit"]),
            approvals=self._approvals(found["approval"]),
            prices=self._prices(version),
        )

    def _version(self) -> int:
        version = self._values.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= LATEST:
            self._complain(("version",), f"version must be {LATEST}, or 1 for a file of before.")
            return LATEST
        return version

    def _tables(self, table: Table, version: int) -> list[tuple[Place, dict[str, Any]]]:
        given = self._values.get(table.name, [])
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            self._complain((table.name,), f"{table.name} must be written as tables: [[{table.name}]].")
            return []
        known = table.keys if version >= LATEST else tuple(k for k in table.keys if k.needed or k.name == "roles")
        return [((table.name, i), self._table(table, known, (table.name, i), each)) for i, each in enumerate(given)]

    def _table(self, table: Table, known: tuple[Key, ...], place: Place, given: dict[str, Any]) -> dict[str, Any]:
        newer = [key.name for key in table.keys if key not in known and key.name in given]
        for name in newer:
            self._complain((*place, name), f"“{name}” needs version = {LATEST}.")
        self._only(place, {name: given[name] for name in given if name not in newer}, [key.name for key in known])
        values: dict[str, Any] = {}
        for key in known:
            if key.name in given:
                value = self._value(key, (*place, key.name), given[key.name])
                if value is not None:
                    values[key.field or key.name] = value
            elif key.needed:
                self._complain(place, f"[[{table.name}]] needs “{key.name}”.")
        return values

    def _value(self, key: Key, place: Place, value: Any) -> Any:
        """The value as rules take it, None when it is wrong."""
        if not is_list(key.kind):
            return self._checked(key, place, value)
        if not isinstance(value, list) or not value:
            self._complain(place, f"“{key.name}” must be a list of texts that isn't empty.")
            return None
        found = [self._checked(key, (*place, index), each) for index, each in enumerate(value)]
        return tuple(each for each in found if each is not None)

    def _checked(self, key: Key, place: Place, value: Any) -> Any:
        try:
            return checked(key.kind, value)
        except Wrong as wrong:
            self._complain(place, f"“{key.name}” {wrong}.")
            return None

    def _rules(self, make: type[Ruled], found: list[tuple[Place, dict[str, Any]]]) -> tuple[Ruled, ...]:
        made = []
        for place, values in found:
            rule = make(**values, line=self._line(place))
            self._check_who(rule, place)
            for name in ("projects", "compute", "environments"):
                others = sorted(set(rule.commands) - STARTING_RUNS)
                if name in values and others:
                    self._complain(
                        (*place, name),
                        f"“{name}” is for commands that start runs only ({', '.join(sorted(STARTING_RUNS))}); take out "
                        f"“{others[0]}”, or write a rule of its own for it.",
                    )
            made.append(rule)
        return tuple(made)

    def _limits(self, found: list[tuple[Place, dict[str, Any]]]) -> tuple[Limit, ...]:
        for place, values in found:
            if not any((*place, name) in self._lines for name in ("nodes", "runs", "hours", "cost")):
                self._complain(place, "[[limit]] needs one of “nodes”, “runs”, “hours” and “cost”.")
            if values.get("hours") == 0:
                self._complain((*place, "hours"), "“hours” must be above 0; to forbid runs, write a [[deny]] rule.")
            if "cost" in values and not self._values.get("prices"):
                self._complain((*place, "cost"), "“cost” needs a price table: [prices.node_hour].")
        return self._rules(Limit, [(place, self._of_runs(values)) for place, values in found])

    def _approvals(self, found: list[tuple[Place, dict[str, Any]]]) -> tuple[ApprovalRule, ...]:
        for place, values in found:
            people = values.get("by_people", ())
            others = bool(values.get("by_roles") or values.get("by_groups") or ANY in people)
            if not any((*place, name) in self._lines for name in ("by_roles", "by_people", "by_groups")):
                self._complain(place, "[[approval]] needs “by_roles”, “by_people” or “by_groups”: who may approve.")
            if (*place, "channel") not in self._lines and people and not any("/" in person for person in people):
                self._complain(
                    place, "[[approval]] needs “channel”, or in “by_people” somebody as TEAM/USER, to ask them."
                )
            if not others and people and values.get("needed", 1) > len(set(people)):
                self._complain(
                    (*place, "needed"), f"“needed” is more than the {len(set(people))} who may approve, so nobody can."
                )
            if not 0 < values.get("open_hours", 1) <= MOST_OPEN_HOURS:
                self._complain((*place, "open_hours"), f"“open_hours” must be above 0 and at most {MOST_OPEN_HOURS:g}.")
        return self._rules(ApprovalRule, [(place, self._of_runs(values)) for place, values in found])

    @staticmethod
    def _of_runs(values: dict[str, Any]) -> dict[str, Any]:
        commands = values.get("commands", (ANY,))
        return {**values, "commands": tuple(sorted(STARTING_RUNS)) if ANY in commands else commands}

    def _check_who(self, rule: Rule, place: Place) -> None:
        given = any((*place, name) in self._lines for name in ("roles", "people", "groups"))
        if not given:
            self._complain(
                place, f"[[{place[0]}]] needs “roles”, “people” or “groups”: whom it is about. For everybody: "
                'people = ["*"].',
            )  # fmt: skip
        if isinstance(rule, Limit | ApprovalRule):
            others = sorted(set(rule.commands) - STARTING_RUNS)
            if others:
                self._complain(
                    (*place, "commands"),
                    f"[[{place[0]}]] is for commands that start runs only ({', '.join(sorted(STARTING_RUNS))}), not "
                    f"“{others[0]}”.",
                )

    def _prices(self, version: int) -> Prices:
        given = self._values.get("prices", {})
        if not isinstance(given, dict):
            self._complain(("prices",), "prices must be written as a table: [prices].")
            return Prices()
        if given and version < LATEST:
            self._complain(("prices",), f"[prices] needs version = {LATEST}.")
        self._only(("prices",), given, ("currency", "node_hour"))
        if not given:
            return Prices()
        currency = self._checked(Key("currency", Kind.TEXT, ""), ("prices", "currency"), given.get("currency"))
        table = given.get("node_hour")
        if not isinstance(table, dict) or not table:
            self._complain(("prices", "node_hour"), "[prices.node_hour] needs a price for each compute target.")
            return Prices()
        found: dict[str, float] = {}
        for name, price in table.items():
            if name.lower() in (each.lower() for each in found):
                self._complain(("prices", "node_hour", name), f"There are two prices for “{name}”.")
            amount = self._checked(Key(name, Kind.AMOUNT, ""), ("prices", "node_hour", name), price)
            found[name] = amount or 0.0
        return Prices(currency or "", tuple(found.items()))

    def _only(self, place: Place, given: Mapping[str, Any], known: tuple[str, ...] | list[str]) -> None:
        for name in given:
            if name not in known:
                near = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=60)
                meant = f" Did you mean “{near[0]}”?" if near else f" Known are: {', '.join(sorted(known))}."
                self._complain((*place, name), f"“{name}” isn't known here.{meant}")

    def _line(self, place: Place) -> int:
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def _complain(self, place: Place, text: str) -> None:
        self.complaints.append(Complaint(self._line(place), text))
