"""Followed runs: their messages are edited until they show the end."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from bot.blocks import runs
from bot.blocks.message import Message
from bot.domain.access import reference_of
from bot.domain.errors import BotError
from bot.domain.runs import RunDetail, WatchedRun
from bot.handlers.replies import Replies
from bot.handlers.reply import MessageRefused, Place, Posted, Reply
from bot.ports import Job
from bot.services.runs import Runs

log = structlog.get_logger(__name__)

# A submit whose answer was lost may still arrive; after this it is safe to say that it didn't.
SETTLE_AFTER = timedelta(minutes=10)


class Watch:
    """One tick looks at every followed run. A run that can't be looked at now is looked at by the next tick. Messages
    name the `workspace`, where there are several."""

    def __init__(self, replies: Replies, runs_service: Runs, *, workspace: str = "") -> None:
        self._workspace = workspace
        self._replies = replies
        self._runs = runs_service

    def tick(self) -> None:
        """Bring every followed run's message up to date."""
        for watched in self._runs.watched():
            try:
                self._look(watched)
            except BotError as error:
                log.info("run_not_looked_at", run=watched.run_id, error=type(error).__name__, cause=error.detail)
            except Exception:  # a bug with one run must not keep the others from their end
                log.exception("run_not_looked_at", run=watched.run_id)

    def _look(self, watched: WatchedRun) -> None:
        detail = self._runs.progress(watched)
        if detail is None:
            self._not_there(watched)
            return
        digest = _digest(detail)
        if digest == watched.shown:
            return
        reply = self._reply(watched)
        # A refusal was logged; the run goes on, and what it looks like next may be taken.
        with suppress(MessageRefused):
            reply.update(Posted(watched.channel, watched.ts), runs.progress(detail, watched.summary))
        last = detail.run.status.is_final
        if last:
            # An edit notifies nobody, so the end is said once more in the thread.
            # Where Slack takes no word for good, to go on trying would end nothing; the refusal is in the log.
            with suppress(MessageRefused):
                reply.public(runs.ended(detail, watched.user), part="end", thread_ts=watched.thread_ts)
        if watched.unsettled and not watched.shown:
            self._runs.settle(watched, "done")
        self._runs.shown(watched, digest, last=last)

    def _not_there(self, watched: WatchedRun) -> None:
        if not watched.unsettled or watched.shown:
            # It was there. That Azure ML doesn't find it now says nothing of the run.
            log.warning("run_not_found", run=watched.run_id, reference=reference_of(watched.key))
            return
        if datetime.now(UTC) - watched.since < SETTLE_AFTER:
            return
        log.warning("run_never_arrived", run=watched.run_id, reference=reference_of(watched.key))
        self._end(watched, runs.never_started(watched.run_id))
        self._runs.settle(watched, "failed")
        self._runs.shown(watched, "", last=True)

    def _end(self, watched: WatchedRun, message: Message) -> None:
        self._reply(watched).update(Posted(watched.channel, watched.ts), message)

    def _reply(self, watched: WatchedRun) -> Reply:
        place = Place(watched.team, watched.user, watched.channel, watched.thread_ts)
        # Always as a repetition: a kill may have fallen between the post and its note in our tables.
        reply = self._replies.to(Job(watched.key, {}, repeated=True), place)
        reply.workspace = self._workspace
        return reply


def _digest(detail: RunDetail) -> str:
    return hashlib.sha256(repr(detail).encode()).hexdigest()
