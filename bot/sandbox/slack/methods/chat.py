"""Messages: posted, shown to one person, edited, deleted, linked to; and reactions on them."""

from bot.sandbox.slack import seed
from bot.sandbox.slack.methods.registry import Method, joined_channel, readable_channel, writable_channel
from bot.sandbox.slack.outgoing import content, signed_by_bot, thread_of
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import Channel


def post_message(sandbox: Sandbox, args: Args) -> Json:
    """Post into a channel, a thread, or the direct message with a person."""
    channel = writable_channel(sandbox, args.text("channel"))
    fields = {**content(args), **thread_of(args)}
    if args.flag("reply_broadcast") and "thread_ts" in fields:
        fields["subtype"] = "thread_broadcast"
    message, _ = sandbox.publish(channel, signed_by_bot(fields))
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def post_ephemeral(sandbox: Sandbox, args: Args) -> Json:
    """Show a message to one person; it is stored nowhere."""
    user = args.text("user")
    if user not in sandbox.world.people:
        raise SlackError("user_not_found")
    channel = writable_channel(sandbox, args.text("channel"))
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    fields = {**content(args), **thread_of(args), "is_ephemeral": True}
    fields.pop("metadata", None)
    return {"message_ts": sandbox.world.show(channel, user, signed_by_bot(fields))}


def _own_message(sandbox: Sandbox, args: Args, refusal: str) -> tuple[Channel, Json]:
    channel = joined_channel(sandbox, args.text("channel"))
    message = channel.messages.get(args.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.get("bot_id") != seed.BOT_ID:
        raise SlackError(refusal)
    return channel, message


def update(sandbox: Sandbox, args: Args) -> Json:
    """Edit a message of the bot's; blocks, attachments and metadata that are not given stay."""
    channel, message = _own_message(sandbox, args, "cant_update_message")
    fields = content(args, is_update=True)
    for name in ("blocks", "attachments"):
        if args.structure(name) == []:
            fields[name] = None
    if args.structure("metadata") == {}:
        fields["metadata"] = None
    fields["edited"] = {"user": seed.BOT_ID, "ts": sandbox.world.next_ts()}
    before = sandbox.world.edit(channel, message["ts"], fields)
    sandbox.events.changed(channel, message, before)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}


def delete(sandbox: Sandbox, args: Args) -> Json:
    """Take a message of the bot's away."""
    channel, message = _own_message(sandbox, args, "cant_delete_message")
    sandbox.events.deleted(channel, sandbox.world.delete(channel, message["ts"]))
    return {"channel": channel.id, "ts": message["ts"]}


def get_permalink(sandbox: Sandbox, args: Args) -> Json:
    """The address of a message."""
    channel = readable_channel(sandbox, args.text("channel"))
    ts = args.text("message_ts")
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"{sandbox.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.get("thread_ts", ts) != ts:
        link += f"?thread_ts={message['thread_ts']}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(sandbox: Sandbox, args: Args) -> Json:
    """Put the bot's reaction on a message."""
    channel = joined_channel(sandbox, args.text("channel"))
    react(sandbox, channel, args.text("timestamp"), seed.BOT_USER_ID, args.text("name"))
    return {}


def react(sandbox: Sandbox, channel: Channel, ts: str, user: str, name: str) -> list[str]:
    """Put somebody's reaction on a message; returns the ids of the deliveries.

    Raises:
        SlackError: `message_not_found`, `invalid_name` or `already_reacted`.
    """
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if not name or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise SlackError("invalid_name")
    reactions: list[Json] = [dict(each) for each in message.get("reactions", [])]
    reaction = next((each for each in reactions if each["name"] == name), None)
    if reaction is None:
        reaction = {"name": name, "users": [], "count": 0}
        reactions.append(reaction)
    if user in reaction["users"]:
        raise SlackError("already_reacted")
    reaction |= {"users": [*reaction["users"], user], "count": reaction["count"] + 1}
    sandbox.world.edit(channel, ts, {"reactions": reactions})
    return sandbox.events.reacted(channel, ts, user, name)


METHODS = {
    "chat.postMessage": Method(post_message, ("channel",)),
    "chat.postEphemeral": Method(post_ephemeral, ("channel", "user")),
    "chat.update": Method(update, ("channel", "ts")),
    "chat.delete": Method(delete, ("channel", "ts")),
    "chat.getPermalink": Method(get_permalink, ("channel", "message_ts")),
    "reactions.add": Method(add_reaction, ("channel", "timestamp", "name")),
}
