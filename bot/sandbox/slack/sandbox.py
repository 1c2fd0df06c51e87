"""The parts of the sandbox, put together once."""

import time
from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.slack import seed
from bot.sandbox.slack.assistant import Assistant
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.delivery import Deliveries
from bot.sandbox.slack.events import Events
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.responses import Responses
from bot.sandbox.slack.signed_requests import SignedRequests
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import Channel, World

CALLS_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Options:
    """How this sandbox was asked to run.

    `retry_delays` are seconds before an event's second, third... attempt. `manifest` is the app's, as Slack's form
    takes it; {} when the sandbox was not told.
    """

    request_url: str = ""
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    commands: tuple[str, ...] = ("/aml",)
    held: tuple[str, ...] = ()
    rate_limits: bool = False
    manifest: Json = field(default_factory=dict)


@dataclass(slots=True)
class File:
    """An upload: made by `files.getUploadURLExternal`, filled by a post, shown once it is completed."""

    id: str
    name: str
    length: int
    secret: str
    body: bytes | None = None
    title: str = ""
    shared: bool = False
    alt: str = ""


@dataclass(slots=True)
class Sandbox:
    """Everything that a request may need."""

    options: Options
    credentials: Credentials
    base_url: str
    changes: Changes
    world: World
    sockets: Sockets
    requests: SignedRequests | None
    deliveries: Deliveries
    events: Events
    triggers: Triggers
    views: Views
    assistant: Assistant
    responses: Responses
    faults: Faults
    files: dict[str, File] = field(default_factory=dict)
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    page: str = ""
    beside: Json = field(default_factory=dict)

    @classmethod
    def made(cls, options: Options, credentials: Credentials, base_url: str) -> "Sandbox":
        """A sandbox at this address."""
        changes = Changes()
        world = World(changes)
        sockets = Sockets()
        requests = SignedRequests(options.request_url, credentials) if options.request_url else None
        deliveries = Deliveries(requests or sockets, options.retry_delays)
        events = Events(world, deliveries, credentials.verification_token)
        triggers = Triggers()
        faults = Faults()
        faults.rate_limits = options.rate_limits
        for method in options.held:
            faults.hold(method)
        return cls(
            options=options,
            credentials=credentials,
            base_url=base_url,
            changes=changes,
            world=world,
            sockets=sockets,
            requests=requests,
            deliveries=deliveries,
            events=events,
            triggers=triggers,
            views=Views(changes, triggers),
            assistant=Assistant(changes),
            responses=Responses(world, events, base_url),
            faults=faults,
        )

    def publish(self, channel: Channel, message: Json) -> tuple[Json, list[str]]:
        """Post a message and tell the app; returns it with the ids of the deliveries."""
        posted = self.world.post(channel, message)
        if "bot_id" in posted and "thread_ts" in posted:
            self.assistant.replied(channel, posted["thread_ts"])
        return posted, self.events.posted(channel, posted)

    def note_call(self, method: str, args: Json, body: Json, status: int, started: float | None = None) -> None:
        """Remember a call that the app made, with the ids of what it made; tokens have been taken out of `args`.

        `started` is when it began, in seconds of the monotonic clock.
        """
        view = body.get("view") or {}
        self.calls.append(
            {
                "at": time.time(),
                "method": method,
                "args": args,
                "ok": bool(body.get("ok")),
                "error": body.get("error"),
                "http_status": status,
                "ms": None if started is None else round((time.monotonic() - started) * 1000, 3),
                "made": body.get("ts") or body.get("message_ts") or view.get("id"),
            }
        )

    def ready(self) -> Json:
        """What somebody needs to know to use this sandbox; it holds secrets."""
        secrets = self.credentials
        return {
            "ready": True,
            "url": self.base_url,
            "api": f"{self.base_url}/api/",
            "control": f"{self.base_url}/sandbox",
            "control_token": secrets.control_token,
            "bot_token": secrets.bot_token,
            "app_token": secrets.app_token,
            "signing_secret": secrets.signing_secret,
            "team_id": seed.TEAM_ID,
            "bot_user_id": seed.BOT_USER_ID,
            "bot_id": seed.BOT_ID,
            "app_id": seed.APP_ID,
            "page": self.page,
        }

    async def reset(self) -> None:
        """Back to the seed: nothing said, nothing open, nothing broken, nobody connected."""
        await self.deliveries.close()
        self.faults.reset()
        self.sockets.drop()
        self.world.reset()
        self.views.stacks.clear()
        self.views.homes.clear()
        self.assistant.forget()
        self.files.clear()
        self.calls.clear()
        self.changes.forget()

    async def close(self) -> None:
        """End everything that is under way."""
        self.faults.release()
        await self.deliveries.close()
        await self.sockets.close()
        if self.requests is not None:
            await self.requests.close()
