"""What the command line prints: settings to start from, the Slack app's manifest, who is linked."""

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types, and stubs would be one more requirement
from pydantic import BaseModel
from slack_sdk import WebClient

import bot
from bot.domain.commands import ALL
from bot.manifest import APP_SCOPES, BOT_EVENTS, BOT_SCOPES, OPTIONAL_SCOPES
from bot.settings import ProjectSettings, Settings, WorkspaceSettings
from tests.cli.conftest import GUID, Configuration

# Which scopes a method of Slack's Web API needs (any of a set is needed for the kind of channel it is used in).
METHOD_SCOPES: dict[str, set[str]] = {
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "conversations_open": {"im:write"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_push": set(),
    "views_update": set(),
    "views_publish": set(),
    "files_upload_v2": {"files:write"},
    "assistant_threads_setStatus": {"chat:write"},
    "assistant_threads_setSuggestedPrompts": {"assistant:write"},
}
# The same for an app-level token.
APP_METHOD_SCOPES = {"apps_connections_open": "connections:write"}
# The same for subscribing to an event.
EVENT_SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}


# Settings


def test_the_printed_settings_are_a_file_to_start_from(configuration: Configuration) -> None:
    printed = configuration.run("settings")
    assert (printed.code, printed.err) == (0, "")
    values = {
        "state": '"state"',
        "policy": '"policy.toml"',
        "bot_token": '"xoxb-1"',
        "subscription_id": f'"{GUID}"',
        "resource_group": '"rg"',
        "workspace": '"ws"',
        "folder": '"."',
    }

    filled = re.sub(r"(?m)^(\w+) = \.\.\.$", lambda found: f"{found[1]} = {values[found[1]]}", printed.out)

    settings = tomllib.loads(filled)
    assert set(settings) >= {"state", "policy", "slack", "azure", "projects"}
    configuration.settings.write_text(filled.replace("# sign_in =", 'sign_in = "managed_identity" #'), encoding="utf-8")
    accepted = configuration.run("link")
    assert (accepted.code, accepted.out) == (0, "")


def test_the_printed_settings_name_every_setting_once_with_its_default(configuration: Configuration) -> None:
    lines = configuration.run("settings").out.splitlines()

    for table, field, default in fields(Settings, ""):
        begin = lines.index(f"[{table}]") if table else 0
        end = next((i for i, line in enumerate(lines[begin + 1 :], begin + 1) if line.startswith("[")), len(lines))
        named = [line for line in lines[begin:end] if re.match(rf"(# )?{field} = ", line)]
        assert len(named) == 1, f"{table}.{field}: {named}"
        assert not named[0].startswith("# ") or default is not None or named[0].endswith("= ...")


def test_every_default_that_is_printed_is_toml(configuration: Configuration) -> None:
    printed = configuration.run("settings").out
    defaults = [line.removeprefix("# ") for line in printed.splitlines() if re.match(r"# \w+ = (?!\.\.\.)", line)]

    assert len(defaults) > 15
    for line in defaults:
        assert tomllib.loads(line), line


