"""The workspace itself: people, channels and what has been said in them. Kept in memory, touched by one loop only."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.sandbox.slack import seed
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.seed import Person
from bot.sandbox.slack.wire import Json

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def new_id(prefix: str, length: int = 9) -> str:
    """An id in Slack's style: the kind's letter, then capitals and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


@dataclass(slots=True)
class Channel:
    """A public channel ("channel"), a private one ("group") or a direct message with the bot ("im")."""

    id: str
    name: str
    kind: str
    members: set[str]
    created: int = field(default_factory=lambda: int(time.time()))
    messages: dict[str, Json] = field(default_factory=dict)
    is_archived: bool = False

    @property
    def with_bot(self) -> bool:
        """The bot has been invited, or it is the bot's own direct message."""
        return seed.BOT_USER_ID in self.members

    def other_than_bot(self) -> str:
        """The person at the other end of a direct message."""
        return next(member for member in self.members if member != seed.BOT_USER_ID)

    def in_order(self) -> list[Json]:
        """Every message, oldest first."""
        return [self.messages[ts] for ts in sorted(self.messages)]

    def thread(self, root_ts: str) -> list[Json]:
        """The message that a thread hangs on, then its replies, oldest first."""
        return [each for each in self.in_order() if root_ts in (each["ts"], each.get("thread_ts"))]


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message that one person sees and nothing stores."""

    user: str
    channel: str
    message: Json


class World:
    """Everything in the workspace, and the one place that changes it."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, Ephemeral] = {}
        self.usergroups: dict[str, list[str]] = {}
        self._last_ts = 0
        self.reset()

    def reset(self) -> None:
        """Only what the seed has."""
        self.people = {person.id: person for person in seed.PEOPLE}
        self.usergroups = {"S0ONCALL": [seed.CHEN.id]}
        self.ephemerals.clear()
        self.channels.clear()
        for room in seed.CHANNELS:
            self.add_channel(room.id, room.name, room.members, is_private=room.is_private)

    def add_channel(self, channel_id: str, name: str, members: Iterable[str], *, is_private: bool = False) -> Channel:
        """Open a channel with these members."""
        kind = "group" if is_private else "channel"
        channel = self.channels[channel_id] = Channel(channel_id, name, kind, set(members))
        self._tell_members(channel)
        return channel

    def add_member(self, channel: Channel, user: str) -> None:
        """Somebody comes into a channel."""
        channel.members.add(user)
        self._tell_members(channel)

    def remove_member(self, channel: Channel, user: str) -> None:
        """Somebody goes out of a channel."""
        channel.members.discard(user)
        self._tell_members(channel)

    def _tell_members(self, channel: Channel) -> None:
        # nobody sees it as a message: it is for front ends, which list channels and people
        self.changes.add("members", (), channel=channel.id, members=sorted(channel.members))

    def person_named(self, name: str) -> Person | None:
        """By id or by name, with or without its @."""
        bare = name.removeprefix("@")
        found = self.people.get(bare)
        return found or next((each for each in self.people.values() if each.name == bare.lower()), None)

    def channel_named(self, name: str) -> Channel | None:
        """By id or by name, with or without its #."""
        found = self.channels.get(name)
        bare = name.removeprefix("#").lower()
        return found or next((each for each in self.channels.values() if each.kind != "im" and each.name == bare), None)

    def im_with(self, user: str) -> Channel:
        """The bot's direct message with a person, opened when first needed."""
        for channel in self.channels.values():
            if channel.kind == "im" and user in channel.members:
                return channel
        made = Channel(new_id("D"), "directmessage", "im", {user, seed.BOT_USER_ID})
        self.channels[made.id] = made
        return made

    def is_shared(self, channel: Channel) -> bool:
        """Somebody of another organisation is in it (Slack Connect)."""
        return any(self.people[member].is_stranger for member in channel.members)

    def next_ts(self) -> str:
        """A message timestamp that no other message has: seconds and microseconds, UTC, always growing."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def watchers(self, channel: Channel) -> list[str]:
        """Who sees what is said in a channel: its people, not its bots."""
        return [member for member in channel.members if not self.people[member].is_bot]

    def post(self, channel: Channel, message: Json) -> Json:
        """Put a message into a channel under a new timestamp."""
        message = {**message, "ts": self.next_ts()}
        channel.messages[message["ts"]] = message
        root = channel.messages.get(str(message.get("thread_ts", "")))
        if root is not None:
            self._count_reply(root, message)
        self.changes.add(
            "posted",
            self.watchers(channel),
            channel=channel.id,
            ts=message["ts"],
            thread_ts=message.get("thread_ts"),
            message=message,
        )
        return message

    @staticmethod
    def _count_reply(root: Json, reply: Json) -> None:
        root["thread_ts"] = root["ts"]
        root["reply_count"] = root.get("reply_count", 0) + 1
        users = root.setdefault("reply_users", [])
        if reply.get("user") and reply["user"] not in users:
            users.append(reply["user"])
        root["reply_users_count"] = len(users)
        root["latest_reply"] = reply["ts"]

    def edit(self, channel: Channel, ts: str, fields: Json) -> Json:
        """Change a stored message; a field given as None is taken away. Returns the message as it was before."""
        message = channel.messages[ts]
        before = dict(message)
        for name, value in fields.items():
            if value is None:
                message.pop(name, None)
            else:
                message[name] = value
        self.changes.add(
            "updated",
            self.watchers(channel),
            channel=channel.id,
            ts=ts,
            thread_ts=message.get("thread_ts"),
            message=message,
        )
        return before

    def delete(self, channel: Channel, ts: str) -> Json:
        """Take a message away; returns it."""
        message = channel.messages.pop(ts)
        thread = message.get("thread_ts")
        self.changes.add("deleted", self.watchers(channel), channel=channel.id, ts=ts, thread_ts=thread)
        return message

    def show(self, channel: Channel, user: str, message: Json, ts: str | None = None) -> str:
        """Show one person an ephemeral message, or another text under the same `ts`; returns that."""
        ts = ts or self.next_ts()
        message = {**message, "ts": ts}
        self.ephemerals[ts] = Ephemeral(user, channel.id, message)
        thread = message.get("thread_ts")
        self.changes.add("ephemeral", [user], channel=channel.id, ts=ts, thread_ts=thread, message=message)
        return ts

    def hide(self, ts: str) -> None:
        """Take an ephemeral message away again."""
        gone = self.ephemerals.pop(ts)
        self.changes.add("deleted", [gone.user], channel=gone.channel, ts=ts)

    def notice(self, user: str, text: str, channel: str | None = None, **fields: str) -> None:
        """Slack's own words to one person when an app did not answer as it must."""
        self.changes.add("notice", [user], channel=channel, text=text, **fields)
