"""What an entry says of itself: TOML in an HTML comment below its heading, which no renderer of Markdown shows.

## How do I see a run's logs?
<!-- faq
also = ["where does the output of my script go"]
owner = "ml-platform"
-->
"""

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from rapidfuzz import process

from bot.domain.faq import Metadata, Problem

_COMMENT = re.compile(r"\s*<!--\s*faq(?=\s|-->|$)")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_LIMIT = 200_000  # characters

_LISTS = {
    "also": "alternates",
    "tags": "tags",
    "related": "related",
    "answers": "answers",
    "not": "not_answers",
}
_KEYS = (*_LISTS, "owner", "review")
_OF_FILE = frozenset({"owner", "review", "tags", "not"})


class _Unusable(Exception):
    """A value that can't be used, and why."""


@dataclass(frozen=True, slots=True)
class Comment:
    """The TOML of a metadata comment. Lines count from 0: `first` is the comment's, `after` the one behind it. `rest`
    is what follows on its last line. `closed` is false if the comment never ends."""

    toml: str
    first: int
    after: int
    rest: str = ""
    closed: bool = True


def begins(line: str) -> bool:
    """Whether a metadata comment begins on this line."""
    return bool(_COMMENT.match(line))


def find(lines: Sequence[str], start: int, end: int) -> Comment | None:
    """The metadata comment that begins on line `start`, if there is one."""
    if start >= end or not (opening := _COMMENT.match(lines[start])):
        return None
    parts: list[str] = []
    for number in range(start, end):
        line = lines[number][opening.end() :] if number == start else lines[number]
        stop = line.find("-->")
        if stop >= 0:
            return Comment("\n".join([*parts, line[:stop]]), start, number + 1, line[stop + 3 :].strip())
        parts.append(line)
    return Comment("\n".join(parts), start, end, closed=False)


def read(comment: Comment, file: str, *, of_file: bool = False) -> tuple[Metadata, list[Problem]]:
    """The metadata in a comment, and what is wrong with it; what is right counts all the same. `of_file` is for the
    comment above a file's first heading, which holds defaults."""
    line = comment.first + 1
    if not comment.closed:
        return Metadata(), [Problem(file, line, "the metadata comment is never closed by -->")]
    if len(comment.toml) > _LIMIT:
        return Metadata(), [Problem(file, line, f"the metadata is longer than {_LIMIT:,} characters")]
    try:
        values = tomllib.loads(comment.toml)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        below = int(at[1]) - 1 if at and at[1] else (comment.toml.rstrip().count("\n") if at else 0)
        reason = _AT_LINE.sub("", str(error))
        return Metadata(), [Problem(file, line + below, f"the metadata isn't TOML: {reason}")]
    except RecursionError:
        return Metadata(), [Problem(file, line, "the metadata isn't usable: its brackets are nested too deeply")]
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    allowed = [key for key in _KEYS if not of_file or key in _OF_FILE]
    for key, value in values.items():
        try:
            found[_LISTS.get(key, key)] = _value(key, value, allowed)
        except _Unusable as error:
            problems.append(Problem(file, line + _line_of(key, comment.toml), str(error)))
    return Metadata(**found), problems


def with_defaults(own: Metadata, defaults: Metadata) -> Metadata:
    """The metadata of an entry in a file with these defaults: owner and review where it has none, and more tags."""
    tags = tuple(dict.fromkeys((*defaults.tags, *own.tags)))
    return replace(own, owner=own.owner or defaults.owner, review=own.review or defaults.review, tags=tags)


def _value(key: str, value: object, allowed: Collection[str]) -> object:
    if key not in allowed:
        if key in _KEYS:
            raise _Unusable(f"“{key}” belongs below the heading of an entry, not above all of them")
        near = process.extractOne(key, allowed, score_cutoff=60)
        hint = f"did you mean “{near[0]}”?" if near else f"known are {', '.join(allowed)}"
        raise _Unusable(f"the metadata has an unknown key “{key}”: {hint}")
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _Unusable(f'“{key}” must be a list of texts, such as {key} = ["...", "..."]')
        return tuple(dict.fromkeys(text for item in value if (text := " ".join(item.split()))))
    if key == "owner":
        if not isinstance(value, str) or not value.strip():
            raise _Unusable('“owner” must be a text, such as owner = "ml-platform"')
        return value.strip()
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _Unusable("“review” must be a date without quotes, such as review = 2027-03-01")
    return value


def _line_of(key: str, toml: str) -> int:
    """The line, from 0, on which a key stands."""
    found = re.search(
        rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[.=]|^[ \t]*\[+[ \t]*{re.escape(key)}\b", toml, re.MULTILINE
    )
    return toml.count("\n", 0, found.start()) if found else 0
