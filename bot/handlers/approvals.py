"""Runs that wait for consent: asked for, agreed to, rejected, expired and started, and told where they are shown."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError

from bot.blocks import approvals as blocks
from bot.blocks import runs as run_blocks
from bot.blocks.message import Message
from bot.domain.access import Caller, reference_of
from bot.domain.approvals import ApprovalMessage, ApprovalRequest, ApprovalState
from bot.domain.commands import APPROVE
from bot.domain.errors import BotError, InvalidRequest, OutcomeUnknown, Unavailable
from bot.domain.runs import RunDetail, WatchedRun
from bot.handlers import callers
from bot.handlers.replies import Replies
from bot.handlers.reply import MessageRefused, Place, Posted, Reply, errors_shown_by
from bot.ports import Job, Jobs
from bot.services.approvals import Approvals, caller_of
from bot.services.identity import Identity
from bot.services.runs import Runs

log = structlog.get_logger(__name__)

APPROVED = "approved"
"""The job that starts what was approved."""
_GIVE_UP = timedelta(hours=1)


class ApprovalHandlers:
    """What people click, what the clock says, and the job that starts what was approved. Messages name the `workspace`,
    where there are several."""

    def __init__(
        self,
        replies: Replies,
        identity: Identity,
        approvals: Approvals,
        runs: Runs,
        jobs: Jobs,
        *,
        workspace: str = "",
    ) -> None:
        self._workspace = workspace
        self._replies = replies
        self._identity = identity
        self._approvals = approvals
        self._runs = runs
        self._jobs = jobs
        self._showing = threading.Lock()
        self._soon: Callable[[], None] = lambda: None

    def when_approved(self, soon: Callable[[], None]) -> None:
        """Let `soon` call `tick`: a job can't accept another one."""
        self._soon = soon

    def ask(self, request: ApprovalRequest, reply: Reply) -> None:
        """Show a new request to its approvers and its asker.

        Raises:
            InvalidRequest: no approver could be reached; the request has ended.
        """
        reached = [channel for channel in self._places(request, reply) if self._ask_in(channel, request, reply)]
        if not reached:
            self._approvals.void(request.run_id, "No approver could be reached.")
            raise InvalidRequest(
                "This needs somebody's approval, and I couldn't reach anybody who may give it, so nothing was started. "
                "An administrator of the bot must invite me to the channel that the policy names."
            )
        posted = reply.public(blocks.approval_waits(request))
        here = posted.channel == reply.place.channel
        thread = (reply.place.thread_ts if here else "") or posted.ts
        self._approvals.posted(request.run_id, ApprovalMessage(posted.channel, posted.ts, thread, asks=False))
        self._approvals.shown(request.run_id, _standing(request))

    def agree(self, run_id: str, caller: Caller, reply: Reply) -> None:
        """A click on “Approve”."""
        agreed = self._approvals.agree(self._identity.principal(caller, APPROVE), run_id)
        if not agreed.missing:
            self._soon()
        reply.private(blocks.approval_given(agreed.missing, run_id))
        self._show(run_id)

    def work_rejection_opened(self, job: Job) -> None:
        """The form for a rejection was opened: replace it where it can't be used."""
        payload = job.payload
        caller = callers.caller_of(job, Place(payload["team"], payload["user"], payload["channel"]))
        try:
            self._approvals.may_judge(self._identity.principal(caller, APPROVE), payload["run_id"])
        except BotError as error:
            log.info("refused", reference=caller.reference, error=type(error).__name__, cause=error.detail)
            view = blocks.reject_form_error(error, caller.reference)
            try:
                self._replies.client.views_update(view_id=payload["view_id"], view=view)
            except SlackApiError as gone:
                log.info("form_not_replaced", reference=reference_of(job.key), cause=gone.response.get("error"))

    def work_rejection(self, job: Job) -> None:
        """A rejection with its reason."""
        payload = job.payload
        place = Place(payload["team"], payload["user"], payload["channel"], direct=payload["channel"].startswith("D"))
        reply = self._replies.to(job, place)
        reply.workspace = self._workspace
        with errors_shown_by(reply):
            caller = callers.caller_of(job, place)
            run_id = payload["run_id"]
            self._approvals.reject(self._identity.principal(caller, APPROVE), run_id, payload["reason"])
            reply.private(blocks.approval_refused(run_id))
            self._show(run_id)

    def work_approved(self, job: Job) -> None:
        """Start what was approved. Where Azure ML doesn't answer the job is tried again."""
        run_id = job.payload["run_id"]
        request = self._approvals.find(run_id)
        if request is None or request.state not in {ApprovalState.APPROVED, ApprovalState.STARTED}:
            return
        caller = caller_of(request)
        try:
            run = self._runs.started_before(caller) if job.repeated else None
            if run is not None:
                self._approvals.started(run_id)
                self._follow(request, run_blocks.progress(RunDetail(run), run_blocks.summary(request.spec)))
            else:
                self._follow(request, run_blocks.submitted(self._approvals.start(run_id)))
        except OutcomeUnknown:
            self._approvals.started(run_id)
            self._follow(request, run_blocks.outcome_unknown(run_id), unsettled=True)
        except Unavailable as error:
            self._tell(request, blocks.approval_delayed(request, error), "trying")
            raise
        except BotError as error:
            log.info("approved_not_started", run=run_id, error=type(error).__name__, cause=error.detail)
            self._approvals.void(run_id, error.user_message)
        self._show(run_id)

    def tick(self) -> None:
        """End what has run out, start what was approved before a kill, and show what isn't shown yet."""
        try:
            self._approvals.expire()
            for request in self._approvals.approved():
                if request.until + _GIVE_UP < datetime.now(UTC):
                    self._approvals.void(request.run_id, "It couldn't be started in time after it was approved.")
                else:
                    self._jobs.accept(f"a:{request.run_id}", APPROVED, {"run_id": request.run_id})
            for request, _shown in self._approvals.unshown():
                self._show(request.run_id)
        except BotError as error:
            log.warning("approvals_not_looked_at", error=type(error).__name__, cause=error.detail)

    def _places(self, request: ApprovalRequest, reply: Reply) -> list[str]:
        """The channels and direct conversations where approvers are asked."""
        found: dict[str, None] = {}
        for requirement in request.requirements:
            if requirement.channel:
                found[requirement.channel] = None
                continue
            for person in requirement.people:
                team, slash, user = person.partition("/")
                if slash and team == request.team:
                    with suppress(MessageRefused):
                        found[reply.direct_channel(user)] = None
        return list(found)

    def _ask_in(self, channel: str, request: ApprovalRequest, reply: Reply) -> bool:
        try:
            posted = reply.public(
                blocks.approval_asked(request), part=_part(channel), channel=channel, thread_ts="", or_directly=False
            )
        except MessageRefused as refusal:
            log.warning("approver_not_asked", run=request.run_id, channel=channel, cause=str(refusal))
            return False
        message = ApprovalMessage(posted.channel, posted.ts, posted.ts, asks=True)
        self._approvals.posted(request.run_id, message)
        return True

    def _show(self, run_id: str) -> None:
        """Bring all messages about a request up to date, and tell whoever asked what is new, once."""
        with self._showing:
            found = [(request, shown) for request, shown in self._approvals.unshown() if request.run_id == run_id]
            for request, shown in found:
                standing = _standing(request)
                if standing == shown:
                    continue
                reply = self._reply(request)
                for message in self._approvals.messages(run_id):
                    self._bring_up_to_date(message, request, reply)
                self._approvals.shown(run_id, standing)

    def _bring_up_to_date(self, message: ApprovalMessage, request: ApprovalRequest, reply: Reply) -> None:
        place = Posted(message.channel, message.ts)
        with suppress(MessageRefused):
            if message.asks:
                reply.update(place, blocks.approval_asked(request), part=_part(message.channel))
                return
            if request.state is not ApprovalState.STARTED:  # then it follows the run
                reply.update(place, blocks.approval_waits(request))
            starting = request.state in {ApprovalState.APPROVED, ApprovalState.STARTED}
            self._tell(request, blocks.approval_news(request), "approved" if starting else _standing(request))

    def _tell(self, request: ApprovalRequest, news: Message, what: str) -> None:
        """Say something in the thread of whoever asked, once."""
        for message in self._approvals.messages(request.run_id):
            if not message.asks:
                with suppress(MessageRefused):
                    self._reply(request).public(
                        news, part=f"news:{what}", channel=message.channel, thread_ts=message.thread_ts
                    )

    def _follow(self, request: ApprovalRequest, message: Message, *, unsettled: bool = False) -> None:
        """Let the message that waited follow the run."""
        with self._showing:
            reply = self._reply(request)
            asked = next((each for each in self._approvals.messages(request.run_id) if not each.asks), None)
            if asked is None:
                posted = reply.public(message)
                asked = ApprovalMessage(posted.channel, posted.ts, posted.ts, asks=False)
            else:
                with suppress(MessageRefused):
                    reply.update(Posted(asked.channel, asked.ts), message)
            self._runs.watch(
                WatchedRun(
                    run_id=request.run_id,
                    key=request.key,
                    team=request.team,
                    user=request.user,
                    channel=asked.channel,
                    ts=asked.ts,
                    thread_ts=asked.thread_ts,
                    summary=run_blocks.summary(request.spec),
                    since=datetime.now(UTC),
                    unsettled=unsettled,
                )
            )

    def _reply(self, request: ApprovalRequest) -> Reply:
        place = Place(request.team, request.user, request.channel)
        # Always as a repetition: a kill may have fallen between a post and its note in our tables.
        reply = self._replies.to(Job(request.key, {}, repeated=True), place)
        reply.workspace = self._workspace
        return reply


def _part(channel: str) -> str:
    return f"asks:{channel}"


def _standing(request: ApprovalRequest) -> str:
    """What messages show of a request, so that it can be told whether they show all; an end is its state."""
    return f"{request.state}:{len(request.votes)}" if request.is_open else str(request.state)
