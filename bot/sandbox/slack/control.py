"""The control address, /sandbox/...: what people do and see, and what the sandbox's owner may look at and break."""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.sandbox.slack import people, seed
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.seed import Person
from bot.sandbox.slack.wire import ControlError, Json, SlackError
from bot.sandbox.slack.world import new_id

LONGEST_WAIT = 30.0
REASONS = ("warning", "refresh_requested", "link_disabled", "too_many_websockets")

Handler = Callable[[Json], Awaitable[Any] | Any]


class Control:
    """One handler per path; each takes the JSON body (POST) or the query (GET) and returns JSON."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        act = Interactions(sandbox)
        self._posts: dict[str, Handler] = {
            "type": lambda asked: people.type_and_send(sandbox, asked),
            "click": act.click,
            "view/submit": act.submit,
            "view/close": act.close,
            "view/action": act.act_in_view,
            "options": act.options,
            "react": lambda asked: people.add_reaction(sandbox, asked),
            "home": lambda asked: people.open_home(sandbox, asked),
            "redeliver": self._redeliver,
            "faults": self._fault,
            "hold": self._hold,
            "release": lambda asked: {"released": sandbox.faults.release(str(asked.get("method") or ""))},
            "rate_limits": self._rate_limits,
            "disconnect": self._disconnect,
            "event": self._event,
            "verify_url": self._verify_url,
            "people": self._add_person,
            "channels": self._add_channel,
            "channels/join": self._join,
            "channels/leave": self._leave,
            "reset": self._reset,
            "beside": self._beside,
        }
        self._gets: dict[str, Handler] = {
            "people": lambda _: [asdict(person) for person in sandbox.world.people.values()],
            "channels": self._channels,
            "screen": self._screen,
            "views": self._views,
            "home": self._home,
            "changes": self._changes,
            "deliveries": lambda asked: sandbox.deliveries.rows([r for r in str(asked.get("ids", "")).split(",") if r]),
            "calls": lambda _: list(sandbox.calls),
            "held": lambda _: sandbox.faults.held(),
            "connections": lambda _: {"connected": sandbox.sockets.connected},
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._sandbox.credentials.control_token.encode()):
            return web.json_response({"error": "unauthorized", "message": "the control token is missing"}, status=401)
        path = request.match_info["path"]
        try:
            if request.method == "POST":
                return web.json_response(await self.act(path, await body_of(request)))
            return web.json_response(await self.look(path, dict(request.query)))
        except ControlError as error:
            return web.json_response({"error": error.error, "message": str(error)}, status=error.status)

    async def act(self, path: str, asked: Json) -> Any:
        """Do what is asked at this path, and say what came of it.

        Raises:
            ControlError: there is no such path, or it cannot be done.
        """
        return await _handled(self._posts, path, asked)

    async def look(self, path: str, asked: Json) -> Any:
        """What there is to see at this path.

        Raises:
            ControlError: there is no such path, or nothing of that name.
        """
        return await _handled(self._gets, path, asked)

    async def _reset(self, asked: Json) -> Json:  # noqa: ARG002 - every handler is called alike
        await self._sandbox.reset()
        return {"ok": True}

    def _beside(self, asked: Json) -> Json:
        """Name another page that the chat page leads to: `name` and `address`."""
        name, address = str(asked.get("name") or ""), str(asked.get("address") or "")
        if not name or not address.startswith("http://127.0.0.1:"):
            raise ControlError("invalid_arguments", "a name and an address on this machine are needed")
        self._sandbox.beside = {"name": name, "address": address}
        return {"ok": True}

    async def _changes(self, asked: Json) -> Json:
        after, wait = int(_number(asked, "after")), min(_number(asked, "wait"), LONGEST_WAIT)
        found = await self._sandbox.changes.after(after, wait)
        return {"next": found[-1]["seq"] if found else max(after, 0), "changes": found}

    def _screen(self, asked: Json) -> list[Json]:
        who, channel = self._seen(asked)
        world = self._sandbox.world
        private = [
            each.message for each in world.ephemerals.values() if each.user == who.id and each.channel == channel.id
        ]
        return sorted([*channel.messages.values(), *private], key=lambda message: str(message["ts"]))

    def _seen(self, asked: Json) -> tuple[Person, Any]:
        who = people.person(self._sandbox, str(asked.get("user", "")))
        return who, people.place(self._sandbox, who.id, str(asked.get("channel", "")))

    def _views(self, asked: Json) -> list[Json]:
        who = people.person(self._sandbox, str(asked.get("user", "")))
        return self._sandbox.views.stacks.get(who.id, [])

    def _home(self, asked: Json) -> Json | None:
        return self._sandbox.views.homes.get(people.person(self._sandbox, str(asked.get("user", ""))).id)

    def _channels(self, asked: Json) -> list[Json]:  # noqa: ARG002 - every handler is called alike
        return [
            {
                "id": each.id,
                "name": each.name,
                "kind": each.kind,
                "members": sorted(each.members),
                "with_bot": each.with_bot,
            }
            for each in self._sandbox.world.channels.values()
        ]

    def _redeliver(self, asked: Json) -> Json:
        same = bool(asked.get("same_envelope"))
        return {"id": self._sandbox.deliveries.redeliver(str(asked.get("id", "")), same_envelope=same)}

    def _fault(self, asked: Json) -> Json:
        if asked.get("clear"):
            self._sandbox.faults.clear()
        else:
            self._sandbox.faults.add(asked)
        return {"ok": True}

    def _hold(self, asked: Json) -> Json:
        self._sandbox.faults.hold(str(asked.get("method", "")), str(asked.get("when") or "before"))
        return {"ok": True}

    def _rate_limits(self, asked: Json) -> Json:
        self._sandbox.faults.rate_limits = bool(asked.get("on"))
        return {"ok": True}

    async def _disconnect(self, asked: Json) -> Json:
        sockets = self._sandbox.sockets
        if asked.get("drop"):
            return {"connections": sockets.drop()}
        reason = str(asked.get("reason", ""))
        if reason not in REASONS:
            raise ControlError("invalid_reason", f"reason must be one of {', '.join(REASONS)}")
        return {"connections": await sockets.disconnect(reason)}

    def _event(self, asked: Json) -> Json:
        event = asked.get("event")
        if not isinstance(event, dict) or "type" not in event:
            raise ControlError("invalid_event", "event must be an object with a type")
        channel = self._sandbox.world.channels.get(str(event.get("channel", "")))
        return {"delivery_ids": [self._sandbox.events.send(event, channel)]}

    async def _verify_url(self, asked: Json) -> Json:  # noqa: ARG002 - every handler is called alike
        if self._sandbox.requests is None:
            raise ControlError("no_request_url", "this sandbox was started without --request-url")
        return {"verified": await self._sandbox.requests.verify_url()}

    def _add_person(self, asked: Json) -> Json:
        world = self._sandbox.world
        name = str(asked.get("name", ""))
        if not name or world.person_named(name):
            raise ControlError("name_taken", f"give a name that nobody has yet, not {name!r}")
        fields = {
            "id": f"U0{name.upper().replace('-', '')}",
            "real_name": name.title(),
            "email": f"{name}@example.com",
            **{key: value for key, value in asked.items() if key != "channels"},
        }
        try:
            person = Person(**fields)
        except TypeError as error:
            raise ControlError("invalid_person", str(error)) from error
        world.people[person.id] = person
        sent: list[str] = []
        for channel in asked.get("channels", ["#ml-help"]):
            sent += self._into(person, str(channel))
        return asdict(person) | {"delivery_ids": sent}

    def _into(self, person: Person, name: str) -> list[str]:
        channel = self._sandbox.world.channel_named(name)
        if channel is None:
            raise ControlError("channel_not_found", f"there is no channel {name!r}", 404)
        self._sandbox.world.add_member(channel, person.id)
        return self._sandbox.events.joined(channel, person.id)

    def _join(self, asked: Json) -> Json:
        person = people.person(self._sandbox, str(asked.get("user", "")))
        return {"delivery_ids": self._into(person, str(asked.get("channel", "")))}

    def _leave(self, asked: Json) -> Json:
        """Somebody, the bot too, is taken out of a channel; Slack tells an app that is out nothing any more."""
        person = people.person(self._sandbox, str(asked.get("user", "")))
        channel = self._sandbox.world.channel_named(str(asked.get("channel", "")))
        if channel is None or person.id not in channel.members:
            raise ControlError("not_in_channel", f"{person.name} is not in that channel", 404)
        with_bot = channel.with_bot
        self._sandbox.world.remove_member(channel, person.id)
        still = with_bot and channel.with_bot
        return {"delivery_ids": self._sandbox.events.left(channel, person.id) if still else []}

    def _add_channel(self, asked: Json) -> Json:
        world = self._sandbox.world
        name = str(asked.get("name", "")).removeprefix("#")
        if not name or world.channel_named(name):
            raise ControlError("name_taken", f"give a name that no channel has yet, not {name!r}")
        members = [people.person(self._sandbox, str(each)).id for each in asked.get("members", [])]
        if asked.get("bot", True):
            members.append(seed.BOT_USER_ID)
        made = world.add_channel(
            str(asked.get("id") or new_id("C")), name, members, is_private=bool(asked.get("is_private"))
        )
        return {"id": made.id, "name": made.name}


async def response_url(sandbox: Sandbox, request: web.Request) -> web.StreamResponse:
    """A post to a response_url."""
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
    shown = body if isinstance(body, dict) else {}
    try:
        fault = sandbox.faults.next_for("response_url")
        if fault is not None:
            sandbox.faults.refuse(fault)
        await sandbox.faults.wait_if_held("response_url", shown, done=False)
        sandbox.responses.post(request.path, shown)
    except SlackError as error:
        sandbox.note_call("response_url", shown, error.body(), error.status)
        return web.json_response(error.body(), status=error.status)
    sandbox.note_call("response_url", shown, {"ok": True}, 200)
    return web.Response(text="ok")


async def _handled(handlers: dict[str, Handler], path: str, asked: Json) -> Any:
    handler = handlers.get(path)
    if handler is None:
        raise ControlError("not_found", "there is no such path", 404)
    found = handler(asked)
    return await found if isinstance(found, Awaitable) else found


def _number(asked: Json, name: str) -> float:
    try:
        return float(asked.get(name) or 0)
    except ValueError as error:
        raise ControlError("invalid_number", f"{name} must be a number") from error


async def body_of(request: web.Request) -> Json:
    """The JSON object that was posted.

    Raises:
        ControlError: it is none.
    """
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise ControlError("invalid_json", "the body must be JSON") from error
    if not isinstance(body, dict):
        raise ControlError("invalid_json", "the body must be a JSON object")
    return body
