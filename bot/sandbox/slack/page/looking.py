"""What the page asks for: who and what there is, messages in portions, a thread, and what became of a click."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from bot.sandbox.slack import people, seed
from bot.sandbox.slack.control import Control
from bot.sandbox.slack.page import inspection
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import ControlError, Json
from bot.sandbox.slack.world import Channel

PORTION = 60
LARGEST_PORTION = 500
LONGEST_WAIT = 10.0


class Looking:
    """Answers by path; a path that is not the page's own is looked for at the control address."""

    def __init__(self, sandbox: Sandbox, control: Control) -> None:
        self._sandbox = sandbox
        self._control = control
        self._own: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "workspace": self._workspace,
            "history": self._history,
            "thread": self._thread,
            "outcome": self._outcome,
            "inspect": self._inspect,
            "trouble": self._trouble,
            "assistant": self._assistant,
        }

    async def answer(self, path: str, asked: Json) -> Any:
        """What there is to see.

        Raises:
            ControlError: there is no such path, person or place.
        """
        own = self._own.get(path)
        return await (own(asked) if own else self._control.look(path, asked))

    async def _outcome(self, asked: Json) -> list[Json]:
        """What became of these deliveries, once the app has answered or has not in time."""
        roots = [each for each in str(asked.get("ids", "")).split(",") if each]
        return await self._sandbox.deliveries.attempted(roots, LONGEST_WAIT) if roots else []

    async def _inspect(self, asked: Json) -> Json:
        who, channel = self._place(asked)
        return inspection.of_message(self._sandbox, who, channel, str(asked.get("ts", "")))

    async def _trouble(self, asked: Json) -> Json:  # noqa: ARG002 - every answer is called alike
        return {
            "faults": self._sandbox.faults.planned(),
            "rate_limits": self._sandbox.faults.rate_limits,
            "connected": self._sandbox.sockets.connected,
            "via": self._sandbox.deliveries.transport.via,
        }

    async def _workspace(self, asked: Json) -> Json:  # noqa: ARG002 - every answer is called alike
        features = self._sandbox.options.manifest.get("features", {})
        home = features.get("app_home", {})
        declared = {each["command"]: each for each in features.get("slash_commands", [])}
        commands = [
            {
                "command": name,
                "description": declared.get(name, {}).get("description", ""),
                "usage_hint": declared.get(name, {}).get("usage_hint", ""),
            }
            for name in self._sandbox.options.commands
        ]
        return {
            "team": seed.TEAM_NAME,
            "bot": seed.BOT_USER_ID,
            "people": [asdict(person) for person in self._sandbox.world.people.values()],
            "channels": await self._control.look("channels", {}),
            "usergroups": list(self._sandbox.world.usergroups),
            "commands": commands,
            # without a manifest the sandbox can't know, and shows the tab
            "has_home": bool(home.get("home_tab_enabled", not features)),
            "agent": features.get("agent_view", {}).get("agent_description", ""),
            "beside": self._sandbox.beside,
            "last": self._sandbox.changes.last,
        }

    def _place(self, asked: Json) -> tuple[str, Channel]:
        who = people.person(self._sandbox, str(asked.get("user", ""))).id
        return who, people.place(self._sandbox, who, str(asked.get("channel", "")))

    async def _assistant(self, asked: Json) -> Json:
        """What the app offers and is doing in a person's direct message with it."""
        who = people.person(self._sandbox, str(asked.get("user", ""))).id
        channel = self._sandbox.world.im_with(who)
        return {"channel": channel.id, **self._sandbox.assistant.shown(channel)}

    async def _history(self, asked: Json) -> Json:
        """The last messages of a channel, or those before a timestamp: oldest first, replies left out."""
        who, channel = self._place(asked)
        before = str(asked.get("before") or "~")
        try:
            wanted = min(int(asked.get("limit") or PORTION), LARGEST_PORTION)
        except ValueError as error:
            raise ControlError("invalid_number", "limit must be a number") from error
        found = list(islice(self._newest_first(channel, before), wanted + 1))
        shown = found[:wanted][::-1]
        more = len(found) > wanted
        start = shown[0]["ts"] if more and shown else ""
        private = [each for each in self._private(who, channel) if start <= each["ts"] < before and _is_top(each)]
        return {
            "channel": channel.id,
            "messages": sorted([*shown, *private], key=lambda message: str(message["ts"])),
            "more": more,
            "last": self._sandbox.changes.last,
        }

    @staticmethod
    def _newest_first(channel: Channel, before: str) -> Iterator[Json]:
        # timestamps only grow, so messages are stored in their order
        return (each for each in reversed(channel.messages.values()) if each["ts"] < before and _is_top(each))

    async def _thread(self, asked: Json) -> Json:
        """A message and its replies, oldest first."""
        who, channel = self._place(asked)
        root = str(asked.get("ts", ""))
        everything = [*channel.messages.values(), *self._private(who, channel)]
        found = [each for each in everything if root in (each["ts"], each.get("thread_ts"))]
        return {
            "channel": channel.id,
            "messages": sorted(found, key=lambda message: str(message["ts"])),
            "last": self._sandbox.changes.last,
        }

    def _private(self, who: str, channel: Channel) -> Iterator[Json]:
        shown = self._sandbox.world.ephemerals.values()
        return (each.message for each in shown if (each.user, each.channel) == (who, channel.id))


def _is_top(message: Json) -> bool:
    """Shown in the channel itself, not only in a thread."""
    return message.get("thread_ts", message["ts"]) == message["ts"] or message.get("subtype") == "thread_broadcast"
