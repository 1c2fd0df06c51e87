"""What people do with buttons, menus and modals, and what Slack's client makes of the app's answer."""

import time
from typing import Any

from bot.sandbox.slack import forms, people, seed, validate
from bot.sandbox.slack.delivery import Answer, Delivery
from bot.sandbox.slack.log import log
from bot.sandbox.slack.responses import Origin
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.seed import Person
from bot.sandbox.slack.wire import ControlError, Json, SlackError
from bot.sandbox.slack.world import Channel

OPTION_LISTS_KEPT = 200


class Interactions:
    """Interactive payloads: block_actions, view_submission, view_closed and block_suggestion."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._offered: dict[tuple[str, str], list[Json]] = {}

    def click(self, asked: Json) -> Json:
        """A person uses an element of a message that they see."""
        who, channel, message = self._message(asked)
        block, element = forms.element_in(_blocks(message), str(asked.get("action_id")), asked.get("block_id"))
        action = self._action(block, element, asked, message["ts"])
        ephemeral = message["ts"] in self._sandbox.world.ephemerals
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
        payload = self._payload("block_actions", who) | {
            "container": container | {"is_ephemeral": ephemeral},
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": forms.state_of(_blocks(message))},
            "response_url": self._sandbox.responses.url("actions", who.id, channel.id, message["ts"]),
            "actions": [action],
        }
        if "thread_ts" in message:
            payload["container"]["thread_ts"] = message["thread_ts"]
        if not ephemeral:
            payload["message"] = message
        return self._send_action(payload, Origin(who.id, channel.id, message["ts"]))

    def act_in_view(self, asked: Json) -> Json:
        """A person uses an element inside an open view."""
        who, view = self._view(asked)
        block, element = forms.element_in(view["blocks"], str(asked.get("action_id")), asked.get("block_id"))
        action = self._action(block, element, asked, view["id"])
        if element["type"] in forms.FIELDS:
            field = forms.FIELDS[element["type"]][0]
            view["state"]["values"][block["block_id"]][element["action_id"]] = {
                "type": element["type"],
                field: action.get(field),
            }
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {"delivery_ids": []}  # an input that does not dispatch is only filled in
        payload = self._payload("block_actions", who) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "actions": [action],
        }
        return self._send_action(payload, None)

    def _send_action(self, payload: Json, origin: Origin | None) -> Json:
        delivery = self._sandbox.deliveries.made("interactive", payload)
        self._sandbox.deliveries.background(self._finish_action(delivery, origin))
        return {"delivery_ids": [delivery.id], "trigger_id": payload["trigger_id"]}

    async def _finish_action(self, delivery: Delivery, origin: Origin | None) -> None:
        answer = await self._sandbox.deliveries.attempt(delivery)
        if not answer.acked:
            user, channel = delivery.payload["user"]["id"], origin.channel if origin else None
            people.trouble(self._sandbox, answer, user, channel)
        delivery.settled = True

    async def submit(self, asked: Json) -> Json:
        """A person fills a modal in and presses its submit button."""
        who, view = self._view(asked)
        self._fill(view, asked.get("values") or {})
        errors = forms.refused_by_client(view["blocks"], view["state"]["values"])
        if errors:
            return {"errors": errors, "by": "client", "delivery_ids": []}
        payload = self._payload("view_submission", who) | {"view": view, "response_urls": []}
        delivery = self._sandbox.deliveries.made("interactive", payload)
        answer = await self._sandbox.deliveries.once(delivery)
        sent = {"delivery_ids": [delivery.id]}
        if not answer.acked:
            words = people.trouble(self._sandbox, answer, who.id, view_id=view["id"])
            return {"trouble": words, **sent}
        try:
            return self._after_submit(who, view, answer) | sent
        except SlackError as error:
            log.warning("the answer to a submission was refused: %s %s", error.error, "; ".join(error.messages))
            words = people.trouble(self._sandbox, Answer(acked=False), who.id, view_id=view["id"])
            return {"trouble": words, "error": error.error, **sent}

    def _fill(self, view: Json, values: Json) -> None:
        for block_id, fields in values.items():
            for action_id, given in fields.items():
                _, element = forms.element_in(view["blocks"], action_id, block_id)
                offered = self._offered.get((view["id"], action_id))
                now = forms.filled(element, given, offered)
                view["state"]["values"].setdefault(block_id, {})[action_id] = now

    def _after_submit(self, who: Person, view: Json, answer: Answer) -> Json:
        body = answer.payload if isinstance(answer.payload, dict) else {}
        views = self._sandbox.views
        match body.get("response_action"):
            case None:
                views.close(who.id, view["id"])
            case "clear":
                self._tell_closed(who, views.close_all(who.id)[:-1], cleared=True)
            case "update":
                views.update(view["id"], body.get("view") or {})
            case "push":
                views.push_for(who.id, validate.view(body.get("view")))
            case "errors":
                return {"errors": _errors(view, body.get("errors")), "by": "app"}
            case other:
                raise SlackError("invalid_response_action", [f"[ERROR] unknown response_action: {other}"])
        return {"ok": True}

    def close(self, asked: Json) -> Json:
        """A person closes the modal they see: that one, or all of them with `all`."""
        who, view = self._view(asked)
        views = self._sandbox.views
        everything = bool(asked.get("all") or view["clear_on_close"])
        closed = views.close_all(who.id) if everything else views.close(who.id, view["id"])
        return {"delivery_ids": self._tell_closed(who, closed, cleared=everything)}

    def _tell_closed(self, who: Person, closed: list[Json], *, cleared: bool) -> list[str]:
        sent = []
        for view in closed:
            if view["notify_on_close"]:
                payload = self._payload("view_closed", who) | {"view": view, "is_cleared": cleared}
                del payload["trigger_id"]
                delivery = self._sandbox.deliveries.made("interactive", payload)
                self._sandbox.deliveries.background(self._sandbox.deliveries.once(delivery))
                sent.append(delivery.id)
        return sent

    async def options(self, asked: Json) -> Json:
        """A person types into an external select; what the app offers is remembered for the choice."""
        if asked.get("view_id"):
            who, source = self._view(asked)
            container = {"container": {"type": "view", "view_id": source["id"]}, "view": source}
            key = source["id"]
        else:
            who, channel, source = self._message(asked)
            place = {"type": "message", "message_ts": source["ts"], "channel_id": channel.id}
            container = {"container": place, "message": source, "channel": {"id": channel.id, "name": channel.name}}
            key = source["ts"]
        block, element = forms.element_in(_blocks(source), str(asked.get("action_id")), asked.get("block_id"))
        payload = self._payload("block_suggestion", who) | container
        del payload["trigger_id"]
        payload |= {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "value": str(asked.get("query", "")),
        }
        delivery = self._sandbox.deliveries.made("interactive", payload)
        answer = await self._sandbox.deliveries.once(delivery)
        try:
            found = validate.suggested_options(answer.payload) if answer.acked else {"options": []}
        except SlackError as error:
            log.warning("the offered options were refused: %s", "; ".join(error.messages))
            found = {"options": [], "error": error.error, "messages": list(error.messages)}
        while len(self._offered) >= OPTION_LISTS_KEPT:
            del self._offered[next(iter(self._offered))]
        self._offered[key, element["action_id"]] = forms.options_of(found)
        return {**found, "delivery_ids": [delivery.id]}

    def _message(self, asked: Json) -> tuple[Person, Channel, Json]:
        who = people.person(self._sandbox, str(asked.get("user", "")))
        channel = people.place(self._sandbox, who.id, str(asked.get("channel", "")))
        ts = str(asked.get("ts", ""))
        shown = self._sandbox.world.ephemerals.get(ts)
        if shown is not None and (shown.user, shown.channel) == (who.id, channel.id):
            return who, channel, shown.message
        if ts in channel.messages:
            return who, channel, channel.messages[ts]
        raise ControlError("message_not_found", f"{who.name} sees no message {ts} there", 404)

    def _view(self, asked: Json) -> tuple[Person, Json]:
        who = people.person(self._sandbox, str(asked.get("user", "")))
        try:
            owner, view = self._sandbox.views.find(str(asked.get("view_id", "")))
        except SlackError as error:
            raise ControlError("view_not_found", "that view is not open", 404) from error
        if owner != who.id:
            raise ControlError("view_not_found", f"that view is not {who.name}'s", 404)
        return who, view

    def _action(self, block: Json, element: Json, asked: Json, source: str) -> Json:
        action: Json = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": f"{time.time():.6f}",
        }
        given = _given(asked)
        if element["type"] in ("button", "icon_button"):
            action["text"] = element["text"]
            action |= {name: element[name] for name in ("value", "style", "url") if name in element}
        elif element["type"] == "overflow":
            action["selected_option"] = forms.choose(element["options"], given)
        elif element["type"] == "feedback_buttons":
            action |= {"type": "feedback_buttons", "value": str(given)}
        else:
            offered = self._offered.get((source, element["action_id"]))
            action |= forms.filled(element, given, offered)
            if isinstance(element.get("placeholder"), dict):
                action["placeholder"] = element["placeholder"]
        return action

    def _payload(self, kind: str, who: Person) -> Json:
        return {
            "type": kind,
            "team": {"id": seed.TEAM_ID, "domain": seed.TEAM_NAME},
            "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team_id},
            "api_app_id": seed.APP_ID,
            "token": self._sandbox.credentials.verification_token,
            "trigger_id": self._sandbox.triggers.give(who.id),
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _given(asked: Json) -> Any:
    for name, value in asked.items():
        if name == "value" or name.startswith("selected_"):
            return value
    return None


def _blocks(message: Json) -> list[Json]:
    blocks: list[Json] = list(message.get("blocks") or ())
    for attachment in message.get("attachments") or ():
        blocks += attachment.get("blocks") or ()
    return blocks


def _errors(view: Json, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_response_action", ["[ERROR] errors must be given by the block_id of an input block"])
    return {str(block_id): str(words) for block_id, words in errors.items()}
