"""Puts a message together within Slack's limits.

Text flows into as many sections as it needs. When the message is too long the end of its body is left out, with a mark;
what was added with `keep` (source, reference, buttons) always stays.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Self

from slack_sdk.models.blocks import ButtonElement, ConfirmObject, PlainTextObject

from bot.blocks import mrkdwn
from bot.blocks.message import Message

MAX_BLOCKS = 50
MAX_SECTION = 3_000
MAX_CONTEXT = 2_000
MAX_HEADER = 150
MAX_TEXT_OF_BLOCKS = 13_000  # undocumented; a little above it Slack answers msg_blocks_too_long
MAX_SPOKEN = 4_000
MAX_VALUE = 2_000
MAX_LABEL = 75
_ROOM_WORTH_FILLING = 200
_MARK = f"{mrkdwn.CUT}: the rest doesn't fit into a Slack message."


@dataclass(frozen=True, slots=True)
class _Part:
    """A block, what it says, and whether it stays whatever happens."""

    block: dict[str, Any]
    spoken: str
    keep: bool

    @property
    def size(self) -> int:
        """Characters of text in the block, as Slack adds them up."""
        return text_length(self.block)


class Layout:
    """A message being put together, from the top down. Text arguments are mrkdwn unless they are called values."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def header(self, title: str) -> Self:
        """The title, a value."""
        shown = mrkdwn.plain(title, MAX_HEADER)
        if shown:
            text = {"type": "plain_text", "text": shown, "emoji": False}
            self._parts.append(_Part({"type": "header", "text": text}, mrkdwn.bold(shown), keep=True))
        return self

    def text(self, text: str, *, button: dict[str, Any] | None = None, keep: bool = False) -> Self:
        """A paragraph or more; `button` stands beside its beginning."""
        if keep:
            text = mrkdwn.cut(text, 1_000)
        for part in mrkdwn.split(text, MAX_SECTION):
            block = section(part)
            if button:
                block["accessory"] = button
                button = None
            self._parts.append(_Part(block, part, keep))
        return self

    def code(self, value: str) -> Self:
        """Code or output, a value; kept as it is."""
        self._parts += [_Part(section(part), part, keep=False) for part in mrkdwn.fences(value, MAX_SECTION)]
        return self

    def context(self, text: str, *, keep: bool = True) -> Self:
        """A small line below."""
        if text.strip():
            shown = mrkdwn.cut(text, 1_000 if keep else MAX_CONTEXT)
            self._parts.append(_Part(_context(shown), shown, keep))
        return self

    def buttons(self, *buttons: dict[str, Any] | None) -> Self:
        """A row of buttons; those that are None are left out."""
        elements = [button for button in buttons if button]
        if elements:
            self._parts.append(_Part({"type": "actions", "elements": elements}, "", keep=True))
        return self

    def message(self) -> Message:
        """The message, within all limits and never empty."""
        parts = self._fitting() or [_Part(section("(nothing to show)"), "(nothing to show)", keep=True)]
        return Message(text=_spoken(parts), blocks=tuple(part.block for part in parts))

    def _fitting(self) -> list[_Part]:
        mark = _Part(_context(_MARK), _MARK, keep=True)
        kept = [part for part in self._parts if part.keep]
        if len(self._parts) <= MAX_BLOCKS and sum(part.size for part in self._parts) <= MAX_TEXT_OF_BLOCKS:
            return self._parts
        room = MAX_TEXT_OF_BLOCKS - mark.size - sum(part.size for part in kept)
        places = MAX_BLOCKS - 1 - len(kept)
        fitting: list[_Part] = []
        full = False
        for part in self._parts:
            if part.keep:
                fitting.append(part)
            elif full:
                continue
            elif part.size <= room and places > 0:
                fitting.append(part)
                room, places = room - part.size, places - 1
            else:
                full = True
                if places > 0 and room >= _ROOM_WORTH_FILLING and "accessory" not in part.block:
                    fitting.append(_shortened(part, room))
                fitting.append(mark)
        return fitting


def section(text: str) -> dict[str, Any]:
    """A section of mrkdwn. `verbatim`: Slack shall not look for names and addresses in it by itself."""
    return {"type": "section", "text": _mrkdwn(text)}


def button(
    label: str, action_id: str, value: str, *, says: str = "", style: str = "", confirm: ConfirmObject | None = None
) -> dict[str, Any] | None:
    """A button; `says` is for screen readers where the label alone isn't clear. None when Slack can't
    carry the value: a changed one would stand for something else."""
    if len(value) > MAX_VALUE or mrkdwn.fit(value) != value:
        return None
    element = ButtonElement(
        text=PlainTextObject(text=label, emoji=False),
        action_id=action_id,
        value=value,
        style=style or None,
        confirm=confirm,
        accessibility_label=mrkdwn.plain(says, MAX_LABEL) or None,
    )
    return dict(element.to_dict())


def confirmation(title: str, text: str, yes: str, no: str) -> ConfirmObject:
    """The question that Slack asks before it sends a button's press; all of it values."""
    return ConfirmObject(
        title=PlainTextObject(text=mrkdwn.plain(title, 100), emoji=False),
        text=PlainTextObject(text=mrkdwn.plain(text, 300), emoji=False),
        confirm=PlainTextObject(text=mrkdwn.plain(yes, 30), emoji=False),
        deny=PlainTextObject(text=mrkdwn.plain(no, 30), emoji=False),
        style="danger",
    )


def json_value(**fields: str) -> str:
    """Several fields as a button's value. Slack escapes `&`, `<` and `>` in values that it sends back, so they are
    written as JSON escapes."""
    text = json.dumps(fields, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def text_length(value: Any) -> int:
    """Characters of text in a structure of blocks."""
    if isinstance(value, dict):
        own = value.get("text")
        inner = sum(text_length(each) for each in value.values())
        return inner + (len(own) if isinstance(own, str) else 0)
    return sum(text_length(each) for each in value) if isinstance(value, list) else 0


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _shortened(part: _Part, room: int) -> _Part:
    shown = mrkdwn.cut(part.spoken, room)
    if part.block["type"] == "context":
        return replace(part, block=_context(shown), spoken=shown)
    return replace(part, block=section(shown), spoken=shown)


def _spoken(parts: list[_Part]) -> str:
    """All that the blocks say. If that is too long, what is kept stays and the body is cut."""
    lines = [part.spoken for part in parts if part.spoken]
    whole = "\n".join(lines)
    if len(whole) <= MAX_SPOKEN:
        return whole or "(nothing to show)"
    first_body = next((place for place, part in enumerate(parts) if not part.keep), len(parts))
    head = "\n".join(part.spoken for part in parts[:first_body] if part.spoken)
    tail = "\n".join(part.spoken for part in parts[first_body:] if part.keep and part.spoken and part.spoken != _MARK)
    body = "\n".join(part.spoken for part in parts[first_body:] if not part.keep and part.spoken)
    room = MAX_SPOKEN - len(head) - len(tail) - 2
    if room < _ROOM_WORTH_FILLING:
        return mrkdwn.cut(whole, MAX_SPOKEN)
    return "\n".join(each for each in (head, mrkdwn.cut(body, room), tail) if each)
