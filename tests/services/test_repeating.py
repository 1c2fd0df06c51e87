"""A run once more: what is taken over from it, and what can't be repeated."""

from dataclasses import replace

import pytest

from bot.domain.errors import InvalidRequest
from bot.domain.projects import Project
from bot.domain.runs import Run, RunRecipe, RunStatus, SubmitRequest
from bot.services.guard import Guard
from bot.services.projects import Projects
from bot.services.repeating import Repeating
from tests.services.doors import RUN
from tests.services.fakes import SCIENTIST, FakeAudit, FakePolicies, FakeRoles, assigned, principal
from tests.services.workspace import FakeWorkspace

MADE = RunRecipe(
    Run(RUN, "churn", RunStatus.FAILED),
    "train.py",
    (),
    "cpu-cluster",
    "demo-env",
    "3",
    (("aml_bot_reference", "r"), ("git_commit", "a" * 40), ("git_ref", "main"), ("project", "demo")),
)


class Workspace(FakeWorkspace):
    """Has one run, made of `made`."""

    def __init__(self, made: RunRecipe) -> None:
        super().__init__(made.run)
        self.made = made

    def recipe(self, run_id: str) -> RunRecipe:
        return self.made


def request_of(made: RunRecipe, *projects: str) -> SubmitRequest:
    """What would be asked for, by somebody who may."""
    guard = Guard(FakeRoles(assigned(SCIENTIST)), FakePolicies(), FakeAudit())
    registered = Projects({name: Project(name, "", arguments=("--epochs", "9")) for name in projects}, None)  # type: ignore[arg-type]  # no files are asked for
    return Repeating(Workspace(made), guard, registered).request_of(principal(), RUN)


def test_everything_that_made_the_run_is_asked_for_again() -> None:
    found = request_of(MADE, "demo", "other")

    assert found == SubmitRequest(
        script="train.py",
        project="demo",
        compute="cpu-cluster",
        environment="demo-env:3",
        experiment="churn",
        arguments=(),
        ref="main",
        commit="a" * 40,
        repeats=RUN,
    )


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (MADE, "project “demo”, which isn't registered any more.*there are now: other"),
        (replace(MADE, tags=(("project", "other"),)), "wasn't submitted through me"),
        (replace(MADE, tags=(("aml_bot_reference", "r"),)), "wasn't submitted through me"),
        (replace(MADE, script=""), "wasn't submitted through me"),
    ],
)
def test_what_can_not_be_repeated_is_said_with_what_to_do(made: RunRecipe, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        request_of(made, "other")
