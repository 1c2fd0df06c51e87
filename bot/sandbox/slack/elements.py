"""Slack's rules for text objects and interactive elements, as tables."""

from typing import Any

from bot.sandbox.slack.checks import (
    Check,
    Report,
    anything,
    boolean,
    choice,
    integer,
    items,
    kind,
    only_one_of,
    shape,
    string,
    unique,
    url,
)
from bot.sandbox.slack.wire import Json

ID = string(255)
DATE = string(10, pattern=r"\d{4}-\d{2}-\d{2}")
CLOCK = string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d")
LINK = url(("http", "https", "slack", "mailto"))
IMAGE_FILE = shape({}, {"id": string(255), "url": url()}, only_one_of("id", "url"))


def plain(maximum: int, minimum: int = 1) -> Check:
    """A plain_text object."""
    body = shape({"text": string(maximum, minimum)}, {"emoji": boolean})

    def check(value: Any, at: str, report: Report) -> None:
        if isinstance(value, dict) and value.get("type") != "plain_text":
            report.error("must be a plain_text object", f"{at}/type")
        else:
            body(value, at, report)

    return check


def text(maximum: int, minimum: int = 1) -> Check:
    """A text object of either kind."""
    return kind(
        {
            "plain_text": shape({"text": string(maximum, minimum)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": string(maximum, minimum)}, {"verbatim": boolean}),
        }
    )


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": LINK})
DISPATCH = shape({}, {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 1, 2)})
CONVERSATION_FILTER = shape(
    {},
    {
        "include": items(choice("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _group(option: Check) -> Check:
    return shape({"label": plain(75), "options": items(option, 1, 100)}, {})


def _all_options(element: Json) -> list[Any]:
    groups = element.get("option_groups")
    sources = [each for each in groups if isinstance(each, dict)] if isinstance(groups, list) else [element]
    lists = [each.get("options") for each in sources]
    return [option for options in lists if isinstance(options, list) for option in options]


def _initial_is_an_option(element: Json, at: str, report: Report) -> None:
    options = [
        (option.get("text"), option.get("value")) for option in _all_options(element) if isinstance(option, dict)
    ]
    first = element.get("initial_option")
    if isinstance(first, dict) and (first.get("text"), first.get("value")) not in options:
        report.error("does not match any of the options", f"{at}/initial_option")
    several = element.get("initial_options")
    for place, each in enumerate(several if isinstance(several, list) else ()):
        if isinstance(each, dict) and (each.get("text"), each.get("value")) not in options:
            report.error("does not match any of the options", f"{at}/initial_options/{place}")


def _length_limits_agree(element: Json, at: str, report: Report) -> None:
    low, high = element.get("min_length"), element.get("max_length")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        report.error("must be less than max_length", f"{at}/min_length")


def _action_ids_differ(element: Json, at: str, report: Report) -> None:
    unique("action_id", element.get("elements"), f"{at}/elements", report)


_COMMON: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
_SELECT: dict[str, Check] = {**_COMMON, "placeholder": plain(150)}
_SEVERAL: dict[str, Check] = {**_SELECT, "max_selected_items": integer(1, 1000)}
_OPTIONS: dict[str, Check] = {"options": items(OPTION, 1, 100), "option_groups": items(_group(OPTION), 1, 100)}
_QUERY: dict[str, Check] = {"min_query_length": integer(0, 1000)}
_TYPED_IN: dict[str, Check] = {
    "action_id": ID,
    "placeholder": plain(150),
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH,
}
_ONE_SOURCE = only_one_of("options", "option_groups")

ELEMENTS: dict[str, Check] = {
    "button": shape(
        {"text": plain(75)},
        {
            "action_id": ID,
            "url": LINK,
            "value": string(2000, 0),
            "style": choice("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": shape({}, {**_SELECT, **_OPTIONS, "initial_option": OPTION}, _ONE_SOURCE, _initial_is_an_option),
    "multi_static_select": shape(
        {}, {**_SEVERAL, **_OPTIONS, "initial_options": items(OPTION, 1, 100)}, _ONE_SOURCE, _initial_is_an_option
    ),
    "external_select": shape({}, {**_SELECT, **_QUERY, "initial_option": OPTION}),
    "multi_external_select": shape({}, {**_SEVERAL, **_QUERY, "initial_options": items(OPTION, 1, 100)}),
    "users_select": shape({}, {**_SELECT, "initial_user": ID}),
    "multi_users_select": shape({}, {**_SEVERAL, "initial_users": items(ID, 1, 100)}),
    "conversations_select": shape(
        {},
        {
            **_SELECT,
            "initial_conversation": ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": CONVERSATION_FILTER,
        },
    ),
    "channels_select": shape({}, {**_SELECT, "initial_channel": ID, "response_url_enabled": boolean}),
    "overflow": shape({"options": items(OVERFLOW_OPTION, 1, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "radio_buttons": shape(
        {"options": items(RICH_OPTION, 1, 10)}, {**_COMMON, "initial_option": RICH_OPTION}, _initial_is_an_option
    ),
    "checkboxes": shape(
        {"options": items(RICH_OPTION, 1, 10)},
        {**_COMMON, "initial_options": items(RICH_OPTION, 1, 10)},
        _initial_is_an_option,
    ),
    "datepicker": shape({}, {**_SELECT, "initial_date": DATE}),
    "timepicker": shape({}, {**_SELECT, "initial_time": CLOCK, "timezone": string(255)}),
    "datetimepicker": shape({}, {**_COMMON, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": shape(
        {},
        {
            **_TYPED_IN,
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _length_limits_agree,
    ),
    "email_text_input": shape({}, {**_TYPED_IN, "initial_value": string(3000)}),
    "url_text_input": shape({}, {**_TYPED_IN, "initial_value": string(3000)}),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {**_TYPED_IN, "initial_value": string(3000), "min_value": string(3000), "max_value": string(3000)},
    ),
    "image": shape(
        {"alt_text": string(2000)},
        {"image_url": url(), "slack_file": IMAGE_FILE},
        only_one_of("image_url", "slack_file"),
    ),
    "feedback_buttons": shape({"positive_button": anything, "negative_button": anything}, {"action_id": ID}),
    "icon_button": shape(
        {"icon": choice("trash"), "text": plain(75)},
        {
            "action_id": ID,
            "value": string(2000, 0),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": items(ID, 1, 100),
        },
    ),
}

_SELECTS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
_PICKERS = ("datepicker", "timepicker", "datetimepicker", "radio_buttons", "checkboxes")
_TEXT_INPUTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_MULTI = ("multi_static_select", "multi_external_select", "multi_users_select")

IN_ACTIONS = ("button", "overflow", *_SELECTS, *_MULTI, *_PICKERS)
IN_SECTION = ("image", *IN_ACTIONS)
IN_INPUT = (*_TEXT_INPUTS, *_SELECTS, *_MULTI, *_PICKERS)
IN_CONTEXT_ACTIONS = ("feedback_buttons", "icon_button")


def element(*names: str) -> Check:
    """One of these elements."""
    return kind({name: ELEMENTS[name] for name in names})


ACTION_IDS_DIFFER = _action_ids_differ
