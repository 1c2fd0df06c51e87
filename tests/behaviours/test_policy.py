"""The policy file while the bot runs: changed, broken, gone; and what decides about somebody."""

import re
import subprocess
import sys

import pytest

from tests.behaviours.team import DANA, OLIVIA, RUI, TEAM_CHANNEL, Team, clean_environment, eventually

NO_SUBMITS = """
[[deny]]
commands = ["submit"]
people = ["T0SANDBOX/U0DANA"]
reason = "The cluster is being moved today."
"""
SUBMIT = "submit train.py -- --epochs 1"


def explained(team: Team, user: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """What `aml-bot policy explain USER submit` ends with."""
    command = [sys.executable, "-m", "bot", "policy", "explain", user, "submit", *options]
    return subprocess.run(
        [*command, "--settings", str(team.settings)],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=60,
    )


def digests(team: Team) -> list[str]:
    """What the audit says of changes of the policy."""
    return [f"{row['result']}: {row['reason']}" for row in team.audit() if row["command"] == "policy"]


@pytest.mark.slow
def test_a_policy_is_taken_over_a_broken_one_is_not_and_without_one_all_is_refused(own_team: Team) -> None:
    file = own_team.folder / "policy.toml"
    good = file.read_text(encoding="utf-8").replace("version = 1", "version = 2")
    settings = own_team.settings.read_text(encoding="utf-8")
    own_team.settings.write_text(
        f'policy_interval = 0.2\npolicy_report_channel = "{TEAM_CHANNEL}"\n{settings}', encoding="utf-8"
    )
    own_team.start()
    first = digests(own_team)

    file.write_text(good + NO_SUBMITS, encoding="utf-8")
    eventually(lambda: len(digests(own_team)) == 2)
    refused = own_team.command(DANA, SUBMIT)
    mark = own_team.mark()
    file.write_text(good + NO_SUBMITS + "[[deny]]\ncommand = 1\n", encoding="utf-8")
    told = own_team.until(mark, "a content that I can't use")
    state = own_team.command(OLIVIA, "admin")
    still = own_team.command(DANA, SUBMIT)
    file.unlink()
    gone = own_team.until(mark, "policy file is gone")
    without = own_team.command(RUI, "whoami")
    file.write_text(good, encoding="utf-8")
    eventually(lambda: len(digests(own_team)) == 5)

    assert first == [f"done: {digests(own_team)[0].removeprefix('done: ')}"]
    assert first[0].endswith("the first one")
    assert digests(own_team)[1].endswith(f"was {first[0].split()[2].rstrip(',')}")
    for answer in (refused, still):
        assert "This bot's policy forbids you to use “submit” here. The cluster is being moved today." in answer
    line = (good + NO_SUBMITS).count("\n") + 1
    for answer in (told.text, state):
        assert f"policy.toml:{line}: [[deny]] needs “commands”." in answer
        assert f"policy.toml:{line + 1}: “command” isn't known here. Did you mean “commands”?" in answer
    assert told.channel == gone.channel == TEAM_CHANNEL
    assert "policy file is gone or can't be read" in without
    assert "Reader" in own_team.command(RUI, "whoami")
    refusals = [row for row in own_team.audit() if row["user"] == RUI and row["result"] == "refused"]
    assert "policy missing" in refusals[0]["reason"]
    posted = own_team.posted(own_team.type(DANA, TEAM_CHANNEL, f"/aml {SUBMIT}"), "aml-")
    own_team.until(mark, f"run `{posted.run_id}` has ended")


@pytest.mark.slow
def test_an_explanation_names_links_roles_and_the_rule_that_decides(own_team: Team) -> None:
    with (own_team.folder / "policy.toml").open("a", encoding="utf-8") as policy:
        policy.write(NO_SUBMITS.replace("submit", "cancel"))
    text = (own_team.folder / "policy.toml").read_text(encoding="utf-8").replace("version = 1", "version = 2")
    (own_team.folder / "policy.toml").write_text(text, encoding="utf-8")

    dana = explained(own_team, DANA, "--compute", "cpu-cluster", "--hours", "2")
    rui = explained(own_team, f"T0SANDBOX/{RUI}")
    nobody = explained(own_team, "U0NOBODY")

    assert "T0SANDBOX/U0DANA is linked to 00000000-0000-4000-8000-0000000000a2." in dana.stdout
    assert "Azure: allowed by role AzureML Data Scientist" in dana.stdout
    assert re.search(r"line \d+, allow: fits\n  a rule allows it \(line \d+\)", dana.stdout)
    assert "longest run: 2 hours; cost at most: unknown" in dana.stdout
    assert dana.stdout.endswith("So “submit” is allowed.\n")
    assert "Azure: refused by no role allows" in rui.stdout
    assert "isn't linked" in nobody.stderr
    assert [dana.returncode, rui.returncode, nobody.returncode] == [0, 1, 2]
