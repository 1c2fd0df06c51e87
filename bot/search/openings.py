"""Where entries begin: headings of all kinds, and questions that stand without one.

Candidates are Markdown headings, HTML headings, the summaries of `<details>`, HTML terms (`<dt>`), paragraphs and list
items that begin with a question. `entries.py` chooses among them.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.faq import Problem
from bot.search import markup, questions, tokens
from bot.search.anchors import Anchors, slug

if TYPE_CHECKING:
    from markdown_it.token import Token

WEAK = 7
"""The level of what opens an entry without being a heading; inside `<details>`, each level is deeper by as much."""

_HTML_TAG = re.compile(r"<(/?)(h[1-6]|details|summary|dt)\b[^<>]*>", re.IGNORECASE)
_HTML_HEADING = re.compile(r"<h(?=[1-6]\b)", re.IGNORECASE)
_DETAILS_END = re.compile(r"</details\s*>", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_GIVEN_ANCHOR = re.compile(r"\s*\{:?\s*#([\w.:-]+)[^{}]*\}\s*$")


@dataclass(slots=True, eq=False)
class Opening:
    """A place where an entry may begin. Lines count from 0.

    `first` is the line of the title; what is below it begins at line `after`, with `rest` in place of that line if the
    title shares it. `end` is the line behind the last, where the text says so. `indent` is how far a list item's text
    stands in. `resumes` is the entry in `<details>` that ended right before: what follows belongs to what is above it.
    """

    title: str
    level: int
    first: int
    after: int
    anchor: str = ""
    rest: str | None = None
    end: int | None = None
    indent: int = 0
    details: bool = False
    resumes: "Opening | None" = None

    @property
    def is_heading(self) -> bool:
        """Whether it is a heading outside of `<details>`."""
        return self.level < WEAK and self.resumes is None


@dataclass(slots=True)
class _Frame:
    """A `<details>` that isn't closed yet."""

    line: int
    opening: Opening | None = None


