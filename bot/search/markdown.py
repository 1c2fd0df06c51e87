"""Markdown to sections.

A section is one answerable entry:

- A heading that asks (it ends in a question mark, is numbered like "1.2", or begins with "How to", "What is" and the
  like) opens an entry and takes in the deeper headings below it, since those are parts of its answer. Only a deeper
  heading that clearly asks something of its own (question mark or number) opens another entry.
- Any other heading opens a section that ends at the next heading.
- A file's title takes in the rest only if it is the only question of the file.
- A question without a heading (bold, labelled "Q:", in a numbered list, the summary of `<details>`) opens an entry too,
  except below a heading that ends in a question mark: there it is part of the answer.
- What has no text of its own isn't a section: groups, tables of contents. It is reported as skipped.

Sections of a file don't overlap, and each line that isn't blank is in one of them or skipped. Only headings at the
outermost level count, not those in quotes and lists.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from bot.domain.faq import Metadata, Problem, Section
from bot.search import content, markup, metadata, tokens
from bot.search.anchors import slug
from bot.search.contents import is_contents
from bot.search.document import Document, Skipped
from bot.search.entries import Span, spans
from bot.search.openings import Scan

__all__ = ["Document", "blocks_of", "parse", "slug"]

_FRONT_MATTER_LINE = re.compile(r"^(?:[\w.-]+\s*:(?:\s.*)?|\s+.*|-\s.*|#.*|)$")
_FRONT_MATTER_MAX_LINES = 200
_DETAILS_END = re.compile(r"\s*(?:</details\s*>\s*)+$", re.IGNORECASE)


def parse(text: str, file: str) -> Document:
    """Split the Markdown `text` of `file` (its name for messages and hits) into sections. Never raises on any text."""
    text, front = _prepared(text)
    return _Parser(text, front, file).document()


def blocks_of(body: str) -> list[tuple[int, int, bool]]:
    """The outermost blocks of a section's body as (first line, line behind the last, is a heading), from 0."""
    found, _ = tokens.blocks(body)
    return [(block.first, block.end, block.kind == "heading_open") for block in found]


