"""Projects in Git, from Slack: what runs is a commit, and the message and the run say which."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours.repository import Repository
from tests.behaviours.team import DANA, TEAM_CHANNEL, Team, team_in

SCRIPT = """
import helper
from azureml.core import Run

print("I am", helper.NAME)
print("commit", Run.get_context().get_properties().get("azureml.git.commit"))
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = Repository(tmp_path_factory.mktemp("git") / "churn")
    made.commit({"train.py": SCRIPT, "helper.py": "NAME = 'main'\n"})
    return made


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory, repository: Repository) -> Iterator[Team]:
    """A team with a project in Git beside the demo's, and one whose refs are fixed."""
    with team_in(tmp_path_factory.mktemp("churn") / "demo") as team:
        usual: dict[str, Any] = {"environment": "demo-env", "compute": "cpu-cluster"}
        usual |= {"git": str(repository.folder), "git_ref": "main"}
        for name, values in {"churn": usual, "fixed": usual | {"git_any_ref": False}}.items():
            lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
            with team.settings.open("a", encoding="utf-8") as file:
                file.write(f"\n[projects.{name}]\n" + "\n".join(lines) + "\n")
        team.start()
        yield team


def run_of(team: Team, run_id: str) -> dict[str, Any]:
    """A run as Azure ML knows it."""
    return next(run for run in team.azure.runs() if run["id"] == run_id)


def test_the_commit_is_in_the_message_and_on_the_run(churn: Team, repository: Repository) -> None:
    head = repository.head()

    said = churn.type(DANA, TEAM_CHANNEL, "/aml submit train.py --project churn")
    posted = churn.posted(said, "aml-")
    done = churn.until(said.mark, f"`{posted.run_id}`: Completed")

    assert f"at main (commit {head[:12]})" in posted.text
    assert "I am main" in done.text
    run = run_of(churn, posted.run_id)
    assert (run["tags"]["git_commit"], run["tags"]["git_ref"]) == (head, "main")
    assert f"commit {head}" in done.text  # the script reads the property that Azure ML's own pages show


def test_two_branches_are_submitted_at_once_and_each_runs_its_own_code(churn: Team, repository: Repository) -> None:
    for name in ("left", "right"):
        repository.git("checkout", "--quiet", "-b", name, "main")
        repository.commit({"helper.py": f"NAME = '{name}'\n"})
    repository.git("checkout", "--quiet", "main")

    said = [
        churn.type(DANA, TEAM_CHANNEL, f"/aml submit train.py --project churn --ref {n}") for n in ("left", "right")
    ]

    for each, name in zip(said, ("left", "right"), strict=True):
        posted = churn.posted(each, f"at {name} (commit")
        assert f"I am {name}" in churn.until(said[0].mark, f"`{posted.run_id}`: Completed").text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("--project churn --ref mian", "There is no branch, tag or commit “mian”"),
        ("--project churn --ref '--upload-pack=touch x'", "isn't a branch, a tag or a commit"),
        ("--project demo --ref main", "is a folder, not a Git repository"),
        ("--project fixed --ref other", "only main may be submitted"),
    ],
)
def test_a_ref_that_can_not_be_is_said_and_nothing_is_started(churn: Team, typed: str, expected: str) -> None:
    before = len(churn.azure.runs())

    assert expected in churn.command(DANA, f"submit train.py {typed}")
    assert len(churn.azure.runs()) == before


def test_a_link_out_of_the_repository_is_refused(churn: Team, repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "linked", "main")
    (repository.folder / "secret").symlink_to("/etc/passwd")
    repository.commit({})
    repository.git("checkout", "--quiet", "main")

    answer = churn.command(DANA, "submit train.py --project churn --ref linked")

    assert "“secret” in the project “churn” is a link to a place outside of it" in answer


def test_a_git_host_that_is_down_is_said_and_nothing_is_started(
    churn: Team, repository: Repository, tmp_path: Path
) -> None:
    before = len(churn.azure.runs())
    away = tmp_path / "away"
    repository.folder.rename(away)
    try:
        answer = churn.command(DANA, "submit train.py --project churn")
    finally:
        away.rename(repository.folder)

    assert "A service doesn't answer" in answer
    assert "repository of project “churn” can't be read at the moment, so nothing was started" in answer
    assert len(churn.azure.runs()) == before


def test_a_run_is_repeated_with_its_own_commit_whatever_the_branch_is_at_now(
    churn: Team, repository: Repository
) -> None:
    old = repository.head()
    submitted = {}
    for project in ("churn", "fixed"):
        said = churn.type(DANA, TEAM_CHANNEL, f"/aml submit train.py --project {project}")
        submitted[project] = churn.posted(said, "aml-").run_id
        churn.until(said.mark, f"run `{submitted[project]}` has ended")
    repository.commit({"helper.py": "NAME = 'moved on'\n"})

    said = churn.type(DANA, TEAM_CHANNEL, f"/aml retry {submitted['churn']}")
    again = churn.posted(said, "aml-")
    done = churn.until(said.mark, f"`{again.run_id}`: Completed")
    refused = churn.command(DANA, f"retry {submitted['fixed']}")
    repository.commit({"helper.py": "NAME = 'main'\n"})

    assert f"at main (commit {old[:12]})" in again.text
    assert f"Run {submitted['churn']} once more" in again.text
    assert "I am main" in done.text
    tags = run_of(churn, again.run_id)["tags"]
    assert (tags["git_commit"], tags["git_ref"], tags["retry_of"]) == (old, "main", submitted["churn"])
    assert f"main of project “fixed” isn't at the commit {old[:12]} any more" in refused
