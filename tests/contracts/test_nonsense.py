"""Answers that are well-formed and make no sense, and sign-ins that aren't accepted any more, seen through the port."""

import os

import pytest

from bot.domain.environments import EnvironmentDraft
from bot.domain.errors import OutcomeUnknown, Unavailable
from bot.ports import Workspace
from tests.contracts.conftest import Sandbox, Specs

NOTHING = {"status": 200, "body": "{}"}


def test_an_empty_answer_to_the_look_up_is_not_taken_for_the_run(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs()
    sandbox.fault(method="GET", path=f"/runs/{spec.run_id}$", **NOTHING)

    with pytest.raises(Unavailable, match="nothing was done"):
        workspace.submit(spec)

    assert sandbox.runs(spec.run_id) == []
    with pytest.raises(Unavailable, match="nothing was done"):
        workspace.find_run(spec.run_id)


def test_an_empty_answer_to_the_submit_leaves_it_open_until_it_is_looked_up(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs()
    sandbox.fault(method="POST", path="/snapshotrun$", **NOTHING)

    with pytest.raises(OutcomeUnknown, match=f"whether run {spec.run_id} was started. Look at its status"):
        workspace.submit(spec)

    assert workspace.find_run(spec.run_id) is None


def test_an_empty_answer_to_a_new_environment_leaves_it_open_and_says_where_to_look(
    workspace: Workspace, sandbox: Sandbox
) -> None:
    name = f"made-{os.urandom(4).hex()}"
    sandbox.fault(method="PUT", path=f"/environments/{name}$", **NOTHING)

    with pytest.raises(OutcomeUnknown, match=f"whether environment “{name}” got a new version. “env {name}” shows it"):
        workspace.create_environment(EnvironmentDraft(name, pip=("pandas",)))


def test_a_sign_in_that_is_not_accepted_any_more_is_done_anew(workspace: Workspace, sandbox: Sandbox) -> None:
    workspace.list_compute_targets()
    sandbox.fault(path="/computes", status=401, times=1)

    with pytest.raises(Unavailable, match="doesn't accept my sign-in, so nothing was done"):
        workspace.list_compute_targets()
    asked_before = len(sandbox.requests())
    assert workspace.list_compute_targets()

    anew = sandbox.requests()[asked_before:]
    assert any(request["path"].endswith("/oauth2/v2.0/token") for request in anew)
