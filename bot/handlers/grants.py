"""Refusals that help: the message with who can grant what is missing, the button that asks them, and the way back."""

import structlog

from bot.blocks import errors, grants
from bot.blocks.message import Message
from bot.domain.access import Caller, reference_of
from bot.domain.errors import BotError, PermissionDenied
from bot.domain.grants import RequestState, RoleRequest
from bot.handlers.callers import caller_of
from bot.handlers.replies import Replies, Workers
from bot.handlers.reply import MessageRefused, Place, Reply
from bot.ports import Job
from bot.services.grants import Grants

log = structlog.get_logger(__name__)


class RoleRequests:
    """Works off clicks on a refusal's button and on “Do it now”, and looks after what people asked for. Messages name
    the `workspace`, where there are several."""

    def __init__(self, replies: Replies, service: Grants, workers: Workers, *, workspace: str = "") -> None:
        self._workspace = workspace
        self._replies = replies
        self._service = service
        self._workers = workers
        replies.refusals[service.scope] = self.refused

    def refused(self, denied: PermissionDenied, job: Job, place: Place) -> Message:
        """The refusal of a request, with who can grant what it lacks."""
        caller = caller_of(job, place)
        offer = None
        try:
            offer = self._service.offer(caller, denied, job.handler, job.payload)
        except BotError as error:
            log.info("refusal_without_help", reference=caller.reference, cause=error.detail)
        return errors.error(denied, reference_of(job.key), offer)

    def ask(self, request_id: str, caller: Caller, reply: Reply) -> None:
        """Send the request to those who can grant the role, each once, and say who was asked."""
        request, people = self._service.ask(caller, request_id)
        names: list[str] = []
        missed: list[str] = []
        for each in people:
            name = each.holder.name or each.holder.user
            try:
                self._reply(request).directly(each.holder.user, grants.request(request), part="role request")
                names.append(name)
            except MessageRefused as refusal:
                log.warning("role_request_not_sent", reference=caller.reference, cause=str(refusal))
                missed.append(name)
        reply.private(grants.asked(names, missed, request.since + self._service.patience))

    def resume(self, request_id: str, caller: Caller, job: Job, reply: Reply) -> None:
        """Do a refused request again: the same one, by its own key, once."""
        request = self._service.resume(caller, request_id, job.key)
        self._workers[request.handler](Job(request.key, request.payload, repeated=True, handler=request.handler))
        reply.private(grants.resumed(request.channel))

    def tick(self) -> None:
        """Look at every open request; tell those whose role was granted, and those for whom it is over."""
        for request in self._service.open():
            try:
                self._look(request)
            except BotError as error:
                log.info("role_request_not_looked_at", reference=reference_of(request.key), cause=error.detail)
            except Exception:  # a bug with one request must not keep the others
                log.exception("role_request_not_looked_at", reference=reference_of(request.key))

    def _look(self, request: RoleRequest) -> None:
        state = self._service.look(request)
        if state is RequestState.OPEN:
            return
        message = grants.granted(request) if state is RequestState.TOLD else grants.given_up(request)
        try:
            self._reply(request).directly(request.user, message, part=str(state))
        except MessageRefused as refusal:
            log.warning("asker_not_told", reference=reference_of(request.key), cause=str(refusal))
        self._service.settle(request, state)

    def _reply(self, request: RoleRequest) -> Reply:
        # Always as a repetition: a kill may have fallen between the message and its note in our tables.
        place = Place(request.team, request.user, request.channel)
        reply = self._replies.to(Job(f"role:{request.id}:{request.refused.isoformat()}", {}, repeated=True), place)
        reply.workspace = self._workspace
        return reply
