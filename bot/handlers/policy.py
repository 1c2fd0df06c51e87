"""The policy file is looked at again; who looks after the bot hears when it can't be used."""

import structlog

from bot.blocks import policy
from bot.domain.errors import BotError
from bot.domain.policy import PolicyState
from bot.handlers.replies import Replies
from bot.handlers.reply import MessageRefused, Place
from bot.ports import Job
from bot.services.policy import PolicySource

log = structlog.get_logger(__name__)


class PolicyWatch:
    """One tick looks once. `channel` is where trouble is reported, once for each; "" for the log only."""

    def __init__(self, replies: Replies, source: PolicySource, *, team: str, channel: str) -> None:
        self._replies = replies
        self._source = source
        self._team = team
        self._channel = channel
        self._reported = ""

    def tick(self) -> None:
        """Take over what has changed."""
        state = self._source.refresh()
        trouble = "missing" if state.missing else state.refused_digest
        if not trouble:
            self._reported = ""
        elif self._channel and trouble != self._reported:
            self._report(state, trouble)

    def _report(self, state: PolicyState, trouble: str) -> None:
        # Of what is missing each time is a new one; a content that can't be used may have been reported before a kill.
        key = f"policy:{trouble}:{state.loaded.isoformat()}" if state.missing else f"policy:{trouble}"
        reply = self._replies.to(Job(key, {}, repeated=True), Place(self._team, "", self._channel))
        try:
            reply.public(policy.missing(state) if state.missing else policy.refused(state), or_directly=False)
        except BotError as error:
            log.warning("policy_trouble_not_reported", channel=self._channel, cause=error.detail)
            return  # the next tick tries again
        except MessageRefused as error:
            log.warning("policy_trouble_not_reported", channel=self._channel, cause=str(error))
        self._reported = trouble
