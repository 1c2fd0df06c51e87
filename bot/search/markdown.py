"""Markdown to sections.

A section is one answerable entry, found by the headings:

- A heading that asks (it ends in a question mark, is numbered like "1.2", or begins with "How to", "What is" and the
  like) opens an entry and takes in the deeper headings below it, since those are parts of its answer. Only a deeper
  heading that clearly asks something of its own (question mark or number) opens another entry.
- Any other heading opens a section that ends at the next heading.
- A file's title takes in the rest only if it is the only question of the file.
- What has no text of its own isn't a section: groups, tables of contents.

Sections of a file don't overlap. Only headings at the outermost level count, not those in quotes and lists.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.domain.faq import CodeBlock, Link, Problem, Section

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_NUMBERED = re.compile(r"^\(?\d+\.\d+(\.\d+)*[.):]?\s+\S")
_ASKING_START = re.compile(
    r"^(?:\d+[.):]\s*)?(?:how (?:to|do|does|can|should|is|are)|what(?:['\u2019]s)?|which|where|when|why|who"
    r"|can (?:i|we|you)|do (?:i|we)|does|is (?:it|there)|are there|should (?:i|we))\b",
    re.IGNORECASE,
)
_FRONT_MATTER_LINE = re.compile(r"^(?:[\w.-]+\s*:(?:\s.*)?|\s+.*|-\s.*|#.*|)$")
_FRONT_MATTER_MAX_LINES = 200
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
_TOC_MARKERS = frozenset({"[toc]", "[[toc]]", "[[_toc_]]"})
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
_NAVIGATION = re.compile(r"^(?:#|(?![a-z][a-z0-9+.-]*:|//)[^#?]*\.(?:md|markdown)(?:#|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """The sections of one file in file order, what is wrong with it, and all anchors that GitHub would give it."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    anchors: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Heading:
    title: str
    level: int
    anchor: str
    first: int  # line index of the heading
    after: int  # line index behind it

    @property
    def asks_clearly(self) -> bool:
        return self.title.endswith(("?", "\uff1f")) or bool(_NUMBERED.match(self.title))

    @property
    def asks(self) -> bool:
        return self.asks_clearly or bool(_ASKING_START.match(self.title))


@dataclass(frozen=True, slots=True)
class _Content:
    """What is between two lines. `empty` if there is nothing that could answer a question."""

    prose: str
    code: tuple[CodeBlock, ...]
    links: tuple[Link, ...]
    empty: bool


def parse(text: str, file: str) -> Document:
    """Split the Markdown `text` of `file` (its name for messages and hits) into sections. Never raises on any text."""
    text = normalise(text)
    lines = text.split("\n")
    tokens = _parser().parse(text)
    headings = _headings(tokens)
    blocks = _top_level_blocks(tokens)
    anchors = frozenset(heading.anchor for heading in headings)

    sections: list[Section] = []
    problems: list[Problem] = []
    for opening, path, start, end in _spans(headings, len(lines), file):
        content = _content(blocks, start, end)
        if content.empty:
            if opening and opening.asks:
                problems.append(
                    Problem(file, opening.first + 1, f"“{opening.title}” has no answer below it; it was skipped")
                )
            continue
        first, last = _without_blank_ends(lines, start, end)
        sections.append(
            Section(
                path=path,
                title=path[-1],
                level=opening.level if opening else 0,
                anchor=opening.anchor if opening else "",
                file=file,
                line=(opening.first if opening else first) + 1,
                end_line=last,
                body="\n".join(lines[first:last]),
                prose=content.prose,
                code=content.code,
                links=content.links,
                body_line=first + 1,
            )
        )
    return Document(tuple(sections), tuple(problems), anchors)


def normalise(text: str) -> str:
    """The text as it is parsed: no byte order mark, line ends `\\n`, front matter blanked out (lines keep their
    numbers), NUL replaced as CommonMark says."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return text
    for number, line in enumerate(lines[1:_FRONT_MATTER_MAX_LINES], 1):
        if number > 1 and line.rstrip() in {"---", "..."}:
            return "\n".join([""] * (number + 1) + lines[number + 1 :])
        if not _FRONT_MATTER_LINE.match(line):
            break
    return text


def blocks_of(body: str) -> list[tuple[int, int, bool]]:
    """The outermost blocks of a section's body as (first line, line behind the last, is a heading), from 0."""
    return [
        (block[0].map[0], block[0].map[1], block[0].type == "heading_open")
        for block in _top_level_blocks(_parser().parse(body))
        if block[0].map
    ]


def slug(title: str) -> str:
    """GitHub's anchor for a heading, before duplicates are numbered."""
    return _NOT_IN_ANCHOR.sub("", title.strip().lower()).replace(" ", "-")


