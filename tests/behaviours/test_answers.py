"""What an answer shows: several questions, what a thread is about, what an entry points to, and the rest of it."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.behaviours.team import DANA, GENERAL, HELP, RUI, Seen, Team, eventually, settings_of, team_in

FAQ = """\
# Training

## How do I bring a lookup table along?

Put it beside the script and name the folder:

```python
config = ScriptRunConfig(source_directory="src", script="train.py")
```

## How do I choose a cluster?

Name the `compute_target` of the run; `list_targets()` has them all.

# Deployment

## How do I bring a lookup table along?

See [the same for training](#how-do-i-bring-a-lookup-table-along), but replace `ScriptRunConfig` by `InferenceConfig`.

## How do I read the logs of an endpoint?

Call `service.get_logs()`.

## How do I warm up the flux capacitor?

Pull the lever.

%s

The last step is to thank the janitor.
"""
WARM_UP = "How do I warm up the flux capacitor?"
CLUSTER = "How do I choose a cluster?"
LOGS = "How do I read the logs of an endpoint?"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team whose FAQ has a long entry, two of one name, and one that points to another."""
    folder = tmp_path_factory.mktemp("answers")
    steps = "\n\n".join(f"Then wait for the needle to reach mark {number} of the dial." for number in range(100))
    faq = folder / "faq"
    faq.mkdir()
    (faq / "faq.md").write_text(FAQ % steps, encoding="utf-8")
    with team_in(folder / "demo") as team:
        with team.settings.open("a", encoding="utf-8") as settings:
            settings.write(f"\n[faq]\nfolder = {json.dumps(str(faq))}\nreload_interval = 0.1\n")
        team.start()
        yield team


def faq_of(team: Team) -> Path:
    """The folder that the bot answers from."""
    return Path(settings_of(team)["faq"]["folder"])


def source_of(seen: Seen) -> str:
    """The first source that a message names."""
    return seen.text.partition("Source: faq.md \u203a ")[2].partition(" (line")[0]


def test_several_questions_of_a_message_are_answered_in_one_reply_each_below_its_own(asked: Team) -> None:
    said = asked.type(DANA, HELP, f"{CLUSTER} And another thing: {LOGS[0].lower()}{LOGS[1:]}")

    (reply,) = asked.answers(said)

    headers = [block["text"]["text"] for block in reply.message["blocks"] if block["type"] == "header"]
    assert len(headers) == 2
    assert headers[0] == CLUSTER
    assert "how do I read the logs of an endpoint?" in headers[1]
    assert reply.text.index("compute_target") < reply.text.index(headers[1]) < reply.text.index("get_logs")
    assert reply.buttons == ["Helpful", "Not helpful", "Ask a human"]


def test_a_mention_in_a_thread_goes_on_from_the_last_answer_in_it(asked: Team) -> None:
    said = asked.type(DANA, HELP, LOGS)
    asked.reply(said)

    follow_up = asked.type(RUI, HELP, "@aml-bot what about that?", thread_ts=said.ts)
    (reply,) = asked.answers(follow_up)

    assert reply.text.startswith(f"About *{LOGS}*:\n")
    assert "get_logs" in reply.text


def test_a_new_question_in_a_channel_goes_on_from_nothing(asked: Team) -> None:
    asked.reply(asked.type(DANA, GENERAL, f"@aml-bot {LOGS}"))

    (reply,) = asked.answers(asked.type(DANA, GENERAL, "@aml-bot what about that?"))

    assert "About" not in reply.text


def test_a_direct_message_goes_on_from_the_answer_before_for_half_an_hour(asked: Team) -> None:
    person = asked.slack.add_person("noa")["id"]
    asked.reply(asked.type(person, "dm", CLUSTER))

    soon = asked.reply(asked.type(person, "dm", "what about that?"))
    long_ago(asked, person)
    late = asked.reply(asked.type(person, "dm", "what about that?"))

    assert soon.text.startswith(f"About *{CLUSTER}*:\n")
    assert "About" not in late.text


def test_a_thread_on_an_answer_in_a_direct_message_goes_on_from_it(asked: Team) -> None:
    person = asked.slack.add_person("mio")["id"]
    answer = asked.reply(asked.type(person, "dm", CLUSTER))

    reply = asked.reply(asked.type(person, "dm", "what about that?", thread_ts=answer.ts))

    assert reply.text.startswith(f"About *{CLUSTER}*:\n")
    assert reply.thread_ts == answer.ts


def test_an_entry_that_is_gone_is_no_topic_any_more(asked: Team) -> None:
    passing = faq_of(asked) / "passing.md"
    passing.write_text("# Where does the office cat sleep?\n\nOn the warm printer.\n", encoding="utf-8")
    eventually(lambda: "warm printer" in asked.command(DANA, "ask Where does the office cat sleep?"))
    said = asked.type(DANA, HELP, "Where does the office cat sleep?")
    assert "warm printer" in asked.reply(said).text

    passing.unlink()
    eventually(lambda: "warm printer" not in asked.command(DANA, "ask Where does the office cat sleep?"))
    (reply,) = asked.answers(asked.type(RUI, HELP, "@aml-bot what about that?", thread_ts=said.ts))

    assert "About" not in reply.text
    assert "office cat" not in reply.text


def test_the_least_sure_answer_is_what_is_kept_of_several(asked: Team) -> None:
    said = asked.type(DANA, HELP, f"{LOGS} How do I bring a lookup table along?")
    (reply,) = asked.answers(said)

    assert "get_logs" in reply.text
    assert "I'm not sure" in reply.text
    (row,) = asked.rows("SELECT * FROM question WHERE key LIKE ?", f"%{said.ts}")
    assert row["outcome"] == "choices"
    assert row["answered_by"] == "faq.md#how-do-i-read-the-logs-of-an-endpoint"


def test_an_entry_that_points_to_another_is_shown_with_it_and_what_to_replace(asked: Team) -> None:
    reply = asked.reply(asked.type(DANA, HELP, "How do I bring a lookup table along in deployment?"))

    assert "From *How do I bring a lookup table along?*:\n`ScriptRunConfig` \u2192 `InferenceConfig`\n" in reply.text
    assert 'source_directory="src"' in reply.text
    assert reply.text.count("Source: ") == 2


def test_a_chosen_entry_that_points_to_another_is_shown_with_it(asked: Team) -> None:
    choices = asked.reply(asked.type(DANA, HELP, "How do I bring a lookup table along?"))

    shown = [asked.private(asked.press(RUI, choices, f"Show entry {number}")) for number in (1, 2)]

    assert sorted(seen.text.count("\u2192 `InferenceConfig`") for seen in shown) == [0, 1]
    assert all('source_directory="src"' in seen.text for seen in shown)


def test_more_shows_the_whole_entry_to_who_asks_for_it(asked: Team) -> None:
    reply = asked.reply(asked.type(DANA, HELP, WARM_UP))
    assert ("Pull the lever" in spoken(reply)) != ("janitor" in spoken(reply))

    whole = asked.private(asked.press(RUI, reply, "More"))

    assert whole.visible_to == (RUI,)
    assert "Pull the lever" in spoken(whole)
    assert "thank the janitor" in spoken(whole)
    assert source_of(whole) == WARM_UP


def spoken(seen: Seen) -> str:
    """All that the blocks of a message show."""
    return json.dumps(seen.message["blocks"])


def long_ago(team: Team, user: str) -> None:
    """Make it half an hour and a minute since the questions of `user`."""
    team.quiet()
    then = (datetime.now(UTC) - timedelta(minutes=31)).isoformat()
    database: Path = team.folder / "bot" / "aml-bot.db"
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute("UPDATE question SET asked_at = ? WHERE user = ?", (then, user))
