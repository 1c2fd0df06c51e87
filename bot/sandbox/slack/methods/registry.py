"""What a method is, and what several of them need."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import Channel

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what does it, which arguments it must have, and whether the app-level token is the right one."""

    run: Callable[[Sandbox, Args], Json]
    required: tuple[str, ...] = ()
    app_token: bool = False

    def check(self, args: Args) -> None:
        """Refuse a call without its required arguments, as Slack does.

        Raises:
            SlackError: `invalid_arguments`.
        """
        missing = [name for name in self.required if name not in args]
        if missing:
            words = [f"[ERROR] missing required field: {name}" for name in missing]
            raise SlackError("invalid_arguments", words)


def readable_channel(sandbox: Sandbox, channel_id: str) -> Channel:
    """A channel that the bot may know of: private ones only as a member.

    Raises:
        SlackError: `channel_not_found`.
    """
    channel = sandbox.world.channels.get(channel_id)
    if channel is None or (channel.kind != "channel" and not channel.with_bot):
        raise SlackError("channel_not_found")
    return channel


def joined_channel(sandbox: Sandbox, channel_id: str) -> Channel:
    """A channel that the bot is in.

    Raises:
        SlackError: `channel_not_found` or `not_in_channel`.
    """
    channel = readable_channel(sandbox, channel_id)
    if not channel.with_bot:
        raise SlackError("not_in_channel")
    return channel


def writable_channel(sandbox: Sandbox, target: str) -> Channel:
    """Where a message goes: a channel, or the direct message with the person whose id is given.

    Raises:
        SlackError: `channel_not_found`, `not_in_channel` or `is_archived`.
    """
    person = sandbox.world.people.get(target)
    if person is not None and not person.is_bot:
        return sandbox.world.im_with(person.id)
    channel = joined_channel(sandbox, target)
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def page(args: Args, items: Sequence[Any]) -> tuple[list[Any], str]:
    """One page of `items` as `limit` and `cursor` ask for it, and the next cursor ("" at the end).

    Raises:
        SlackError: `invalid_cursor` or `invalid_limit`.
    """
    limit = args.number("limit", DEFAULT_PAGE) or DEFAULT_PAGE
    if limit < 0:
        raise SlackError("invalid_limit")
    start = _place(args.text("cursor"))
    end = start + min(limit, LARGEST_PAGE)
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), following


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, place = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "next":
            return int(place)
    except (binascii.Error, ValueError) as error:
        raise SlackError("invalid_cursor") from error
    raise SlackError("invalid_cursor")
