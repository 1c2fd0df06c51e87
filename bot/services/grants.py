"""Refusals that help: who can grant what is missing, asking them, and going on once it is granted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.access import ROLE_ASSIGNMENT_WRITE, Caller, Principal
from bot.domain.commands import BY_NAME, Command
from bot.domain.errors import InvalidRequest, PermissionDenied, Unavailable
from bot.domain.grants import Offer, RequestState, RoleRequest
from bot.domain.roles import Able, Deed
from bot.ports import RoleRequests
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard
from bot.services.holders import Holders
from bot.services.identity import Identity

KEEP = timedelta(days=7)
ASKED = 10
_GONE = "This request isn't known any more. Type your command again."


class Grants:
    """Role requests. `patience` is how long an open one is looked after; nothing is granted here, that is Azure's."""

    def __init__(
        self,
        requests: RoleRequests,
        holders: Holders,
        guard: Guard,
        identity: Identity,
        *,
        patience: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._requests = requests
        self._holders = holders
        self._guard = guard
        self._identity = identity
        self._clock = clock
        self.patience = patience
        self.scope = guard.scope

    @open_to_everyone("it tells a refused person who can grant what is missing, as a refusal must")
    def offer(self, caller: Caller, denied: PermissionDenied, handler: str, payload: Mapping[str, Any]) -> Offer | None:
        """Who can grant what `denied` names, the request kept so that they can be asked and it can be done again.

        None where no role would help, or where it can't be found out now: the refusal stands by itself.
        """
        if not denied.command or denied.command not in BY_NAME:
            return None
        try:
            principal = self._identity.principal(caller, _command(denied.command, denied.missing))
            able = self._holders.of(principal, Deed(action=ROLE_ASSIGNMENT_WRITE)).able
            if not any(each.holder.user for each in able):
                return Offer("", able)
            request = RoleRequest(
                key=caller.key,
                handler=handler,
                payload=payload,
                team=caller.team,
                user=caller.user,
                channel=caller.channel,
                object_id=principal.object_id,
                command=denied.command,
                action=denied.missing,
                role=denied.role,
                scope=denied.scope,
                refused=self._clock(),
                since=self._clock(),
            )
            self._requests.offer(request)
        except Unavailable:
            return None
        return Offer(request.id, able)

    @open_to_everyone("whoever was refused may ask for what is missing; it grants nothing, and the audit has it first")
    def ask(self, caller: Caller, request_id: str) -> tuple[RoleRequest, tuple[Able, ...]]:
        """The people to be asked for the role, each linked in Slack; from now on the request is open.

        Raises:
            InvalidRequest: it isn't the caller's request, or isn't to be asked for any more.
            NotLinked: the caller is nobody any more.
            Unavailable: it can't be found out who they are, or the audit can't be written: nobody is asked.
        """
        request = self._own(caller, request_id)
        if request.state not in {RequestState.OFFERED, RequestState.OPEN}:
            raise InvalidRequest("This was asked for already, and is settled. Type your command again.")
        command = _command(request.command, request.action)
        principal = self._identity.principal(caller, command)
        able = self._holders.of(principal, Deed(action=ROLE_ASSIGNMENT_WRITE)).able
        people = tuple(each for each in able if each.holder.user and each.holder.user != caller.user)[:ASKED]
        if not people:
            raise InvalidRequest("Nobody who can grant it is linked in Slack. An owner of the workspace can do it.")
        asked = ",".join(each.holder.user for each in people)
        self._guard.requested(
            _asker(request), command, "asked", f"role {request.role}; asked {asked}", request.object_id
        )
        if request.state is RequestState.OFFERED:
            self._requests.move(request, RequestState.OPEN, self._clock())
        return self._own(caller, request_id), people

    @open_to_everyone("the clock asks; it tells each asker of their own request")
    def open(self) -> tuple[RoleRequest, ...]:
        """The requests that somebody was asked for, oldest first."""
        return self._requests.open()

    @open_to_everyone("the clock asks; it tells each asker of their own request")
    def look(self, request: RoleRequest) -> RequestState:
        """What has become of an open request: still OPEN, TOLD when what it lacked is there now, or GIVEN_UP. Audited
        where it changes; `settle` follows once the asker was told.

        Raises:
            Unavailable: nobody can tell now; it stays open.
        """
        caller, command = _asker(request), _command(request.command, request.action)
        if self._guard.may(Principal(request.object_id, caller), command):
            self._guard.requested(caller, command, "granted", f"role asked for: {request.role}", request.object_id)
            return RequestState.TOLD
        if self._clock() - request.since > self.patience:
            self._guard.requested(caller, command, "given up", f"not granted: {request.role}", request.object_id)
            return RequestState.GIVEN_UP
        return RequestState.OPEN

    @open_to_everyone("the clock asks; it tells each asker of their own request")
    def settle(self, request: RoleRequest, state: RequestState) -> None:
        """Note that the asker knows."""
        self._requests.move(request, state, self._clock())

    @open_to_everyone("the request that it returns is guarded again, as it was at first")
    def resume(self, caller: Caller, request_id: str, job: str) -> RoleRequest:
        """The caller's refused request, to be done again by the click `job` alone.

        Raises:
            InvalidRequest: it isn't the caller's request, wasn't granted yet, or was resumed before.
            Unavailable: the audit can't be written: nothing is done.
        """
        request = self._own(caller, request_id)
        if request.state is RequestState.RESUMED and request.job == job:
            return request
        if request.state is RequestState.RESUMED:
            raise InvalidRequest("This was taken up again already; it is done once.")
        if request.state is not RequestState.TOLD:
            raise InvalidRequest("This can't be taken up again. Type your command again.")
        command = _command(request.command, request.action)
        self._guard.requested(_asker(request), command, "resumed", f"role {request.role}", request.object_id)
        if not self._requests.move(request, RequestState.RESUMED, self._clock(), job=job):
            raise InvalidRequest("This was taken up again already; it is done once.")
        return request

    @open_to_everyone("housekeeping")
    def forget(self) -> int:
        """Delete what is old and settled; returns how many."""
        return self._requests.forget(self._clock() - KEEP)

    def _own(self, caller: Caller, request_id: str) -> RoleRequest:
        request = self._requests.get(request_id)
        if request is None or (request.team, request.user) != (caller.team, caller.user):
            raise InvalidRequest(_GONE)
        return request


def _command(name: str, action: str) -> Command:
    return replace(BY_NAME[name], action=action)


def _asker(request: RoleRequest) -> Caller:
    return Caller(request.team, request.user, request.channel, request.key)
