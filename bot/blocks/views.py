"""The form that submits a run. `bot.parse.views` reads its state by the same block ids.

A modal has to open within three seconds, before Azure is asked: `submit_form_skeleton` is made of local data, and
`submit_form` replaces it. Inputs that are in both keep what was typed meanwhile, because their ids stay the same.
"""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import InputBlock, Option, PlainTextInputElement, PlainTextObject, StaticSelectElement

from bot.blocks import mrkdwn
from bot.blocks.errors import bug
from bot.blocks.errors import error as error_message
from bot.blocks.layout import json_value, section
from bot.domain.errors import BotError
from bot.domain.runs import SubmitRequest

SUBMIT_FORM = "submit_form"
MAX_OPTIONS = 100
MAX_INPUT = 3_000
_MAX_OPTION_TEXT = 75
_MAX_OPTION_VALUE = 150
_MAX_METADATA = 3_000
_ACTION = "value"
_EMPTY = SubmitRequest(script="")


def submit_form(
    projects: Sequence[str],
    computes: Sequence[str],
    environments: Sequence[str],
    values: SubmitRequest | None = None,
    private_metadata: str = "",
    workspace: str = "",
) -> dict[str, Any]:
    """The whole form. Names that are none (an empty sequence) are typed instead of chosen; a select shows the first
    100, which the caller orders by likeliness. `values` are filled in; of several workspaces the `workspace` is named.

    Raises:
        ValueError: `private_metadata` is longer than Slack stores.
    """
    filled = values or _EMPTY
    blocks = [
        *([section(f"Workspace: {mrkdwn.bold(workspace)}")] if workspace else []),
        *_local(projects, filled),
        _choice("compute", "Compute target", computes, filled.compute, hint="Left out: the project's default."),
        _choice(
            "environment",
            "Environment",
            environments,
            filled.environment,
            hint="Left out: the project's default.",
        ),
        _text("experiment", "Experiment", filled.experiment, hint="Left out: the project's default."),
        _arguments(filled),
    ]
    return _modal("Submit a run", blocks, private_metadata, submit="Submit")


def form_place(channel: str, workspace: str) -> str:
    """What a form carries along unseen: the channel that it was opened in and the workspace that it is for."""
    return json_value(channel=channel, workspace=workspace)


def submit_form_skeleton(
    projects: Sequence[str], values: SubmitRequest | None = None, private_metadata: str = ""
) -> dict[str, Any]:
    """The form from what the bot knows by itself; it says that the rest is loading, and can be sent as it is.

    Raises:
        ValueError: `private_metadata` is longer than Slack stores.
    """
    filled = values or _EMPTY
    blocks = [
        *_local(projects, filled),
        section("Loading compute targets and environments. Without them the project's defaults are used."),
        _arguments(filled),
    ]
    return _modal("Submit a run", blocks, private_metadata, submit="Submit")


def submit_form_error(error: BotError | None, reference: str) -> dict[str, Any]:
    """What replaces the form when it can't be used: an error, or a bug for None."""
    message = bug(reference) if error is None else error_message(error, reference)
    return _modal("Submit a run", list(message.blocks), "")


def _modal(title: str, blocks: list[dict[str, Any]], private_metadata: str, submit: str = "") -> dict[str, Any]:
    if len(private_metadata) > _MAX_METADATA:
        raise ValueError(f"private_metadata has {len(private_metadata)} characters, Slack stores {_MAX_METADATA}")
    view = {
        "type": "modal",
        "callback_id": SUBMIT_FORM,
        "title": _plain(title, 24),
        "close": _plain("Close", 24),
        "private_metadata": private_metadata,
        "blocks": blocks,
    }
    return view | ({"submit": _plain(submit, 24)} if submit else {})


def _local(projects: Sequence[str], filled: SubmitRequest) -> list[dict[str, Any]]:
    """The inputs that need nobody's answer; the same in the skeleton and in the form."""
    only = projects[0] if len(projects) == 1 else ""
    return [
        _choice("project", "Project", projects, filled.project or only),
        _text(
            "script", "Script", filled.script, hint="Path in the project's folder, such as train.py.", optional=False
        ),
    ]


def _arguments(filled: SubmitRequest) -> dict[str, Any]:
    return _text(
        "arguments",
        "Arguments",
        " ".join(_quoted(argument) for argument in filled.arguments),
        hint="Given to the script, such as: --epochs 3. Quotes keep words together.",
    )


def _choice(block_id: str, label: str, names: Sequence[str], chosen: str, hint: str = "") -> dict[str, Any]:
    options = [
        Option(text=PlainTextObject(text=mrkdwn.plain(name, _MAX_OPTION_TEXT), emoji=False), value=name)
        for name in dict.fromkeys(names)
        if mrkdwn.plain(name, _MAX_OPTION_TEXT) and len(name) <= _MAX_OPTION_VALUE and mrkdwn.fit(name) == name
    ]
    if not options:
        return _text(block_id, label, chosen, hint=hint)
    shown = options[:MAX_OPTIONS]
    more = f" These are the first {MAX_OPTIONS} of {len(options)}; `/aml submit` takes any name."
    element = StaticSelectElement(
        action_id=_ACTION,
        options=shown,
        initial_option=next((option for option in shown if option.value == chosen), None),
        placeholder=PlainTextObject(text="Choose", emoji=False),
    )
    return _input(block_id, label, element, hint + (more.replace("`", "") if len(options) > MAX_OPTIONS else ""))


def _text(block_id: str, label: str, value: str, *, hint: str = "", optional: bool = True) -> dict[str, Any]:
    element = PlainTextInputElement(
        action_id=_ACTION, initial_value=mrkdwn.fit(value)[:MAX_INPUT] or None, multiline=False, max_length=MAX_INPUT
    )
    return _input(block_id, label, element, hint, optional=optional)


def _input(
    block_id: str,
    label: str,
    element: StaticSelectElement | PlainTextInputElement,
    hint: str,
    *,
    optional: bool = True,
) -> dict[str, Any]:
    block = InputBlock(
        block_id=block_id,
        label=PlainTextObject(text=label, emoji=False),
        element=element,
        hint=PlainTextObject(text=hint.strip(), emoji=False) if hint.strip() else None,
        optional=optional,
    )
    return dict(block.to_dict())


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": mrkdwn.plain(text, limit), "emoji": False}


def _quoted(argument: str) -> str:
    """An argument as the form reads it back: in quotes where it has blanks or quotes."""
    if argument and not any(character.isspace() or character in "\"'" for character in argument):
        return argument
    if "'" not in argument:
        return f"'{argument}'"
    return '"' + argument.replace('"', '\\"') + '"'
