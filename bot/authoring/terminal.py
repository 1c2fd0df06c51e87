"""A Slack message for a terminal: the blocks as text, near to how Slack lays them out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_CODE = re.compile(r"`([^`\n]+)`")
_STYLES = {"*": "bold", "_": "italic", "~": "strike"}
_STYLED = re.compile(r"(?<![\w*_~`\u200b])([*_~])(?=\S)([^\n]*?\S)\1(?![\w*_~`])")
_INVISIBLE = "\u200b"


def lines(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Text]:
    """What a message's blocks say, a line at a time, with an empty line between blocks."""
    for number, block in enumerate(blocks):
        if number:
            yield Text()
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[Text]:
    match block["type"]:
        case "header":
            yield Text(block["text"]["text"], style="bold underline")
        case "section":
            shown = list(_mrkdwn(block["text"]["text"]))
            if accessory := block.get("accessory"):
                shown[0] = Text.assemble(shown[0], "  ", _button(accessory))
            yield from shown
        case "context":
            for element in block["elements"]:
                for line in _mrkdwn(element["text"]):
                    line.stylize("dim")
                    yield line
        case "actions":
            yield Text("  ").join(_button(element) for element in block["elements"])
        case "divider":
            yield Text("\u2500" * 40, style="dim")
        case other:
            yield Text(f"({other})", style="dim")


def _button(element: Mapping[str, Any]) -> Text:
    return Text(f"[ {element['text']['text']} ]", style="reverse")


def _mrkdwn(text: str) -> Iterator[Text]:
    at = 0
    for fence in _FENCE.finditer(text):
        yield from _prose(text[at : fence.start()])
        for line in fence[1].split("\n"):
            yield Text(f"  \u2502 {_said(line)}", style="cyan")
        at = fence.end()
    yield from _prose(text[at:])


def _prose(text: str) -> Iterator[Text]:
    if not text.strip("\n"):
        return
    for line in text.strip("\n").split("\n"):
        quoted = line.startswith("> ")
        shown = _inline(line[2:] if quoted else line)
        yield Text.assemble("\u258e ", shown) if quoted else shown


def _inline(line: str) -> Text:
    shown = Text()
    at = 0
    for code in _CODE.finditer(line):
        shown.append_text(_formatted(line[at : code.start()]))
        shown.append(_said(code[1]), style="cyan")
        at = code.end()
    return shown.append_text(_formatted(line[at:]))


def _formatted(text: str) -> Text:
    shown = Text()
    at = 0
    for styled in _STYLED.finditer(text):
        shown.append(_linked(text[at : styled.start()]))
        inner = _formatted(styled[2])
        inner.stylize(_STYLES[styled[1]])
        shown.append_text(inner)
        at = styled.end()
    shown.append(_linked(text[at:]))
    return shown


def _linked(text: str) -> str:
    return _said(_LINK.sub(lambda link: f"{link[2]} ({link[1]})" if link[2] else link[1], text))


def _said(text: str) -> str:
    """Without what only Slack needs: its escapes, and spaces that keep a mark from formatting."""
    return text.replace(_INVISIBLE, "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
