"""Code to take away: what is shown in Slack runs as it is, and nothing is deployed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Seen, Team, clean_environment

LAUNCHER = Path(__file__).parents[1] / "sandbox" / "azureml" / "recipe_launcher.py"
SHOW = """
print("found", model.name, model.version, inference_config.environment.name, inference_config.environment.version)
print("entry", inference_config.entry_script, "beside", sorted(os.listdir(inference_config.source_directory)))
"""


def registered(team: Team) -> str:
    """A model that was made from a run's output."""
    model = f"snippet{os.urandom(4).hex()}"
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1")
    run_id = team.posted(said, "aml-").run_id
    team.until(said.mark, f"run `{run_id}` has ended")
    assert "version `1`" in team.command(DANA, f"model register {run_id} outputs/weights.txt --name {model}")
    return model


def code_of(seen: Seen) -> str:
    """The code in a message, as somebody copies it."""
    shown = "\n".join(block["text"]["text"] for block in seen.message["blocks"] if block["type"] == "section")
    code: str
    (code,) = re.findall(r"```\n?(.*?)```", shown, flags=re.DOTALL)
    return code.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_the_code_that_is_shown_runs_in_the_project_s_folder_against_the_workspace(team: Team, tmp_path: Path) -> None:
    model = registered(team)

    seen = team.private(team.type(RUI, TEAM_CHANNEL, f"/aml model snippet {model} --project demo"))

    folder = tmp_path / "checkout"
    shutil.copytree(team.project, folder)
    (tmp_path / "code.py").write_text("import os\n" + code_of(seen) + SHOW)
    (tmp_path / "sandbox.json").write_text(json.dumps(team.azure.ready))
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), str(tmp_path / "sandbox.json"), str(tmp_path / "code.py")],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean_environment()
        | {
            "HTTPS_PROXY": team.azure.ready["proxy"],
            "REQUESTS_CA_BUNDLE": team.azure.ready["ca_bundle"],
            "HOME": str(tmp_path),
        },
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"found {model} 1 demo-env 1" in done.stdout
    assert "entry score.py beside" in done.stdout
    assert "'assets'" in done.stdout
    assert "`assets/utils.py`" in seen.text
    assert "Nothing was deployed." in seen.text
    assert "Support of SDK v1 ended on 30 June 2026" in seen.text
    assert "/aml ask How do I deploy a registered model to ACI?" in seen.text
    asked = team.command(RUI, "ask How do I deploy a registered model to ACI?")
    assert "inference_config" in asked


def test_what_is_not_there_is_told_with_what_to_do(team: Team) -> None:
    model = registered(team)

    for typed, told in (
        ("", "Name one model"),
        ("nosuch", "There is no model “nosuch”"),
        (f"{model}:7", f"Did you mean “{model}:1”"),
        (f"{model} --project nosuch", "There is no project “nosuch”"),
        (f"{model} --entry train.py", "“train.py” of project “demo” can't be an entry script"),
        (f"{model} --entry ../score.py", "leads out of the project"),
        (f"{model} --env nosuch", "There is no environment “nosuch”"),
    ):
        assert told in team.command(DANA, f"model snippet {typed}".strip()), typed
