"""Channels and what has been said in them."""

from bot.sandbox.slack import seed
from bot.sandbox.slack.methods.registry import Method, joined_channel, page, readable_channel
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError, not_in_the_sandbox
from bot.sandbox.slack.world import Channel

KINDS = {"channel": "public_channel", "group": "private_channel", "im": "im"}


def described(sandbox: Sandbox, channel: Channel) -> Json:
    """A channel as `conversations.info` gives it."""
    if channel.kind == "im":
        return {
            "id": channel.id,
            "created": channel.created,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.other_than_bot(),
            "is_user_deleted": False,
            "is_open": True,
        }
    shared = sandbox.world.is_shared(channel)
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind == "group",
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_member": channel.with_bot,
        "created": channel.created,
        "creator": seed.OLIVIA.id,
        "context_team_id": seed.TEAM_ID,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def open_(sandbox: Sandbox, args: Args) -> Json:
    """The direct message with one person."""
    if "channel" in args:
        channel = readable_channel(sandbox, args.text("channel"))
        if channel.kind != "im":
            raise SlackError("method_not_supported_for_channel_type")
    else:
        channel = _with_person(sandbox, args.names("users"))
    whole = args.flag("return_im")
    return {"channel": described(sandbox, channel) if whole else {"id": channel.id}}


def _with_person(sandbox: Sandbox, users: list[str]) -> Channel:
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise not_in_the_sandbox("conversations.open with several people")
    person = sandbox.world.people.get(users[0])
    if person is None:
        raise SlackError("user_not_found")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    if person.deleted:
        raise SlackError("user_disabled")
    return sandbox.world.im_with(person.id)


def info(sandbox: Sandbox, args: Args) -> Json:
    """One channel."""
    return {"channel": described(sandbox, readable_channel(sandbox, args.text("channel")))}


def members(sandbox: Sandbox, args: Args) -> Json:
    """Who is in a channel."""
    channel = readable_channel(sandbox, args.text("channel"))
    found, following = page(args, sorted(channel.members))
    return {"members": found, "response_metadata": {"next_cursor": following}}


def list_(sandbox: Sandbox, args: Args) -> Json:
    """The channels that the bot can see, of the `types` asked for."""
    wanted = args.names("types") or ["public_channel"]
    seen = [
        each
        for each in sandbox.world.channels.values()
        if KINDS[each.kind] in wanted and (each.kind == "channel" or each.with_bot)
    ]
    if args.flag("exclude_archived"):
        seen = [each for each in seen if not each.is_archived]
    found, following = page(args, seen)
    rows = [described(sandbox, each) for each in found]
    return {"channels": rows, "response_metadata": {"next_cursor": following}}


def history(sandbox: Sandbox, args: Args) -> Json:
    """What was said in a channel, newest first, without the replies inside threads."""
    channel = joined_channel(sandbox, args.text("channel"))
    spoken = [each for each in channel.in_order() if _in_channel(each) and _within(args, each["ts"])]
    found, following = page(args, spoken[::-1])
    return _messages(args, found, following)


def replies(sandbox: Sandbox, args: Args) -> Json:
    """A thread: the message it hangs on, then its replies, oldest first."""
    channel = joined_channel(sandbox, args.text("channel"))
    thread = channel.thread(args.text("ts"))
    if not thread:
        raise SlackError("thread_not_found")
    root = [each for each in thread if each["ts"] == args.text("ts")]
    rest = [each for each in thread if each not in root and _within(args, each["ts"])]
    found, following = page(args, [*root, *rest])
    return _messages(args, found, following)


def _in_channel(message: Json) -> bool:
    return message.get("thread_ts", message["ts"]) == message["ts"] or message.get("subtype") == "thread_broadcast"


def _within(args: Args, ts: str) -> bool:
    oldest, latest, inclusive = args.text("oldest"), args.text("latest"), args.flag("inclusive")
    try:
        now = float(ts)
        after = not oldest or now > float(oldest) or (inclusive and now == float(oldest))
        before = not latest or now < float(latest) or (inclusive and now == float(latest))
    except ValueError as error:
        raise SlackError("invalid_ts_oldest" if oldest else "invalid_ts_latest") from error
    return after and before


def _messages(args: Args, found: list[Json], following: str) -> Json:
    hidden = () if args.flag("include_all_metadata") else ("metadata",)
    rows = [{name: value for name, value in each.items() if name not in hidden} for each in found]
    body: Json = {"messages": rows, "has_more": bool(following), "pin_count": 0}
    return body | ({"response_metadata": {"next_cursor": following}} if following else {})


METHODS = {
    "conversations.open": Method(open_),
    "conversations.info": Method(info, ("channel",)),
    "conversations.members": Method(members, ("channel",)),
    "conversations.list": Method(list_),
    "conversations.history": Method(history, ("channel",)),
    "conversations.replies": Method(replies, ("channel", "ts")),
}
