"""What is in each section: its text without markup, its code and its links."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.domain.faq import CodeBlock, Link, Problem
from bot.search import markup, metadata, tokens
from bot.search.contents import is_title
from bot.search.entries import Span

if TYPE_CHECKING:
    from markdown_it.token import Token

_LEAVES = frozenset({"inline", "fence", "code_block", "html_block"})


@dataclass(slots=True)
class Content:
    """What a section has. `empty` if there is nothing in it that could answer a question."""

    parts: list[str] = field(default_factory=list)
    code: list[CodeBlock] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    empty: bool = True

    @property
    def prose(self) -> str:
        """Its text without markup and code, a line for each block."""
        return "\n".join(text for part in self.parts if (text := part.strip()))

    def add(self, text: str, *, heading: bool = False) -> None:
        """Text of a block. A heading alone is no answer."""
        if text.strip():
            self.parts.append(text)
            self.empty = self.empty and heading


@dataclass(frozen=True, slots=True)
class Gathered:
    """The content of each span, and of the whole file the links with their lines (from 1), the problems, and where
    metadata comments may be: lines from 0, end excluded."""

    contents: list[Content]
    links: list[tuple[Link, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Leaf:
    token: "Token"
    first: int
    end: int
    heading: bool
    contents: bool  # part of a table of contents


def gather(
    blocks: Sequence[tokens.Block],
    spans: Sequence[Span],
    lines: Sequence[str],
    definitions: tokens.Definitions,
    contents: Collection[int],
    file: str,
) -> Gathered:
    """Read all blocks once and give each part of them to the span that it is in. Tables of contents, which begin at
    the lines `contents`, are in none, unless there is nothing else below a question: then they answer it."""
    gathered = Gathered([Content() for _ in spans])
    reader = _Reader(lines, definitions, gathered)
    held: list[tuple[_Leaf, int]] = []
    at = 0
    for leaf in _leaves(blocks, contents):
        while at < len(spans) - 1 and spans[at].end <= leaf.first:
            at += 1
        reader.read_links_of_file(leaf)
        number = at
        while number < len(spans) and spans[number].start < leaf.end:
            span = spans[number]
            if max(span.start, leaf.first) < min(span.end, leaf.end):
                if leaf.contents:
                    held.append((leaf, number))
                else:
                    reader.read(leaf, span, gathered.contents[number])
            number += 1
    unanswered = {
        number
        for number, (span, content) in enumerate(zip(spans, gathered.contents, strict=True))
        if content.empty and span.asks and span.opening and not is_title(span.opening.title)
    }
    for leaf, number in held:
        if number in unanswered:
            reader.read(leaf, spans[number], gathered.contents[number])
    for block in blocks:
        if fault := _unclosed(block, lines):
            gathered.problems.append(Problem(file, block.first + 1, fault))
    return gathered


def _leaves(blocks: Sequence[tokens.Block], contents: Collection[int]) -> Iterator[_Leaf]:
    for block in blocks:
        where = (block.first, block.end)
        heading = block.kind == "heading_open"
        for token in block.tokens:
            if token.map:
                where = (token.map[0], token.map[1])
            if token.type in _LEAVES:
                yield _Leaf(token, *where, heading, block.first in contents and not heading)


def _unclosed(block: tokens.Block, lines: Sequence[str]) -> str:
    token = block.tokens[0]
    if token.type == "fence":
        last = lines[block.end - 1].strip()
        closed = block.end - 1 > block.first and last.startswith(token.markup) and not last.strip(token.markup[0])
        return "" if closed else "a code block is never closed; all below it is code"
    if token.type == "html_block" and token.content.lstrip().startswith("<!--") and "-->" not in token.content:
        return "a comment is never closed; all below it is hidden"
    return ""


class _Reader:
    def __init__(self, lines: Sequence[str], definitions: tokens.Definitions, into: Gathered) -> None:
        self._lines = lines
        self._definitions = definitions
        self._into = into
        self._parsed: tuple[object, list[Token]] = (None, [])

    def read(self, leaf: _Leaf, span: Span, content: Content) -> None:
        """Add to `content` what of a leaf is in its span."""
        token = leaf.token
        rest = span.opening.rest if span.opening else None
        is_whole = span.start <= leaf.first and leaf.end <= span.end and (rest is None or leaf.first > span.start)
        if token.type in {"fence", "code_block"}:
            line = leaf.first + (2 if token.type == "fence" else 1)
            language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
            content.code.append(CodeBlock(language, token.content, line))
            content.empty = content.empty and not token.content.strip()
            return
        first = max(leaf.first, span.start)
        source = token.content if is_whole else self._part(first, min(leaf.end, span.end), span)
        if token.type == "html_block":
            source = markup.without_comments(source)
            content.add(markup.text_of(markup.without_code(source)))
            content.links.extend(link for link, _ in markup.links_of(source))
            content.code.extend(markup.code_of(source, first + 1))
            content.empty = content.empty and not content.code
        else:
            parts = self._inline(token) if is_whole else tokens.inline(source, self._definitions)
            content.add(tokens.plain(parts), heading=leaf.heading)
            content.links.extend(tokens.links(parts))

    def read_links_of_file(self, leaf: _Leaf) -> None:
        """Add the links of a leaf to those of the file, and note where a metadata comment begins."""
        token = leaf.token
        if token.type == "html_block":
            self._into.links.extend((link, leaf.first + 1 + line) for link, line in markup.links_of(token.content))
            if "<!--" in token.content:
                for number in range(leaf.first, leaf.end):
                    if metadata.begins(self._lines[number]):
                        self._into.comments.append((number, leaf.end))
            return
        if token.type != "inline" or not ("[" in token.content or "<" in token.content):
            return
        source = "\n".join(self._lines[leaf.first : leaf.end])
        line, at = leaf.first + 1, 0
        for link in tokens.links(self._inline(token)):
            found_at = max(source.find(link.target, at), source.find(unquote(link.target), at))
            if found_at >= 0:
                line += source.count("\n", at, found_at)
                at = found_at
            self._into.links.append((link, line))

    def _inline(self, token: "Token") -> list["Token"]:
        if self._parsed[0] is not token:
            self._parsed = (token, tokens.inline(token.content, self._definitions))
        return self._parsed[1]

    def _part(self, first: int, end: int, span: Span) -> str:
        found = [line.strip() for line in self._lines[first:end]]
        if span.opening and span.opening.rest is not None and first == span.start:
            found[0] = span.opening.rest
        return "\n".join(found)
