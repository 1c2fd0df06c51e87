"""The manifest of the Slack app: what to paste when the app is made, every scope with its reason."""

import json
from typing import Any
from urllib.parse import urlsplit

from bot.domain.commands import ALL, Command
from bot.domain.errors import ConfigurationError

BOT_SCOPES = {
    "app_mentions:read": "hear questions and commands that mention the bot",
    "channels:history": "answer questions in the public help channel, and look whether a reply was posted already",
    "groups:history": "the same where the help channel is private",
    "im:history": "hear direct messages",
    "assistant:write": "offer questions to begin with in the conversation with the bot",
    "im:write": "answer in private where the bot is not a member of the channel",
    "chat:write": "post answers and keep the messages of runs up to date",
    "commands": "the command /aml",
    "files:read": "fetch a wheel that somebody shares and asks to add; other files are never read",
    "files:write": "post the picture of a run's metrics, a log or a file of a run that somebody asks for",
    "users:read": "tell guests, bots and people of other workspaces from members before anything is allowed",
}
EMAIL_SCOPE = "users:read.email"
# Only where identity.by_email is switched on.
OPTIONAL_SCOPES = {EMAIL_SCOPE: "find a person who isn't linked in Entra, by their confirmed e-mail address"}
APP_SCOPES = {"connections:write": "Socket Mode (made under “Basic Information”, “App-Level Tokens”)"}
BOT_EVENTS = {
    "app_home_opened": "draw the Home tab, and offer questions in the conversation with the bot",
    "app_mention": "questions and commands that mention the bot",
    "message.channels": "questions in the public help channel",
    "message.groups": "questions in a private help channel",
    "message.im": "direct messages",
}


def manifest(url: str | None = None, *, email: bool = False) -> dict[str, Any]:
    """The manifest for Socket Mode, or for signed HTTP at `url` (such as https://bot.example.com/slack/events).

    `email`: with the scope that identity.by_email needs.

    Raises:
        ConfigurationError: Slack wouldn't send anything to `url`.
    """
    if url is not None and not _is_reachable(url):
        raise ConfigurationError(
            f"Slack sends requests to an https:// address only, such as https://bot.example.com/slack/events, not {url}"
        )
    command: dict[str, Any] = {
        "command": "/aml",
        "description": "Ask about Azure ML, start and follow runs, look at environments and roles",
        "usage_hint": " | ".join(_words(each) for each in ALL),
        "should_escape": True,
    }
    events: dict[str, Any] = {"bot_events": list(BOT_EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if url is not None:
        command["url"] = events["request_url"] = interactivity["request_url"] = url
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "aml-bot",
            "description": "Answers about Azure ML, and runs, environments and roles from Slack",
            "background_color": "#1f3a5f",
        },
        "features": {
            "agent_view": {
                "agent_description": "Answers questions about Azure Machine Learning from the team's FAQ, and starts "
                "and follows runs for who may.",
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "aml-bot", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": [*BOT_SCOPES, *(OPTIONAL_SCOPES if email else ())]}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _is_reachable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and url.isprintable() and " " not in url


def as_json(url: str | None = None, *, email: bool = False) -> str:
    """The manifest as Slack's form takes it under the tab JSON."""
    return json.dumps(manifest(url, email=email), indent=2)


def as_yaml(url: str | None = None, *, email: bool = False) -> str:
    """The manifest as Slack's form takes it under the tab YAML, with the reason of each scope and event beside it."""
    lines = ["# The Slack app of aml-bot: on api.slack.com/apps, “Create New App”, “From a manifest”, YAML."]
    if url is None:
        lines += [f"# Besides, an app-level token with {name}: {why}." for name, why in APP_SCOPES.items()]
    return "\n".join([*lines, *_yaml(manifest(url, email=email), 0)]) + "\n"


def _yaml(value: dict[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    indent = "  " * depth
    for key, content in value.items():
        if isinstance(content, dict):
            lines += [f"{indent}{key}:", *_yaml(content, depth + 1)]
        elif isinstance(content, list):
            lines += [f"{indent}{key}:", *_yaml_list(content, depth + 1)]
        else:
            lines.append(f"{indent}{key}: {json.dumps(content, ensure_ascii=False)}")
    return lines


def _yaml_list(values: list[Any], depth: int) -> list[str]:
    indent = "  " * depth
    lines: list[str] = []
    for each in values:
        if isinstance(each, dict):
            first, *rest = _yaml(each, depth + 1)
            lines += [f"{indent}- {first.strip()}", *rest]
        else:
            why = BOT_SCOPES.get(each) or OPTIONAL_SCOPES.get(each) or BOT_EVENTS.get(each)
            lines.append(f"{indent}- {each}" + (f"  # {why}" if why else ""))
    return lines


def _words(command: Command) -> str:
    """A command's name as it is typed: `env create`."""
    return command.usage[: len(command.name)]
