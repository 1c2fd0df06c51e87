"""Followed logs: their messages show the newest lines until the run ends."""

import hashlib

import structlog

from bot.blocks import reports
from bot.domain.errors import BotError
from bot.domain.reports import FollowedLog
from bot.handlers.replies import Replies
from bot.handlers.reply import MessageRefused, Place, Posted
from bot.ports import Job
from bot.services.reports import Reports

log = structlog.get_logger(__name__)

LINES = 30


class Follow:
    """One tick looks at every followed log and edits its message once, where there is something new. What can't be
    looked at now is looked at by the next tick. Messages name the `workspace`, where there are several."""

    def __init__(self, replies: Replies, service: Reports, *, workspace: str = "") -> None:
        self._workspace = workspace
        self._replies = replies
        self._service = service

    def tick(self) -> None:
        """Bring every followed log's message up to date."""
        for followed in self._service.followed():
            try:
                self._look(followed)
            except BotError as error:
                log.info("log_not_looked_at", run=followed.run_id, error=type(error).__name__, cause=error.detail)
            except Exception:  # a bug with one log must not keep the others from their end
                log.exception("log_not_looked_at", run=followed.run_id)

    def _look(self, followed: FollowedLog) -> None:
        tail = self._service.progress(followed, LINES)
        message = reports.followed(tail)
        digest = hashlib.sha256(message.text.encode()).hexdigest()
        last = tail.run.status.is_final
        if digest == followed.shown:
            return
        place = Place(followed.team, followed.user, followed.channel, followed.thread_ts)
        reply = self._replies.to(Job(followed.key, {}, repeated=True), place)
        reply.workspace = self._workspace
        try:
            # Whoever deletes the message wants no more of it.
            last = not reply.update(Posted(followed.channel, followed.ts), message) or last
        except MessageRefused:
            # The refusal was logged; what the log looks like next may be taken.
            log.info("log_not_shown", run=followed.run_id)
        self._service.shown(followed, digest, last=last)
