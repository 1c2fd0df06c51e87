"""Where a message comes from and what is doubtful about it: calls, deliveries, times, warnings, and how it sounds."""

import json
import re
from typing import Any

from bot.sandbox.slack import seed, validate
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.forms import elements
from bot.sandbox.slack.outgoing import fallback
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.text import unescape
from bot.sandbox.slack.wire import ControlError, Json
from bot.sandbox.slack.world import Channel

NEAR = 0.9
TEXT_WORTH = 4_000
SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "reactions.add": "reactions:write",
}
"""What Slack wants for the calls that leave something to be seen (views, and response_url, need no scope)."""
_LINK = re.compile(r"<([^<>\n]+)>")
_MARKS = re.compile(r"(?<!\w)([*_~])(?=\S)(.+?)(?<=\S)\1(?!\w)")


def of_message(sandbox: Sandbox, user: str, channel: Channel, ts: str) -> Json:
    """Everything that is known about a message that this person sees.

    Raises:
        ControlError: they see no such message.
    """
    shown = sandbox.world.ephemerals.get(ts)
    message = channel.messages.get(ts)
    if message is None and shown is not None and (shown.user, shown.channel) == (user, channel.id):
        message = shown.message
    if message is None:
        raise ControlError("message_not_found", "that message is gone", 404)
    calls = [_call(each) for each in sandbox.calls if _made(each, channel, ts)]
    # the app is told of its own messages too; of interest is what it answered
    by_app = message.get("bot_id") == seed.BOT_ID
    cause = _cause(sandbox, channel, message, user) if by_app else None
    mine = [] if by_app else sandbox.deliveries.about(lambda each: _is_about(each, channel, ts))
    rows = [_delivery(each) for each in (mine or ([cause] if cause else []))]
    return {
        "message": message,
        "calls": calls,
        "deliveries": rows,
        "is_answer": cause is not None,
        "answered_ms": round((float(ts) - cause.sent_at) * 1000) if cause else _answered(sandbox, channel, message),
        "warnings": _warnings(sandbox, message, calls),
        "spoken": spoken(sandbox, str(message.get("text", ""))),
    }


