"""From a Slack delivery to the key and the few fields that are stored.

The key names the thing, not the delivery: a redelivered message, or one that arrives as two events, is one request.
Stored fields never include a token.
"""

from typing import Any

from bot.domain.workspaces import marked

NAME = "aml-bot"
_FILES = 10


def of(body: dict[str, Any]) -> str:
    """What Slack calls a delivery: an event's id, or what a command, click or form was triggered by."""
    return str(body.get("event_id") or body.get("trigger_id") or "")


def message_key(team: str, event: dict[str, Any]) -> str:
    """A message is its place and its timestamp: a mention in the help channel arrives as two events."""
    return f"m:{team}:{event['channel']}:{event['ts']}"


def message(team: str, event: dict[str, Any]) -> dict[str, Any]:
    """The fields of a message event that its handler needs; `thread_ts` is "" at the top level."""
    return {
        "team": team,
        "user": event["user"],
        "channel": event["channel"],
        "ts": event["ts"],
        "thread_ts": event.get("thread_ts", ""),
        "direct": event.get("channel_type") == "im",
        "text": event.get("text", ""),
        "files": [
            {"name": str(each.get("name", "")), "url": str(each.get("url_private", "")), "size": each.get("size", 0)}
            for each in (event.get("files") or ())[:_FILES]
            if isinstance(each, dict)
        ],
    }


def opened_key(team: str, event: dict[str, Any]) -> str:
    """A tab or conversation that somebody opened; it has no id but its time."""
    return f"o:{team}:{event['user']}:{event['event_ts']}"


def opened(team: str, event: dict[str, Any]) -> dict[str, Any]:
    """The fields of an opened Home tab or conversation; `is_new`: nothing has been shown in the tab yet."""
    return {
        "team": team,
        "user": event["user"],
        "channel": event.get("channel", ""),
        "thread_ts": event.get("thread_ts", ""),
        "is_new": "view" not in event,
    }


def command_key(body: dict[str, Any]) -> str:
    """A slash command has no id of its own but its trigger."""
    return f"c:{body['trigger_id']}"


def command(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a slash command that its handler needs."""
    return {
        "team": body["team_id"],
        "user": body["user_id"],
        "channel": body["channel_id"],
        "text": body.get("text", ""),
        "response_url": body.get("response_url", ""),
        "delivery": of(body),
    }


def view_key(view: dict[str, Any]) -> str:
    """A submitted view; its id is unique and it can be submitted once."""
    return f"v:{view['id']}"


def action_key(body: dict[str, Any], action: dict[str, Any]) -> str:
    """A click: the verb and its object, who clicked and when.

    Who and when are part of it because somebody who was refused may click again once it is granted; that an effect
    happens once is the business of the object's own key in Azure or in our tables.
    """
    return f"b:{action['action_id']}:{action.get('value', '')}:{body['user']['id']}:{action['action_ts']}"


def action(body: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    """The fields of a click in a message that its handler needs."""
    container = body.get("container", {})
    message = body.get("message") or {}
    return {
        "team": body["user"].get("team_id") or body["team"]["id"],
        "user": body["user"]["id"],
        "channel": (body.get("channel") or {}).get("id") or container.get("channel_id", ""),
        "ts": container.get("message_ts", ""),
        "thread_ts": message.get("thread_ts") or container.get("thread_ts", ""),
        "ephemeral": bool(container.get("is_ephemeral")),
        "action_id": action["action_id"],
        "workspace": marked(str(action.get("block_id", ""))),
        "value": action.get("value", ""),
        "response_url": body.get("response_url", ""),
        "delivery": of(body),
    }
