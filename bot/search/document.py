"""What is found in one file of the FAQ, and what became of each of its lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.domain.faq import Link, Metadata, Problem, Section

_NONE = Metadata()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Lines of a file (from 1, both included) that are in no section, and why."""

    file: str
    line: int
    end_line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}-{self.end_line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file (from 1, both included), with the section that they are in, or why they are in none."""

    line: int
    end_line: int
    section: Section | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What one file holds, in file order.

    `skipped` are the lines in no section. `anchors` are all that GitHub would give the file; `links` all its links with
    their lines, those in tables of contents too; `defaults` what its first comment says for all of its entries.
    """

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    anchors: frozenset[str]
    skipped: tuple[Skipped, ...] = ()
    links: tuple[tuple[Link, int], ...] = ()
    defaults: Metadata = _NONE
    line_count: int = 1

    def parts(self) -> Iterator[Part]:
        """All lines of the file, each in exactly one part; blank ones belong to what is above them."""
        owned: list[Part] = [Part(section.line, section.end_line, section) for section in self.sections]
        owned += [Part(skipped.line, skipped.end_line, None, skipped.reason) for skipped in self.skipped]
        owned.sort(key=lambda part: part.line)
        if not owned:
            yield Part(1, self.line_count, None, "blank")
        for number, part in enumerate(owned):
            end = owned[number + 1].line - 1 if number + 1 < len(owned) else self.line_count
            yield replace(part, line=part.line if number else 1, end_line=end)
