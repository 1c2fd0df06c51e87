"""What people do outside of views: they type, send commands, react, and open the Home tab."""

import base64
import uuid
from collections.abc import Sequence
from typing import Any

from bot.sandbox.slack import seed
from bot.sandbox.slack.delivery import Answer, Delivery
from bot.sandbox.slack.log import log
from bot.sandbox.slack.methods.chat import react
from bot.sandbox.slack.methods.files import described
from bot.sandbox.slack.responses import Origin
from bot.sandbox.slack.sandbox import File, Sandbox
from bot.sandbox.slack.seed import Person
from bot.sandbox.slack.text import rich_text, typed
from bot.sandbox.slack.wire import Args, ControlError, Json, SlackError
from bot.sandbox.slack.world import Channel, new_id

TIMEOUTS = ("timeout", "http_timeout")


def person(sandbox: Sandbox, name: str) -> Person:
    """The person with this id or name.

    Raises:
        ControlError: nobody is called that.
    """
    found = sandbox.world.person_named(name)
    if found is None:
        known = ", ".join(each.name for each in sandbox.world.people.values() if not each.is_bot)
        raise ControlError("user_not_found", f"there is nobody called {name!r}; there are: {known}", 404)
    return found


def place(sandbox: Sandbox, user: str, name: str) -> Channel:
    """The channel with this id or name that a person is in; "dm" is the direct message with the bot.

    Raises:
        ControlError: there is none, or the person is not in it.
    """
    if name in ("dm", f"@{seed.BOT_NAME}", seed.BOT_USER_ID):
        return sandbox.world.im_with(user)
    found = sandbox.world.channel_named(name)
    if found is None:
        known = ", ".join(f"#{each.name}" for each in sandbox.world.channels.values() if each.kind != "im")
        raise ControlError("channel_not_found", f"there is no channel {name!r}; there are: {known}", 404)
    if user not in found.members:
        raise ControlError("not_in_channel", f"{sandbox.world.people[user].name} is not in #{found.name}", 403)
    return found


def type_and_send(sandbox: Sandbox, asked: Json) -> Json:
    """Do what Slack does when a person presses Enter on `text`."""
    who = person(sandbox, str(asked.get("user", "")))
    if who.deleted:
        raise ControlError("user_deactivated", f"{who.name} has been deactivated and cannot type", 403)
    channel = place(sandbox, who.id, str(asked.get("channel", "")))
    text, thread = str(asked.get("text", "")), str(asked.get("thread_ts") or "")
    if not text.strip():
        raise ControlError("no_text", "there is nothing to send")
    autolink = bool(asked.get("autolink"))
    if text.startswith("/"):
        return _command(sandbox, who, channel, text, thread)
    if thread and thread not in channel.messages:
        raise ControlError("thread_not_found", "there is no such message to reply to", 404)
    files = [_shared(sandbox, who, each) for each in asked.get("files") or ()]
    words = typed(text, sandbox.world, autolink=autolink)
    return say(sandbox, who, channel, words, thread, files, client_id=_client_id(asked.get("client_msg_id")))


def _client_id(given: object) -> str:
    """The id that a client gives a message so that it knows it again; one is made where it gave none."""
    try:
        return str(uuid.UUID(str(given))) if given else str(uuid.uuid4())
    except ValueError as error:
        raise ControlError("invalid_client_msg_id", "client_msg_id must be a UUID") from error


def say(
    sandbox: Sandbox,
    who: Person,
    channel: Channel,
    text: str,
    thread: str,
    files: Sequence[Json] = (),
    *,
    client_id: str = "",
) -> Json:
    """Post text that is escaped already."""
    message: Json = {
        "type": "message",
        "client_msg_id": client_id or str(uuid.uuid4()),
        "user": who.id,
        "text": text,
        "team": who.team_id,
        "blocks": [rich_text(text, new_id("", 5))],
    }
    if files:
        message |= {"subtype": "file_share", "files": list(files), "upload": True}
    if who.is_bot:
        del message["client_msg_id"], message["blocks"]
        message |= {"bot_id": f"B{who.id[1:]}", "app_id": f"A{who.id[1:]}"}
    if thread:
        message |= {"thread_ts": thread, "parent_user_id": channel.messages[thread].get("user")}
    posted, sent = sandbox.publish(channel, message)
    return {"kind": "message", "ts": posted["ts"], "channel": channel.id, "delivery_ids": sent}


