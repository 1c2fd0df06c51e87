"""What Slack delivers twice happens once."""

import pytest

from tests.behaviours.team import DANA, HELP, RUI, TEAM_CHANNEL, Said, Team, eventually


def deliver_again(team: Team, said: Said) -> None:
    """Send everything that came of `said` twice more, once in the old envelope, and wait until it is worked off."""
    for delivery in said.deliveries:
        team.slack.redeliver(delivery)
        team.slack.redeliver(delivery, same_envelope=True)
    team.quiet()


@pytest.mark.parametrize("text", ["how do i install scikit-learn?", "@aml-bot how do i install scikit-learn?"])
def test_a_question_delivered_again_is_answered_once(team: Team, text: str) -> None:
    said = team.type(DANA, HELP, text)
    team.reply(said)

    deliver_again(team, said)

    assert len(team.answers(said)) == 1
    assert len(team.rows("SELECT * FROM question WHERE key LIKE ?", f"%{said.ts}")) == 1


def test_a_question_delivered_again_while_its_answer_is_under_way_is_answered_once(team: Team) -> None:
    team.slack.hold("chat.postMessage")
    try:
        said = team.type(DANA, HELP, "how do i install scikit-learn?")
        eventually(lambda: bool(team.slack.held()))
        for delivery in said.deliveries:
            team.slack.redeliver(delivery)
    finally:
        team.slack.release()

    assert len(team.answers(said)) == 1


def test_a_submit_delivered_again_starts_one_run_with_one_message(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1")
    posted = team.posted(said, "aml-")
    before = {run["id"] for run in team.azure.runs()}

    deliver_again(team, said)
    team.until(said.mark, f"run `{posted.run_id}` has ended")
    deliver_again(team, said)

    assert {run["id"] for run in team.azure.runs()} == before
    assert len(team.messages_with(posted.run_id, TEAM_CHANNEL)) == 2  # the run's own message and the notice of its end
    key = next(row["key"] for row in team.audit() if f"run={posted.run_id} " in row["reason"])
    assert [row["phase"] for row in team.audit() if row["key"] == key] == ["decision", "outcome"]


def test_a_look_up_delivered_again_is_answered_once(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "/aml whoami")
    team.private(said)
    rows = len(team.audit())

    deliver_again(team, said)

    assert len(team.answers(said)) == 1
    assert len(team.audit()) == rows


def test_a_click_delivered_again_counts_once(team: Team) -> None:
    question = team.type(DANA, HELP, "when is dinner?")
    answer = team.reply(question)
    clicked = team.press(DANA, answer, "Ask a human")
    team.posted(clicked, "A human is needed")

    deliver_again(team, clicked)

    assert len(team.messages_with("when is dinner?", HELP)) == 1
    assert [seen for seen in team.answers(clicked) if seen.kind == "ephemeral"] == []


def test_a_verdict_delivered_again_is_stored_and_thanked_for_once(team: Team) -> None:
    question = team.type(DANA, HELP, "how do i install scikit-learn?")
    clicked = team.press(DANA, team.reply(question), "Helpful")
    team.private(clicked)

    deliver_again(team, clicked)

    assert len(team.answers(clicked)) == 1
    assert len(team.rows("SELECT * FROM feedback WHERE key LIKE ?", f"%{question.ts}")) == 1