class Scan:
    """The candidates of one file in file order, the anchors that GitHub gives it, and what is wrong on the way."""

    def __init__(
        self, lines: Sequence[str], blocks: Sequence[tokens.Block], definitions: tokens.Definitions, file: str
    ) -> None:
        self.found: list[Opening] = []
        self.problems: list[Problem] = []
        self.given: set[str] = set()  # anchors set by hand
        self.numbering = Anchors()
        self.anchors: frozenset[str] = frozenset()
        self._lines = lines
        self._definitions = definitions
        self._file = file
        self._frames: list[_Frame] = []
        self._blocks = blocks

    def headings(self) -> list[str]:
        """The anchors of the Markdown headings, before duplicates are numbered: what a table of contents names."""
        slugs: list[str] = []
        for block in self._blocks:
            for position, token in enumerate(block.tokens):
                if token.type == "heading_open":
                    slugs.append(slug(self._text(block.tokens[position + 1].content)))
        return slugs

    def run(self, contents: Collection[int]) -> None:
        """Find the candidates; none in tables of contents, which begin at the lines `contents`."""
        for block in self._blocks:
            if block.first in contents and not block.kind.startswith("heading"):
                continue
            self._block(block)
        for frame in self._frames:
            self.problems.append(Problem(self._file, frame.line + 1, "<details> is never closed"))
        self.anchors = self.numbering.taken()
        for opening in self.found:  # GitHub has no anchor for these: theirs only tell them apart
            if not opening.anchor and opening.title:
                opening.anchor = self.numbering.take(slug(opening.title))

    def _block(self, block: tokens.Block) -> None:
        kind = block.kind
        if kind == "heading_open":
            self._heading(block)
        elif kind == "paragraph_open":
            self._paragraph(block)
        elif kind == "html_block":
            self._html(block.tokens[0], block.first)
        elif kind != "fence":
            self._container(block)

    def _heading(self, block: tokens.Block) -> None:
        text = block.tokens[1].content
        given = _GIVEN_ANCHOR.search(text[-200:])
        anchor = self.numbering.take(slug(self._text(text, images=False)))
        if given:
            self.given.add(given[1])
            text = text[: -len(given.group())]
        if "<" in text:
            self.given.update(markup.anchors_of(text))
        title = " ".join(self._text(text).split())
        self._add(Opening(title, int(block.tokens[0].tag[1:]), block.first, block.end, anchor))
        if len(title) > 300:
            self.problems.append(
                Problem(
                    self._file,
                    block.first + 1,
                    "a heading of more than 300 characters; a line of dashes right below a paragraph makes it one",
                )
            )

    def _add(self, opening: Opening) -> None:
        opening.level += WEAK * len(self._frames)
        last = self.found[-1] if self.found else None
        if last and last.resumes and last.first > opening.first:  # opens on the line that closes the one before
            if last.resumes.first == opening.first:
                return
            last.resumes.end = opening.first
            self.found.pop()
        elif last and last.resumes is None and last.first >= opening.first:
            return  # two on one line: lines can't be shared
        self.found.append(opening)

    def _text(self, text: str, *, images: bool = True) -> str:
        return tokens.plain(tokens.inline(text, self._definitions), images=images)

    def _paragraph(self, block: tokens.Block) -> None:
        if "<" in block.tokens[1].content:
            self.given.update(markup.anchors_of(block.tokens[1].content))
        lines = [line.strip() for line in self._lines[block.first : block.end]]
        for number, line in enumerate(lines):
            below = lines[number : number + 3]
            if questions.may_begin(line) and (found := questions.question("\n".join(below))):
                self._question(found, below, block.first + number)
            if self._frames and "</" in line:
                for _ in _DETAILS_END.findall(line):
                    self._close(block.first + number)

    def _question(self, found: questions.Question, lines: Sequence[str], first: int, indent: int = 0) -> None:
        """Add a question that stands at the beginning of `lines`, of which the first is line `first` of the file."""
        title = " ".join(self._text(found.title).split())
        if not title:
            return
        behind = "\n".join(lines[:3])[: found.length].count("\n")
        column = found.length - sum(len(line) + 1 for line in lines[:behind])
        rest = lines[behind][column:].strip().rstrip("\\").strip()
        after = first + behind
        if rest and not set(rest) <= {":", "*", "_"}:
            self._add(Opening(title, WEAK, first, after, rest=rest, indent=indent))
        else:
            self._add(Opening(title, WEAK, first, after + 1, indent=indent))

    def _container(self, block: tokens.Block) -> None:
        """A list, quote or table: questions among the items of a list, anchors of headings that stand deeper."""
        found = block.tokens
        is_list = block.kind.endswith("list_open")
        for position, token in enumerate(found):
            if token.type == "heading_open":
                self.numbering.take(slug(self._text(found[position + 1].content, images=False)))
            elif token.type == "html_block":
                self._html_anchors(token.content)
            elif token.type == "inline" and "<" in token.content:
                self.given.update(markup.anchors_of(token.content))
            elif is_list and token.type == "list_item_open" and token.level == 1 and token.map:
                self._item(found, position, numbered=block.kind.startswith("ordered"))

    def _item(self, found: Sequence["Token"], position: int, *, numbered: bool) -> None:
        if position + 2 >= len(found) or found[position + 1].type != "paragraph_open":
            return
        content = found[position + 2].content
        lines = [line.strip() for line in content.split("\n", 3)]
        line = (found[position].map or [0])[0]
        has_more = len(lines) > 1 or found[position + 4].type != "list_item_close"
        is_alone = position == 1 and found[-2].map == found[position].map
        if asked := questions.question("\n".join(lines), numbered=numbered and (has_more or is_alone)):
            marker = _ITEM.match(self._lines[line])
            self._question(asked, lines, line, len(marker.group()) if marker else 0)

    def _html_anchors(self, source: str) -> None:
        """The anchors of an HTML block in a list or quote, where no entry begins."""
        self.given.update(markup.anchors_of(source))
        for match in _HTML_HEADING.finditer(source):
            if (end := source.find("</h", match.end())) < 0:
                break
            self.numbering.take(slug(" ".join(markup.text_of("<h" + source[match.end() : end]).split())))

    def _html(self, token: "Token", first: int) -> None:
        source = markup.without_comments(token.content)
        if "<" not in source:
            return
        self.given.update(markup.anchors_of(source))
        line = at = position = 0
        unclosed: set[str] = set()  # looked for in vain: not again for each of many
        while match := _HTML_TAG.search(source, position):
            line, at = line + source.count("\n", at, match.start()), match.start()
            position = match.end()
            name, closing = match[2].lower(), bool(match[1])
            if name == "details":
                if closing:
                    self._close(first + line)
                else:
                    self._frames.append(_Frame(first + line))
            elif not closing and match[2] not in unclosed:
                end = source.find(f"</{match[2]}", match.end())
                if end < 0:
                    unclosed.add(match[2])
                    continue
                position = (source.find(">", end) + 1) or len(source)
                self._html_title(name, source, (match.end(), end, position), first + line)

    def _html_title(self, name: str, source: str, at: tuple[int, int, int], first: int) -> None:
        """A title that stands from `at[0]` to `at[1]`; its closing tag ends at `at[2]`."""
        inside = source[at[0] : at[1]]
        title = " ".join(markup.text_of(inside).split())
        after = first + source.count("\n", at[0], at[2])
        line_end = source.find("\n", at[2])
        rest = source[at[2] : line_end if line_end >= 0 else len(source)].strip()
        anchor = ""
        if name.startswith("h") or _HTML_HEADING.search(inside):
            anchor = self.numbering.take(slug(title))
        if not title:
            return
        level = int(name[1]) if name.startswith("h") else WEAK
        shares = bool(rest) and bool(markup.text_of(rest).strip())
        opening = Opening(title, level, first, after if shares else after + 1, anchor, rest if shares else None)
        if name == "summary" and self._frames:
            if self._frames[-1].opening is not None:
                return
            frame = self._frames.pop()
            opening.first, opening.details = frame.line, True
            self._add(opening)
            self._frames.append(_Frame(frame.line, opening))
        else:
            self._add(opening)

    def _close(self, line: int) -> None:
        if not self._frames:
            return
        frame = self._frames.pop()
        if frame.opening is None:
            return
        frame.opening.end = line + 1
        self.found.append(Opening("", WEAK, line + 1, line + 1, resumes=frame.opening))
