"""Messages and views as lines of text for a terminal: readable without colour, and when piped into a file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from rich.console import Console
from rich.emoji import Emoji
from rich.text import Text

from bot.sandbox.slack.text import unescape
from bot.sandbox.slack.wire import Json

OPTIONS_SHOWN = 8

_FENCE = re.compile(r"```[ \t]*(?:[\w+-]+\n)?(.*?)```", re.DOTALL)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|<(?P<link>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])"
)
_STYLES = {"bold": "bold", "italic": "italic", "strike": "strike"}


class Names(Protocol):
    """Who and where the ids are."""

    def person(self, user_id: str) -> str:
        """A person's name."""
        ...

    def channel(self, channel_id: str) -> str:
        """A channel's name."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output, `indent` columns in; code is never wrapped."""

    text: Text
    indent: int = 0
    is_code: bool = False

    def print_on(self, console: Console, indent: int = 0) -> None:
        """Write it, so much further in."""
        columns = self.indent + indent
        wrapped = [self.text] if self.is_code else self.text.wrap(console, max(20, console.width - columns))
        for line in wrapped:
            line.rstrip()
            console.print(Text(" " * columns) + line, soft_wrap=True, highlight=False)


Label = Callable[[Json, Json], str]
"""What stands before an interactive element (given its block and itself): its number, or nothing."""