def _prepared(text: str) -> tuple[str, int]:
    """The text as it is parsed, and how many lines are front matter: no byte order mark, line ends `\\n`, front matter
    blanked out (lines keep their numbers), NUL replaced as CommonMark says."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    lines = text.split("\n", _FRONT_MATTER_MAX_LINES)
    fence = lines[0].rstrip()
    if fence not in {"---", "+++"}:
        return text, 0
    ends = {"---", "..."} if fence == "---" else {"+++"}
    for number, line in enumerate(lines[1:_FRONT_MATTER_MAX_LINES], 1):
        if number > 1 and line.rstrip() in ends:
            return "\n".join([""] * (number + 1) + lines[number + 1 :]), number + 1
        if fence == "---" and not _FRONT_MATTER_LINE.match(line):
            break
    return text, 0


class _Parser:
    """The work on one file. Lines count from 0 until they are reported."""

    def __init__(self, text: str, front: int, file: str) -> None:
        self._file = file
        self._front = front
        self._lines = text.split("\n")
        self._blocks, self._definitions = tokens.blocks(text)
        self._scan = Scan(self._lines, self._blocks, self._definitions, file)
        titles = frozenset(self._scan.headings())
        self._contents = {
            block.first: block.end for block in self._blocks if is_contents(block, titles, self._definitions)
        }
        self._firsts = [block.first for block in self._blocks]
        self._scan.run(self._contents.keys())
        self._problems = self._scan.problems
        self._owned: list[tuple[int, int]] = []  # lines of sections
        self._reasons: list[tuple[int, int, str]] = [(0, self._front, "front matter")] if front else []
        self._comments: set[int] = set()  # first lines of the metadata comments that are read
        self._blanked: dict[int, str] = {}  # lines of other metadata comments, with what is left of them

    def document(self) -> Document:
        """All that is in the file."""
        found = list(spans(self._scan.found, len(self._lines), self._file))
        gathered = content.gather(
            self._blocks, found, self._lines, self._definitions, self._contents.keys(), self._file
        )
        defaults = self._of_file(found[0])
        comments = [self._comment(span) for span in found]
        self._misplaced(gathered.comments)
        sections: list[Section] = []
        for span, comment, inside in zip(found, comments, gathered.contents, strict=True):
            if section := self._section(span, comment, inside, defaults):
                sections.append(section)
        self._problems.extend(gathered.problems)
        return Document(
            sections=tuple(self._distinct(sections)),
            problems=tuple(sorted(self._problems, key=lambda problem: problem.line)),
            anchors=self._scan.anchors | {given.lower() for given in self._scan.given},
            skipped=tuple(self._skipped()),
            links=tuple(gathered.links),
            defaults=defaults,
            line_count=len(self._lines),
        )

    def _of_file(self, span: Span) -> Metadata:
        """The defaults for all entries: the first metadata comment above the first heading."""
        for block in self._blocks:
            if block.first >= span.end:
                break
            if block.kind == "html_block" and (comment := metadata.find(self._lines, block.first, block.end)):
                found, problems = metadata.read(comment, self._file, of_file=True)
                self._problems.extend(problems)
                self._comments.add(comment.first)
                self._blank(comment)
                self._reasons.append((comment.first, comment.after, "defaults for the file"))
                return found
        return Metadata()

    def _comment(self, span: Span) -> metadata.Comment | None:
        """The metadata comment right below the title of a section."""
        if span.opening is None or span.opening.resumes is not None or span.opening.rest is not None:
            return None
        first = self._filled(span.start, span.end)
        comment = metadata.find(self._lines, first, span.end)
        if comment:
            self._comments.add(comment.first)
        return comment

    def _misplaced(self, places: Sequence[tuple[int, int]]) -> None:
        """Metadata comments elsewhere aren't read, and never shown."""
        for line, end in places:
            if line in self._comments or not (comment := metadata.find(self._lines, line, end)):
                continue
            self._problems.append(
                Problem(self._file, line + 1, "this metadata comment isn't read: put it right below a heading")
            )
            self._blank(comment)

    def _blank(self, comment: metadata.Comment) -> None:
        self._blanked.update(dict.fromkeys(range(comment.first, comment.after), ""))
        self._blanked[comment.after - 1] = comment.rest

    def _section(
        self, span: Span, comment: metadata.Comment | None, inside: content.Content, defaults: Metadata
    ) -> Section | None:
        own = Metadata()
        if comment:
            own, problems = metadata.read(comment, self._file)
            self._problems.extend(problems)
        lines, first = self._body(span, comment)
        opening = span.opening
        if inside.empty or not lines:
            self._leave_out(span, comment)
            return None
        heading = opening if opening and opening.resumes is None else None
        closed = opening is not None and opening.end == span.end
        last = span.end if closed else first + len(lines)
        top = heading.first if heading else first
        self._owned.append((top, last))
        return Section(
            path=span.path,
            title=span.path[-1],
            level=min(6, len(span.path)) if heading and not heading.is_heading else (opening.level if opening else 0),
            anchor=opening.anchor if opening else "",
            file=self._file,
            line=top + 1,
            end_line=last,
            body="\n".join(lines),
            prose=inside.prose,
            code=tuple(inside.code),
            links=tuple(inside.links),
            body_line=first + 1,
            metadata=metadata.with_defaults(own, defaults),
        )

    def _leave_out(self, span: Span, comment: metadata.Comment | None) -> None:
        opening = span.opening
        has_contents = any(first in self._contents for first in range(span.start, span.end))
        has_title = opening is not None and opening.resumes is None
        reason = "table of contents" if has_contents else "no text below the heading" if has_title else "no text"
        self._reasons.append((span.first, span.end, reason))
        if opening and has_title and span.asks:
            problem = f"“{opening.title}” has no answer below it; it was skipped"
            self._problems.append(Problem(self._file, opening.first + 1, problem))
        elif comment:
            self._problems.append(
                Problem(self._file, comment.first + 1, "this metadata belongs to a heading without text; it isn't used")
            )

    def _body(self, span: Span, comment: metadata.Comment | None) -> tuple[list[str], int]:
        """The Markdown of a section without its title, metadata, tables of contents at its ends and blank lines around
        it, and its first line."""
        start, end = span.start, span.end
        rest = span.opening.rest if span.opening else None
        if comment:
            start, rest = (comment.after - 1, comment.rest) if comment.rest else (comment.after, None)
        if rest is None:
            start = self._filled(start, end)
            while not span.asks and start in self._contents:
                start = self._filled(self._contents[start], end)
        indent = span.opening.indent if span.opening else 0
        lines = [self._blanked.get(number, self._dedented(self._lines[number], indent)) for number in range(start, end)]
        if rest is not None and lines:
            lines[0] = rest
        if lines and span.opening and span.opening.end == end:
            lines[-1] = _DETAILS_END.sub("", lines[-1][-1000:]) if len(lines[-1]) < 1000 else lines[-1]
        self._cut_end(lines, start, span)
        return lines, start

    def _cut_end(self, lines: list[str], start: int, span: Span) -> None:
        """Cut blank lines and tables of contents off the end, these with the comments and closing tags below them."""
        while True:
            while lines and not lines[-1].strip():
                lines.pop()
            at = bisect_left(self._firsts, start + len(lines)) - 1
            while at >= 0 and self._firsts[at] > start and self._is_filler(self._blocks[at]):
                at -= 1
            first = self._firsts[at] if at >= 0 else -1
            if span.asks or first <= start or first not in self._contents:
                return
            self._reasons.append((first, start + len(lines), "table of contents"))
            del lines[first - start :]

    @staticmethod
    def _is_filler(block: tokens.Block) -> bool:
        return block.kind == "html_block" and not markup.text_of(block.tokens[0].content)

    @staticmethod
    def _dedented(line: str, indent: int) -> str:
        if not indent:
            return line
        blank = len(line) - len(line.lstrip(" \t"))
        return line[min(indent, blank) :]

    def _filled(self, start: int, end: int) -> int:
        """The first line from `start` on that isn't blank."""
        while start < end and not self._blanked.get(start, self._lines[start]).strip():
            start += 1
        return start

    def _distinct(self, sections: Sequence[Section]) -> Iterator[Section]:
        """The sections, each with an anchor of its own: what is in two parts has it for the first only."""
        seen: set[str] = set()
        for section in sections:
            anchor = section.anchor
            while anchor in seen:
                anchor = self._scan.numbering.take(section.anchor or slug(section.title))
            if anchor != section.anchor:
                section = replace(section, anchor=anchor)  # noqa: PLW2901  # the same one
            seen.add(section.anchor)
            yield section

    def _skipped(self) -> Iterator[Skipped]:
        """All lines that are in no section and not blank, with the first reason that was found for them."""
        why = ["no text"] * len(self._lines)
        for first, end, reason in reversed(self._reasons):
            why[first:end] = [reason] * (min(end, len(why)) - first)
        for first, end in self._owned:
            why[first:end] = [""] * (end - first)
        at = 0
        for reason, group in groupby(why):
            first, at = at, at + sum(1 for _ in group)
            filled = [line for line in range(first, at) if line < self._front or self._lines[line].strip()]
            if filled and reason:
                yield Skipped(self._file, filled[0] + 1, filled[-1] + 1, reason)
