"""What people put into a view: the state that Slack builds of it, and what Slack's own client refuses to send."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.wire import ControlError, Json

# element type -> (field of its state, field that sets it at first)
FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
TYPED = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
OF_OPTIONS = ("selected_option", "selected_options")
REQUIRED = "Please complete this required field."

State = dict[str, dict[str, Json]]


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with the block it is in, in order."""
    for block in blocks:
        found = block.get("elements", []) if block["type"] in ("actions", "context_actions") else []
        for element in (*found, block.get("accessory"), block.get("element")):
            if element and element["type"] != "image":
                yield block, element


def element_in(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The element with this action_id, in this block where one is named.

    Raises:
        ControlError: there is none.
    """
    for block, element in elements(blocks):
        if element.get("action_id") == action_id and block_id in (None, "", block["block_id"]):
            return block, element
    raise ControlError("element_not_found", f"nothing there has the action_id {action_id}", 404)


def state_of(blocks: list[Json], before: State | None = None) -> State:
    """The state of a view that is shown: what it starts with, and what was filled in before an update."""
    state: State = {}
    for block, element in elements(blocks):
        if element["type"] not in FIELDS:
            continue
        field, initial = FIELDS[element["type"]]
        nothing: Any = [] if field in ("selected_options", "selected_users") else None
        now: Json = {"type": element["type"], field: element.get(initial, nothing)}
        kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        if kept is not None and kept["type"] == element["type"]:
            now = kept
        state.setdefault(block["block_id"], {})[element["action_id"]] = now
    return state


def options_of(element: Json) -> list[Json]:
    """The options of a select, its groups opened."""
    groups = element.get("option_groups") or []
    return [option for group in groups for option in group["options"]] or element.get("options") or []


def choose(options: list[Json], wanted: Any) -> Json:
    """The option with this value, or with this label.

    Raises:
        ControlError: there is none.
    """
    value = wanted.get("value") if isinstance(wanted, dict) else wanted
    for option in options:
        if option.get("value") == value:
            return option
    for option in options:
        if option["text"]["text"].casefold() == str(value).casefold():
            return option
    known = ", ".join(option["text"]["text"] for option in options) or "none"
    raise ControlError("option_not_found", f"there is no option {value!r}; the options are: {known}", 404)


def filled(element: Json, given: Any, options: list[Json] | None = None) -> Json:
    """The state of one element after a person gave it this value; `options` are those of an external select.

    Raises:
        ControlError: the element takes no value, or has no such option.
    """
    kind = element["type"]
    if kind not in FIELDS:
        raise ControlError("not_an_input", f"a {kind} takes no value")
    field = FIELDS[kind][0]
    several = [given] if isinstance(given, (str, dict)) and given else list(given or ())
    if field == "selected_options":
        return {"type": kind, field: [choose(options or options_of(element), each) for each in several]}
    if field == "selected_users":
        return {"type": kind, field: several}
    if given in (None, ""):
        return {"type": kind, field: None}
    if field == "selected_option":
        return {"type": kind, field: choose(options or options_of(element), given)}
    return {"type": kind, field: given if field == "selected_date_time" else str(given)}


def refused_by_client(blocks: list[Json], state: State) -> dict[str, str]:
    """What Slack's client says about inputs that it does not send: by block_id, empty when all is well."""
    errors: dict[str, str] = {}
    for block, element in elements(blocks):
        if block["type"] != "input":
            continue
        now = state.get(block["block_id"], {}).get(element["action_id"], {})
        value = now.get(FIELDS[element["type"]][0])
        if not value:
            if not block.get("optional"):
                errors[block["block_id"]] = REQUIRED
        elif element["type"] in TYPED:
            problem = _typed_problem(element, value)
            if problem:
                errors[block["block_id"]] = problem
    return errors


def _typed_problem(element: Json, value: str) -> str:
    low, high = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < low:
        return f"Must be at least {low} characters."
    if len(value) > high:
        return f"Must be at most {high} characters."
    if element["type"] == "number_input":
        return _number_problem(element, value)
    if element["type"] == "email_text_input" and "@" not in value:
        return "Enter a valid email address."
    if element["type"] == "url_text_input" and "://" not in value:
        return "Enter a valid URL."
    return ""


def _number_problem(element: Json, value: str) -> str:
    try:
        number = float(value) if element["is_decimal_allowed"] else int(value)
    except ValueError:
        return "Enter a number." if element["is_decimal_allowed"] else "Enter a whole number."
    if element.get("min_value") and number < float(element["min_value"]):
        return f"Must be at least {element['min_value']}."
    if element.get("max_value") and number > float(element["max_value"]):
        return f"Must be at most {element['max_value']}."
    return ""
