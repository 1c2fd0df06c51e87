"""The Procfile as it stands, started by honcho in the checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.database import lock_state
from tests.behaviours.team import DANA, HELP, clean_environment, team_in

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.mark.slow
def test_honcho_starts_a_bot_that_answers_and_stops_it_in_order(tmp_path: Path) -> None:
    with team_in(tmp_path / "team") as team:
        environment = clean_environment()
        environment |= {"AML_BOT_SETTINGS": str(team.settings), "PATH": f"{BIN}:{environment['PATH']}"}
        honcho = subprocess.Popen(
            ["honcho", "--no-colour", "start"],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert honcho.stdout is not None
        with honcho, honcho.stdout as lines:
            try:
                heard = next((line for line in lines if "aml-bot is ready" in line), "")
                assert "worker" in heard

                said = team.type(DANA, HELP, "how do i install scikit-learn for my training run?")
                assert "CondaDependencies" in team.reply(said).text
            finally:
                honcho.terminate()
            rest = lines.read()
            code = honcho.wait(30)

    # honcho runs the line by a shell, so what it says of the exit code is the shell's. The output has ended, so the bot
    # has, too; and its state is free for the next one.
    assert '"event": "stopping"' in rest
    assert code in {0, 143}, rest
    os.close(lock_state(tmp_path / "team" / "bot"))
