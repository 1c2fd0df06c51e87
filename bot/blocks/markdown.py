"""FAQ Markdown to Slack: prose as mrkdwn and code as it is.

A renderer of markdown-it's tokens, so that escaping happens at the leaves and nowhere else. Slack has no headings,
tables or nested lists of its own: headings become bold lines, tables aligned text, nesting indentation.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.domain.faq import Link

_BULLETS = ("•", "◦", "▪")
_INDENT = "    "
_RULE = "———"
_TABLE_WIDTH = 90
_INLINE_CODE = 1_000  # longer code is a block of its own, which can be divided
_SPACES = re.compile(r"\s+")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Which addresses may be links is decided in one place, `mrkdwn.link`; the parser would show the source of others.
_PARSER.validateLink = lambda url: bool(url.strip())  # type: ignore[method-assign] # its documented hook
_TASK = re.compile(r"\[[ xX]\]\s")
_MARKS = {"strong": "*", "em": "_", "s": "~"}


@dataclass(frozen=True, slots=True)
class Prose:
    """Text as mrkdwn, of any length."""

    mrkdwn: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code, or text in columns, as it stands in the source."""

    text: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a table: its words, and what a list shows of it, without bold."""

    words: str
    parts: Sequence[str | Code]

    @property
    def has_link(self) -> bool:
        """Whether there is an address in it that can be followed: all other angle brackets are escaped."""
        return any(isinstance(part, str) and "<" in part for part in self.parts)


Piece = Prose | Code


def render(markdown: str, links: Sequence[Link] = ()) -> tuple[Piece, ...]:
    """The pieces of a Markdown text, in order. Links other than to the web and to mail addresses are just text.

    `links` are those of the entry that the text is from: a link by reference (`[text][label]`) has its address
    elsewhere in the file.
    """
    references = {normalizeReference(each.label): {"title": "", "href": each.target} for each in links if each.label}
    return _Renderer().run(_PARSER.parse(markdown, {"references": references}))


def add(layout: Layout, markdown: str, links: Sequence[Link] = ()) -> Layout:
    """Put a Markdown text into a message; `links` as for `render`."""
    for piece in render(markdown, links):
        if isinstance(piece, Code):
            layout.code(piece.text)
        else:
            layout.text(piece.mrkdwn)
    return layout


def _keep_task_boxes(state: StateCore) -> None:
    """A box at the beginning of a list's item is one, as on GitHub, whatever definition has its name."""
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and inline.type == "inline" and _TASK.match(inline.content):
            inline.content = f"\\{inline.content}"


_PARSER.core.ruler.before("inline", "task_boxes", _keep_task_boxes)


