"""Runs of training scripts: submit, look at, cancel, follow."""

from dataclasses import replace
from pathlib import Path

from bot.domain.access import Caller, Principal
from bot.domain.commands import CANCEL, LOGS, RUNS, STATUS, SUBMIT
from bot.domain.errors import InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from bot.domain.runs import (
    Run,
    RunDetail,
    RunSpec,
    RunStatus,
    SubmitRequest,
    SubmittedRun,
    WatchedRun,
    run_id_of,
)
from bot.ports import WatchList, Workspace
from bot.services.guard import Guard
from bot.services.projects import Projects, check_script, nearest

LOG_LINES = 10


class Runs:
    """The workspace's runs, for who may see or start them; `projects` are what can be submitted."""

    def __init__(self, workspace: Workspace, guard: Guard, watch_list: WatchList, projects: Projects) -> None:
        self._workspace = workspace
        self._guard = guard
        self._watch_list = watch_list
        self._projects = projects

    def submit(self, principal: Principal, request: SubmitRequest) -> SubmittedRun:
        """Start a run on behalf of `principal` and return at once. The same request key never starts a second one.

        Raises:
            PermissionDenied: `principal` may not submit runs in this workspace.
            NotFound: the project, ref, script, environment or compute target doesn't exist.
            InvalidRequest: the script is outside the project, or something is left open that has no default.
            Unavailable: Azure ML or the project's repository doesn't answer; nothing was started.
            OutcomeUnknown: Azure ML didn't say in time whether the run was started.
        """
        with self._guard.allow(principal, SUBMIT) as attempt:
            spec = self._specify(principal, request)
            attempt.detail = f"run={spec.run_id}"
            run = self._submit_or_settle(spec)
        return SubmittedRun(run, spec)

    def started_before(self, caller: Caller) -> Run | None:
        """The run that an earlier try of the same request has started, or None.

        That try was allowed, and a run's id belongs to its request alone, so the guard isn't asked again: who lost the
        right in between must still hear of the run that is theirs.

        Raises:
            Unavailable: Azure ML doesn't answer; the run may be there.
        """
        run = self._workspace.find_run(run_id_of(caller.key))
        if run is not None:
            self._guard.resumed(caller, SUBMIT, f"run={run.id}")
        return run

    def status(self, principal: Principal, run_id: str) -> RunDetail:
        """A run with its metrics and last log lines. Raises PermissionDenied, NotFound."""
        with self._guard.allow(principal, STATUS):
            return self._detail(self._existing(run_id))

    def logs(self, principal: Principal, run_id: str, lines: int) -> tuple[str, ...]:
        """The last `lines` log lines of a run, oldest first. Raises PermissionDenied, NotFound."""
        with self._guard.allow(principal, LOGS):
            return self._workspace.log_tail(self._existing(run_id).id, lines)

    def cancel(self, principal: Principal, run_id: str) -> Run:
        """Stop a run and return it: CancelRequested when that was asked for now, as it is when it had ended by itself.

        Raises:
            PermissionDenied: `principal` may not cancel runs.
            NotFound: there is no such run (with the nearest ids).
            OutcomeUnknown: Azure ML didn't say in time whether it took the request.
        """
        with self._guard.allow(principal, CANCEL) as attempt:
            attempt.detail = f"run={run_id}"
            run = self._existing(run_id)
            if run.status.is_final:
                return run
            stopped = self._workspace.cancel(run_id)
            if stopped.status is RunStatus.CANCELED:
                # So fast that it looks as if somebody else had done it before.
                return replace(stopped, status=RunStatus.CANCEL_REQUESTED)
            return stopped

    def latest(self, principal: Principal, limit: int) -> tuple[Run, ...]:
        """The workspace's latest runs, newest first. Raises PermissionDenied."""
        with self._guard.allow(principal, RUNS):
            return self._workspace.list_runs(limit)

    def choices(self, principal: Principal) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Compute targets and environments to choose from in the form.

        Raises:
            PermissionDenied: `principal` may not submit runs.
        """
        with self._guard.allow(principal, SUBMIT) as attempt:
            attempt.detail = "form"
            environments = sorted(self._workspace.list_environments(), key=lambda e: (e.curated, e.name.lower()))
            return self._workspace.list_compute_targets(), tuple(each.name for each in environments)

    def watch(self, watched: WatchedRun) -> None:
        """Follow a run until its message shows the end."""
        self._watch_list.add(watched)

    def watched(self) -> tuple[WatchedRun, ...]:
        """The runs that are followed, oldest first."""
        return self._watch_list.all()

    def progress(self, watched: WatchedRun) -> RunDetail | None:
        """What a followed run looks like now; None while Azure ML doesn't know it.

        Part of the submit that was allowed, so the guard isn't asked again.
        """
        run = self._workspace.find_run(watched.run_id)
        return None if run is None else self._detail(run)

    def shown(self, watched: WatchedRun, digest: str, *, last: bool) -> None:
        """Note that the message of a followed run shows `digest`; `last` when it shows the end."""
        if last:
            self._watch_list.remove(watched.run_id)
        else:
            self._watch_list.shown(watched.run_id, digest)

    def settle(self, watched: WatchedRun, result: str) -> None:
        """Audit what became of a submit whose outcome was unknown: `done`, or `failed` when it never arrived."""
        caller = Caller(watched.team, watched.user, watched.channel, watched.key)
        self._guard.settled(caller, SUBMIT, result, f"run={watched.run_id}")

    def _submit_or_settle(self, spec: RunSpec) -> Run:
        try:
            return self._workspace.submit(spec)
        except OutcomeUnknown as unknown:
            # Not there yet, or no answer to that either, isn't "failed": the watcher goes on looking.
            try:
                run = self._workspace.find_run(spec.run_id)
            except Unavailable:
                raise unknown from None
            if run is None:
                raise
            return run

    def _existing(self, run_id: str) -> Run:
        run = self._workspace.find_run(run_id)
        if run is None:
            known = [each.id for each in self._workspace.list_runs(50)]
            raise NotFound("run", run_id, nearest=nearest(run_id, known), hint="“runs” lists the latest ones.")
        return run

    def _detail(self, run: Run) -> RunDetail:
        return RunDetail(run, self._workspace.metrics(run.id), self._workspace.log_tail(run.id, LOG_LINES))

    def _specify(self, principal: Principal, request: SubmitRequest) -> RunSpec:
        project = self._projects.find(request.project)
        compute = request.compute or project.compute
        if not compute:
            raise InvalidRequest(
                f"Which compute target? Project “{project.name}” has no default, so add --compute NAME. "
                f"There are: {', '.join(self._workspace.list_compute_targets())}."
            )
        environment = request.environment or project.environment
        if not environment:
            raise InvalidRequest(
                f"Which environment? Project “{project.name}” has no default, so add --env NAME. “envs” lists them."
            )
        name, _, version = environment.partition(":")
        files = self._projects.files(project, request.ref)
        script = check_script(Path(files.folder), request.script or project.script, project.name)
        caller = principal.caller
        return RunSpec(
            run_id=run_id_of(caller.key),
            experiment=request.experiment or project.experiment or project.name,
            folder=files.folder,
            script=script,
            arguments=request.arguments or project.arguments,
            compute=compute,
            environment=name,
            environment_version=version,
            tags=(
                ("submitted_by", principal.name or caller.user),
                ("submitted_by_slack_id", f"{caller.team}/{caller.user}"),
                ("aml_bot_reference", caller.reference),
                ("project", project.name),
                *((("git_ref", files.ref), ("git_commit", files.commit)) if files.commit else ()),
            ),
            project=project.name,
            commit=files.commit,
            ref=files.ref,
            repository=files.repository,
        )