def fields(model: type[BaseModel], table: str) -> list[tuple[str, str, Any]]:
    """Table, name and default of every setting."""
    found = []
    for name, field in model.model_fields.items():
        many: dict[str, type[BaseModel]] = {"projects": ProjectSettings, "workspaces": WorkspaceSettings}
        inner: Any = many.get(name, field.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += fields(inner, f"{name}.NAME" if name in many else name)
        else:
            found.append((table, name, field.get_default(call_default_factory=True)))
    return found


# Manifest


def test_the_manifest_is_the_same_in_yaml_and_json(configuration: Configuration) -> None:
    as_yaml = yaml.safe_load(configuration.run("manifest").out)
    as_json = json.loads(configuration.run("manifest", "--json").out)

    assert as_yaml == as_json
    assert as_yaml["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(as_yaml)


def test_the_manifest_for_http_names_the_address_in_all_three_places(configuration: Configuration) -> None:
    url = "https://bot.example.com/slack/events"

    made = yaml.safe_load(configuration.run("manifest", "--http", url).out)

    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert made["features"]["slash_commands"][0]["url"] == url
    assert made["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize("url", ["http://bot.example.com/slack/events", "bot.example.com", "https://"])
def test_slack_sends_requests_to_https_only(configuration: Configuration, url: str) -> None:
    assert "https://" in configuration.refusal("manifest", "--http", url)


def test_the_manifest_keeps_slack_s_limits(configuration: Configuration) -> None:
    made = json.loads(configuration.run("manifest", "--json").out)

    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", made["display_information"]["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", made["features"]["bot_user"]["display_name"])
    for command in made["features"]["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert 0 < len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100


def test_the_manifest_asks_for_the_scopes_that_the_bot_uses_and_no_more(configuration: Configuration) -> None:
    made = json.loads(configuration.run("manifest", "--json").out)
    events = set(made["settings"]["event_subscriptions"]["bot_events"])
    assert events == set(EVENT_SCOPES)

    called = methods_called()
    used = called - set(APP_METHOD_SCOPES)

    assert {APP_METHOD_SCOPES[method] for method in called & set(APP_METHOD_SCOPES)} == set(APP_SCOPES)
    assert used <= set(METHOD_SCOPES), "give the new method its scopes in this test's table"
    # A file's address is opened by no method of Slack's, but its scope is needed all the same.
    needed = {scope for event in events if (scope := EVENT_SCOPES[event])} | {"commands", "files:read"}
    needed |= {scope for method in used for scope in METHOD_SCOPES[method]}
    assert set(made["oauth_config"]["scopes"]["bot"]) == needed
    assert "user" not in made["oauth_config"]["scopes"]


def test_the_scope_for_e_mail_addresses_is_there_only_when_it_is_asked_for(configuration: Configuration) -> None:
    (name, why), plain = *OPTIONAL_SCOPES.items(), configuration.run("manifest").out
    asked = configuration.run("manifest", "--email").out

    assert name == "users:read.email"
    assert name not in plain
    assert f"- {name}  # {why}" in asked


def test_each_scope_and_event_stands_beside_its_reason(configuration: Configuration) -> None:
    lines = configuration.run("manifest").out.splitlines()

    for name, why in (BOT_SCOPES | BOT_EVENTS).items():
        assert [line for line in lines if line.strip() == f"- {name}  # {why}"], name
    for name, why in APP_SCOPES.items():
        assert [line for line in lines if line.startswith("#") and name in line and why in line]


def methods_called() -> set[str]:
    """Methods of Slack's Web API that the bot's code calls, by the names that slack_sdk gives them."""
    package = Path(bot.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        if file.is_relative_to(package / "sandbox") or file.is_relative_to(package / "demo"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if "_" in name and hasattr(WebClient, name) and callable(getattr(WebClient, name)):
                    found.add(name)
    return {name for name in found if not name.startswith("_") and name != "api_call"}


# Links


@pytest.mark.slow
def test_links_are_made_listed_replaced_and_forgotten(configuration: Configuration) -> None:
    other = GUID.replace("5", "6")

    assert configuration.run("link").out == ""
    assert configuration.run("link", "T024BE7LD", "U024BE7LH", GUID.upper()).out == f"T024BE7LD U024BE7LH {GUID}\n"
    assert configuration.run("link", "T024BE7LD", "U024BE7LH", other).out == f"T024BE7LD U024BE7LH {other}\n"
    assert configuration.run("link").out == f"T024BE7LD U024BE7LH {other}\n"
    assert configuration.run("unlink", "T024BE7LD", "U024BE7LH").code == 0
    assert configuration.run("link").out == ""
    assert configuration.refusal("unlink", "T024BE7LD", "U024BE7LH") == "T024BE7LD U024BE7LH isn't linked."


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (("T024BE7LD",), "A link needs three ids"),
        (("T024BE7LD", "U024BE7LH"), "A link needs three ids"),
        (("dana", "U024BE7LH", GUID), "it must be an id such as"),
        (("T024BE7LD", "U024BE7LH", "dana@example.com"), "no Entra object id"),
    ],
    ids=["team alone", "no object id", "team by name", "e-mail"],
)
def test_a_link_that_cannot_be_right_is_refused(configuration: Configuration, ids: tuple[str, ...], said: str) -> None:
    assert said in configuration.refusal("link", *ids)
    assert not configuration.state.exists()


def test_the_azure_role_is_json_for_the_resource_group_with_each_reason_beside(configuration: Configuration) -> None:
    ended = configuration.run("manifest", "--azure")

    role = json.loads(ended.out)
    assert ended.code == 0
    assert role["AssignableScopes"] == [f"/subscriptions/{GUID}/resourceGroups/rg-team"]
    assert {command.action for command in ALL if command.action} <= set(role["Actions"])
    reasons = dict(line.split("  ", 1) for line in ended.err.splitlines() if line)
    assert set(reasons) == set(role["Actions"])
    assert all(reason.strip() for reason in reasons.values())


def test_the_azure_role_is_for_the_resource_groups_of_all_workspaces(configuration: Configuration) -> None:
    with configuration.settings.open("a", encoding="utf-8") as file:
        file.write('\n[workspaces.lab]\nworkspace = "ml-lab"\nresource_group = "rg-lab"\n')
        file.write('\n[workspaces.trial]\nworkspace = "ml-trial"\n')

    ended = configuration.run("manifest", "--azure")

    groups = [scope.rpartition("/")[2] for scope in json.loads(ended.out)["AssignableScopes"]]
    assert groups == ["rg-team", "rg-lab"]
