"""Slack's own validation of blocks and views: what it refuses, with the pointer and the words of its refusal.

The limits are Slack's published ones. Two it does not publish: text of all blocks together (`msg_blocks_too_long`,
seen near 13,200 characters) and one table in a message.
"""

import json
from typing import Any, Literal

from bot.sandbox.slack.checks import (
    Check,
    Report,
    Rule,
    anything,
    boolean,
    choice,
    items,
    kind,
    only_one_of,
    shape,
    string,
    unique,
    url,
)
from bot.sandbox.slack.elements import (
    ACTION_IDS_DIFFER,
    ID,
    IMAGE_FILE,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    element,
    plain,
    text,
)
from bot.sandbox.slack.wire import Json, SlackError

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_OF_ALL_BLOCKS = 13_200
MARKDOWN_OF_ALL_BLOCKS = 12_000
VIEW_BYTES = 250_000

_BLOCK: dict[str, Check] = {"block_id": ID}


def _image_or_text(value: Any, at: str, report: Report) -> None:
    check = element("image") if isinstance(value, dict) and value.get("type") == "image" else text(2000)
    check(value, at, report)


def _text_or_fields(value: Json, at: str, report: Report) -> None:
    if value.get("text") is None and value.get("fields") is None:
        report.error("missing required field: text", at)


_RICH_TEXT = kind(
    {
        "rich_text_section": shape({"elements": items(anything, 0, 10_000)}, {}),
        "rich_text_list": shape(
            {"elements": items(anything, 0, 10_000), "style": choice("bullet", "ordered")},
            {"indent": anything, "offset": anything, "border": anything},
        ),
        "rich_text_preformatted": shape(
            {"elements": items(anything, 0, 10_000)}, {"border": anything, "language": string(255)}
        ),
        "rich_text_quote": shape({"elements": items(anything, 0, 10_000)}, {"border": anything}),
    }
)
_RICH_BLOCK = shape({"elements": items(_RICH_TEXT, 0, 10_000)}, _BLOCK)
_CELL = kind(
    {
        "raw_text": shape({"text": string(3000)}, {}),
        "raw_number": shape({"value": anything}, {"text": string(3000)}),
        "rich_text": _RICH_BLOCK,
    }
)
_COLUMN = shape({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})


def _column(value: Any, at: str, report: Report) -> None:
    if value is not None:  # null skips a column
        _COLUMN(value, at, report)


BLOCKS: dict[str, Check] = {
    "section": shape(
        {},
        {
            **_BLOCK,
            "text": text(3000),
            "fields": items(text(2000), 1, 10),
            "accessory": element(*IN_SECTION),
            "expand": boolean,
        },
        _text_or_fields,
    ),
    "header": shape({"text": plain(150)}, {**_BLOCK, "level": anything}),
    "divider": shape({}, _BLOCK),
    "context": shape({"elements": items(_image_or_text, 1, 10)}, _BLOCK),
    "actions": shape({"elements": items(element(*IN_ACTIONS), 1, 25)}, _BLOCK, ACTION_IDS_DIFFER),
    "context_actions": shape({"elements": items(element(*IN_CONTEXT_ACTIONS), 1, 5)}, _BLOCK, ACTION_IDS_DIFFER),
    "image": shape(
        {"alt_text": string(2000)},
        {**_BLOCK, "image_url": url(), "slack_file": IMAGE_FILE, "title": plain(2000)},
        only_one_of("image_url", "slack_file"),
    ),
    "input": shape(
        {"label": plain(2000), "element": element(*IN_INPUT)},
        {**_BLOCK, "dispatch_action": boolean, "hint": plain(2000), "optional": boolean},
    ),
    "markdown": shape({"text": string(MARKDOWN_OF_ALL_BLOCKS)}, _BLOCK),
    "rich_text": _RICH_BLOCK,
    "table": shape({"rows": items(items(_CELL, 1, 20), 1, 100)}, {**_BLOCK, "column_settings": items(_column, 0, 20)}),
}
ONLY_IN_MESSAGES = frozenset({"markdown", "table", "context_actions"})
NOT_IN_THE_SANDBOX = frozenset(
    {
        "alert",
        "auth_provider",
        "call",
        "card",
        "carousel",
        "container",
        "data_table",
        "data_visualization",
        "file",
        "plan",
        "task_card",
        "video",
    }
)


