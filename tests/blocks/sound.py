"""What every message and view must keep, whatever was put into it."""

import json
import re
from typing import Any

from bot.blocks import Message
from bot.sandbox.slack import validate

# All the markup that the bot itself makes: links to the web and to mail addresses, and calls from ids.
OWN_MARKUP = re.compile(
    r"<(?:https?://[^\s<>|]+|mailto:[^\s<>|]+)(?:\|[^<>|\n]+)?>|<@[UW][A-Z0-9]{2,30}>|<#[CG][A-Z0-9]{2,30}>|<!subteam\^S[A-Z0-9]{2,30}>",
    re.IGNORECASE,
)
_QUOTE_MARK = re.compile(r"^> ", re.MULTILINE)
_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_CALL = re.compile(r"<[@!]")


def check(message: Message, *, may_call: bool = False) -> None:
    """Assert that Slack takes the message, and that nothing in it pings or links but our own markup."""
    sent = message.as_dict()
    validate.message_blocks(sent["blocks"])
    assert json.loads(json.dumps(sent).encode()) == sent
    json.dumps(sent, ensure_ascii=False).encode()  # no half surrogates
    assert 0 < len(message.text.strip()) <= len(message.text) <= 4_000
    assert len(message.blocks) <= 50
    assert validate.text_length(sent["blocks"]) <= 13_000
    for text in [message.text, *_mrkdwn(sent["blocks"])]:
        check_mrkdwn(text, may_call=may_call)


def check_view(view: dict[str, Any]) -> None:
    """Assert that Slack takes the view."""
    validate.view(view)
    json.dumps(view, ensure_ascii=False).encode()
    for text in _mrkdwn(view["blocks"]):
        check_mrkdwn(text)


def check_mrkdwn(text: str, *, may_call: bool = False) -> None:
    """Assert that brackets are our own markup, that ampersands are entities and that fences are closed."""
    assert may_call or not _CALL.search(text)
    rest = _QUOTE_MARK.sub("", OWN_MARKUP.sub("", text))
    assert not set("<>") & set(rest), rest
    assert "&" not in _ENTITY.sub("", rest), rest
    assert text.count("```") % 2 == 0, text


def shown(message: Message) -> str:
    """All that the blocks show, joined; for looking for a word."""
    return "\n".join(_texts(list(message.blocks)))


def buttons(message: Message) -> dict[str, str]:
    """The buttons of a message by label, with their action ids."""
    return {button["text"]["text"]: button["action_id"] for button in all_buttons(list(message.blocks))}


def all_buttons(value: Any) -> list[dict[str, Any]]:
    """Every button in a structure of blocks, in order."""
    if isinstance(value, list):
        return [button for each in value for button in all_buttons(each)]
    if not isinstance(value, dict):
        return []
    return [value] if value.get("type") == "button" else [b for each in value.values() for b in all_buttons(each)]


def _mrkdwn(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _mrkdwn(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") == "mrkdwn" else []
    assert value.get("type") != "mrkdwn" or value["verbatim"] is True  # or Slack looks for names and addresses itself
    return own + [text for each in value.values() for text in _mrkdwn(each)]


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for each in value.values() for text in _texts(each)]
