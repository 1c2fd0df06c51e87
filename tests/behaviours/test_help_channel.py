"""The help channel: who is answered there, where, and who is left in peace."""

from typing import Any

import pytest

from tests.behaviours.team import CHEN, DANA, GENERAL, GUS, HELP, RUI, TEAM_CHANNEL, Said, Team

SKLEARN = "how do i install scikit-learn for my training run?"


@pytest.mark.parametrize("chatter", ["thanks!", ":tada: :tada:", "good morning everyone", "https://example.com/paper"])
def test_chatter_in_the_help_channel_gets_nothing(team: Team, chatter: str) -> None:
    said = team.type(DANA, HELP, chatter)

    assert team.answers(said) == []


def test_a_reply_in_a_thread_gets_nothing_unless_it_mentions_the_bot(team: Team) -> None:
    question = team.type(DANA, HELP, SKLEARN)
    team.reply(question)

    between_people = team.type(RUI, HELP, "did you try how to install scikit-learn?", thread_ts=question.ts)
    assert team.answers(between_people) == []
    to_the_bot = team.type(RUI, HELP, "@aml-bot what is an environment?", thread_ts=question.ts)
    (answer,) = team.answers(to_the_bot)

    assert answer.thread_ts == question.ts
    assert "environment" in answer.text


def test_a_mention_in_the_help_channel_arrives_as_two_events_and_is_answered_once(team: Team) -> None:
    said = team.type(GUS, HELP, f"@aml-bot {SKLEARN}")

    (answer,) = team.answers(said)
    assert len(said.deliveries) == 2
    assert answer.thread_ts == said.ts


@pytest.mark.parametrize("channel", [GENERAL, TEAM_CHANNEL])
def test_other_channels_are_answered_only_when_the_bot_is_mentioned(team: Team, channel: str) -> None:
    unmentioned = team.type(DANA, channel, SKLEARN)
    assert team.answers(unmentioned) == []

    mentioned = team.type(DANA, channel, f"@aml-bot {SKLEARN}")
    (answer,) = team.answers(mentioned)

    assert answer.thread_ts == mentioned.ts
    assert "CondaDependencies" in answer.text


def test_bots_get_nothing(team: Team) -> None:
    bot = team.slack.add_person("deploy-bot", is_bot=True)

    said = team.type(bot["id"], HELP, "how do I install scikit-learn for my training run?")

    assert team.answers(said) == []


def test_people_of_another_organisation_get_nothing(team: Team) -> None:
    stranger = team.slack.add_person("sam", team_id="T0ELSEWHERE")

    asked = team.type(stranger["id"], HELP, SKLEARN)
    mentioned = team.type(stranger["id"], HELP, f"@aml-bot {SKLEARN}")

    assert team.answers(asked) == []
    assert team.answers(mentioned) == []


def send_message_event(team: Team, **fields: Any) -> Said:
    """A message event like that of a new question, changed by `fields`. Its message is one that nothing was stored of:
    an earlier request would hide that this one is taken."""
    parent = team.type(DANA, HELP, "thanks!")
    unheard = team.type(DANA, HELP, "a reply among people", thread_ts=parent.ts)
    team.quiet()
    event = {
        "type": "message",
        "channel": HELP,
        "channel_type": "channel",
        "user": DANA,
        "ts": unheard.ts,
        "text": SKLEARN,
        "event_ts": unheard.ts,
    }
    mark = team.mark()
    return Said(mark, DANA, HELP, unheard.ts, tuple(team.slack.send_event(event | fields)))


@pytest.mark.parametrize(
    "subtype",
    ["message_changed", "message_deleted", "channel_join", "channel_topic", "bot_message", "me_message"],
)
def test_edits_joins_and_other_events_that_are_no_new_message_get_nothing(team: Team, subtype: str) -> None:
    edited = {"type": "message", "user": DANA, "text": SKLEARN, "ts": "1.2"}

    said = send_message_event(team, subtype=subtype, message=edited)

    assert team.answers(said) == []


def test_what_an_app_says_in_a_persons_name_gets_nothing(team: Team) -> None:
    assert team.answers(send_message_event(team, bot_id="B0OTHER")) == []


@pytest.mark.parametrize("fields", [{}, {"subtype": "file_share", "files": [{"id": "F1"}]}])
def test_a_question_is_answered_with_or_without_a_file(team: Team, fields: dict[str, Any]) -> None:
    (answer,) = team.answers(send_message_event(team, **fields))

    assert "CondaDependencies" in answer.text


def test_a_question_that_the_faq_does_not_know_is_said_so_with_the_nearest_and_a_human_to_ask(team: Team) -> None:
    said = team.type(DANA, HELP, "when is lunch?")
    answer = team.reply(said)

    assert "I don't know" in answer.text
    assert "nearest" in answer.text
    assert ".md" in answer.text
    assert answer.buttons == ["Ask a human"]
    (row,) = team.rows("SELECT * FROM question WHERE key LIKE ?", f"%{said.ts}")
    assert (row["user"], row["outcome"]) == (DANA, "unknown")


