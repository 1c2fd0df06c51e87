"""`response_url`: five posts in thirty minutes, and the answers that come with an acknowledgement."""

import secrets
import time
from dataclasses import dataclass, field

from bot.sandbox.slack import seed
from bot.sandbox.slack.events import Events
from bot.sandbox.slack.outgoing import content, signed_by_bot, thread_of
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import World, new_id

POSTS = 5
SECONDS = 1800.0


@dataclass(slots=True)
class Origin:
    """Where an interaction came from: who, in which channel, and which message, when it was one."""

    user: str
    channel: str
    ts: str | None = None
    posts: int = 0
    made: float = field(default_factory=time.monotonic)


class Responses:
    """What the app answers to an interaction, without a token."""

    def __init__(self, world: World, events: Events, base_url: str) -> None:
        self._world = world
        self._events = events
        self._base_url = base_url
        self._origins: dict[str, Origin] = {}

    def url(self, kind: str, user: str, channel: str, ts: str | None = None) -> str:
        """A new address; `kind` is "commands" or "actions"."""
        path = f"/{kind}/{seed.TEAM_ID}/{new_id('', 12)}/{secrets.token_hex(12)}"
        self._origins[path] = Origin(user, channel, ts)
        return self._base_url + path

    def post(self, path: str, body: Json) -> None:
        """A post of the app's to one of these addresses.

        Raises:
            SlackError: `used_url` or `expired_url`, with status 404; or the content was refused.
        """
        origin = self._origins.get(path)
        if origin is None or time.monotonic() - origin.made > SECONDS:
            raise SlackError("expired_url", status=404)
        if origin.posts >= POSTS:
            raise SlackError("used_url", status=404)
        self.say(origin, Args(body))
        origin.posts += 1

    def say(self, origin: Origin, args: Args) -> None:
        """Show an answer: to the person alone, to the channel, or in the place of the message that was clicked."""
        if args.flag("delete_original"):
            self._delete(origin)
            return
        fields = content(args)
        if args.flag("replace_original") and origin.ts:
            self._replace(origin, origin.ts, fields)
            return
        message = signed_by_bot({**fields, **thread_of(args)})
        channel = self._world.channels[origin.channel]
        if args.text("response_type") == "in_channel":
            self._events.posted(channel, self._world.post(channel, message))
        else:
            self._world.show(channel, origin.user, message | {"is_ephemeral": True})

    def _replace(self, origin: Origin, ts: str, fields: Json) -> None:
        channel = self._world.channels[origin.channel]
        old = self._world.ephemerals.get(ts)
        if old is not None:
            thread = {name: old.message[name] for name in ("thread_ts",) if name in old.message}
            message = signed_by_bot({**fields, **thread, "is_ephemeral": True})
            self._world.show(channel, origin.user, message, ts)
        elif ts in channel.messages:
            edited = {"user": seed.BOT_ID, "ts": self._world.next_ts()}
            before = self._world.edit(channel, ts, {"blocks": None, "attachments": None, **fields, "edited": edited})
            self._events.changed(channel, channel.messages[ts], before)
        else:
            raise SlackError("message_not_found")

    def _delete(self, origin: Origin) -> None:
        channel = self._world.channels[origin.channel]
        if origin.ts in self._world.ephemerals:
            self._world.hide(origin.ts)
        elif origin.ts and origin.ts in channel.messages:
            self._events.deleted(channel, self._world.delete(channel, origin.ts))
        else:
            raise SlackError("message_not_found")
