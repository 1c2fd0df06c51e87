"""Markdown's grammar (CommonMark and GitHub's tables), by markdown-it: blocks, and the text and links in them."""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from bot.domain.faq import Link
from bot.search import markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Definitions = MutableMapping[str, Any]
"""The link definitions of a file, as markdown-it keeps them."""

# Beyond these, text between blocks is read as it stands: the parser's time grows faster than the text.
_INLINE_LIMIT = 30_000
_BRACKETS_LIMIT = 500
_MARKUP = re.compile(r"[*_`]+")
_MAY_BE_MARKUP = re.compile(r"[][\\`~*!<>&]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|\s\n|\n\s|^\n|\n\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """An outermost block: the lines it takes (from 0, end excluded) and its tokens."""

    first: int
    end: int
    tokens: Sequence["Token"]

    @property
    def kind(self) -> str:
        """The name of its first token: `heading_open`, `paragraph_open`, `bullet_list_open`, `html_block` ..."""
        return self.tokens[0].type


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # most of this package's import time, and not needed to import it

    return MarkdownIt("commonmark", {"store_labels": True}).enable(["table", "strikethrough"])


def blocks(text: str) -> tuple[list[Block], Definitions]:
    """The outermost blocks of a text in order, and its link definitions. The text inside them isn't parsed yet."""
    definitions: dict[str, Any] = {}
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse(text, parser, definitions, tokens)
    found: list[Block] = []
    start = depth = 0
    for position, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            lines = tokens[start].map
            if lines:
                found.append(Block(lines[0], lines[1], tokens[start : position + 1]))
            start = position + 1
    return found, definitions


def inline(text: str, definitions: Definitions) -> list["Token"]:
    """The parts of the text of a paragraph, heading or cell."""
    from markdown_it.token import Token as MarkdownToken

    if not _MAY_BE_MARKUP.search(text):  # most is just text, and the parser takes its time to find that out
        lines = [MarkdownToken("text", "", 0, content=line) for line in text.split("\n") if line]
        breaks = (MarkdownToken("softbreak", "br", 0) for _ in lines[1:])
        return [*lines[:1], *chain.from_iterable(zip(breaks, lines[1:], strict=True))]
    if len(text) > _INLINE_LIMIT or text.count("[") > _BRACKETS_LIMIT:
        return [MarkdownToken("text", "", 0, content=_MARKUP.sub("", text))]
    children: list[Token] = []
    parser = _parser()
    parser.inline.parse(text, parser, definitions, children)
    return children


def plain(parts: Sequence["Token"], *, images: bool = True) -> str:
    """The text of parts without markup; images by their alternative text, or not at all."""
    found: list[str] = []
    for part in parts:
        if part.type in {"text", "code_inline"}:
            found.append(part.content)
        elif part.type in {"softbreak", "hardbreak"}:
            found.append("\n")
        elif part.type == "image" and images:
            found.append(plain(part.children or []) or part.content)
        elif part.type == "html_inline":
            tag = part.content.lower()
            if tag.startswith("<br"):
                found.append("\n")
            elif images and tag.startswith("<img"):
                found.append(markup.attribute(part.content, "alt"))
    return "".join(found)


def links(parts: Sequence["Token"]) -> Iterator[Link]:
    """The links of parts, those written in HTML too; a reference is resolved."""
    target, label, text_from = "", "", -1
    for position, part in enumerate(parts):
        if part.type == "link_open":
            target, text_from = str(part.attrGet("href") or ""), position + 1
            label = str(part.meta.get("label", ""))
        elif part.type == "html_inline" and part.content.lower().startswith("<a"):
            target, label, text_from = markup.attribute(part.content, "href"), "", position + 1
        elif text_from >= 0 and (part.type == "link_close" or part.content.lower() == "</a>"):
            if target:
                yield Link(plain(parts[text_from:position]).replace("\n", " "), target, label)
            text_from = -1
