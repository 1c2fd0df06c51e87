"""Recognises tables of contents: lists, tables, paragraphs and HTML that only lead to other places of the FAQ."""

import re
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from bot.search import markup, tokens
from bot.search.anchors import slug

if TYPE_CHECKING:
    from markdown_it.token import Token

_MARKERS = frozenset({"[toc]", "[[toc]]", "[[_toc_]]", "{:toc}", "${toc}"})
_NAVIGATION = re.compile(r"^(?:#|(?![a-z][a-z0-9+.-]*:|//)[^#?]*\.(?:md|markdown)(?:#|$))", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:(?:table of )?contents|toc|jump to|go to|on this page|in this (?:page|file))\W*", re.IGNORECASE
)
_TITLE = re.compile(
    r"^[\W\d]*(?:(?:table of )?contents|toc|jump to|on this page|in this (?:page|file)|(?:all |list of )?questions|"
    r"(?:the )?faqs?|index|overview)\W*$",
    re.IGNORECASE,
)
_TO_THE_TOP = re.compile(r"^\W*(?:back to (?:the )?)?top\W*$", re.IGNORECASE)
_HTML_LINK = re.compile(r"<a\b[^<>]*>[^<]*</a\s*>", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_NUMBERING = re.compile(r"^\W*(?:\d+[.)])*\s*")


def is_title(text: str) -> bool:
    """Whether a heading says that what is below it leads on: "Table of contents", "1. Overview"."""
    return bool(_TITLE.match(text))


def is_contents(block: tokens.Block, titles: Container[str], definitions: tokens.Definitions) -> bool:
    """Whether a block does nothing but lead to other entries. `titles` are the slugs of the file's headings: their
    texts count as links to them."""
    kind = block.kind
    if kind == "paragraph_open":
        return _in_paragraph(block.tokens[1], definitions)
    if kind in {"bullet_list_open", "ordered_list_open"}:
        return _in_list(block.tokens, titles, definitions)
    if kind == "table_open":
        return _in_table(block.tokens, titles, definitions)
    return kind == "html_block" and _in_html(block.tokens[0].content)


def _in_paragraph(token: "Token", definitions: tokens.Definitions) -> bool:
    if token.content.strip().lower() in _MARKERS or _is_label(token.content):
        return True
    if "](" not in token.content and "][" not in token.content:
        return False
    links, outside, text = _links(token.content, definitions)
    if links == 1:
        return not _LETTER.search(outside) and bool(_TO_THE_TOP.match(text))
    return links >= 3 and not _LETTER.search(_LABEL.sub("", outside))


def _in_list(found: Sequence["Token"], titles: Container[str], definitions: tokens.Definitions) -> bool:
    entries = 0
    for position, token in enumerate(found):
        if token.type in {"fence", "code_block", "html_block", "table_open"}:
            return False
        if token.type != "inline":
            continue
        is_group = found[position + 2].type in {"bullet_list_open", "ordered_list_open"}
        if _leads_on(token.content, titles, definitions):
            entries += 1
        elif not is_group or _links(token.content, definitions)[0] < 0:
            return False
    return entries >= 2


def _in_table(found: Sequence["Token"], titles: Container[str], definitions: tokens.Definitions) -> bool:
    rows = list(_rows(found))
    if len(rows) < 2:
        return False
    for row in rows:
        cells = [text for text in row if _LETTER.search(text)]
        if not cells or not all(_leads_on(text, titles, definitions) for text in cells):
            return False
    return True


def _rows(found: Sequence["Token"]) -> Iterator[list[str]]:
    row: list[str] = []
    in_body = False
    for token in found:
        if token.type == "tbody_open":
            in_body = True
        elif in_body and token.type == "tr_open":
            row = []
        elif in_body and token.type == "inline":
            row.append(token.content)
        elif in_body and token.type == "tr_close":
            yield row


def _is_label(text: str) -> bool:
    return len(text) < 100 and not _LETTER.search(_LABEL.sub("", text, count=1)) and bool(_LETTER.search(text))


def _in_html(source: str) -> bool:
    if len(source) < 500 and _is_label(markup.text_of(source)):
        return True
    if source.lower().count("<a") < 2:
        return False
    links = [link for link, _ in markup.links_of(source)]
    return (
        len(links) >= 2
        and all(_NAVIGATION.match(link.target) for link in links)
        and not _LETTER.search(_LABEL.sub("", markup.text_of(_HTML_LINK.sub("", source))))
    )


def _leads_on(text: str, titles: Container[str], definitions: tokens.Definitions) -> bool:
    links, outside, whole = _links(text, definitions)
    if links > 0 and not _LETTER.search(outside):
        return True
    return links >= 0 and (slug(whole) in titles or slug(_NUMBERING.sub("", whole)) in titles)


def _links(text: str, definitions: tokens.Definitions) -> tuple[int, str, str]:
    """How many links within the FAQ a text has (-1 if it has others), its text outside of them, and all its text."""
    parts = tokens.inline(text, definitions)
    count = depth = 0
    outside: list[str] = []
    for part in parts:
        if part.type == "link_open":
            if not _NAVIGATION.match(str(part.attrGet("href") or "")):
                return -1, "", ""
            count += 1
        depth += part.nesting if part.type.startswith("link_") else 0
        if depth == 0:
            outside.append(part.content)
    return count, "".join(outside), tokens.plain(parts).strip()
