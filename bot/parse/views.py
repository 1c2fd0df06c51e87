"""The submit form's state to a request. `bot.blocks.views` draws the form with the same block ids."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.errors import InvalidRequest
from bot.domain.runs import SubmitRequest
from bot.parse import names
from bot.parse.submit import MAX_ARGUMENTS, make
from bot.parse.text import hyphens, typed
from bot.parse.words import split

SUBMIT_FORM = "submit_form"
"""The form's callback_id."""

PROJECT, SCRIPT, COMPUTE, ENVIRONMENT, EXPERIMENT, ARGUMENTS = (
    "project",
    "script",
    "compute",
    "environment",
    "experiment",
    "arguments",
)
"""Block ids of the inputs."""


REASON = "reason"
"""Block id of the form that rejects a run; `bot.blocks.approvals` draws it."""
_MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Rejection:
    """Which run is rejected, why, and in which channel that was clicked."""

    run_id: str
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class ViewErrors:
    """What is wrong with a submitted form: for each block id one sentence, as the ack of a view takes them."""

    by_block: Mapping[str, str]


def submit_form(view: Mapping[str, Any]) -> SubmitRequest | ViewErrors:
    """The request in the payload's `view`; all mistakes at once, each at its input. Inputs that aren't there (the
    form was still loading) or empty are left to the project's defaults."""
    values = _values(view)
    errors: dict[str, str] = {}

    def check(block: str, rule: Callable[[str], object]) -> None:
        if text := values.get(block, ""):
            try:
                rule(text)
            except InvalidRequest as error:
                errors[block] = error.user_message

    check(PROJECT, names.project)
    check(SCRIPT, names.script)
    check(COMPUTE, names.compute)
    check(ENVIRONMENT, names.environment)
    check(EXPERIMENT, names.experiment)
    check(ARGUMENTS, _arguments)
    if not values.get(SCRIPT):
        errors[SCRIPT] = "Name the script that should run, such as train.py."
    if errors:
        return ViewErrors(errors)
    return make(
        script=values[SCRIPT],
        project=values.get(PROJECT, ""),
        compute=values.get(COMPUTE, ""),
        environment=values.get(ENVIRONMENT, ""),
        experiment=values.get(EXPERIMENT, ""),
        arguments=_arguments(values.get(ARGUMENTS, "")),
    )


def rejection(view: Mapping[str, Any]) -> Rejection | ViewErrors:
    """What a submitted rejection says; it needs a reason."""
    reason = _values(view).get(REASON, "")
    if not reason:
        return ViewErrors({REASON: "Say why, in a sentence: whoever asked is told it."})
    run_id, _, channel = str(view.get("private_metadata", "")).partition(" ")
    try:
        return Rejection(names.run_id(run_id), channel, reason[:_MOST_REASON])
    except InvalidRequest as error:
        return ViewErrors({REASON: error.user_message})


def form_place(view: Mapping[str, Any]) -> dict[str, str]:
    """`channel` and `workspace` of a submitted form, as it carried them; "" where it doesn't say."""
    try:
        found = json.loads(str(view.get("private_metadata", "")))
    except ValueError:
        found = None
    known = found if isinstance(found, dict) else {}
    return {name: str(known.get(name) or "") for name in ("channel", "workspace")}


def _arguments(text: str) -> tuple[str, ...]:
    found = tuple(word.text for word in split(hyphens(text)))
    if len(found) > MAX_ARGUMENTS:
        raise InvalidRequest(f"These are more than {MAX_ARGUMENTS} arguments for one script.")
    return found


def _values(view: Mapping[str, Any]) -> dict[str, str]:
    """What each input holds, by block id; one action in a block, a text or a chosen option."""
    state = view.get("state") or {}
    found: dict[str, str] = {}
    for block, actions in (state.get("values") or {}).items():
        for action in actions.values():
            option = action.get("selected_option") or {}
            text = action.get("value") or option.get("value") or ""
            found[block] = typed(str(text)).strip()
    return found
