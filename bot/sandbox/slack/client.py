"""A client for the control address: be any person, look at any screen, break what can break. Standard library only."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.sandbox.slack.wire import ControlError, Json

TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of typing: a message (with its `ts`) or a command; `refused` holds Slack's own words against it."""

    kind: str
    channel: str
    delivery_ids: tuple[str, ...]
    ts: str = ""
    trigger_id: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that became visible: kind is posted, updated, deleted, ephemeral, view_opened, view_updated,
    view_closed, prompts, status, or notice (Slack's own words to one person). `at` is in seconds, UTC."""

    seq: int
    at: float
    kind: str
    visible_to: tuple[str, ...]
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    message: Json | None = None
    view: Json | None = None
    text: str = ""
    prompts: Json | None = None
    status: Json | None = None

    @classmethod
    def of(cls, row: Json) -> Self:
        """From the wire."""
        return cls(
            seq=row["seq"],
            at=row["at"],
            kind=row["kind"],
            visible_to=tuple(row["visible_to"]),
            channel=row.get("channel") or "",
            ts=row.get("ts") or "",
            thread_ts=row.get("thread_ts") or "",
            message=row.get("message"),
            view=row.get("view"),
            text=row.get("text") or "",
            prompts=row.get("prompts"),
            status=row.get("status"),
        )


class SandboxClient:
    """One method per thing that can be asked of the control address; thread-safe, a connection per call.

    Every method raises `ControlError` when the sandbox refuses, and `OSError` when it cannot be reached.
    """

    def __init__(self, control: str, token: str) -> None:
        self.control = control.rstrip("/")
        self._token = token
        # no proxy of the environment may come between us and loopback
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @classmethod
    def from_ready(cls, ready: Json) -> Self:
        """From the line that the sandbox prints when it is ready."""
        return cls(ready["control"], ready["control_token"])

    def _ask(self, request: urllib.request.Request, timeout: float) -> Any:
        request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
            try:
                found = json.loads(body)
            except ValueError:
                found = {"error": "server_error", "message": f"the sandbox answered {error.code}"}
            raise ControlError(found["error"], found["message"], error.code) from error

    def get(self, path: str, timeout: float = TIMEOUT, **query: Any) -> Any:
        """GET a path of the control address."""
        words = {name: value for name, value in query.items() if value is not None}
        address = f"{self.control}/{path}?{urllib.parse.urlencode(words)}"
        return self._ask(urllib.request.Request(address), timeout)  # noqa: S310 - the address is our own http one

    def post(self, path: str, timeout: float = TIMEOUT, **body: Any) -> Any:
        """POST a JSON object to a path of the control address."""
        data = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        headers = {"Content-Type": "application/json"}
        address = f"{self.control}/{path}"
        request = urllib.request.Request(address, data, headers)  # noqa: S310 - the address is our own http one
        return self._ask(request, timeout)

    # What people do

    def type(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        autolink: bool = False,
        files: Mapping[str, bytes] | None = None,
    ) -> Sent:
        """Type `text` in a channel (id, "#name", or "dm" for the bot's direct message) and press Enter;
        `files` (content by name) are attached."""
        attached = [
            {"name": name, "content": base64.b64encode(body).decode()} for name, body in (files or {}).items()
        ] or None
        row = self.post(
            "type",
            user=user,
            channel=channel,
            text=text,
            thread_ts=thread_ts,
            autolink=autolink or None,
            files=attached,
        )
        return Sent(**{**row, "delivery_ids": tuple(row["delivery_ids"])})

    def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: Any = None,
    ) -> Json:
        """Use a button, or choose `value` in a menu, of a message that the person sees."""
        found: Json = self.post(
            "click", user=user, channel=channel, ts=ts, action_id=action_id, block_id=block_id, value=value
        )
        return found

    def submit(self, user: str, view_id: str, values: dict[str, dict[str, Any]] | None = None) -> Json:
        """Fill a modal in and submit it: {"ok": true}, {"errors": {block_id: text}} or {"trouble": text}."""
        found: Json = self.post("view/submit", user=user, view_id=view_id, values=values or {})
        return found

    def close_view(self, user: str, view_id: str, *, everything: bool = False) -> Json:
        """Close a modal, or the whole stack."""
        found: Json = self.post("view/close", user=user, view_id=view_id, all=everything)
        return found

    def act_in_view(
        self, user: str, view_id: str, action_id: str, *, block_id: str | None = None, value: Any = None
    ) -> Json:
        """Use an element inside an open view or the Home tab."""
        found: Json = self.post(
            "view/action", user=user, view_id=view_id, action_id=action_id, block_id=block_id, value=value
        )
        return found

    def options(self, user: str, action_id: str, query: str, **source: Any) -> Json:
        """What an external select offers for `query`; `source` is view_id=, or channel= and ts=."""
        found: Json = self.post("options", user=user, action_id=action_id, query=query, **source)
        return found

    def react(self, user: str, channel: str, ts: str, name: str) -> Json:
        """Put a reaction on a message."""
        found: Json = self.post("react", user=user, channel=channel, ts=ts, name=name)
        return found

    def open_home(self, user: str, tab: str = "home") -> Json:
        """Open the bot's Home tab, or its Messages tab."""
        found: Json = self.post("home", user=user, tab=tab)
        return found

    # What people see

    def people(self) -> list[Json]:
        """Everybody, the bot included."""
        found: list[Json] = self.get("people")
        return found

    def channels(self) -> list[Json]:
        """Every channel and direct message, with its members."""
        found: list[Json] = self.get("channels")
        return found

    def screen(self, user: str, channel: str) -> list[Json]:
        """The messages that a person sees in a channel, ephemeral ones included, oldest first."""
        found: list[Json] = self.get("screen", user=user, channel=channel)
        return found

    def views(self, user: str) -> list[Json]:
        """The modals that a person has open; the last is on top."""
        found: list[Json] = self.get("views", user=user)
        return found

    def home(self, user: str) -> Json | None:
        """A person's Home tab, once it is published."""
        found: Json | None = self.get("home", user=user)
        return found

    def changes(self, after: int = 0, wait: float = 0.0) -> tuple[int, list[Change]]:
        """What became visible after `after`; waits up to `wait` seconds (30 at most) for something.

        Returns the number to ask after next time, and the changes in order.
        """
        body = self.get("changes", timeout=wait + TIMEOUT, after=after, wait=wait)
        return body["next"], [Change.of(row) for row in body["changes"]]

    # What the app did and got

    def deliveries(self, *ids: str) -> list[Json]:
        """Every attempt to hand the app a payload; only those of these payloads when ids are given."""
        found: list[Json] = self.get("deliveries", ids=",".join(ids))
        return found

    def calls(self, method: str | None = None) -> list[Json]:
        """The app's Web API calls (method, args, ok, error), oldest first; posts to a response_url among them."""
        found: list[Json] = self.get("calls")
        return [call for call in found if method in (None, call["method"])]

    def held(self) -> list[Json]:
        """The calls that are kept open."""
        found: list[Json] = self.get("held")
        return found

    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return int(self.get("connections")["connected"])

    # What the sandbox's owner can do

    def redeliver(self, delivery_id: str, *, same_envelope: bool = False) -> str:
        """Send a payload once more under its old event id; returns the new attempt's id."""
        return str(self.post("redeliver", id=delivery_id, same_envelope=same_envelope)["id"])

    def send_event(self, event: Json) -> list[str]:
        """Send any inner event as it is; returns the delivery ids."""
        return list(self.post("event", event=event)["delivery_ids"])

    def fault(
        self,
        method: str,
        *,
        times: int = 1,
        error: str | None = None,
        http_status: int | None = None,
        retry_after: int | None = None,
        delay: float | None = None,
        drop_response: bool | None = None,
    ) -> None:
        """Let the next calls of a method ("*" for any, "response_url" for those posts) go wrong."""
        self.post(
            "faults",
            method=method,
            times=times,
            error=error,
            http_status=http_status,
            retry_after=retry_after,
            delay=delay,
            drop_response=drop_response,
        )

    def clear_faults(self) -> None:
        """Forget the planned faults."""
        self.post("faults", clear=True)

    def hold(self, method: str, when: str = "before") -> None:
        """Keep calls of a method open, before or after their effect."""
        self.post("hold", method=method, when=when)

    def release(self, method: str | None = None) -> int:
        """Let held calls go on; returns how many."""
        return int(self.post("release", method=method)["released"])

    def rate_limits(self, *, on: bool) -> None:
        """Switch Slack's tiers on or off."""
        self.post("rate_limits", on=on)

    def disconnect(self, reason: str | None = None, *, drop: bool = False) -> int:
        """Send every connection a disconnect message, or cut the TCP connections; returns how many."""
        return int(self.post("disconnect", reason=reason, drop=drop or None)["connections"])

    def reset(self) -> None:
        """Back to the seed: nothing said, nothing open, nothing broken, every connection cut."""
        self.post("reset")

    def verify_url(self) -> bool:
        """Make the url_verification handshake with the request URL."""
        return bool(self.post("verify_url")["verified"])

    def add_person(self, name: str, **fields: Any) -> Json:
        """Add somebody: `channels` (names; #ml-help by default), `team_id` of another team, `is_bot`, `deleted`..."""
        found: Json = self.post("people", name=name, **fields)
        return found

    def add_channel(self, name: str, members: list[str], **fields: Any) -> Json:
        """Open a channel: `is_private`, and `bot` false to leave the bot out."""
        found: Json = self.post("channels", name=name, members=members, **fields)
        return found

    def join(self, user: str, channel: str) -> Json:
        """Bring somebody, the bot too, into a channel."""
        found: Json = self.post("channels/join", user=user, channel=channel)
        return found
