"""Runs once more, runs of runs, and runs that somebody started in a notebook."""

import subprocess
import sys

import pytest

from tests.behaviours.team import DANA, OLIVIA, RUI, TEAM_CHANNEL, Team, clean_environment

NOTEBOOK = """
import os
from azureml.core import Experiment, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication

names = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")
auth = ServicePrincipalAuthentication(*(os.environ[name] for name in names), cloud="AzureCloud")
workspace = Workspace(*(os.environ[name] for name in ("SUBSCRIPTION_ID", "RESOURCE_GROUP", "WORKSPACE")), auth=auth)
run = Experiment(workspace, "notebook").start_logging(snapshot_directory=None)
run.log("size", 1)
run.log("size", 3)
for fold in range(3):
    child = run.child_run(f"fold {fold}")
    if fold:
        child.complete()
    else:
        child.fail("no luck")
run.complete()
print("run", run.id)
"""


@pytest.fixture(scope="module")
def interactive(team: Team, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a run that a notebook logged to, with three children."""
    ready = team.azure.ready
    fields = ("tenant_id", "client_id", "client_secret", "subscription_id", "resource_group", "workspace")
    environment = clean_environment() | {name.upper(): str(ready[name]) for name in fields}
    environment |= {
        "HTTPS_PROXY": ready["proxy"],
        "REQUESTS_CA_BUNDLE": ready["ca_bundle"],
        "HOME": str(tmp_path_factory.mktemp("home")),
    }
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=environment["HOME"],
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split("run ")[-1].strip()


def test_an_interactive_run_is_listed_and_looked_at_and_can_not_be_repeated(team: Team, interactive: str) -> None:
    before = len(team.azure.runs())

    listed = team.command(RUI, "runs --experiment notebook")
    status = team.command(RUI, f"status {interactive}")
    metrics = team.posted(team.type(RUI, TEAM_CHANNEL, f"/aml metrics {interactive}"), "Metrics of run")
    refused = team.command(DANA, f"retry {interactive}")

    assert f"`{interactive}` — *Completed*" in listed
    assert "It has started 3 runs: 2 Completed, 1 Failed." in status
    assert f"`/aml runs --children {interactive}` lists them" in status
    assert "size" in metrics.text
    assert "wasn't submitted through me" in refused
    assert "submit SCRIPT --project NAME" in refused
    assert len(team.azure.runs()) == before


def test_the_runs_that_a_run_started_are_listed_apart(team: Team, interactive: str) -> None:
    listed = team.command(RUI, f"runs --children {interactive}")

    assert "3 runs: 2 Completed, 1 Failed." in listed
    assert listed.count(f"started by run `{interactive}`") == 3
    assert "--children stands alone" in team.command(RUI, f"runs --children {interactive} --mine")
    assert "There is no run “nosuch”" in team.command(RUI, "runs --children nosuch")
    child = listed.split("`")[3]
    assert f"started by run `{interactive}`" in team.command(RUI, f"status {child}")


def test_a_run_is_repeated_as_it_was_by_somebody_else_in_their_own_name(team: Team) -> None:
    said = team.type(
        DANA,
        TEAM_CHANNEL,
        '/aml submit train.py --env demo-env:1 --experiment again --hours 0.343 -- --epochs 2 --samples "30"',
    )
    first = team.posted(said, "aml-")
    team.until(said.mark, f"run `{first.run_id}` has ended")

    refused = team.command(RUI, f"retry {first.run_id}")
    said = team.type(OLIVIA, TEAM_CHANNEL, f"/aml retry {first.run_id}")
    again = team.posted(said, "aml-")
    team.until(said.mark, f"run `{again.run_id}` has ended")

    assert "AzureML Data Scientist" in refused
    assert again.run_id != first.run_id
    assert f"Run {first.run_id} once more, with the folder's files as they are now" in again.text
    for each in (first, again):
        assert "on cpu-cluster (20 min 34 s at most), environment demo-env:1, experiment again" in each.text
        assert "with arguments --epochs 2 --samples 30" in each.text
    runs = {run["id"]: run for run in team.azure.runs()}
    tags = runs[again.run_id]["tags"]
    assert tags["retry_of"] == first.run_id
    assert (tags["submitted_by"], tags["submitted_by_slack_id"]) == ("olivia", "T0SANDBOX/U0OLIVIA")
    commands = [(row["command"], row["phase"], row["result"]) for row in team.audit() if row["user"] == OLIVIA][-4:]
    assert commands == [
        ("retry", "decision", "allowed"),
        ("retry", "outcome", "done"),
        ("submit", "decision", "allowed"),
        ("submit", "outcome", "done"),
    ]
    assert "There is no run “aml-nosuch”" in team.command(DANA, "retry aml-nosuch")
    assert "Say which run" in team.command(DANA, "retry")
