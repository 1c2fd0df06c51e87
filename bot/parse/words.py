"""A line of text to words, as a shell would split it, with no shell: quotes group, nothing is expanded."""

import re
from dataclasses import dataclass

from bot.domain.errors import InvalidRequest

_PART = re.compile(
    r"""(?P<space>\s+)|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']+)|(?P<open>["'])""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes. `quoted` words are values, whatever they look like."""

    text: str
    quoted: bool = False


def split(line: str) -> tuple[Word, ...]:
    """The words of `line`. Both kinds of quote group; in double quotes `\\"` is a quote; nothing else is special.

    Raises:
        InvalidRequest: a quote isn't closed.
    """
    words: list[Word] = []
    current: Word | None = None
    for part in _PART.finditer(line):
        if part["open"]:
            raise InvalidRequest(f"A quote ({part['open']}) is opened but not closed. Close it and send it again.")
        if part["space"]:
            words += [current] if current else []
            current = None
            continue
        before = current or Word("")
        if part["bare"] is not None:
            current = Word(before.text + part["bare"], before.quoted)
        else:
            inside = part["single"] if part["double"] is None else part["double"].replace('\\"', '"')
            current = Word(before.text + inside, quoted=True)
    return tuple([*words, current] if current else words)
