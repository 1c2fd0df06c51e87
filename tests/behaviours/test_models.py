"""Models: registered from a run's outputs, listed, looked at."""

import os

from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Team

SCRIPT = """\
from pathlib import Path
Path("outputs").mkdir(exist_ok=True)
Path("outputs/model.pkl").write_bytes(b"weights")
"""


def name() -> str:
    """A model that no other test uses."""
    return f"churn{os.urandom(4).hex()}"


def finished_run(team: Team) -> str:
    """A run that has stored outputs/model.pkl."""
    (team.project / "make_model.py").write_text(SCRIPT)
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit make_model.py --project demo")
    run_id = team.posted(said, "aml-").run_id
    assert "Completed" in team.until(said.mark, f"run `{run_id}` has ended").text
    return run_id


def test_a_model_is_registered_from_a_run_and_shown_in_versions(team: Team) -> None:
    model, run_id = name(), finished_run(team)

    first = team.command(DANA, f"model register {run_id} outputs/model.pkl --name {model}")
    second = team.command(DANA, f"model register {run_id} outputs --name {model}")

    assert "registered as version `1`" in first
    assert "registered as version `2`" in second
    assert f"`{model}` version 2, from run `{run_id}`" in team.command(RUI, f"models {model}")
    shown = team.command(RUI, f"model {model}:1")
    assert "Other versions: `2`" in shown
    assert "By: dana" in shown
    assert "I don't deploy models" in shown
    assert f"Did you mean “{model}:2”?" in team.command(RUI, f"model {model}:7")
    outcome = [row for row in team.audit() if row["command"] == "model-register"][-1]
    assert outcome["reason"] == f"model={model}:2 run={run_id}"

    missing = team.command(DANA, f"model register {run_id} outputs/mod --name {model}")
    assert "There is no file of run" in missing
    assert "outputs/model.pkl" in missing
    assert "models/write" in team.command(RUI, f"model register {run_id} outputs/model.pkl --name {model}")


def test_mistakes_about_models_are_told(team: Team) -> None:
    for typed, told in (
        ("model register", "Name the run, and the file"),
        ("model register aml-nobody outputs/model.pkl --name churn", "There is no run “aml-nobody”"),
        ("model register aml-nobody ../secret --name churn", "isn't a path among a run's outputs"),
        ("model register aml-nobody outputs/m.pkl --name churn:3", "counts a model's versions by itself"),
        ("model nosuch", "There is no model “nosuch”"),
        ("model", "Say which model"),
        ("models nosuch", "There are no models with `nosuch`"),
    ):
        assert told in team.command(DANA, typed), typed