def _shared(sandbox: Sandbox, who: Person, given: Json) -> Json:
    """A file that comes with a message: its name, and its content in base64."""
    try:
        body = base64.b64decode(str(given["content"]), validate=True)
        name = str(given["name"])
    except (KeyError, TypeError, ValueError) as error:
        raise ControlError("invalid_file", "a file needs a name and its content in base64") from error
    file = File(new_id("F"), name, len(body), "", body, name, shared=True)
    sandbox.files[file.id] = file
    return described(sandbox, file) | {"user": who.id, "mode": "hosted", "is_external": False}


def _command(sandbox: Sandbox, who: Person, channel: Channel, text: str, thread: str) -> Json:
    command, _, rest = text.partition(" ")
    result: Json = {"kind": "command", "channel": channel.id, "delivery_ids": []}
    if command not in sandbox.options.commands:
        words = f"{command} is not a valid command."
        sandbox.world.notice(who.id, words, channel.id)
        return result | {"refused": words}
    if thread:
        words = f"{command} is not supported in threads. Sorry!"
        sandbox.world.notice(who.id, words, channel.id, thread_ts=thread)
        return result | {"refused": words}
    trigger = sandbox.triggers.give(who.id)
    payload = {
        "token": sandbox.credentials.verification_token,
        "team_id": who.team_id,
        "team_domain": seed.TEAM_NAME,
        "channel_id": channel.id,
        "channel_name": channel.name if channel.kind == "channel" else _private_name(channel),
        "user_id": who.id,
        "user_name": who.name,
        "command": command,
        "text": typed(rest.strip(), sandbox.world, named=True),
        "api_app_id": seed.APP_ID,
        "is_enterprise_install": "false",
        "response_url": sandbox.responses.url("commands", who.id, channel.id),
        "trigger_id": trigger,
    }
    delivery = sandbox.deliveries.made("slash_commands", payload)
    sandbox.deliveries.background(_send_command(sandbox, delivery, Origin(who.id, channel.id), command))
    return result | {"trigger_id": trigger, "delivery_ids": [delivery.id]}


def _private_name(channel: Channel) -> str:
    return "directmessage" if channel.kind == "im" else "privategroup"


async def _send_command(sandbox: Sandbox, delivery: Delivery, origin: Origin, command: str) -> None:
    answer = await sandbox.deliveries.attempt(delivery)
    if not answer.acked:
        word = "operation_timeout" if answer.reason in TIMEOUTS else "dispatch_failed"
        sandbox.world.notice(origin.user, f'{command} failed with the error "{word}"', origin.channel)
    elif answer.payload:
        show_answer(sandbox, origin, answer.payload)
    delivery.settled = True


def show_answer(sandbox: Sandbox, origin: Origin, payload: Any) -> None:
    """Show what came with an acknowledgement."""
    body = payload if isinstance(payload, dict) else {"text": str(payload)}
    try:
        sandbox.responses.say(origin, Args(body))
    except SlackError as error:
        log.warning("the answer in an acknowledgement was refused: %s %s", error.error, "; ".join(error.messages))
        sandbox.world.notice(origin.user, f'The app\'s answer failed with the error "{error.error}"', origin.channel)


def trouble(sandbox: Sandbox, answer: Answer, user: str, channel: str | None = None, **fields: str) -> str:
    """Show a person that an interaction went wrong, as Slack's client does; returns its words."""
    late = answer.reason in TIMEOUTS
    words = "This app took too long to answer. Try again?" if late else "We had some trouble connecting. Try again?"
    sandbox.world.notice(user, words, channel, **fields)
    return words


def add_reaction(sandbox: Sandbox, asked: Json) -> Json:
    """A person puts a reaction on a message."""
    who = person(sandbox, str(asked.get("user", "")))
    channel = place(sandbox, who.id, str(asked.get("channel", "")))
    try:
        sent = react(sandbox, channel, str(asked.get("ts")), who.id, str(asked.get("name", "")))
    except SlackError as error:
        raise ControlError(error.error, error.error) from error
    return {"delivery_ids": sent}


def open_home(sandbox: Sandbox, asked: Json) -> Json:
    """A person opens the bot's Home tab (or, with tab "messages", its direct messages)."""
    who = person(sandbox, str(asked.get("user", "")))
    view = sandbox.views.homes.get(who.id)
    return {"delivery_ids": sandbox.events.home_opened(who.id, str(asked.get("tab") or "home"), view)}
