"""Runs of training scripts: submit, look at, cancel, follow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.domain.access import Caller, Principal
from bot.domain.approvals import ApprovalRequest, ApprovalState, Requirement, row
from bot.domain.commands import CANCEL, ENV_CREATE, RUNS, STATUS, SUBMIT
from bot.domain.environments import EnvironmentDraft
from bot.domain.errors import InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from bot.domain.packages import Packages
from bot.domain.projects import ProjectFiles
from bot.domain.runs import (
    Run,
    RunDetail,
    RunFilter,
    RunPage,
    RunSpec,
    RunStatus,
    SubmitRequest,
    SubmittedRun,
    WatchedRun,
    run_id_of,
)
from bot.ports import ApprovalDesk, WatchList, Workspace
from bot.services.admission import Admitted
from bot.services.doors import open_to_everyone
from bot.services.finding import existing, run_meant, slack_id
from bot.services.guard import Guard
from bot.services.projects import Projects
from bot.services.specs import Specs, fingerprint, tags_of
from bot.services.turns import Turns

log = structlog.get_logger(__name__)

LOG_LINES = 10
FURTHEST_BACK = 300
CHILDREN = 100


class Runs:
    """The workspace's runs, for who may see or start them; `projects` are what can be submitted."""

    def __init__(
        self, workspace: Workspace, guard: Guard, watch_list: WatchList, projects: Projects, desk: ApprovalDesk
    ) -> None:
        self._workspace = workspace
        self._guard = guard
        self._watch_list = watch_list
        self._desk = desk
        self._specs = Specs(workspace, guard, projects)
        self._turns = Turns(workspace, watch_list, guard.scope)

    def submit(self, principal: Principal, request: SubmitRequest) -> SubmittedRun | ApprovalRequest:
        """Start a run on behalf of `principal` and return at once; where the policy wants somebody's consent first,
        keep what was asked for. The same request key never starts a second one.

        Raises:
            PermissionDenied: `principal` may not submit runs in this workspace, or not this one.
            NotFound: the project, ref, script, environment or compute target doesn't exist.
            InvalidRequest: the script is outside the project, or something is left open that has no default.
            Unavailable: Azure ML or the project's repository doesn't answer; nothing was started.
            OutcomeUnknown: Azure ML didn't say in time whether the run was started.
        """
        with self._guard.allow(principal, SUBMIT) as attempt:
            run_id = run_id_of(principal.caller.key)
            attempt.detail = f"run={run_id}"
            waiting = self._desk.find(run_id)
            if waiting is not None:  # an earlier try came as far as this
                return waiting
            spec, admitted = self._specs.of(principal, request, self._made_of)
            if admitted.approvals:
                attempt.detail = f"run={run_id} waits for consent"
                return self._ask(principal, spec, admitted)
            attempt.detail = f"run={run_id} {_resolved(spec)}"
            with self._turns.take(principal.caller, admitted, run_id):
                run = self._submit_or_settle(spec)
        return SubmittedRun(run, spec)

    def start_approved(self, principal: Principal, run_id: str) -> SubmittedRun:
        """Start a run that was approved, exactly as it was shown; `principal` asked for it.

        Raises:
            PermissionDenied: `principal` may not start it any more.
            InvalidRequest: it isn't approved, or its files aren't there any more.
            Unavailable, OutcomeUnknown: as for `submit`.
        """
        with self._guard.allow(principal, SUBMIT) as attempt:
            attempt.detail = f"run={run_id} approved"
            request = self._desk.find(run_id)
            if request is None or request.state not in {ApprovalState.APPROVED, ApprovalState.STARTED}:
                raise InvalidRequest(f"Run {run_id} isn't approved, so it wasn't started.")
            spec, admitted = self._specs.again(principal, request)
            attempt.detail = f"run={run_id} approved {_resolved(spec)}"
            with self._turns.take(principal.caller, admitted, run_id):
                run = self._submit_or_settle(spec)
        return SubmittedRun(run, spec)

    @open_to_everyone("takes up what the guard had let through before a kill")
    def started_before(self, caller: Caller) -> Run | None:
        """The run that an earlier try of the same request has started, or None.

        That try was allowed, and a run's id belongs to its request alone, so the guard isn't asked again: who lost the
        right in between must still hear of the run that is theirs.

        Raises:
            Unavailable: Azure ML doesn't answer; the run may be there.
        """
        run = self._workspace.find_run(run_id_of(caller.key))
        if run is not None:
            # Tags are a request of their own, which that try may not have come to. Its principal isn't known here, so
            # the person goes by their Slack id; a name that is there stays.
            self._complete_tags(run.id, (("submitted_by", caller.user), *tags_of(caller)))
            self._guard.resumed(caller, SUBMIT, f"run={run.id}")
        return run

    def status(self, principal: Principal, run_id: str) -> RunDetail:
        """A run (the asker's latest for "") with its metrics, last log lines and children. Raises PermissionDenied,
        NotFound."""
        with self._guard.allow(principal, STATUS):
            detail = self._detail(run_meant(self._workspace, run_id, principal.caller))
            return replace(detail, children=self._workspace.list_children(detail.run.id, CHILDREN))

    def children(self, principal: Principal, run_id: str) -> tuple[Run, tuple[Run, ...]]:
        """A run and the latest `CHILDREN` that it started itself, newest first. Raises PermissionDenied, NotFound."""
        with self._guard.allow(principal, RUNS):
            run = existing(self._workspace, run_id)
            return run, self._workspace.list_children(run.id, CHILDREN)

    def cancel(self, principal: Principal, run_id: str) -> Run:
        """Stop a run and return it: CancelRequested when that was asked for now, as it is when it had ended by itself.

        Raises:
            PermissionDenied: `principal` may not cancel runs.
            NotFound: there is no such run (with the nearest ids).
            OutcomeUnknown: Azure ML didn't say in time whether it took the request.
        """
        with self._guard.allow(principal, CANCEL) as attempt:
            attempt.detail = f"run={run_id}"
            run = existing(self._workspace, run_id)
            if run.status.is_final:
                return run
            stopped = self._workspace.cancel(run_id)
            if stopped.status is RunStatus.CANCELED:
                # So fast that it looks as if somebody else had done it before.
                return replace(stopped, status=RunStatus.CANCEL_REQUESTED)
            return stopped

    def latest(self, principal: Principal, wanted: RunFilter, *, start: int, limit: int, mine: bool) -> RunPage:
        """`limit` runs behind the first `start` that `wanted` lets through, newest first; only the asker's own with
        `mine`.

        Raises:
            PermissionDenied: `principal` may not see runs.
            InvalidRequest: `start` is further back than this bot looks.
        """
        if start > FURTHEST_BACK:
            raise InvalidRequest(
                f"I look back over the latest {FURTHEST_BACK} runs only. Narrow it down: runs --experiment NAME, or "
                "--status STATUS."
            )
        with self._guard.allow(principal, RUNS):
            if mine:
                wanted = replace(wanted, submitted_by=slack_id(principal.caller))
            found = self._workspace.list_runs(start + limit + 1, wanted)
            return RunPage(found[start : start + limit], start, more=len(found) > start + limit)

    def choices(self, principal: Principal) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Compute targets and environments to choose from in the form.

        Raises:
            PermissionDenied: `principal` may not submit runs.
        """
        with self._guard.allow(principal, SUBMIT) as attempt:
            attempt.detail = "form"
            environments = sorted(self._workspace.list_environments(), key=lambda e: (e.curated, e.name.lower()))
            return self._workspace.list_compute_targets(), tuple(each.name for each in environments)

    @open_to_everyone("follows a run that the guard let somebody submit")
    def watch(self, watched: WatchedRun) -> None:
        """Follow a run until its message shows the end."""
        self._watch_list.add(watched)

    @open_to_everyone("rows of our own table")
    def watched(self) -> tuple[WatchedRun, ...]:
        """The runs that are followed, oldest first."""
        return self._watch_list.all()

    @open_to_everyone("part of the submit that was allowed")
    def progress(self, watched: WatchedRun) -> RunDetail | None:
        """What a followed run looks like now; None while Azure ML doesn't know it.

        Part of the submit that was allowed, so the guard isn't asked again.
        """
        run = self._workspace.find_run(watched.run_id)
        return None if run is None else self._detail(run)

    @open_to_everyone("a row of our own table")
    def shown(self, watched: WatchedRun, digest: str, *, last: bool) -> None:
        """Note that the message of a followed run shows `digest`; `last` when it shows the end."""
        if last:
            self._watch_list.remove(watched.run_id)
        else:
            self._watch_list.shown(watched.run_id, digest)

    @open_to_everyone("writes to the audit what became of a submit that was allowed")
    def settle(self, watched: WatchedRun, result: str) -> None:
        """Audit what became of a submit whose outcome was unknown: `done`, or `failed` when it never arrived.

        A run that did is marked with who asked for it: a request of its own, which was cut off with the submit.
        """
        caller = Caller(watched.team, watched.user, watched.channel, watched.key)
        if result == "done":
            self._complete_tags(watched.run_id, (("submitted_by", caller.user), *tags_of(caller)))
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
            self._complete_tags(run.id, spec.tags)
            return run

    def _complete_tags(self, run_id: str, tags: tuple[tuple[str, str], ...]) -> None:
        try:
            self._workspace.complete_tags(run_id, tags)
        except (Unavailable, NotFound) as error:
            # The run is there and must be followed; whose it is stands in the audit too.
            log.warning("run_not_tagged", run=run_id, cause=error.detail)

    def _made_of(self, principal: Principal, packages: Packages) -> tuple[str, str]:
        """Name and version of the environment that has exactly `packages`.

        Others can use it too, so this is `env create` to the guard: who may not do that can't name packages.
        """
        draft = EnvironmentDraft(packages.environment, packages.python, packages.conda, packages.pip)
        try:
            with self._guard.allow(principal, ENV_CREATE) as attempt:
                made = self._workspace.create_environment(draft).detail
                attempt.detail = f"environment={made.name}:{made.version}"
        except OutcomeUnknown as error:
            # Not the run's outcome: that wasn't asked for yet.
            raise Unavailable(
                "Azure ML didn't say whether it took the environment with your packages, so the run wasn't started. "
                "Submit it again: the same packages are registered once.",
                detail=error.detail,
            ) from error
        return made.name, made.version

    def _ask(self, principal: Principal, spec: RunSpec, admitted: Admitted) -> ApprovalRequest:
        caller, terms = principal.caller, admitted.terms
        now = datetime.now(UTC)
        request = ApprovalRequest(
            key=caller.key,
            team=caller.team,
            user=caller.user,
            channel=caller.channel,
            object_id=principal.object_id,
            command=SUBMIT.name,
            spec=spec,
            requirements=tuple(
                Requirement(rule.needed, rule.by_roles, rule.by_people, rule.by_groups, rule.channel, rule.reason)
                for rule in admitted.approvals
            ),
            asked=now,
            until=now + timedelta(hours=min(rule.open_hours for rule in admitted.approvals)),
            fingerprint=fingerprint(ProjectFiles(spec.folder, spec.commit)),
            hours=terms.hours,
            cost=terms.cost,
            currency=terms.currency,
        )
        return self._desk.ask(request, row(request, "asked", caller, principal.object_id, self._guard.scope))

    def _detail(self, run: Run) -> RunDetail:
        return RunDetail(run, self._workspace.metrics(run.id), self._workspace.log_tail(run.id, LOG_LINES))


def _resolved(spec: RunSpec) -> str:
    """What a submit came down to, for the audit; its script and arguments are people's own words."""
    environment = f"{spec.environment}:{spec.environment_version}" if spec.environment_version else spec.environment
    commit = f" commit={spec.commit}" if spec.commit else ""
    return f"project={spec.project} compute={spec.compute} environment={environment}{commit}"