class _Renderer:
    """One pass over block tokens."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._prose: list[str] = []
        self._lists: list[int | None] = []  # of the lists we are in: the next number, None for bullets
        self._marker = ""  # the list mark that the next text gets
        self._quotes = 0
        self._heading = False
        self._row: list[_Cell] | None = None
        self._table: list[list[_Cell]] = []

    def run(self, tokens: Sequence[Token]) -> tuple[Piece, ...]:
        for token in tokens:
            self._block(token)
        self._flush()
        return tuple(self._pieces)

    def _block(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._inline(token)
            case "fence" | "code_block":
                self._code(token.content)
            case "html_block":
                self._text(mrkdwn.prose(html.unescape(_without_comments(token.content))))
            case "hr":
                self._text(_RULE)
            case "heading_open":
                self._heading = True
            case "heading_close":
                self._heading = False
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "table_close" | "tr_open" | "tr_close":
                self._table_part(token)
            case _:
                self._list_part(token)

    def _list_part(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                number = self._lists[-1]
                depth = len([each for each in self._lists if each is None])
                self._marker = f"{number}." if number is not None else _BULLETS[(depth - 1) % len(_BULLETS)]
                self._lists[-1] = None if number is None else number + 1
            case "list_item_close":
                self._marker = ""

    def _table_part(self, token: Token) -> None:
        if token.type == "tr_open":
            self._row = []
        elif token.type == "tr_close":
            self._table.append(self._row or [])
            self._row = None
        else:
            self._finished_table()
            self._table = []

    def _finished_table(self) -> None:
        """A narrow table stays one; the rows of one too wide for a chat, or with links, become items of a list."""
        text = _columns([[cell.words for cell in row] for row in self._table])
        linked = any(cell.has_link for row in self._table for cell in row)
        if not linked and max(map(len, text.split("\n"))) <= _TABLE_WIDTH:
            self._code(text)
            return
        titles, *rows = self._table
        items = [_row_as_item(titles, row) for row in rows] or [_row_as_item((), titles)]
        self._say(_joined([part for item in items for part in ("\n", *item)]))

    def _inline(self, token: Token) -> None:
        children = token.children or []
        if self._row is not None:
            self._row.append(_cell(children))
        else:
            self._say(_inline(children, bold=not self._heading))

    def _say(self, parts: Sequence[str | Code]) -> None:
        """A paragraph or a heading, with the code that stands between its words."""
        for part in parts:
            if isinstance(part, Code):
                self._code(part.text)
            elif not (part.strip() == "." and len(parts) > 1):  # the end of a sentence whose last word is a block
                self._text(_bold(part) if self._heading else part)

    def _text(self, text: str) -> None:
        if not text.strip():
            return
        lead, hang = self._leads()
        first, *others = text.split("\n")
        lines = [f"{lead}{first}", *(f"{hang}{each}" for each in others)]
        if self._quotes:
            lines = [f"> {each}" for each in lines]
        # Items of a list stand together, everything else is a paragraph.
        if self._prose and not self._lists:
            self._prose.append("")
        self._prose += lines

    def _leads(self) -> tuple[str, str]:
        """What the first line of a text and its other lines begin with."""
        outer = _INDENT * (len(self._lists) - 1)
        marker, self._marker = self._marker, ""
        hang = _INDENT * len(self._lists)
        return (f"{outer}{marker} ", hang) if marker else (hang, hang)

    def _code(self, text: str) -> None:
        if self._marker:
            self._prose.append(self._leads()[0].rstrip())
        self._flush()
        if text.strip():
            self._pieces.append(Code(text.strip("\n")))

    def _flush(self) -> None:
        if self._prose:
            self._pieces.append(Prose("\n".join(self._prose)))
        self._prose = []


def _inline(children: Sequence[Token], *, bold: bool = True) -> list[str | Code]:
    """Inline tokens as mrkdwn, divided by the code that mrkdwn has no inline form for. Without `bold` no asterisk is in
    it but those of code and addresses."""
    parts: list[str | Code] = []
    out: list[str] = []
    marks = _MARKS if bold else {**_MARKS, "strong": ""}
    if any(_has_no_inline_form(token) and token.level for token in children):
        marks = {}  # what is emphasized goes on behind a block, and a mark without its other half is just a sign
    position = 0
    while position < len(children):
        token = children[position]
        kind = token.type
        if kind == "link_open":
            end = _end_of_link(children, position)
            out.append(mrkdwn.link(str(token.attrs.get("href", "")), _words(children[position + 1 : end])))
            position = end
        elif kind.endswith(("_open", "_close")):
            out.append(marks.get(kind.rsplit("_", 1)[0], ""))
        elif _has_no_inline_form(token):
            parts += ["".join(out).strip(), Code(token.content)]
            out = []
        else:
            shown = _leaf(token)
            out.append(shown if bold or kind in {"code_inline", "image"} else shown.replace("*", "\u2217"))
        position += 1
    return [part for part in (*parts, "".join(out).strip()) if part]


def _has_no_inline_form(token: Token) -> bool:
    return token.type == "code_inline" and ("`" in token.content or len(token.content) > _INLINE_CODE)


def _bold(text: str) -> str:
    """A line made of `_inline` without `bold` in bold; not one whose code has an asterisk, which would end it."""
    return text if "*" in text else f"*{text}*"


def _leaf(token: Token) -> str:
    match token.type:
        case "code_inline":
            return mrkdwn.verbatim(token.content)
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return mrkdwn.link(str(token.attrs.get("src", "")), f"Image: {token.content or 'without a description'}")
        case "html_inline":
            return "\n" if _BREAK.fullmatch(token.content) else mrkdwn.escape(_without_comments(token.content))
        case _:
            return mrkdwn.inert(mrkdwn.escape(token.content))


def _end_of_link(children: Sequence[Token], start: int) -> int:
    depth = 0
    for position in range(start, len(children)):
        depth += {"link_open": 1, "link_close": -1}.get(children[position].type, 0)
        if depth == 0:
            return position
    return len(children)


def _words(children: Sequence[Token]) -> str:
    """The text of inline tokens, without any markup; not escaped."""
    said = []
    for token in children:
        if token.type == "code_inline":
            said.append(token.content)
        elif token.type in {"text", "html_inline", "image"}:
            said.append(_SPACES.sub(" ", token.content))
        elif token.type in {"softbreak", "hardbreak"}:
            said.append(" ")
    return "".join(said)


def _without_comments(source: str) -> str:
    """HTML as it is written, but without comments: those are for the authors."""
    return _COMMENT.sub("", source).strip()


def _cell(children: Sequence[Token]) -> _Cell:
    parts = [part if isinstance(part, Code) else part.replace("\n", " ") for part in _inline(children, bold=False)]
    return _Cell(_words(children).strip(), parts)


def _row_as_item(titles: Sequence[_Cell], row: Sequence[_Cell]) -> Iterator[str | Code]:
    """The first cell of a row, then the others behind their titles, those that are there."""
    yield "• "
    yield from [part if isinstance(part, Code) else _bold(part) for part in row[0].parts] or ["-"]
    before = " — "
    for title, cell in zip_longest(titles[1:], row[1:]):
        if cell and cell.parts:
            yield before
            if title and title.parts:
                yield from (*title.parts, ": ")
            yield from cell.parts
            before = "; "


def _joined(parts: Sequence[str | Code]) -> list[str | Code]:
    """The same with nothing but code between two texts."""
    found: list[str | Code] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Code):
            found += ["".join(texts).strip(), part]
            texts = []
        else:
            texts.append(part)
    return [part for part in (*found, "".join(texts).strip()) if part]


def _columns(rows: Sequence[Sequence[str]]) -> str:
    count = max((len(row) for row in rows), default=0)
    filled = [[*row, *[""] * (count - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in filled) for column in range(count)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in filled]
    if len(lines) > 1:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
