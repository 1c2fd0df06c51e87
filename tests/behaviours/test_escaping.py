"""Text of other origin comes back as it was written, and calls nobody."""

import json
import re

import pytest

from tests.behaviours.team import CHEN, DANA, HELP, TEAM_CHANNEL, Seen, Team

LOUD = "@channel @chen <!here> <@U0CHEN> <https://evil.example|click> &lt;!channel&gt;"
SPECIAL = re.compile(r"<(![^>]*|@[^>]*|#[^>]*|https?://evil[^>]*)>")


def calls_in(seen: Seen) -> set[str]:
    """Every mention, broadcast and suspicious link in a message, in the fallback text and in each block."""
    found = set(SPECIAL.findall(seen.text))
    for block in seen.message.get("blocks", ()):
        found |= set(SPECIAL.findall(json.dumps(block, ensure_ascii=False)))
    return found


@pytest.mark.parametrize("text", [f"when is lunch {LOUD}?", f"@aml-bot when is lunch {LOUD}?"])
def test_a_question_that_calls_everybody_comes_back_harmless_in_the_call_for_a_human(team: Team, text: str) -> None:
    answer = team.reply(team.type(DANA, HELP, text))
    call = team.posted(team.press(DANA, answer, "Ask a human"), "A human is needed")

    assert calls_in(answer) == set()
    assert calls_in(call) == {f"@{CHEN}", f"@{DANA}"}
    assert call.text.count(f"<@{CHEN}>") == 1
    assert "when is lunch" in call.text


@pytest.mark.parametrize(
    "typed", ["frobnicate <!channel>", "env <!channel>", "status &lt;!channel&gt;", "submit <!channel>.py", "@channel"]
)
def test_a_mistake_that_quotes_its_input_calls_nobody(team: Team, typed: str) -> None:
    said = team.type(DANA, TEAM_CHANNEL, f"/aml {typed}")

    assert calls_in(team.private(said)) == set()


def test_arguments_and_the_scripts_own_words_come_back_harmless(team: Team) -> None:
    script = "import sys\nprint(sys.argv[1:], flush=True)\nraise SystemExit(' '.join(sys.argv[1:]))\n"
    (team.project / "loud.py").write_text(script, encoding="utf-8")

    said = team.type(DANA, TEAM_CHANNEL, f"/aml submit loud.py -- {LOUD} 'a b' &amp;")
    posted = team.posted(said, "aml-")
    failed = team.until(said.mark, f"`{posted.run_id}`: Failed")
    ended = team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert calls_in(posted) == set()
    assert calls_in(failed) == set()
    assert calls_in(ended) == {f"@{DANA}"}
    assert "&lt;!here&gt;" in failed.text
    assert "&amp;lt;!channel&amp;gt;" in failed.text
    assert "'a b'" in failed.text


def test_what_a_script_logs_comes_back_harmless(team: Team) -> None:
    script = (
        "from azureml.core import Run\n"
        "run = Run.get_context()\n"
        f"run.log({LOUD[:40]!r}, 1.5)\n"
        f"run.log('note', {LOUD!r})\n"
        f"print({LOUD!r} + '``` <!channel>', flush=True)\n"
    )
    (team.project / "noisy.py").write_text(script, encoding="utf-8")

    said = team.type(DANA, TEAM_CHANNEL, "/aml submit noisy.py")
    posted = team.posted(said, "aml-")
    done = team.until(said.mark, f"`{posted.run_id}`: Completed")

    assert "1.5" in done.text
    assert "&lt;!here&gt;" in done.text
    assert calls_in(done) == set()
