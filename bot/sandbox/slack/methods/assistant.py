"""What agents and assistants show: suggested prompts and a status."""

from typing import Any

from bot.sandbox.slack.methods.registry import Method, writable_channel
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import Channel

MOST_PROMPTS = 4
MOST_LOADING_MESSAGES = 10


def set_suggested_prompts(sandbox: Sandbox, args: Args) -> Json:
    """Offer up to four prompts in a direct message.

    An agent must leave the thread out: with one the call does nothing, and Slack doesn't say so.
    """
    channel = _direct(sandbox, args.text("channel_id"))
    prompts = args.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS or not all(map(_is_prompt, prompts)):
        raise SlackError("invalid_arguments", ["[ERROR] prompts: 1 to 4, each with a title and a message"])
    thread = args.text("thread_ts")
    if thread and "agent_view" in sandbox.options.manifest.get("features", {}):
        return {}
    if thread and thread not in channel.messages:
        raise SlackError("invalid_thread_ts")
    sandbox.assistant.suggest(channel, args.text("title"), prompts, thread)
    return {}


def set_status(sandbox: Sandbox, args: Args) -> Json:
    """Say what the app is doing in a thread; its next message there takes that away."""
    channel = writable_channel(sandbox, args.text("channel_id"))
    thread = args.text("thread_ts")
    if thread not in channel.messages:
        raise SlackError("invalid_thread_ts")
    loading = args.structure("loading_messages") if "loading_messages" in args else []
    if not isinstance(loading, list) or len(loading) > MOST_LOADING_MESSAGES:
        raise SlackError("invalid_arguments", ["[ERROR] loading_messages: at most 10"])
    sandbox.assistant.set_status(channel, thread, args.text("status"), [str(each) for each in loading])
    return {}


def _direct(sandbox: Sandbox, channel_id: str) -> Channel:
    channel = sandbox.world.channels.get(channel_id)
    if channel is None or channel.kind != "im":
        raise SlackError("channel_not_found")
    return channel


def _is_prompt(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) and value[name] for name in _PROMPT)


_PROMPT = ("title", "message")

METHODS = {
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, ("channel_id", "prompts")),
    # an empty status is one: it takes the status away
    "assistant.threads.setStatus": Method(set_status, ("channel_id", "thread_ts")),
}
