"""The submit form's state and button values to domain values."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blocks import layout
from bot.blocks import views as drawn
from bot.domain.errors import BotError, InvalidRequest
from bot.domain.runs import SubmitRequest
from bot.parse import actions, views


def state(**values: str | None) -> dict[str, Any]:
    """A view as Slack sends it; selects and inputs differ, and an empty input has None."""
    selects = {"project", "compute", "environment"}
    return {
        "callback_id": "submit_form",
        "state": {
            "values": {
                block: {
                    "value": {
                        "type": "static_select",
                        "selected_option": {"text": {"type": "plain_text", "text": value}, "value": value}
                        if value
                        else None,
                    }
                    if block in selects
                    else {"type": "plain_text_input", "value": value}
                }
                for block, value in values.items()
            }
        },
    }


def test_a_filled_form_is_a_request() -> None:
    view = state(
        project="demo",
        script="train.py",
        compute="cpu-cluster",
        environment="demo-env:3",
        experiment="first",
        arguments="\u2014epochs 3 --name \u201ctwo words\u201d",
    )

    assert views.submit_form(view) == SubmitRequest(
        "train.py", "demo", "cpu-cluster", "demo-env:3", "first", ("--epochs", "3", "--name", "two words")
    )


def test_a_form_that_was_still_loading_is_a_request_with_defaults() -> None:
    assert views.submit_form(state(project="demo", script="train.py", arguments=None)) == SubmitRequest(
        "train.py", "demo"
    )


def test_all_mistakes_are_shown_at_their_inputs_at_once() -> None:
    found = views.submit_form(state(project="demo", script="../x.py", experiment="a b", arguments="'open"))

    assert isinstance(found, views.ViewErrors)
    assert set(found.by_block) == {"script", "experiment", "arguments"}
    assert "leads out of the project" in found.by_block["script"]


def test_a_form_without_a_script_is_refused() -> None:
    found = views.submit_form(state(project="demo", script=None))

    assert isinstance(found, views.ViewErrors)
    assert set(found.by_block) == {"script"}


@pytest.mark.parametrize("view", [{}, {"state": None}, {"state": {}}, {"state": {"values": {"script": {}}}}])
def test_a_form_with_no_state_is_refused(view: dict[str, Any]) -> None:
    assert isinstance(views.submit_form(view), views.ViewErrors)


def test_the_form_is_drawn_with_the_ids_that_are_read() -> None:
    view = drawn.submit_form(["demo"], ["cpu"], ["env"])

    assert view["callback_id"] == views.SUBMIT_FORM
    assert {block["block_id"] for block in view["blocks"]} == {
        views.PROJECT,
        views.SCRIPT,
        views.COMPUTE,
        views.ENVIRONMENT,
        views.EXPERIMENT,
        views.ARGUMENTS,
    }


_ARGUMENT = st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)


@settings(deadline=None)
@given(st.lists(_ARGUMENT.filter(lambda text: "\\" not in text and "&" not in text), max_size=5))
def test_arguments_that_the_form_was_filled_with_are_read_back(arguments: list[str]) -> None:
    request = SubmitRequest("train.py", "demo", arguments=tuple(arguments))

    view = drawn.submit_form(["demo"], [], [], request)
    typed = {block["block_id"]: block["element"].get("initial_value") for block in view["blocks"]}

    assert views.submit_form(state(project="demo", script="train.py", arguments=typed["arguments"])) == request


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["project", "script", "compute", "environment", "experiment", "arguments"]), st.text()
    )
)
def test_any_form_gives_a_request_or_sentences(values: dict[str, str]) -> None:
    found = views.submit_form(state(**values))

    if isinstance(found, views.ViewErrors):
        assert all(sentence.strip() for sentence in found.by_block.values())
    else:
        assert found.script.endswith(".py")


@settings(deadline=None)
@given(st.text(max_size=50), st.text(max_size=50), st.text(max_size=50))
def test_a_button_value_survives_what_slack_does_to_it(key: str, file: str, anchor: str) -> None:
    value = layout.json_value(key=key, file=file, anchor=anchor)

    sent_back = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert actions.choice(sent_back) == actions.ShownChoice(key, file, anchor)


@pytest.mark.parametrize("value", ["", "x", "[]", "{}", "3", '{"key": 1, "file": "a", "anchor": "b"}', "[" * 100_000])
def test_a_button_value_that_is_not_ours_is_refused(value: str) -> None:
    with pytest.raises(BotError):
        actions.choice(value)


def test_a_cancel_button_names_a_run() -> None:
    assert actions.run_id("aml-1") == "aml-1"
    with pytest.raises(InvalidRequest):
        actions.run_id("../x")