class Renderer:
    """Turns what Slack stores into lines."""

    def __init__(self, names: Names, label: Label) -> None:
        self._names = names
        self._label = label

    def message(self, message: Json) -> list[Line]:
        """A message: its blocks, or its text where it has none; then attachments, files and reactions."""
        blocks = [
            block for block in message.get("blocks") or () if block["type"] != "rich_text" or message.get("bot_id")
        ]
        lines = self.blocks(blocks) if blocks else self.mrkdwn(message.get("text", ""))
        for attachment in message.get("attachments") or ():
            inner = self.blocks(attachment.get("blocks") or [])
            inner = inner or self.mrkdwn(str(attachment.get("text") or attachment.get("fallback") or ""))
            lines += [Line(line.text, line.indent + 2, line.is_code) for line in inner]
        lines += [Line(Text(_file(file))) for file in message.get("files") or ()]
        if message.get("reactions"):
            words = [f":{each['name']}: {each['count']}" for each in message["reactions"]]
            lines.append(Line(Text(_emoji("  ".join(words)), "dim")))
        return lines

    def view(self, view: Json) -> list[Line]:
        """A modal or a Home tab, with what is filled in."""
        lines = list(chain.from_iterable(self._block(block, view) for block in view["blocks"]))
        buttons = [view[name]["text"] for name in ("submit", "close") if view.get(name)]
        if buttons:
            lines.append(Line(Text("  ".join(f"[{each}]" for each in buttons), "dim")))
        return lines

    def blocks(self, blocks: list[Json]) -> list[Line]:
        """The blocks of a message."""
        return list(chain.from_iterable(self._block(block, None) for block in blocks))

    def _block(self, block: Json, view: Json | None) -> list[Line]:
        if block["type"] == "input":
            return self._input(block, view)
        drawn: dict[str, Callable[[Json], list[Line]]] = {
            "header": lambda block: [Line(Text(_emoji(block["text"]["text"]), "bold underline"))],
            "divider": lambda _: [Line(Text("-" * 24, "dim"))],
            "section": self._section,
            "context": self._context,
            "actions": self._actions,
            "context_actions": self._actions,
            "markdown": lambda block: self.mrkdwn(_from_markdown(block["text"])),
            "rich_text": self._rich_text,
            "table": self._table,
            "image": lambda block: [Line(Text(f"[image: {block['alt_text']}]"))],
        }
        draw = drawn.get(block["type"])
        return draw(block) if draw else [Line(Text(f"[{block['type']} block]", "dim"))]

    def _actions(self, block: Json) -> list[Line]:
        return [Line(Text("  ".join(self._element(block, each) for each in block["elements"]), "bold"))]

    def _section(self, block: Json) -> list[Line]:
        lines = self.text(block["text"]) if block.get("text") else []
        for field in block.get("fields") or ():
            lines += [Line(line.text, line.indent + 2, line.is_code) for line in self.text(field)]
        if block.get("accessory"):
            lines.append(Line(Text(self._element(block, block["accessory"]), "bold")))
        return lines

    def _context(self, block: Json) -> list[Line]:
        images = [each for each in block["elements"] if each["type"] == "image"]
        lines = [Line(Text(f"[image: {each['alt_text']}]", "dim")) for each in images]
        for each in block["elements"]:
            if each["type"] != "image":
                for line in self.text(each):
                    line.text.stylize("dim")
                    lines.append(line)
        return lines

    def _element(self, block: Json, element: Json) -> str:
        if element["type"] == "image":
            return f"[image: {element['alt_text']}]"
        number = self._label(block, element)
        words = label_of(element)
        options = [each["text"]["text"] for each in _options(element)]
        if options:
            words += f": {_listed(options)}"
        if element.get("url"):
            words += f" -> {element['url']}"
        return f"[{number}{' ' if number else ''}{_emoji(words)}]"

    def _input(self, block: Json, view: Json | None) -> list[Line]:
        element = block["element"]
        values = ((view or {}).get("state") or {}).get("values") or {}
        now = values.get(block["block_id"], {}).get(element.get("action_id"), {})
        optional = " (optional)" if block.get("optional") else ""
        line = Text.assemble((f"{_emoji(block['label']['text'])}{optional}: ", "bold"), shown_value(now))
        options = [each["text"]["text"] for each in _options(element)]
        if options:
            line.append(
                f"  [{' | '.join(options[:OPTIONS_SHOWN])}{' | ...' if len(options) > OPTIONS_SHOWN else ''}]", "dim"
            )
        elif element["type"].endswith("external_select"):
            line.append("  [type to search]", "dim")
        lines = [Line(line)]
        if block.get("hint"):
            lines.append(Line(Text(block["hint"]["text"], "dim"), 2))
        return lines

    def text(self, text: Json) -> list[Line]:
        """A text object."""
        if text["type"] == "plain_text":
            return [Line(Text(_emoji(line))) for line in text["text"].split("\n")]
        return self.mrkdwn(text["text"])

    def mrkdwn(self, text: str) -> list[Line]:
        """Slack's markup."""
        lines: list[Line] = []
        end = 0
        for match in _FENCE.finditer(text):
            lines += self._prose(text[end : match.start()])
            body = unescape(match[1]).strip("\n")
            lines += [Line(Text(each, "cyan"), 4, is_code=True) for each in body.split("\n")]
            end = match.end()
        return lines + self._prose(text[end:])

    def _prose(self, text: str) -> list[Line]:
        if not text.strip():
            return []
        return [Line(self._inline(line)) for line in text.strip("\n").split("\n")]

    def _inline(self, line: str) -> Text:
        if line.startswith("&gt;"):
            return Text("| ") + self._inline(line.removeprefix("&gt;").lstrip())
        made = Text()
        end = 0
        for match in _INLINE.finditer(line):
            made.append(_emoji(unescape(line[end : match.start()])))
            end = match.end()
            if match["code"]:
                made.append(f"`{unescape(match['code'])}`", "cyan")
            elif match["link"]:
                made.append_text(self._link(match["link"]))
            else:
                kind = str(match.lastgroup)
                inner = self._inline(match[kind])
                inner.stylize(_STYLES[kind])
                made.append_text(inner)
        return made.append(_emoji(unescape(line[end:])))

    def _link(self, link: str) -> Text:
        target, _, words = link.partition("|")
        match target[:1]:
            case "@":
                return Text(f"@{self._names.person(target[1:])}", "bold")
            case "#":
                return Text(f"#{words or self._names.channel(target[1:])}", "bold")
            case "!":
                return Text(words or f"@{target[1:].partition('^')[0]}", "bold")
        url, words = unescape(target), unescape(words)
        return Text(url if words in ("", url) else f"{words} ({url})", "underline")

    def _rich_text(self, block: Json) -> list[Line]:
        lines: list[Line] = []
        for part in block["elements"]:
            if part["type"] == "rich_text_list":
                lines += [
                    Line(
                        Text(_bullet(part, place)) + self._rich_line(item["elements"]), 2 * int(part.get("indent") or 0)
                    )
                    for place, item in enumerate(part["elements"])
                ]
            elif part["type"] == "rich_text_preformatted":
                code = "".join(each.get("text", each.get("url", "")) for each in part["elements"])
                lines += [Line(Text(each, "cyan"), 4, is_code=True) for each in code.strip("\n").split("\n")]
            else:
                quote = "| " if part["type"] == "rich_text_quote" else ""
                lines += [Line(Text(quote) + line) for line in self._rich_line(part["elements"]).split("\n")]
        return lines

    def _rich_line(self, elements: list[Json]) -> Text:
        made = Text()
        for each in elements:
            style = each.get("style") or {}
            words = self._rich_words(each)
            if style.get("code"):
                words = f"`{words}`"
            made.append(words, " ".join(name for name in ("bold", "italic", "strike") if style.get(name)))
        return made

    def _rich_words(self, element: Json) -> str:
        match element["type"]:
            case "user":
                return f"@{self._names.person(element['user_id'])}"
            case "channel":
                return f"#{self._names.channel(element['channel_id'])}"
            case "broadcast":
                return f"@{element['range']}"
            case "emoji":
                return _emoji(f":{element['name']}:")
            case "link" if element.get("text"):
                return f"{element['text']} ({element['url']})"
        return str(element.get("text") or element.get("url") or "")

    def _table(self, block: Json) -> list[Line]:
        rows = [[self._cell(cell) for cell in row] for row in block["rows"]]
        widths = [max(len(row[place]) for row in rows if place < len(row)) for place in range(max(map(len, rows)))]
        settings = block.get("column_settings") or []
        right = [bool(each and each.get("align") == "right") for each in settings]
        right += [False] * (len(widths) - len(right))
        lines = []
        for number, row in enumerate(rows):
            padded = zip(row, widths, right, strict=False)
            words = "  ".join(cell.rjust(width) if end else cell.ljust(width) for cell, width, end in padded)
            lines.append(Line(Text(words.rstrip(), "bold" if number == 0 else ""), is_code=True))
        return lines

    def _cell(self, cell: Json) -> str:
        if cell["type"] == "rich_text":
            return " ".join(line.text.plain for line in self._rich_text(cell))
        return str(cell.get("text", cell.get("value", "")))


