"""Whom and what a rule is about: yes, no, or nobody can tell.

What gives is read to the letter and needs a yes. What takes (a denial, a limit, a wanted approval) is read in any case
of letters and needs no more than that nobody can tell: both ways allow less.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ANY = "*"
DIRECT = "direct"
"""Stands for every direct message among channels."""

Perhaps = bool | None
"""None: it can't be told."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody in Slack with what Azure says of them. `object_id` and group ids are in lower case.

    `groups` are those that they are known to be in, `no_groups` those that they are known not to be in; of any other
    nobody can tell. `channel` is where they ask, "" where that isn't known.
    """

    team: str
    user: str
    object_id: str
    roles: tuple[str, ...]
    channel: str = ""
    groups: frozenset[str] = frozenset()
    no_groups: frozenset[str] = frozenset()

    def is_in(self, group: str) -> Perhaps:
        """Whether they are in a group, directly or through others."""
        if group in self.groups:
            return True
        return False if group in self.no_groups else None


@dataclass(frozen=True, slots=True)
class About:
    """The run that somebody wants to start. `version` is "" where the environment's isn't settled yet, `hours` None
    where nobody said how long it may take."""

    project: str
    compute: str
    environment: str
    version: str = ""
    nodes: int = 1
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Holders of any of `roles` (Azure role names in any case; "*" is any role), any of `people` (TEAM/USER in Slack or
    an Entra object id; "*" is everybody with an Azure identity), and who is in any of `groups` (Entra object ids)."""

    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def includes(self, asker: Asker) -> Perhaps:
        """Whether `asker` is one of them."""
        if ANY in self.people or f"{asker.team}/{asker.user}" in self.people or asker.object_id in self.people:
            return True
        held = {role.lower() for role in asker.roles}
        if held and (ANY in self.roles or any(role.lower() in held for role in self.roles)):
            return True
        return either(asker.is_in(group) for group in self.groups)


def either(found: Iterable[Perhaps]) -> Perhaps:
    """Yes when one of them is; no when all are no."""
    answers = set(found)
    return True if True in answers else (None if None in answers else False)


def both(found: Iterable[Perhaps]) -> Perhaps:
    """No when one of them is; yes when all are yes."""
    answers = set(found)
    return False if False in answers else (None if None in answers else True)


def in_channel(channels: tuple[str, ...], channel: str) -> Perhaps:
    """Whether `channel` is among `channels`, of which there are none where all are meant."""
    if not channels:
        return True
    if not channel:
        return None
    return channel in channels or (DIRECT in channels and channel.startswith("D"))


def named(patterns: tuple[str, ...], name: str, *, wide: bool) -> Perhaps:
    """Whether a pattern covers `name`; no patterns mean all names. `wide`: in any case of letters."""
    return not patterns or any(covers(pattern, name, wide=wide) for pattern in patterns)


def environment_named(patterns: tuple[str, ...], name: str, version: str, *, wide: bool) -> Perhaps:
    """As `named`, of NAME or NAME:VERSION; a version that isn't settled can't be told."""
    if not patterns:
        return True
    return either(_covers_version(*pattern.partition(":")[::2], name, version, wide=wide) for pattern in patterns)


def covers(pattern: str, name: str, *, wide: bool) -> bool:
    """Whether `pattern`, in which each `*` stands for any characters, covers `name`."""
    if wide:
        pattern, name = pattern.lower(), name.lower()
    first, *rest = pattern.split(ANY)
    if not rest:
        return name == first
    *middle, last = rest
    at, end = len(first), len(name) - len(last)
    if at > end or not name.startswith(first) or not name.endswith(last):
        return False
    # The leftmost place for each part leaves the most room for the rest.
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _covers_version(pattern: str, version_pattern: str, name: str, version: str, *, wide: bool) -> Perhaps:
    if not covers(pattern, name, wide=wide):
        return False
    if not version_pattern or version_pattern == ANY:
        return True
    return covers(version_pattern, version, wide=wide) if version else None