def _block(surface: Surface) -> Check:
    allowed = {name: check for name, check in BLOCKS.items() if surface == "message" or name not in ONLY_IN_MESSAGES}
    known = kind(allowed)

    def check(value: Any, at: str, report: Report) -> None:
        if isinstance(value, dict) and value.get("type") in NOT_IN_THE_SANDBOX:
            report.error(f"the sandbox does not have this block type yet: {value['type']}", f"{at}/type")
        else:
            known(value, at, report)

    return check


def _blocks(surface: Surface) -> Check:
    all_of_them = items(_block(surface), 0, MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS)

    def check(value: Any, at: str, report: Report) -> None:
        all_of_them(value, at, report)
        unique("block_id", value, at, report)

    return check


_CHECKED_BLOCKS = {surface: _blocks(surface) for surface in ("message", "modal", "home")}


def _submit_with_inputs(view: Json, at: str, report: Report) -> None:
    blocks = view.get("blocks")
    found = blocks if isinstance(blocks, list) else []
    inputs = any(isinstance(each, dict) and each.get("type") == "input" for each in found)
    if inputs and view.get("submit") is None:
        report.error("must define `submit` to use an `input` block in modals", at)


_VIEW: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_VIEW_RULES: tuple[Rule, ...] = (_submit_with_inputs,)
_VIEWS = kind(
    {
        "modal": shape(
            {"title": plain(24), "blocks": _CHECKED_BLOCKS["modal"]},
            {
                **_VIEW,
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
            *_VIEW_RULES,
        ),
        "home": shape({"blocks": _CHECKED_BLOCKS["home"]}, _VIEW),
    }
)


def message_blocks(blocks: Any) -> list[Json]:
    """The blocks of a message, when Slack would take them.

    Raises:
        SlackError: `invalid_blocks_format`, `invalid_blocks` or `msg_blocks_too_long`.
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    report = Report()
    _CHECKED_BLOCKS["message"](blocks, "/blocks", report)
    if sum(len(each["text"]) for each in _of_type(blocks, "markdown")) > MARKDOWN_OF_ALL_BLOCKS:
        report.error(f"markdown blocks must be less than {MARKDOWN_OF_ALL_BLOCKS + 1} characters together", "/blocks")
    if len(_of_type(blocks, "table")) > 1:
        report.error("no more than 1 table allowed", "/blocks")
    if report.messages:
        words = [message.removeprefix("[ERROR] ") for message in report.messages]
        raise SlackError("invalid_blocks", report.messages, errors=words)
    if text_length(blocks) > TEXT_OF_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return blocks


def _of_type(blocks: list[Any], name: str) -> list[Json]:
    found = [each for each in blocks if isinstance(each, dict) and each.get("type") == name]
    return [each for each in found if name != "markdown" or isinstance(each.get("text"), str)]


def text_length(value: Any) -> int:
    """How many characters of text a structure of blocks shows."""
    if isinstance(value, list):
        return sum(text_length(each) for each in value)
    if isinstance(value, dict):
        return sum(
            len(each) if name == "text" and isinstance(each, str) else text_length(each) for name, each in value.items()
        )
    return 0


def view(value: Any) -> Json:
    """A modal or a Home tab, when Slack would take it.

    Raises:
        SlackError: `invalid_arguments` or `view_too_large`.
    """
    report = Report()
    _VIEWS(value, "/view", report)
    if report.messages:
        raise SlackError("invalid_arguments", report.messages)
    if len(json.dumps(value, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    found: Json = value
    return found


def suggested_options(answer: Any) -> Json:
    """The body of an answer to a block_suggestion, when Slack would show it.

    Raises:
        SlackError: `invalid_options`.
    """
    select = {"type": "static_select", **(answer if isinstance(answer, dict) else {})}
    if select.get("options") == [] or select.get("option_groups") == []:
        return {"options": []}
    report = Report()
    element("static_select")(select, "", report)
    if report.messages:
        raise SlackError("invalid_options", report.messages)
    return {name: select[name] for name in ("options", "option_groups") if select.get(name) is not None}