def label_of(element: Json) -> str:
    """The words on an interactive element."""
    if element["type"] == "feedback_buttons":
        return " / ".join(element[name]["text"]["text"] for name in ("positive_button", "negative_button"))
    words = element.get("text") or element.get("placeholder") or {}
    return str(words.get("text") or ("..." if element["type"] == "overflow" else element["type"]))


def shown_value(now: Json) -> str:
    """What is filled into an element, from its state."""
    for name, value in now.items():
        if name == "type" or value in (None, []):
            continue
        several = value if isinstance(value, list) else [value]
        return ", ".join(each["text"]["text"] if isinstance(each, dict) else str(each) for each in several)
    return ""


def _options(element: Json) -> Iterator[Json]:
    for group in element.get("option_groups") or ():
        yield from group["options"]
    yield from element.get("options") or ()


def _listed(options: list[str]) -> str:
    return " | ".join(options[:OPTIONS_SHOWN]) + (" | ..." if len(options) > OPTIONS_SHOWN else "")


def _bullet(part: Json, place: int) -> str:
    return f"{place + 1 + int(part.get('offset') or 0)}. " if part.get("style") == "ordered" else "- "


def _from_markdown(text: str) -> str:
    """Markdown's own marks, as far as they differ, in Slack's."""
    parts: list[Any] = re.split(r"(```.*?```)", text, flags=re.DOTALL)
    for place in range(0, len(parts), 2):
        prose = re.sub(r"\*\*(.+?)\*\*", r"*\1*", parts[place])
        prose = re.sub(r"^#{1,6} +(.+)$", r"*\1*", prose, flags=re.MULTILINE)
        parts[place] = re.sub(r"\[([^\]\n]+)\]\(([^)\s]+)\)", r"<\2|\1>", prose)
    return "".join(parts)


def _emoji(text: str) -> str:
    return Emoji.replace(text) if ":" in text else text


def _file(file: Json) -> str:
    alt = f": {file['alt_txt']}" if file.get("alt_txt") else ""
    return f"[file {file['name']}, {file['size']} bytes{alt}]"
