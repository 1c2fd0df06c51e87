"""The conversation with the bot as an agent: questions to begin with, and a status while it answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.behaviours.team import BOT, DANA, RUI, Team


@pytest.fixture(autouse=True)
def tidy(team: Team) -> Iterator[None]:
    """Leave Slack in order."""
    yield
    team.slack.clear_faults()
    team.quiet()


def prompts(team: Team, mark: int) -> dict[str, Any]:
    """What is offered after `mark`."""
    found = team.wait(mark, lambda c: c.kind == "prompts").prompts
    assert found is not None
    return found


def statuses(team: Team, mark: int) -> list[str]:
    """Every status that was shown after `mark`, once all is done."""
    team.quiet()
    return [change.status["status"] for change in team.slack.changes(mark)[1] if change.status]


def test_who_opens_the_conversation_is_offered_questions_that_the_faq_answers(team: Team) -> None:
    mark = team.mark()

    team.slack.open_home(DANA, tab="messages")

    offered = prompts(team, mark)
    assert offered["thread_ts"] == ""
    *questions, last = offered["prompts"]
    assert len(questions) == 3
    assert last == {"title": "What can you do?", "message": "help"}
    for question in questions:
        answer = team.reply(team.type(DANA, "dm", question["message"]))
        assert "Source: " in answer.text


def test_the_panel_of_an_older_app_is_offered_them_in_its_thread(team: Team) -> None:
    root = team.type(RUI, "dm", "hello")
    team.reply(root)
    thread = {"user_id": RUI, "channel_id": root.channel, "thread_ts": root.ts, "context": {}}
    mark = team.mark()

    team.slack.send_event({"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": root.ts})

    assert prompts(team, mark)["thread_ts"] == root.ts


def test_a_status_shows_while_a_question_is_answered_and_goes_with_the_answer(team: Team) -> None:
    mark = team.mark()

    said = team.type(DANA, "dm", "how do i install a package for training?")

    assert "Source: " in team.reply(said).text
    assert statuses(team, mark) == ["is looking in the FAQ …", ""]


def test_in_a_thread_the_answer_itself_takes_the_status_away(team: Team) -> None:
    root = team.type(DANA, "dm", "how do i install a package for training?")
    team.reply(root)
    team.quiet()
    calls = len(team.slack.calls("assistant.threads.setStatus"))
    mark = team.mark()

    team.type(DANA, "dm", "whoami", thread_ts=root.ts)

    assert statuses(team, mark) == ["is asking Azure ML …", ""]
    made = team.slack.calls("assistant.threads.setStatus")
    assert len(made) == calls + 1


def test_in_a_channel_there_is_no_status(team: Team) -> None:
    mark = team.mark()

    team.reply(team.type(DANA, "#ml-help", f"<@{BOT}> how do i install a package for training?"))

    assert statuses(team, mark) == []


def test_an_app_without_the_feature_answers_all_the_same_and_asks_for_a_status_once(own_team: Team) -> None:
    own_team.start()
    own_team.slack.fault("assistant.threads.setStatus", error="missing_scope", times=9)

    first = own_team.reply(own_team.type(DANA, "dm", "how do i install a package for training?"))
    second = own_team.reply(own_team.type(DANA, "dm", "what is an environment?"))

    assert "Source: " in first.text
    assert "Source: " in second.text
    own_team.quiet()
    made = own_team.slack.calls("assistant.threads.setStatus")
    assert [call["error"] for call in made] == ["missing_scope"]
