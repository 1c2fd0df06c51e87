"""The tables and keys of a policy file: one list that reading, checking and the documentation share."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.commands import ALL, APPROVE
from bot.domain.policy import ANY, DIRECT

LATEST = 2
GUARDED = frozenset(command.name for command in ALL if command.guarded) | {APPROVE.name}
"""What a policy can speak of: the guarded commands, and approving, which has no command."""
STARTING_RUNS = frozenset(command.name for command in ALL if command.starts_run)

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TEAM, _USER = re.compile(r"[TE][A-Z0-9]{2,}"), re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_LONGEST = 500


class Kind(StrEnum):
    """What a key takes, as the documentation names it."""

    COMMANDS = "list of commands"
    ROLES = "list of Azure role names"
    PEOPLE = "list of people"
    GROUPS = "list of Entra group ids"
    CHANNELS = "list of channel ids"
    PATTERNS = "list of names"
    VERSIONED = "list of environments"
    CHANNEL = "channel id"
    TEAM = "Slack team id"
    USER = "Slack user id"
    GUID = "Entra object id"
    TEXT = "text"
    COUNT = "whole number"
    AMOUNT = "number"
    SWITCH = "true or false"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table. `field` is the rule's field that it fills, where that has another name."""

    name: str
    kind: Kind
    help: str
    needed: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file, written `[[name]]`, as often as wanted."""

    name: str
    help: str
    keys: tuple[Key, ...]
    since: int = LATEST

    def key(self, name: str) -> Key | None:
        """The key of this name."""
        return next((key for key in self.keys if key.name == name), None)


_COMMANDS = Key("commands", Kind.COMMANDS, 'which commands; `"*"` is all of them', needed=True)
_STARTING = Key("commands", Kind.COMMANDS, "which of the commands that start runs; all when left out")
_WHO = (
    Key("roles", Kind.ROLES, 'whoever holds any of these at the workspace; `"*"` is any role'),
    Key("people", Kind.PEOPLE, 'these people: `TEAM/USER` in Slack or an Entra object id; `"*"` is everybody linked'),
    Key("groups", Kind.GROUPS, "whoever is in any of these, directly or through other groups"),
)
_WHERE = Key("channels", Kind.CHANNELS, "only when asked there; `direct` is any direct message")
_ABOUT = (
    Key("projects", Kind.PATTERNS, "only runs of these projects"),
    Key("compute", Kind.PATTERNS, "only runs on these compute targets"),
    Key("environments", Kind.VERSIONED, "only runs in these environments, `NAME` or `NAME:VERSION`"),
)
_REASON = Key("reason", Kind.TEXT, "told to whom it is against")

TABLES = (
    Table(
        "links",
        "Who in Slack is whom in Azure; as with `aml-bot link`, but read-only for the bot.",
        (
            Key("team", Kind.TEAM, "T024BE7LD", needed=True),
            Key("user", Kind.USER, "U024BE7LH", needed=True),
            Key("object_id", Kind.GUID, "the person's", needed=True),
        ),
        since=1,
    ),
    Table("allow", "What may be done.", (_COMMANDS, *_WHO, _WHERE, *_ABOUT), since=1),
    Table("deny", "What may not be done, whatever allows it.", (_COMMANDS, *_WHO, _WHERE, *_ABOUT, _REASON)),
    Table(
        "limit",
        "What a run may take. Of several limits the lowest holds; a run without a length gets the longest that is "
        "allowed and paid for, and Azure ML ends it then.",
        (
            _STARTING,
            *_WHO,
            _WHERE,
            *_ABOUT,
            Key("nodes", Kind.COUNT, "most nodes of a run"),
            Key("runs", Kind.COUNT, "most runs of one person at a time"),
            Key("hours", Kind.AMOUNT, "longest a run may take"),
            Key("cost", Kind.AMOUNT, "most a run may cost: nodes x hours x price; without a price it is refused"),
            _REASON,
        ),
    ),
    Table(
        "approval",
        "Which runs wait for somebody's consent. All that a rule says must hold; where several rules fit, each of them "
        "must be satisfied.",
        (
            _STARTING,
            *_WHO,
            _WHERE,
            *_ABOUT,
            Key("nodes_over", Kind.COUNT, "only runs with more nodes"),
            Key("hours_over", Kind.AMOUNT, "only runs that may take longer, or whose length nobody knows"),
            Key("cost_over", Kind.AMOUNT, "only runs that may cost more, or whose cost nobody knows"),
            Key("by_roles", Kind.ROLES, "who may approve: holders of any of these roles"),
            Key("by_people", Kind.PEOPLE, "who may approve: these people"),
            Key("by_groups", Kind.GROUPS, "who may approve: members of these groups"),
            Key("needed", Kind.COUNT, "how many must; 1 when left out"),
            Key("self", Kind.SWITCH, "whether who asks may be one of them; not when left out", field="oneself"),
            Key("open_hours", Kind.AMOUNT, "how long it stays open, at most 168; 24 when left out"),
            Key("channel", Kind.CHANNEL, "where approvers are asked; each of `by_people` directly when left out"),
            _REASON,
        ),
    ),
)
BY_NAME = {table.name: table for table in TABLES}


class Wrong(ValueError):
    """What is wrong with a value, as the end of a sentence that begins with its key."""


def checked(kind: Kind, value: Any) -> Any:
    """A value of this kind as rules take it; raises Wrong. Of a list its elements come singly."""
    return _CHECKS[kind](value)


def is_list(kind: Kind) -> bool:
    """Whether the key takes a list."""
    return kind in _LISTS


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("must be a text in quotes")
    if len(value) > _LONGEST or not value.isprintable():
        raise Wrong(f"must be one line of at most {_LONGEST} characters")
    return value


def _command(value: Any) -> str:
    name = _text(value).replace(" ", "-")
    if name != ANY and name not in GUARDED:
        raise Wrong(f"has “{value}”, which is no command to speak of. There are: {', '.join(sorted(GUARDED))}")
    return name


def _person(value: Any) -> str:
    text = _text(value)
    team, slash, user = text.partition("/")
    if text == ANY or (slash and _TEAM.fullmatch(team) and _USER.fullmatch(user)):
        return text
    if not _GUID.fullmatch(text):
        raise Wrong(f"has “{text}”; write TEAM/USER such as T024BE7LD/U024BE7LH, or an Entra object id, a GUID")
    return text.lower()


def _guid(value: Any) -> str:
    text = _text(value)
    if not _GUID.fullmatch(text):
        raise Wrong(f"has “{text}”, which is no Entra object id, a GUID")
    return text.lower()


def _id(pattern: re.Pattern[str], example: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        text = _text(value)
        if not pattern.fullmatch(text):
            raise Wrong(f"has “{text}”; it must be an id such as {example}")
        return text

    return check


def _channel_or_direct(value: Any) -> str:
    return DIRECT if value == DIRECT else _id(_CHANNEL, f"C024BE91L, or {DIRECT}")(value)


def _versioned(value: Any) -> str:
    text = _text(value)
    name, colon, version = text.partition(":")
    if not name or (colon and not version) or ":" in version:
        raise Wrong(f"has “{text}”; write NAME or NAME:VERSION")
    return text


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 1_000_000:
        raise Wrong("must be a whole number above 0")
    return value


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise Wrong("must be a number, 0 or more")
    return float(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


_LISTS = {
    Kind.COMMANDS: _command,
    Kind.ROLES: _text,
    Kind.PEOPLE: _person,
    Kind.GROUPS: _guid,
    Kind.CHANNELS: _channel_or_direct,
    Kind.PATTERNS: _text,
    Kind.VERSIONED: _versioned,
}
_CHECKS: dict[Kind, Callable[[Any], Any]] = {
    **_LISTS,
    Kind.CHANNEL: _id(_CHANNEL, "C024BE91L"),
    Kind.TEAM: _id(_TEAM, "T024BE7LD"),
    Kind.USER: _id(_USER, "U024BE7LH"),
    Kind.GUID: _guid,
    Kind.TEXT: _text,
    Kind.COUNT: _count,
    Kind.AMOUNT: _amount,
    Kind.SWITCH: _switch,
}
