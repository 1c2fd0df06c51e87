"""A conversation with the bot: prompts when it is opened, and a status while an answer is being made."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.blocks import assistant
from bot.domain.access import reference_of
from bot.handlers.reply import Place
from bot.ports import Job
from bot.services.help import Help

log = structlog.get_logger(__name__)

# Slack's answers to an app that was made without the feature: asking again at each message would only take time.
_WITHOUT = {"missing_scope", "unknown_method", "not_allowed_token_type", "feature_not_enabled"}


class Assistant:
    """`client` must give up early: neither prompts nor a status are worth waiting for."""

    def __init__(self, client: WebClient, help_service: Help) -> None:
        self._client = client
        self._help = help_service
        self._has_status = True

    def work(self, job: Job) -> None:
        """Offer prompts in the conversation that somebody has opened."""
        payload = job.payload
        prompts = assistant.prompts(self._help.suggestions(assistant.MOST))
        try:
            self._client.assistant_threads_setSuggestedPrompts(
                channel_id=payload["channel"],
                # An agent's prompts belong to its direct message; with a thread Slack would silently leave them out.
                thread_ts=payload["thread_ts"] or None,
                title=assistant.TITLE,
                prompts=prompts,
            )
        except (SlackClientError, OSError) as error:
            log.info("prompts_not_shown", reference=reference_of(job.key), cause=_cause(error))

    @contextmanager
    def status(self, place: Place, ts: str, words: str) -> Iterator[None]:
        """Show `words` at the message `ts` of a direct message until it is answered."""
        thread = place.thread_ts or ts
        shown = place.direct and self._set(place, thread, words)
        try:
            yield
        finally:
            if shown and not place.thread_ts:
                # A reply in the thread takes the status away by itself; one beside it doesn't.
                self._set(place, thread, "")

    def _set(self, place: Place, thread_ts: str, words: str) -> bool:
        if not self._has_status:
            return False
        try:
            self._client.assistant_threads_setStatus(channel_id=place.channel, thread_ts=thread_ts, status=words)
        except (SlackClientError, OSError) as error:
            self._has_status = _cause(error) not in _WITHOUT
            log.info("status_not_shown", cause=_cause(error))
            return False
        return True


def _cause(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
