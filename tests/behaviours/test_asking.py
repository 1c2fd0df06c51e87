"""Questions: in the help channel, by mention, in a direct message, by command."""

from tests.behaviours.team import DANA, GUS, HELP, Team

SKLEARN = "how do i install scikit-learn for my training run?"


def test_a_question_in_the_help_channel_is_answered_in_its_thread_with_snippet_and_source(team: Team) -> None:
    said = team.type(DANA, HELP, SKLEARN)

    reply = team.reply(said)

    assert reply.thread_ts == said.ts
    assert "CondaDependencies" in reply.text
    assert "Source" in reply.text
    assert ".md" in reply.text


def test_a_mention_is_answered_in_its_thread(team: Team) -> None:
    said = team.type(GUS, HELP, f"@aml-bot {SKLEARN}")

    assert "CondaDependencies" in team.reply(said).text


def test_a_direct_message_is_answered(team: Team) -> None:
    said = team.type(DANA, "dm", SKLEARN)

    assert "CondaDependencies" in team.reply(said).text


def test_ask_answers_in_private(team: Team) -> None:
    assert "CondaDependencies" in team.command(GUS, f"ask {SKLEARN}", HELP)
