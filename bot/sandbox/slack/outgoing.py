"""What an app may say: the text, blocks and metadata of its messages, refused or tidied as Slack does."""

import json
import re
from typing import Any

from bot.sandbox.slack import seed, validate
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import new_id

TEXT_TRUNCATED_AT = 40_000
TEXT_OF_AN_UPDATE = 4_000
MARKDOWN_TEXT = 12_000
ATTACHMENTS = 100
METADATA_BYTES = 16_000  # Slack does not publish its limit

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_BARE_LESS = re.compile(r"<(?![@#!][^<>\n]+>|(?:https?|mailto|slack|tel):[^<>\n]+>)")
_TS = re.compile(r"\d{10}\.\d{6}")


def content(args: Args, *, is_update: bool = False) -> Json:
    """The fields of a message from the arguments of a call; blocks and elements get the ids they lack.

    Raises:
        SlackError: `no_text`, `msg_too_long`, `invalid_blocks`, `invalid_metadata_format`, and their like.
    """
    blocks = args.structure("blocks", "invalid_blocks_format")
    attachments = args.structure("attachments", "invalid_attachments")
    markdown = args.text("markdown_text")
    text = args.text("text")
    fields: Json = {}
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_TEXT:
            raise SlackError("msg_too_long")
        blocks, text = [{"type": "markdown", "text": markdown}], markdown
    if blocks:
        fields["blocks"] = with_ids(validate.message_blocks(blocks))
    if attachments:
        fields["attachments"] = _attachments(attachments)
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    if is_update and len(text) > TEXT_OF_AN_UPDATE:
        raise SlackError("msg_too_long")
    fields["text"] = escaped(text[:TEXT_TRUNCATED_AT] or fallback(blocks or []))
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        fields["metadata"] = _metadata(metadata)
    return fields


def _attachments(attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for each in attachments:
        if each.get("blocks"):
            each["blocks"] = with_ids(validate.message_blocks(each["blocks"]))
    return attachments


def _metadata(metadata: Any) -> Json:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def escaped(text: str) -> str:
    """Text of a message as Slack keeps it: what isn't its markup is written as entities."""
    return _BARE_LESS.sub("&lt;", _BARE_AMPERSAND.sub("&amp;", text))


def fallback(blocks: list[Json]) -> str:
    """The text that Slack makes of blocks when the app gives none."""
    found: list[str] = []
    for block in blocks:
        parts = [block.get("text"), *(block.get("fields") or ())]
        found += [part if isinstance(part, str) else part.get("text", "") for part in parts if part]
    return " ".join(found)


def with_ids(blocks: list[Json]) -> list[Json]:
    """Copies in which every block has a block_id and every interactive element an action_id."""
    return [_with_ids(block) for block in blocks]


def _with_ids(block: Json) -> Json:
    made = {**block, "block_id": block.get("block_id") or new_id("", 5)}
    if block["type"] in ("actions", "context_actions"):
        made["elements"] = [_with_action_id(each) for each in block["elements"]]
    for name in ("accessory", "element"):
        if block.get(name) and block[name]["type"] != "image":
            made[name] = _with_action_id(block[name])
    return made


def _with_action_id(element: Json) -> Json:
    return {**element, "action_id": element.get("action_id") or new_id("", 5)}


def signed_by_bot(fields: Json) -> Json:
    """A message of the bot's with these fields."""
    profile = {
        "id": seed.BOT_ID,
        "app_id": seed.APP_ID,
        "name": seed.BOT_NAME,
        "deleted": False,
        "team_id": seed.TEAM_ID,
    }
    return {
        "type": "message",
        "user": seed.BOT_USER_ID,
        "team": seed.TEAM_ID,
        "bot_id": seed.BOT_ID,
        "app_id": seed.APP_ID,
        "bot_profile": profile,
        **fields,
    }


def thread_of(args: Args) -> Json:
    """The `thread_ts` field, when the call names a thread.

    Raises:
        SlackError: `invalid_thread_ts`.
    """
    ts = args.text("thread_ts")
    if not ts:
        return {}
    if not _TS.fullmatch(ts):
        raise SlackError("invalid_thread_ts")
    return {"thread_ts": ts}