def spoken(sandbox: Sandbox, text: str) -> str:
    """The top-level text as it is read out: names for ids, no marks."""

    def named(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target.startswith("@") and target[1:] in sandbox.world.people:
            return "@" + sandbox.world.people[target[1:]].name
        if target.startswith("#") and target[1:] in sandbox.world.channels:
            return "#" + sandbox.world.channels[target[1:]].name
        return label or target.lstrip("!")

    plain = _LINK.sub(named, text).replace("```", "").replace("`", "")
    return unescape(_MARKS.sub(r"\2", plain)).strip()


def _made(call: Json, channel: Channel, ts: str) -> bool:
    args = call["args"]
    if call["method"] not in (*SCOPES, "response_url"):
        return False  # it only looked
    if call.get("made") == ts:
        return args.get("channel") in (None, channel.id) or channel.kind == "im"
    return bool(args.get("ts") == ts and args.get("channel") == channel.id)


def _call(call: Json) -> Json:
    scope = SCOPES.get(call["method"], "")
    return {**call, "scope": scope}


def _is_about(delivery: Delivery, channel: Channel, ts: str) -> bool:
    event = delivery.payload.get("event") or {}
    return event.get("ts") == ts and event.get("channel") == channel.id and event.get("type") in _MESSAGES


_MESSAGES = ("message", "app_mention")


def _cause(sandbox: Sandbox, channel: Channel, message: Json, user: str) -> Delivery | None:
    """The newest delivery before a message of the bot's that it most likely answers: same thread, or same place."""
    said, thread = float(message["ts"]), message.get("thread_ts")

    def fits(each: Delivery) -> bool:
        payload = each.payload
        event = payload.get("event")
        if each.sent_at > said:
            return False
        if event is None:
            sender = payload.get("user_id") or (payload.get("user") or {}).get("id")
            place = payload.get("channel_id") or (payload.get("channel") or {}).get("id")
            return place == channel.id or (place is None and sender == user)
        by_person = event.get("type") in _MESSAGES and not event.get("bot_id") and "subtype" not in event
        here = event.get("channel") == channel.id
        return by_person and here and (thread is None or thread in (event.get("ts"), event.get("thread_ts")))

    return max(sandbox.deliveries.about(fits), key=lambda each: each.sent_at, default=None)


def _answered(sandbox: Sandbox, channel: Channel, message: Json) -> int | None:
    """Milliseconds from a person's message to the bot's first one after it, in its thread or in the direct message."""
    if message.get("bot_id"):
        return None
    ts, thread = message["ts"], message.get("thread_ts", message["ts"])
    private = [each.message for each in sandbox.world.ephemerals.values() if each.channel == channel.id]
    for each in sorted([*channel.messages.values(), *private], key=lambda other: str(other["ts"])):
        by_bot = each["ts"] > ts and each.get("user") == seed.BOT_USER_ID
        if by_bot and (each.get("thread_ts") == thread or (channel.kind == "im" and "thread_ts" not in message)):
            return round((float(each["ts"]) - float(ts)) * 1000)
    return None


def _delivery(delivery: Delivery) -> Json:
    hidden = {"token"}
    payload = {name: value for name, value in delivery.payload.items() if name not in hidden}
    return {**delivery.shown(), "payload": payload}


def _warnings(sandbox: Sandbox, message: Json, calls: list[Json]) -> list[str]:
    blocks: list[Json] = message.get("blocks") or []
    found = [*_call_warnings(sandbox, calls), *(_limits(message, blocks) if message.get("bot_id") else ())]
    posts = [call for call in calls if call["ok"] and call["method"] != "files.completeUploadExternal"]
    if blocks and posts and not str(posts[-1]["args"].get("text") or posts[-1]["args"].get("markdown_text") or ""):
        made = fallback(blocks)
        found.append(
            "The call has no `text`: notifications and screen readers get "
            + (f"what Slack makes of the blocks: {made[:80]}" if made else "nothing")
        )
    for block, element in elements(blocks):
        if element["type"] == "button" and len(element["text"]["text"]) > 30:
            found.append(f"Button “{element['text']['text']}”: Slack's phone apps cut labels at about 30 characters.")
        if block["type"] == "actions" and element["type"] == "button" and not element.get("accessibility_label"):
            same = [each for _, each in elements(blocks) if _label(each) == _label(element)]
            if len(same) > 1:
                found.append(f"Several buttons are called “{_label(element)}”; read out, nothing tells them apart.")
    return list(dict.fromkeys(found))


def _label(element: Json) -> str:
    return str((element.get("text") or {}).get("text", ""))


def _call_warnings(sandbox: Sandbox, calls: list[Json]) -> list[str]:
    declared = sandbox.options.manifest.get("oauth_config", {}).get("scopes", {}).get("bot")
    found = []
    for call in calls:
        if not call["ok"]:
            found.append(f"{call['method']} was refused: {call['error']}")
        if declared is not None and call["scope"] and call["scope"] not in declared:
            found.append(f"{call['method']} needs the scope {call['scope']}, which the manifest does not ask for.")
    return found


def _limits(message: Json, blocks: list[Json]) -> list[str]:
    text = str(message.get("text", ""))
    found = [] if len(text) <= TEXT_WORTH else [f"The text has {len(text)} characters; chat.update takes 4,000."]
    for what, size, limit in (
        ("blocks", len(blocks), validate.MESSAGE_BLOCKS),
        ("characters of text in its blocks", _text_length(blocks), validate.TEXT_OF_ALL_BLOCKS),
        ("bytes of metadata", len(json.dumps(message.get("metadata", ""))), 16_000),
    ):
        if size >= NEAR * limit:
            found.append(f"It has {size:,} {what}; Slack takes {limit:,}.")
    return found


def _text_length(value: Any) -> int:
    if isinstance(value, dict):
        own = value.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(_text_length(each) for each in value.values())
    return sum(_text_length(each) for each in value) if isinstance(value, list) else 0