def test_asking_a_human_calls_the_one_on_call_into_the_questions_thread(team: Team) -> None:
    said = team.type(DANA, HELP, "How do I include additional files?")
    clicked = team.press(DANA, team.reply(said), "Ask a human")
    call = team.posted(clicked, "A human is needed")

    assert call.thread_ts == said.ts
    assert f"<@{CHEN}>" in call.text
    assert f"<@{DANA}>" in call.text
    assert "How do I include additional files?" in call.text
    assert "What I found in the FAQ before" in call.text
    (row,) = team.rows("SELECT * FROM escalation WHERE key LIKE ?", f"%{said.ts}")
    assert row["user"] == DANA


def test_the_second_who_asks_for_a_human_is_told_in_private_that_one_was_called(team: Team) -> None:
    said = team.type(DANA, HELP, "when is lunch today?")
    answer = team.reply(said)
    team.press(DANA, answer, "Ask a human")
    team.quiet()

    (told,) = team.answers(team.press(RUI, answer, "Ask a human"))

    assert "called a human for this question already" in told.text
    assert (told.kind, told.visible_to) == ("ephemeral", (RUI,))
    assert len(team.messages_with("when is lunch today?", HELP)) == 1


def test_asking_a_human_in_a_direct_message_calls_in_the_help_channel(team: Team) -> None:
    said = team.type(RUI, "dm", "which canteen do we visit on friday?")
    clicked = team.press(RUI, team.reply(said), "Ask a human")
    call = team.posted(clicked, "A human is needed")
    told = team.private(clicked)

    assert call.channel == HELP
    assert call.thread_ts == ""
    assert "which canteen do we visit on friday?" in call.text
    assert told.channel == said.channel
    assert f"<#{HELP}>" in told.text


def test_asking_a_human_about_a_private_answer_calls_in_the_channel_of_the_command(team: Team) -> None:
    answer = team.private(team.type(RUI, TEAM_CHANNEL, "/aml ask which plants grow in the office?"))
    clicked = team.press(RUI, answer, "Ask a human")

    call = team.posted(clicked, "A human is needed")

    assert (call.channel, call.thread_ts) == (TEAM_CHANNEL, "")
    assert "which plants grow in the office?" in call.text


def test_asking_a_human_where_the_bot_is_no_member_calls_in_the_help_channel(team: Team) -> None:
    room = team.slack.add_channel("ml-quiet", [DANA], bot=False)
    answer = team.private(team.type(DANA, room["id"], "/aml ask which fish swim in the pond?"))
    clicked = team.press(DANA, answer, "Ask a human")

    call = team.posted(clicked, "A human is needed")

    assert call.channel == HELP
    assert f"<#{HELP}>" in team.private(clicked).text


def test_asking_a_human_where_nobody_can_be_called_says_so_and_can_be_done_again(team: Team) -> None:
    said = team.type(RUI, "dm", "which bakery delivers on monday?")
    answer = team.reply(said)
    team.slack.fault("chat.postMessage", error="restricted_action")

    told = team.private(team.press(RUI, answer, "Ask a human"))

    assert "couldn't call anybody" in told.text
    assert team.messages_with("which bakery delivers on monday?", HELP) == []
    call = team.posted(team.press(RUI, answer, "Ask a human"), "A human is needed")
    assert call.channel == HELP


def test_questions_that_come_all_at_once_are_each_answered_in_their_own_thread(team: Team) -> None:
    asked = [team.type(user, HELP, SKLEARN) for user in (DANA, RUI, GUS) * 3]

    answered = [team.answers(said) for said in asked]

    assert [[seen.thread_ts for seen in each] for each in answered] == [[said.ts] for said in asked]


def test_two_entries_of_the_same_name_are_told_apart_and_each_can_be_shown(team: Team) -> None:
    answer = team.reply(team.type(DANA, HELP, "How do I include additional files?"))

    assert "Submitting training runs" in answer.text
    assert "Deploying models" in answer.text
    assert answer.text.count("*How do I include additional files?*") == 2
    training = team.private(team.press(RUI, answer, "Show entry 1"))
    deployment = team.private(team.press(RUI, answer, "Show entry 2"))
    shown = {training.text.partition("Source: ")[2].split()[0], deployment.text.partition("Source: ")[2].split()[0]}
    assert shown == {"submitting-runs.md", "deploying-models.md"}
    assert training.buttons == ["Helpful", "Not helpful", "Ask a human"]


def test_the_last_click_on_helpful_or_not_counts(team: Team) -> None:
    said = team.type(DANA, HELP, SKLEARN)
    answer = team.reply(said)

    thanks = team.private(team.press(DANA, answer, "Helpful"))
    regret = team.private(team.press(DANA, answer, "Not helpful"))
    team.private(team.press(RUI, answer, "Helpful"))

    assert "helped" in thanks.text
    assert "didn't help" in regret.text
    rows = team.rows("SELECT user, verdict FROM feedback WHERE key LIKE ? ORDER BY user", f"%{said.ts}")
    assert rows == [{"user": DANA, "verdict": "not_helpful"}, {"user": RUI, "verdict": "helpful"}]