def _without_blank_ends(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return start, end


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # most of this package's import time, and not needed to import it

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _headings(tokens: Sequence["Token"]) -> list[_Heading]:
    found: list[_Heading] = []
    taken: dict[str, int] = {}
    for position, token in enumerate(tokens):
        if token.type != "heading_open" or token.level or token.map is None:
            continue
        title = " ".join(_plain(tokens[position + 1]).split())
        base = anchor = slug(title)
        while anchor in taken:
            taken[base] += 1
            anchor = f"{base}-{taken[base]}"
        taken[anchor] = 0
        found.append(_Heading(title, int(token.tag[1:]), anchor, token.map[0], token.map[1]))
    return found


def _spans(
    headings: Sequence[_Heading], line_count: int, file: str
) -> Iterator[tuple[_Heading | None, tuple[str, ...], int, int]]:
    """Heading, path, first line below it and end line (from 0, end excluded) of every possible section."""
    openings = _openings(headings)
    first = headings[0].first if headings else line_count
    name = file.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", " ").replace("_", " ").strip() or file
    yield None, (name.capitalize(),), 0, first
    trail: list[_Heading] = []
    ends = [heading.first for heading in openings[1:]] + [line_count]
    for heading, end in zip(openings, ends, strict=False):
        trail = [above for above in trail if above.level < heading.level] + [heading]
        titles = tuple(above.title for above in trail if above.title)
        yield heading, titles or (name.capitalize(),), heading.after, end


def _openings(headings: Sequence[_Heading]) -> list[_Heading]:
    if not headings:
        return []
    title = headings[0]
    is_file_title = all(other.level > title.level for other in headings[1:])
    only_question = title.asks_clearly and not any(other.asks for other in headings[1:])
    openings: list[_Heading] = []
    for heading in headings:
        current = openings[-1] if openings else None
        takes_in = current is not None and current.asks and (current is not title or not is_file_title or only_question)
        if current and takes_in and heading.level > current.level and not heading.asks_clearly:
            continue
        openings.append(heading)
    return openings


def _top_level_blocks(tokens: Sequence["Token"]) -> list[list["Token"]]:
    blocks: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            blocks.append([])
        blocks[-1].append(token)
        depth += token.nesting
    return blocks


def _content(blocks: Sequence[Sequence["Token"]], start: int, end: int) -> _Content:
    prose: list[str] = []
    code: list[CodeBlock] = []
    links: list[Link] = []
    has_text = False
    for block in blocks:
        where = block[0].map
        if where is None or not start <= where[0] < end:
            continue
        if _is_table_of_contents(block):
            continue
        before = len(prose)
        for token in block:
            if token.type in {"fence", "code_block"} and token.map:
                line = token.map[0] + (2 if token.type == "fence" else 1)
                language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
                code.append(CodeBlock(language, token.content, line))
                has_text = has_text or bool(token.content.strip())
            elif token.type == "inline":
                prose.append(_plain(token))
                links.extend(_links(token))
            elif token.type == "html_block":
                prose.append(_TAG.sub(" ", token.content))
        if block[0].type != "heading_open":
            has_text = has_text or any(part.strip() for part in prose[before:])
    text = "\n".join(part.strip() for part in prose if part.strip())
    return _Content(text, tuple(code), tuple(links), empty=not has_text)


def _is_table_of_contents(block: Sequence["Token"]) -> bool:
    """A list made only of links within the FAQ, two or more, or a marker that a renderer replaces by one."""
    if block[0].type == "paragraph_open":
        return len(block) == 3 and block[1].content.strip().lower() in _TOC_MARKERS
    if block[0].type not in {"bullet_list_open", "ordered_list_open"}:
        return False
    count = 0
    for token in block:
        if token.type in {"fence", "code_block", "html_block"}:
            return False
        if token.type != "inline":
            continue
        depth = 0
        for child in token.children or []:
            if child.type == "link_open":
                if not _NAVIGATION.match(str(child.attrGet("href") or "")):
                    return False
                count += 1
            depth += child.nesting if child.type.startswith("link_") else 0
            if depth == 0 and any(letter.isalpha() for letter in child.content):
                return False
    return count >= 2


def _plain(inline: "Token") -> str:
    parts: list[str] = []
    for child in inline.children or []:
        if child.type in {"text", "code_inline"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type == "image":
            parts.append(_plain(child))
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            parts.append(" ")
    return "".join(parts)


def _links(inline: "Token") -> Iterator[Link]:
    target, inside = "", False
    parts: list[str] = []
    for child in inline.children or []:
        if child.type == "link_open":
            target, parts, inside = str(child.attrGet("href") or ""), [], True
        elif child.type == "link_close":
            inside = False
            yield Link("".join(parts), target)
        elif inside:
            parts.append(child.content if child.type != "softbreak" else " ")
