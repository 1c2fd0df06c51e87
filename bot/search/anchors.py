"""Anchors as GitHub makes them for headings."""

import re
import unicodedata
from functools import lru_cache

_GOES = re.compile(r"[^a-z0-9_ -]")  # of ASCII
_KEPT = frozenset({"Nd", "Nl", "Pc"})


def slug(title: str) -> str:
    """GitHub's anchor for the text of a heading, before duplicates are numbered: letters of any script, their marks,
    digits, `_` and `-` stay, each space becomes `-`, everything else goes."""
    if title.isascii():
        return _GOES.sub("", title.lower()).replace(" ", "-")
    return "".join("-" if char == " " else char for char in title.lower() if _stays(char))


@lru_cache(maxsize=1 << 12)
def _stays(char: str) -> bool:
    category = unicodedata.category(char)
    return char in "- " or category[0] in "LM" or category in _KEPT


class Anchors:
    """Numbers the anchors of one file: of several equal ones, the second ends in `-1`."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, base: str) -> str:
        """The anchor of the next heading whose slug is `base`."""
        anchor = base
        while anchor in self._taken:
            self._taken[base] += 1
            anchor = f"{base}-{self._taken[base]}"
        self._taken[anchor] = 0
        return anchor

    def taken(self) -> frozenset[str]:
        """All anchors so far."""
        return frozenset(self._taken)
