"""Makes a `Reply` for each request, all on one Slack client."""

from slack_sdk import WebClient

from bot.handlers.reply import Place, Reply
from bot.ports import Job


class Replies:
    """The Slack client that handlers talk back with."""

    def __init__(self, client: WebClient) -> None:
        self.client = client

    def to(self, job: Job, place: Place) -> Reply:
        """The reply to a request that came from `place`."""
        return Reply(self.client, job.key, place, repeated=job.repeated)
