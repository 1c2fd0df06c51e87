"""Stopping a run: what is said of it depends on whether it had ended before."""

from pathlib import Path

import pytest

from bot.adapters.projects import ProjectSources
from bot.domain.access import RoleDefinition
from bot.domain.errors import NotFound, PermissionDenied
from bot.domain.runs import Run, RunStatus
from bot.services.guard import Guard
from bot.services.projects import Projects
from bot.services.runs import Runs
from tests.services.fakes import READER, SCIENTIST, FakeAudit, FakeDesk, FakePolicies, FakeRoles, assigned, principal
from tests.services.workspace import FakeWatchList, FakeWorkspace

RUN_ID = "aml-0123456789ab"


def service(workspace: FakeWorkspace, role: RoleDefinition = SCIENTIST) -> Runs:
    """The service for Ada, who holds `role`."""
    guard = Guard(FakeRoles(assigned(role)), FakePolicies(), FakeAudit())
    return Runs(workspace, guard, FakeWatchList(), Projects({}, ProjectSources(Path("/nowhere"))), FakeDesk())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (RunStatus.RUNNING, RunStatus.CANCEL_REQUESTED, RunStatus.CANCEL_REQUESTED),
        (RunStatus.RUNNING, RunStatus.CANCELED, RunStatus.CANCEL_REQUESTED),
        (RunStatus.RUNNING, RunStatus.COMPLETED, RunStatus.COMPLETED),
        *((status, RunStatus.CANCELED, RunStatus.CANCEL_REQUESTED) for status in RunStatus if not status.is_final),
    ],
)
def test_a_run_that_goes_on_is_stopped_however_fast(before: RunStatus, after: RunStatus, said: RunStatus) -> None:
    workspace = FakeWorkspace(Run(RUN_ID, "demo", before), after_cancel=after)

    assert service(workspace).cancel(principal(), RUN_ID).status is said
    assert workspace.cancelled == [RUN_ID]


@pytest.mark.parametrize("ended", [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED])
def test_a_run_that_has_ended_is_left_as_it_is(ended: RunStatus) -> None:
    workspace = FakeWorkspace(Run(RUN_ID, "demo", ended))

    assert service(workspace).cancel(principal(), RUN_ID).status is ended
    assert workspace.cancelled == []


def test_a_run_that_is_not_there_gets_the_nearest_id() -> None:
    workspace = FakeWorkspace(Run(RUN_ID, "demo", RunStatus.RUNNING))

    with pytest.raises(NotFound) as missing:
        service(workspace).cancel(principal(), "aml-0123456789ac")

    assert missing.value.nearest == (RUN_ID,)
    assert workspace.cancelled == []


def test_who_may_not_cancel_reaches_nothing() -> None:
    workspace = FakeWorkspace(Run(RUN_ID, "demo", RunStatus.RUNNING))

    with pytest.raises(PermissionDenied):
        service(workspace, READER).cancel(principal(), RUN_ID)

    assert (workspace.cancelled, workspace.looked_up) == ([], [])
