"""What the bot keeps to itself: tokens, and what people wrote."""

import json

from tests.behaviours.team import DANA, HELP, RUI, TEAM_CHANNEL, Team, settings_of


def test_neither_tokens_nor_what_people_wrote_are_in_log_or_audit(team: Team) -> None:
    team.reply(team.type(DANA, HELP, "how do I install zebrafinch for my training run?"))
    team.private(team.type(DANA, TEAM_CHANNEL, "/aml submit nosuch.py -- --api-key hunter2hunter2"))
    team.command(RUI, "envs cockatoo")
    team.command(DANA, "frobnicate lorikeet")
    team.quiet()

    log, audit = team.log(), json.dumps(team.audit())

    settings = settings_of(team)
    secrets = [settings["slack"][name] for name in ("bot_token", "app_token", "signing_secret")]
    for secret in (*secrets, settings["azure"]["client_secret"], "hunter2", "zebrafinch", "lorikeet"):
        assert secret not in log
        assert secret not in audit
    assert "cockatoo" not in log


def test_no_token_of_slacks_is_stored_with_a_request(team: Team) -> None:
    team.command(RUI, "help")
    clicked = team.press(RUI, team.private(team.type(RUI, TEAM_CHANNEL, "/aml ask what is an environment?")), "Helpful")
    team.private(clicked)

    stored = json.dumps(team.rows("SELECT * FROM workflow_input"), default=repr)

    assert "help" in stored
    assert '"token"' not in stored.replace("\\", "")
    assert settings_of(team)["slack"]["bot_token"] not in stored


def test_the_state_folder_and_the_settings_are_the_owners_alone(team: Team) -> None:
    assert (team.folder / "bot").stat().st_mode & 0o077 == 0
    assert team.settings.stat().st_mode & 0o077 == 0
