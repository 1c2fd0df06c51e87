"""Sections of a FAQ that was read before: kept as rows of JSON, each made a section again when it is first asked for.

An answer looks at ten sections, whatever the size of the FAQ; only where a section is and what its title says is needed
of all of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import date
from typing import Any, overload

from bot.domain.faq import CodeBlock, Link, Metadata, Section
from bot.search.numbers import Numbers

Head = Sequence[str]
"""The location and the title of a section."""

_NO_METADATA = Metadata()


def heads(sections: Sequence[Section]) -> Sequence[Head]:
    """The location and the title of each section."""
    if isinstance(sections, Shelf):
        return sections.heads
    return [(section.location, section.title) for section in sections]


def rows(sections: Iterable[Section]) -> tuple[bytes, list[int]]:
    """What a `Shelf` is made of: the sections' rows, one behind the other, and where each ends."""
    made = [json.dumps(_row(section), separators=(",", ":")).encode("ascii") for section in sections]
    ends: list[int] = []
    for row in made:
        ends.append((ends[-1] if ends else 0) + len(row))
    return b"".join(made), ends


class Shelf(Sequence[Section]):
    """Kept sections in their order, equal to any sequence of the same ones. Any number of threads may read."""

    def __init__(self, heads: Sequence[Head], content: memoryview, ends: Numbers) -> None:
        self.heads = heads
        self._content = content
        self._ends = ends
        self._made: list[Section | None] = [None] * len(heads)

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, place: int) -> Section: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Section, ...]: ...
    def __getitem__(self, place: int | slice) -> Section | tuple[Section, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(len(self))[place])
        section = self._made[place]
        if section is None:
            number = range(len(self))[place]
            start = int(self._ends[number - 1]) if number else 0
            section = _section(json.loads(bytes(self._content[start : int(self._ends[number])])))
            self._made[number] = section  # two threads may both make it: they make the same
        return section

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # equal to tuples, whose hash would make all sections


def _row(section: Section) -> list[Any]:
    own = section.metadata
    return [
        section.path,
        section.title,
        section.level,
        section.anchor,
        section.file,
        section.line,
        section.end_line,
        section.body,
        None if section.prose == _paragraphs(section.body) else section.prose,
        [astuple(block) for block in section.code],
        [astuple(link) for link in section.links],
        section.body_line,
        None if own == _NO_METADATA else {**asdict(own), "review": own.review and own.review.isoformat()},
    ]


def _paragraphs(body: str) -> str:
    """The prose of a body that is nothing but text: most are, and needn't be kept twice."""
    return body.replace("\n\n", "\n")


def _section(row: Sequence[Any]) -> Section:
    path, title, level, anchor, file, line, end_line, body, prose, code, links, body_line, own = row
    return Section(
        tuple(path),
        title,
        level,
        anchor,
        file,
        line,
        end_line,
        body,
        _paragraphs(body) if prose is None else prose,
        tuple(CodeBlock(*block) for block in code),
        tuple(Link(*link) for link in links),
        body_line,
        _NO_METADATA if own is None else _metadata(own),
    )


def _metadata(own: Mapping[str, Any]) -> Metadata:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
    values["review"] = date.fromisoformat(own["review"]) if own["review"] else None
    return Metadata(**values)
