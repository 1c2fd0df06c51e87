"""Slack limits, fails or loses what the bot sends: people still hear it, and not twice."""

from collections.abc import Iterator

import pytest

from tests.behaviours.team import DANA, HELP, RUI, TEAM_CHANNEL, Team, eventually

SKLEARN = "how do i install scikit-learn for my training run?"


@pytest.fixture(autouse=True)
def in_order(team: Team) -> Iterator[None]:
    """Slack is in order again afterwards."""
    yield
    team.slack.clear_faults()
    team.slack.release()
    team.quiet()


def test_an_answer_that_is_rate_limited_comes_once_the_time_is_over(team: Team) -> None:
    team.slack.fault("chat.postMessage", retry_after=1)

    said = team.type(DANA, HELP, SKLEARN)
    team.reply(said)

    assert len(team.answers(said)) == 1


@pytest.mark.parametrize("fault", [{"error": "internal_error"}, {"http_status": 503}])
def test_an_answer_that_slack_fails_to_take_is_sent_again(team: Team, fault: dict[str, object]) -> None:
    team.slack.fault("chat.postMessage", **fault)  # type: ignore[arg-type]  # one of its keywords each

    said = team.type(DANA, HELP, SKLEARN)
    team.reply(said)

    assert len(team.answers(said)) == 1


def test_an_answer_whose_acceptance_was_lost_is_not_posted_twice(team: Team) -> None:
    team.slack.fault("chat.postMessage", drop_response=True)

    said = team.type(DANA, HELP, SKLEARN)
    team.reply(said)

    assert len(team.answers(said)) == 1


def test_a_run_whose_message_was_posted_but_not_confirmed_is_followed_in_that_message(team: Team) -> None:
    team.slack.fault("chat.postMessage", drop_response=True)

    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1")
    posted = team.posted(said, "aml-")
    done = team.until(said.mark, f"`{posted.run_id}`: Completed")
    team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert done.ts == posted.ts
    assert len(team.messages_with(f"*Run `{posted.run_id}`", TEAM_CHANNEL)) == 1
    assert len([run for run in team.azure.runs() if run["id"] == posted.run_id]) == 1


def test_an_answer_that_slack_refuses_for_good_is_told_as_a_fault_with_a_reference(team: Team) -> None:
    team.slack.fault("chat.postMessage", error="invalid_blocks")

    said = team.type(DANA, HELP, SKLEARN)
    (told,) = team.answers(said)

    assert (told.kind, told.visible_to) == ("ephemeral", (DANA,))
    assert "Something broke on my side" in told.text
    reference = told.text.rpartition("`")[0].rpartition("`")[2]
    assert reference in team.log()


@pytest.mark.parametrize("code", ["message_limit_of_the_moon", "account_inactive"])
def test_an_answer_that_is_refused_with_a_code_nobody_knows_is_not_sent_again(team: Team, code: str) -> None:
    team.slack.fault("chat.postMessage", error=code)

    said = team.type(DANA, HELP, SKLEARN)
    (told,) = team.answers(said)

    assert (told.kind, told.visible_to) == ("ephemeral", (DANA,))
    assert "Something broke on my side" in told.text


def test_an_answer_that_slack_takes_nowhere_in_the_channel_comes_directly(team: Team) -> None:
    team.slack.fault("chat.postMessage", error="restricted_action_read_only_channel")

    said = team.type(DANA, HELP, SKLEARN)
    answer = team.until(said.mark, "CondaDependencies")

    assert answer.channel.startswith("D")


def test_an_asker_whom_nothing_reaches_does_not_keep_the_bot_busy(team: Team) -> None:
    team.slack.fault("chat.postMessage", error="invalid_blocks")
    team.slack.fault("chat.postEphemeral", error="invalid_blocks", times=1)

    said = team.type(DANA, HELP, SKLEARN)

    assert team.answers(said) == []
    assert "asker_not_told" in team.log()


def test_an_answer_comes_in_private_when_the_commands_own_way_back_is_closed(team: Team) -> None:
    team.slack.fault("response_url", http_status=404, error="expired_url")

    answer = team.command(RUI, "envs")

    assert "demo-env" in answer


def test_while_slack_does_not_say_who_somebody_is_nothing_is_done(team: Team) -> None:
    person = team.slack.add_person("nadia", channels=["#ml-team"])
    team.slack.fault("users.info", times=3, error="internal_error")

    answer = team.command(person["id"], "whoami")

    assert "Slack doesn't tell me who you are" in answer
    row = team.audit()[-1]
    assert (row["user"], row["result"]) == (person["id"], "refused")


def test_a_question_that_is_asked_while_the_connection_is_lost_is_answered_once(team: Team) -> None:
    team.slack.disconnect(drop=True)
    said = team.type(DANA, HELP, SKLEARN)

    eventually(lambda: team.slack.connections() == 2)
    team.slack.redeliver(said.deliveries[0])  # Slack's last try comes after five minutes
    team.reply(said)

    assert len(team.answers(said)) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_slack_asking_for_a_new_connection_goes_unnoticed(team: Team, reason: str) -> None:
    team.slack.disconnect(reason)

    said = team.type(DANA, HELP, SKLEARN)
    team.reply(said)
    eventually(lambda: team.slack.connections() >= 2)

    assert len(team.answers(said)) == 1
