"""The Events API: what happened in the workspace, in the outer and inner fields that Slack sends."""

import re
import time
from typing import Any

from bot.sandbox.slack import seed
from bot.sandbox.slack.delivery import Deliveries
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import Channel, World, new_id

_MENTION = re.compile(rf"<@{seed.BOT_USER_ID}(?:\|[^>]*)?>")
_NOT_IN_EVENTS = ("metadata", "reply_users", "reply_users_count", "reply_count", "latest_reply", "reactions")


class Events:
    """Tells the app what happened; every method returns the ids of the deliveries it started."""

    def __init__(self, world: World, deliveries: Deliveries, verification_token: str) -> None:
        self._world = world
        self._deliveries = deliveries
        self._token = verification_token

    def send(self, inner: Json, channel: Channel | None = None, actor_team: str = seed.TEAM_ID) -> str:
        """Send any inner event."""
        bot = {
            "enterprise_id": None,
            "team_id": seed.TEAM_ID,
            "user_id": seed.BOT_USER_ID,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return self._deliveries.event(
            {
                "token": self._token,
                "team_id": seed.TEAM_ID,
                "context_team_id": actor_team if channel and self._world.is_shared(channel) else seed.TEAM_ID,
                "context_enterprise_id": None,
                "api_app_id": seed.APP_ID,
                "event": inner,
                "type": "event_callback",
                "event_id": new_id("Ev", 9),
                "event_time": int(time.time()),
                "authorizations": [bot],
                "is_ext_shared_channel": bool(channel and self._world.is_shared(channel)),
                "event_context": f"4-{new_id('', 24)}",
            }
        )

    def posted(self, channel: Channel, message: Json) -> list[str]:
        """A message was posted; one that mentions the bot outside a DM is told twice, under two event ids."""
        if not channel.with_bot:
            return []
        inner = _inner(message)
        person = self._world.people.get(str(message.get("user")))
        team = person.team_id if person else seed.TEAM_ID
        if team != seed.TEAM_ID:
            inner |= {"user_team": team, "source_team": team}
        place = {"channel": channel.id, "event_ts": message["ts"]}
        sent = []
        if channel.kind != "im" and "bot_id" not in message and _MENTION.search(message.get("text", "")):
            sent.append(self.send({**inner, "type": "app_mention", **place}, channel, team))
        sent.append(self.send({**inner, **place, "channel_type": channel.kind}, channel, team))
        return sent

    def changed(self, channel: Channel, message: Json, before: Json) -> list[str]:
        """A message was edited."""
        versions = {"message": _inner(message), "previous_message": _inner(before)}
        return self._hidden(channel, "message_changed", **versions)

    def deleted(self, channel: Channel, message: Json) -> list[str]:
        """A message was taken away."""
        return self._hidden(channel, "message_deleted", deleted_ts=message["ts"], previous_message=_inner(message))

    def _hidden(self, channel: Channel, subtype: str, **fields: Any) -> list[str]:
        if not channel.with_bot:
            return []
        ts = self._world.next_ts()
        inner = {"type": "message", "subtype": subtype, **fields, "channel": channel.id, "hidden": True}
        return [self.send({**inner, "ts": ts, "event_ts": ts, "channel_type": channel.kind}, channel)]

    def joined(self, channel: Channel, user: str) -> list[str]:
        """Somebody came into a channel where the bot is."""
        return self._membership("member_joined_channel", channel, user) if channel.with_bot else []

    def left(self, channel: Channel, user: str) -> list[str]:
        """Somebody went out of a channel where the bot is."""
        return self._membership("member_left_channel", channel, user)

    def _membership(self, kind: str, channel: Channel, user: str) -> list[str]:
        inner = {
            "type": kind,
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind == "group" else "C",
            "team": self._world.people[user].team_id,
            "event_ts": self._world.next_ts(),
        }
        return [self.send(inner, channel)]

    def home_opened(self, user: str, tab: str, view: Json | None) -> list[str]:
        """A person opened the app's Home or Messages tab."""
        channel = self._world.im_with(user)
        inner: Json = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        if view is not None:
            inner["view"] = view
        return [self.send({**inner, "event_ts": self._world.next_ts()})]

    def reacted(self, channel: Channel, ts: str, user: str, reaction: str) -> list[str]:
        """A reaction was put on a message."""
        if not channel.with_bot:
            return []
        item = {"type": "message", "channel": channel.id, "ts": ts}
        author = channel.messages[ts].get("user")
        inner = {"type": "reaction_added", "user": user, "reaction": reaction, "item": item, "item_user": author}
        return [self.send({**inner, "event_ts": self._world.next_ts()}, channel)]


def _inner(message: Json) -> Json:
    return {name: value for name, value in message.items() if name not in _NOT_IN_EVENTS}
