"""Makes a `Reply` for each request, all on one Slack client."""

import copy
from collections.abc import Callable, Mapping

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from bot.blocks.message import Message
from bot.domain.errors import PermissionDenied
from bot.handlers.reply import Place, Reply
from bot.ports import Job

Workers = Mapping[str, Callable[[Job], None]]
"""What works off requests, by the names that the job engine knows."""


class Replies:
    """The Slack client that handlers talk back with: `client`, but for what it does when a connection breaks.

    slack-sdk then sends the same call again at once, and people would see a message twice whose confirmation was lost.
    Here the job engine tries again instead, and looks whether the message is there before it posts.
    """

    def __init__(self, client: WebClient) -> None:
        self.refusals: dict[str, Callable[[PermissionDenied, Job, Place], Message]] = {}
        """What a refusal at a scope says beyond the error, once somebody knows more."""
        self.client = copy.copy(client)
        self.client.retry_handlers = [
            handler for handler in client.retry_handlers if not isinstance(handler, ConnectionErrorRetryHandler)
        ]

    def to(self, job: Job, place: Place) -> Reply:
        """The reply to a request that came from `place`."""
        reply = Reply(self.client, job.key, place, repeated=job.repeated)
        plainly = reply.refusal

        def refusal(denied: PermissionDenied) -> Message:
            say = self.refusals.get(denied.scope)
            return plainly(denied) if say is None else say(denied, job, place)

        reply.refusal = refusal
        return reply
