"""Commands, however they were typed: one request, one service call, one message."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.blocks import admin, answers, help, runs  # noqa: A004 - the feature's name in every folder
from bot.domain import commands as table
from bot.domain.access import Caller, Principal
from bot.domain.approvals import ApprovalRequest
from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest, OutcomeUnknown, Unavailable
from bot.domain.faq import Section
from bot.domain.help import Question
from bot.domain.runs import RunDetail, RunFilter, SubmitRequest, WatchedRun, run_id_of
from bot.handlers.approvals import ApprovalHandlers
from bot.handlers.audit import AuditCommands
from bot.handlers.environments import EnvironmentCommands
from bot.handlers.grants import RoleRequests
from bot.handlers.models import ModelCommands
from bot.handlers.reply import Reply
from bot.handlers.reports import ReportCommands
from bot.handlers.roles import RoleCommands
from bot.handlers.snippets import SnippetCommands
from bot.handlers.wheels import WheelCommands
from bot.parse import requests
from bot.parse.submit import again
from bot.parse.text import MAX_LENGTH
from bot.services.admin import Admin
from bot.services.audit import AuditLog
from bot.services.environments import Environments
from bot.services.help import Help
from bot.services.identity import Identity
from bot.services.models import Models
from bot.services.repeating import Repeating
from bot.services.reports import Reports
from bot.services.roles import Roles
from bot.services.runs import Runs
from bot.services.snippets import Snippets
from bot.services.wheels import Wheels

RUNS_SHOWN = 15

SourceUrl = Callable[[Section], str]


class Commands:
    """Carries out requests. `source_url` gives the address of a FAQ entry on the web, where there is one."""

    def __init__(
        self,
        *,
        identity: Identity,
        help_service: Help,
        admin_service: Admin,
        runs_service: Runs,
        repeating_service: Repeating,
        environments_service: Environments,
        wheels_service: Wheels,
        models_service: Models,
        reports_service: Reports,
        snippets_service: Snippets,
        roles_service: Roles,
        approvals: ApprovalHandlers,
        audit_service: AuditLog,
        role_requests: RoleRequests,
        source_url: SourceUrl | None,
    ) -> None:
        self._identity = identity
        self._help = help_service
        self._admin = admin_service
        self._runs = runs_service
        self._repeating = repeating_service
        self.approvals = approvals
        self.environments = EnvironmentCommands(identity, environments_service)
        self.audit = AuditCommands(identity, audit_service)
        self.roles = RoleCommands(identity, roles_service)
        self.reports = ReportCommands(identity, reports_service)
        self.role_requests = role_requests
        self._source_url = source_url
        self._handlers: dict[type[Any], Callable[[Any, Caller, Reply], None]] = {
            requests.Help: self._show_help,
            requests.Submit: self._submit,
            requests.SubmitForm: self._submit_help,
            requests.Status: self._status,
            requests.Cancel: self._cancel,
            requests.Retry: self._retry,
            requests.Children: self._children,
            requests.Runs: self.list_runs,
            requests.Admin: self._show_state,
            **self.environments.handlers(),
            **self.roles.handlers(),
            **self.audit.handlers(),
            **self.reports.handlers(),
            **ModelCommands(identity, models_service).handlers(),
            **SnippetCommands(identity, snippets_service).handlers(),
            **WheelCommands(identity, wheels_service).handlers(),
        }

    def run(self, request: requests.Request, caller: Caller, reply: Reply, *, question: Question | None = None) -> None:
        """Carry out `request` for `caller` and reply; `question` goes with an Ask. Raises what the service raises."""
        if isinstance(request, requests.Ask):
            if question is not None:
                self._ask(question, reply)
            return
        self._handlers[type(request)](request, caller, reply)

    def cancel(self, run_id: str, caller: Caller, reply: Reply) -> None:
        """Stop a run, from a command or a button."""
        run = self._runs.cancel(self._principal(caller, table.CANCEL), run_id)
        reply.private(runs.cancel_requested(run))

    def _principal(self, caller: Caller, command: Command) -> Principal:
        return self._identity.principal(caller, command)

    def _ask(self, question: Question, reply: Reply) -> None:
        message = answers.answer(
            question.key,
            self._help.ask(question),
            source_url=self._source_url,
            can_call_human=self._help.can_call_human,
        )
        if reply.place.response_url:
            reply.private(message)
        else:
            reply.public(message)

    def _show_help(self, request: requests.Help, _caller: Caller, reply: Reply) -> None:
        if request.about is not None:
            reply.private(help.help_command(request.about))
            return
        reply.private(help.help_overview(table.ALL))

    def _submit_help(self, _request: requests.SubmitForm, _caller: Caller, reply: Reply) -> None:
        reply.private(help.help_command(table.SUBMIT))

    def _submit(self, request: requests.Submit, caller: Caller, reply: Reply) -> None:
        if not (reply.repeated and self._take_up(caller, reply)):
            self._start(request.request, caller, reply)

    def _retry(self, request: requests.Retry, caller: Caller, reply: Reply) -> None:
        if not (reply.repeated and self._take_up(caller, reply)):
            found = self._repeating.request_of(self._principal(caller, table.RETRY), request.run_id)
            self._start(again(found), caller, reply)

    def _start(self, request: SubmitRequest, caller: Caller, reply: Reply) -> None:
        principal = self._principal(caller, table.SUBMIT)
        try:
            submitted = self._runs.submit(principal, request)
        except OutcomeUnknown:
            self._follow_unsettled(caller, reply)
            return
        if isinstance(submitted, ApprovalRequest):
            self.approvals.ask(submitted, reply)
            return
        message = runs.submitted(submitted)
        self._follow(reply, caller, submitted.run.id, message, summary=runs.summary(submitted.spec))

    def _take_up(self, caller: Caller, reply: Reply) -> bool:
        """Go on where an earlier try was cut off after it had started the run; False when it hadn't."""
        try:
            run = self._runs.started_before(caller)
        except Unavailable:
            self._follow_unsettled(caller, reply)
            return True
        if run is not None:
            self._follow(reply, caller, run.id, runs.progress(RunDetail(run), ""), summary="")
        return run is not None

    def _follow_unsettled(self, caller: Caller, reply: Reply) -> None:
        run_id = run_id_of(caller.key)
        self._follow(reply, caller, run_id, runs.outcome_unknown(run_id), summary="", unsettled=True)

    def _follow(
        self, reply: Reply, caller: Caller, run_id: str, message: Any, *, summary: str, unsettled: bool = False
    ) -> None:
        posted = reply.public(message)
        here = posted.channel == reply.place.channel
        self._runs.watch(
            WatchedRun(
                run_id=run_id,
                key=caller.key,
                team=caller.team,
                user=caller.user,
                channel=posted.channel,
                ts=posted.ts,
                thread_ts=(reply.place.thread_ts if here else "") or posted.ts,
                summary=summary,
                since=datetime.now(UTC),
                unsettled=unsettled,
            )
        )

    def _status(self, request: requests.Status, caller: Caller, reply: Reply) -> None:
        detail = self._runs.status(self._principal(caller, table.STATUS), request.run_id)
        reply.shown(runs.status(detail, own_latest=not request.run_id))

    def _cancel(self, request: requests.Cancel, caller: Caller, reply: Reply) -> None:
        self.cancel(request.run_id, caller, reply)

    def _children(self, request: requests.Children, caller: Caller, reply: Reply) -> None:
        run, found = self._runs.children(self._principal(caller, table.RUNS), request.run_id)
        reply.shown(runs.child_list(run, found))

    def list_runs(self, request: requests.Runs, caller: Caller, reply: Reply) -> None:
        """A page of runs, from a command or a button."""
        wanted = RunFilter(request.experiment, request.status)
        page = self._runs.latest(
            self._principal(caller, table.RUNS), wanted, start=request.start, limit=RUNS_SHOWN, mine=request.mine
        )
        reply.shown(runs.run_list(page, wanted, mine=request.mine))

    def _show_state(self, _request: requests.Admin, caller: Caller, reply: Reply) -> None:
        reply.private(admin.state(*self._admin.state(self._principal(caller, table.ADMIN))))


def refuse_if_cut(request: requests.Request, sent: str) -> None:
    """Refuse a command whose end may have been cut off: half of one could mean something else. A question may be cut.

    Raises:
        InvalidRequest: `sent`, as Slack delivered it, is longer than what is read of a message.
    """
    if request.command.guarded and len(sent) > MAX_LENGTH:
        raise InvalidRequest(f"This command has more than {MAX_LENGTH} characters. I don't carry out a part of one.")
