"""Consent to runs that the policy wants it for: given, refused, run out; and what was agreed to is started once.

The rights of who asked and of everybody who agreed are looked up again at each click and at the start, by the policy in
force then.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from bot.domain.access import Caller, Principal
from bot.domain.approvals import Agreed, ApprovalMessage, ApprovalRequest, ApprovalState, Vote, row
from bot.domain.commands import APPROVE, SUBMIT
from bot.domain.errors import BotError, InvalidRequest, NotFound, NotLinked, PermissionDenied, Unavailable
from bot.domain.policy import About, ApprovalRule, Asker
from bot.domain.runs import SubmittedRun
from bot.ports import ApprovalDesk
from bot.services.admission import Admitted, admit
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard
from bot.services.identity import Identity
from bot.services.runs import Runs

log = structlog.get_logger(__name__)

_HOUR = 3600
_ENDED = {
    ApprovalState.APPROVED: "It has been approved already.",
    ApprovalState.STARTED: "It has been approved already, and the run was started.",
    ApprovalState.REJECTED: "It has been rejected already.",
    ApprovalState.EXPIRED: "Nobody agreed in time, so it has expired. Whoever asked can submit it again.",
    ApprovalState.VOID: "It can't be started any more. Whoever asked can submit it again.",
}


class Approvals:
    """Works on the requests of `desk`; `clock` is the time in UTC."""

    def __init__(
        self,
        desk: ApprovalDesk,
        guard: Guard,
        identity: Identity,
        runs: Runs,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = desk
        self._guard = guard
        self._identity = identity
        self._runs = runs
        self._clock = clock

    def agree(self, principal: Principal, run_id: str) -> Agreed:
        """Note that `principal` agrees to the run; when enough have, it is approved. The same person again changes
        nothing.

        Raises:
            PermissionDenied: `principal` isn't one of those who may approve it.
            NotFound: there is no such request.
            InvalidRequest: it doesn't wait any more.
        """
        with self._guard.allow(principal, APPROVE) as attempt:
            attempt.detail = f"run={run_id} agreed"
            request = self._waiting(run_id, by=principal)
            if not request.is_open:  # approved by this very person, in a try that was cut off
                return Agreed(request, 0)
            caller, admitted = principal.caller, self._admitted(request)
            self._check_may_judge(principal, request, admitted)
            vote = Vote(caller.team, caller.user, principal.object_id)
            entry = row(request, "approved", caller, principal.object_id, self._guard.scope)
            request = self._desk.agree(run_id, vote, entry)
            if not request.is_open:  # somebody else ended it in this moment
                return Agreed(self._waiting(run_id, by=principal), 0)
            missing = self._missing(request, admitted)
            if missing:
                return Agreed(request, missing)
            entry = row(request, "all approved", caller, "", self._guard.scope)
            moved = self._desk.move(run_id, ApprovalState.APPROVED, entry)
            # Two who click at once may both be the last; one of them moves it.
            return Agreed(moved or self._existing(run_id), 0)

    def reject(self, principal: Principal, run_id: str, reason: str) -> ApprovalRequest:
        """End a request because `principal` is against it. Raises as `agree`."""
        with self._guard.allow(principal, APPROVE) as attempt:
            attempt.detail = f"run={run_id} rejected"
            request = self._waiting(run_id)
            caller = principal.caller
            self._check_may_judge(principal, request, self._admitted(request))
            entry = row(request, "rejected", caller, principal.object_id, self._guard.scope)
            by = f"{caller.team}/{caller.user}"
            moved = self._desk.move(run_id, ApprovalState.REJECTED, entry, by=by, reason=reason)
            return moved if moved is not None else self._waiting(run_id)

    def may_judge(self, principal: Principal, run_id: str) -> ApprovalRequest:
        """The open request, if `principal` may approve or reject it. Raises as `agree`."""
        with self._guard.allow(principal, APPROVE) as attempt:
            attempt.detail = f"run={run_id} looked at"
            request = self._waiting(run_id)
            self._check_may_judge(principal, request, self._admitted(request))
            return request

    @open_to_everyone("a job that an approval made calls it; Runs asks the guard for whoever asked")
    def start(self, run_id: str) -> SubmittedRun:
        """Start what was approved, for whoever asked for it; again for the same run changes nothing.

        Raises:
            PermissionDenied, NotLinked: whoever asked, or somebody who agreed, may not any more; the request has ended.
            Unavailable, OutcomeUnknown: as for `Runs.submit`.
        """
        request = self._existing(run_id)
        if request.state is ApprovalState.APPROVED:
            admitted = self._admitted(request)
            if self._missing(request, admitted):
                self.void(run_id, "Somebody who agreed may not approve it any more.")
                raise InvalidRequest("Somebody who agreed may not approve this any more, so it wasn't started.")
        principal = self._identity.principal(caller_of(request), SUBMIT)
        submitted = self._runs.start_approved(principal, run_id)
        self.started(run_id)
        return submitted

    @open_to_everyone("notes what was started")
    def started(self, run_id: str) -> None:
        """Note that the run was started, or may have been."""
        request = self._existing(run_id)
        entry = row(request, "started", caller_of(request), request.object_id, self._guard.scope)
        self._desk.move(run_id, ApprovalState.STARTED, entry)

    @open_to_everyone("ends what can't be started any more; it gives nothing to anybody")
    def void(self, run_id: str, reason: str) -> ApprovalRequest | None:
        """End a request that can't be started any more; None when it had ended."""
        request = self._existing(run_id)
        entry = row(request, "void", caller_of(request), request.object_id, self._guard.scope)
        return self._desk.move(run_id, ApprovalState.VOID, entry, reason=reason)

    @open_to_everyone("the clock calls it, nobody else")
    def expire(self) -> tuple[ApprovalRequest, ...]:
        """End the requests whose time has run out; those that were ended now."""
        return tuple(
            ended
            for request in self._desk.all(ApprovalState.OPEN)
            if request.until <= self._clock() and (ended := self._expire(request)) is not None
        )

    @open_to_everyone("the clock calls it, so that what was approved before a kill is started")
    def approved(self) -> tuple[ApprovalRequest, ...]:
        """What was approved and isn't started yet, oldest first."""
        return self._desk.all(ApprovalState.APPROVED)

    @open_to_everyone("messages are brought up to date by it; the request was shown where they are")
    def find(self, run_id: str) -> ApprovalRequest | None:
        """A request as it is now."""
        return self._desk.find(run_id)

    @open_to_everyone("messages are brought up to date by it")
    def unshown(self) -> tuple[tuple[ApprovalRequest, str], ...]:
        """Requests whose messages may show less than is known, with what they show; see `ports.ApprovalDesk`."""
        return self._desk.unshown()

    @open_to_everyone("notes what messages show")
    def shown(self, run_id: str, what: str) -> None:
        """Note what the messages show."""
        self._desk.shown(run_id, what)

    @open_to_everyone("notes where a request is shown")
    def posted(self, run_id: str, message: ApprovalMessage) -> None:
        """Note a message that shows the request."""
        self._desk.posted(run_id, message)

    @open_to_everyone("messages are brought up to date by it")
    def messages(self, run_id: str) -> tuple[ApprovalMessage, ...]:
        """The messages that show the request."""
        return self._desk.messages(run_id)

    def _existing(self, run_id: str) -> ApprovalRequest:
        request = self._desk.find(run_id)
        if request is None:
            raise NotFound("request for", run_id)
        return request

    def _waiting(self, run_id: str, by: Principal | None = None) -> ApprovalRequest:
        """The request, if it still waits, or was approved with the help of `by`."""
        request = self._existing(run_id)
        if request.is_open and request.until <= self._clock():
            request = self._expire(request) or self._existing(run_id)
        approved = request.state in {ApprovalState.APPROVED, ApprovalState.STARTED}
        mine = by is not None and (by.caller.team, by.caller.user) in {(vote.team, vote.user) for vote in request.votes}
        if not request.is_open and not (approved and mine):
            raise InvalidRequest(f"This doesn't wait any more. {_ENDED[request.state]}", detail=str(request.state))
        return request

    def _expire(self, request: ApprovalRequest) -> ApprovalRequest | None:
        entry = row(request, "expired", caller_of(request), "", self._guard.scope)
        return self._desk.move(request.run_id, ApprovalState.EXPIRED, entry)

    def _admitted(self, request: ApprovalRequest) -> Admitted:
        """What the policy says of the run now, for whoever asked. When they may not have it any more it ends."""
        caller = caller_of(request)
        try:
            return admit(self._guard, self._asker(request, caller), SUBMIT, about(request))
        except (NotLinked, PermissionDenied, NotFound) as error:
            self._guard.refused(caller, SUBMIT, reason=f"approval: {error.detail or type(error).__name__}")
            self.void(request.run_id, "Whoever asked may not start it any more.")
            raise InvalidRequest(
                "Whoever asked for this may not start it any more, so the request has ended and nothing is started.",
                detail=error.detail,
            ) from error

    def _asker(self, request: ApprovalRequest, caller: Caller) -> Principal:
        principal = self._identity.principal(caller, SUBMIT)
        if principal.object_id != request.object_id.lower():
            raise NotLinked("Whoever asked is somebody else in Azure now.", detail="linked anew")
        if not self._guard.may(principal, SUBMIT):
            raise PermissionDenied(
                "Whoever asked may not submit runs any more.", missing=SUBMIT.action or "", detail="may not submit"
            )
        return principal

    def _check_may_judge(self, principal: Principal, request: ApprovalRequest, admitted: Admitted) -> None:
        _, approver = self._guard.asker(principal)
        rules = admitted.approvals or admitted.policy.approvals
        if any(rule.accepts(approver, asked=admitted.asker) for rule in rules):
            return
        oneself = (approver.team, approver.user) == (request.team, request.user)
        raise PermissionDenied(
            "You can't approve or reject what you asked for yourself."
            if oneself
            else "You aren't one of those who may approve or reject this. The message says who may.",
            missing="",
            scope=self._guard.scope,
            detail=f"policy {admitted.policy.digest}: not an approver of run {request.run_id}",
        )

    def _missing(self, request: ApprovalRequest, admitted: Admitted) -> int:
        """How many more must agree: by each rule of the policy in force, of whom only those count who may now."""
        voters = [voter for vote in request.votes if (voter := self._voter(request, vote)) is not None]
        return max((_lacking(rule, voters, admitted.asker) for rule in admitted.approvals), default=0 if voters else 1)

    def _voter(self, request: ApprovalRequest, vote: Vote) -> Asker | None:
        """Somebody who agreed, as they are now; None when they may not approve any more."""
        caller = Caller(vote.team, vote.user, request.channel, request.key)
        try:
            principal = self._identity.principal(caller, APPROVE)
            if principal.object_id != vote.object_id.lower() or not self._guard.may(principal, APPROVE):
                return None
            return self._guard.asker(principal)[1]
        except Unavailable:
            raise
        except BotError as error:
            log.info("approver_no_longer", run=request.run_id, cause=error.detail)
            return None


def caller_of(request: ApprovalRequest) -> Caller:
    """Whoever asked, by the request they made."""
    return Caller(request.team, request.user, request.channel, request.key)


def about(request: ApprovalRequest) -> About:
    """The run, as the policy looks at it."""
    spec = request.spec
    hours = None if spec.seconds is None else spec.seconds / _HOUR
    return About(spec.project, spec.compute, spec.environment, spec.environment_version, spec.nodes, hours)


def _lacking(rule: ApprovalRule, voters: list[Asker], asked: Asker) -> int:
    return max(0, rule.needed - sum(rule.accepts(voter, asked=asked) for voter in voters))
