"""Action patterns of Azure roles: `*` stands for any run of characters, anywhere in them, and case doesn't matter.

Source: Microsoft's "Azure custom roles", section "Wildcard permissions", and "Understand Azure role definitions". They
don't say whether `a/*/write` covers `a/write` as well, and Microsoft's own examples take it that way where something is
taken out ("Can't create or update a compute resource" is `workspaces/computes/*/write` in "Manage access to Azure
Machine Learning workspaces"). So what takes away is read widely, and what gives is read to the letter: both ways allow
less.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_STARS = re.compile(r"\*+")
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_FOLD = str.maketrans(_UPPER, _LOWER)


def fold(text: str) -> str:
    """`text` for comparing: A to Z in lower case and nothing else, as no other letter of an action has two cases."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


class Patterns:
    """A set of patterns, made once and asked often. No regular expression: a pattern comes from outside, and matching
    takes time in proportion to the lengths whatever it says.

    `wide`: `/*/` covers a single slash, too (see the module).
    """

    __slots__ = ("_all", "_ends", "_exact", "_others", "_starts", "_wide")

    def __init__(self, patterns: Iterable[str], *, wide: bool = False) -> None:
        self._wide = wide
        self._all = False
        exact: set[str] = set()
        starts: list[str] = []
        ends: list[str] = []
        others: list[tuple[str, ...]] = []
        for pattern in patterns:
            parts = tuple(_STARS.sub("*", fold(pattern)).split("*"))
            if len(parts) == 1:
                exact.add(parts[0])
            elif parts == ("", ""):
                self._all = True
            elif len(parts) == 2 and not parts[1]:
                starts.append(parts[0])
            elif len(parts) == 2 and not parts[0]:
                ends.append(parts[1])
            else:
                others.append(parts)
        self._exact, self._starts, self._ends = frozenset(exact), tuple(starts), tuple(ends)
        self._others = tuple(others)

    def cover(self, folded: str) -> bool:
        """Whether any of the patterns covers an action, given as `fold` returns it."""
        if (
            self._all
            or folded in self._exact
            or (self._starts and folded.startswith(self._starts))
            or (self._ends and folded.endswith(self._ends))
        ):
            return True
        # A loop and no generator: this is run for every role that somebody holds, at every decision.
        for parts in self._others:
            if folded.startswith(parts[0]) and folded.endswith(parts[-1]) and self._fits(parts, folded):
                return True
        return False

    def _fits(self, parts: tuple[str, ...], folded: str) -> bool:
        # The first and the last part are where they must be; the rest has to fit between them.
        last = parts[-1]
        at, before = len(parts[0]), parts[0]
        # The leftmost place for each part leaves the most room for the rest, so nothing has to be tried twice.
        for part in parts[1:-1]:
            found = folded.find(part, at - self._shared(before, part))
            if found < 0:
                return False
            at, before = found + len(part), part
        return len(folded) - len(last) >= at - self._shared(before, last)

    def _shared(self, before: str, after: str) -> int:
        return int(self._wide and before.endswith("/") and after.startswith("/"))


@lru_cache(maxsize=4096)
def compiled(patterns: tuple[str, ...], *, wide: bool) -> Patterns:
    """The patterns of a list, compiled once for all roles that have the same."""
    return Patterns(patterns, wide=wide)
