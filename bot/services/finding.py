"""How a run that somebody names, or means, is found."""

from bot.domain.access import Caller
from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.runs import Run, RunFilter
from bot.ports import Workspace
from bot.services.projects import nearest


def run_meant(workspace: Workspace, run_id: str, caller: Caller) -> Run:
    """The run `run_id`; the asker's latest for "".

    Raises:
        NotFound: there is no such run (with the nearest ids).
        InvalidRequest: none was named, and the asker started none.
    """
    return existing(workspace, run_id) if run_id else _own_latest(workspace, caller)


def existing(workspace: Workspace, run_id: str) -> Run:
    """The run `run_id`. Raises NotFound (with the nearest ids)."""
    run = workspace.find_run(run_id)
    if run is None:
        known = [each.id for each in workspace.list_runs(50)]
        raise NotFound("run", run_id, nearest=nearest(run_id, known), hint="“runs” lists the latest ones.")
    return run


def slack_id(caller: Caller) -> str:
    """Who asks, as it stands on their runs: TEAM/USER."""
    return f"{caller.team}/{caller.user}"


def _own_latest(workspace: Workspace, caller: Caller) -> Run:
    found = workspace.list_runs(1, RunFilter(submitted_by=slack_id(caller)))
    if not found:
        raise InvalidRequest("I know of no run that you started. Name one: “runs” lists the latest of everybody.")
    # The list says less of a run than a look at it.
    return workspace.find_run(found[0].id) or found[0]
