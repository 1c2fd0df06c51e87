"""The FAQ is looked at again; who writes it hears when a change can't be used."""

import structlog

from bot.blocks import faq_source
from bot.domain.errors import BotError
from bot.handlers.replies import Replies
from bot.handlers.reply import Place
from bot.ports import Job
from bot.services.faq_source import FaqSource

log = structlog.get_logger(__name__)


class FaqWatch:
    """One tick looks once. `channel` is where a refused change is reported, once; "" for the log only."""

    def __init__(self, replies: Replies, source: FaqSource, *, team: str, channel: str) -> None:
        self._replies = replies
        self._source = source
        self._team = team
        self._channel = channel
        self._reported = ""

    def tick(self) -> None:
        """Take over what has changed."""
        state = self._source.refresh()
        change = state.refused
        if change is None:
            self._reported = ""
            return
        if not self._channel or change.version == self._reported:
            return
        # As a repetition: an earlier process may have reported the same version.
        job = Job(f"faq:{change.version}", {}, repeated=True)
        try:
            self._replies.to(job, Place(self._team, "", self._channel)).public(faq_source.refused(change, state))
        except BotError as error:
            log.warning("refused_faq_not_reported", channel=self._channel, cause=error.detail)
            return  # the next tick tries again
        self._reported = change.version
