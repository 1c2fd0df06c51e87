"""Suggested prompts and the status of an agent, as Slack takes and shows them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from tests.sandbox.slack.harness import Sandbox
from tests.sandbox.slack.test_web_api import refusal

PROMPT = {"title": "Begin", "message": "how do I begin?"}


def direct(slack: Sandbox) -> tuple[str, str]:
    """Dana's direct message with the bot, and a message in it."""
    sent = slack.client.type("dana", "dm", "hello")
    return sent.channel, sent.ts


def shown(slack: Sandbox, kind: str) -> list[Any]:
    """Everything of a kind that became visible."""
    return [getattr(change, kind) for change in slack.client.changes()[1] if change.kind == kind]


def test_prompts_are_shown_to_the_person_of_the_direct_message(slack: Sandbox, web: WebClient) -> None:
    channel, ts = direct(slack)

    web.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=[PROMPT], title="Try")
    web.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=[PROMPT], thread_ts=ts)

    first, second = shown(slack, "prompts")
    assert first == {"title": "Try", "prompts": [PROMPT], "thread_ts": ""}
    assert second["thread_ts"] == ts


@pytest.mark.parametrize(
    "prompts", [[], [PROMPT] * 5, [{"title": "no message"}], "text", {"title": "no list"}], ids=str
)
def test_prompts_that_slack_would_not_take_are_refused(slack: Sandbox, web: WebClient, prompts: Any) -> None:
    channel, _ = direct(slack)

    error = refusal(lambda: web.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts))

    assert error.startswith("invalid")
    assert shown(slack, "prompts") == []


def test_places_that_are_no_conversation_are_refused(slack: Sandbox, web: WebClient) -> None:
    channel, _ = direct(slack)

    def suggest(place: str, thread: str | None = None) -> str:
        return refusal(
            lambda: web.assistant_threads_setSuggestedPrompts(channel_id=place, thread_ts=thread, prompts=[PROMPT])
        )

    assert suggest("C0GENERAL") == "channel_not_found"
    assert suggest(channel, "1.0") == "invalid_thread_ts"
    status = "is thinking"
    unknown = refusal(lambda: web.assistant_threads_setStatus(channel_id=channel, thread_ts="1.0", status=status))
    assert unknown == "invalid_thread_ts"


def test_an_agent_s_prompts_with_a_thread_are_left_out_without_a_word(
    start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"features": {"agent_view": {"agent_description": "Helps"}}}), encoding="utf-8")
    slack = start("--manifest", str(manifest))
    channel, ts = direct(slack)

    answer = slack.web().assistant_threads_setSuggestedPrompts(channel_id=channel, thread_ts=ts, prompts=[PROMPT])

    assert answer["ok"]
    assert shown(slack, "prompts") == []


def test_a_status_lasts_until_it_is_emptied_or_the_app_replies_there(slack: Sandbox, web: WebClient) -> None:
    channel, ts = direct(slack)

    web.assistant_threads_setStatus(channel_id=channel, thread_ts=ts, status="is thinking", loading_messages=["…"])
    web.chat_postMessage(channel=channel, text="elsewhere")
    web.chat_postMessage(channel=channel, text="there", thread_ts=ts)
    web.assistant_threads_setStatus(channel_id=channel, thread_ts=ts, status="is at it again")
    web.assistant_threads_setStatus(channel_id=channel, thread_ts=ts, status="")
    web.assistant_threads_setStatus(channel_id=channel, thread_ts=ts, status="")

    assert [each["status"] for each in shown(slack, "status")] == ["is thinking", "", "is at it again", ""]
