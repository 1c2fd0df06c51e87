"""The policy file: one TOML file, read and checked at start."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from bot.domain.commands import BY_NAME
from bot.domain.errors import ConfigurationError
from bot.domain.policy import ANY, AllowRule, Link, Policy

VERSION = 1
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TEAM, _USER = re.compile(r"[TE][A-Z0-9]{2,}"), re.compile(r"[UW][A-Z0-9]{2,}")


class PolicyFile:
    """`ports.Policies` for a file that was valid when the bot started."""

    def __init__(self, file: Path) -> None:
        self._policy = read_policy(file)

    def current(self) -> Policy:
        return self._policy


def read_policy(file: Path) -> Policy:
    """Read and check a policy file.

    Raises:
        ConfigurationError: it is missing, isn't TOML, or says something that isn't understood. Nothing is guessed.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The policy file {file} can't be read ({error.strerror}). The bot doesn't start without a policy; "
            "the README shows one to start from."
        ) from error
    try:
        values = tomllib.loads(content.decode("utf-8"))
        return _policy(values, hashlib.sha256(content).hexdigest()[:12])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The policy file {file} isn't valid TOML: {error}") from error
    except _Wrong as error:
        raise ConfigurationError(f"The policy file {file} can't be used: {error}") from error


def valid_link(team: str, user: str, object_id: str) -> Link:
    """A link of these ids. Raises ConfigurationError for one that can't be right."""
    try:
        return _link({"team": team, "user": user, "object_id": object_id}, "The link")
    except _Wrong as error:
        raise ConfigurationError(str(error)) from error


class _Wrong(Exception):
    """What is wrong in the file, as a sentence."""


def _policy(values: dict[str, Any], digest: str) -> Policy:
    _only(values, {"version", "links", "allow"}, "the file")
    if values.get("version") != VERSION or isinstance(values["version"], bool):
        raise _Wrong(f"version must be {VERSION}.")
    links = tuple(_link(each, f"links {i}") for i, each in enumerate(_tables(values, "links"), 1))
    rules = tuple(_rule(each, f"allow {i}") for i, each in enumerate(_tables(values, "allow"), 1))
    if not rules:
        raise _Wrong("it has no [[allow]] rule, so nobody could do anything.")
    return Policy(VERSION, links, rules, digest)


def _tables(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tables = values.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise _Wrong(f"{name} must be written as tables: [[{name}]].")
    return tables


def _link(values: dict[str, Any], where: str) -> Link:
    _only(values, {"team", "user", "object_id"}, where)
    team, user, object_id = (_text(values, name, where) for name in ("team", "user", "object_id"))
    if not _TEAM.fullmatch(team) or not _USER.fullmatch(user):
        raise _Wrong(f"{where}: team and user must be Slack ids such as T024BE7LD and U024BE7LH.")
    if not _GUID.fullmatch(object_id):
        raise _Wrong(f"{where}: object_id must be an Entra object id, a GUID.")
    return Link(team, user, object_id.lower())


def _rule(values: dict[str, Any], where: str) -> AllowRule:
    _only(values, {"commands", "roles"}, where)
    commands, roles = _texts(values, "commands", where), _texts(values, "roles", where)
    guarded = {name for name, command in BY_NAME.items() if command.guarded}
    unknown = [name for name in commands if name != ANY and name not in guarded]
    if unknown:
        raise _Wrong(f"{where}: there is no command “{unknown[0]}” to allow. There are: {', '.join(sorted(guarded))}.")
    return AllowRule(commands, roles)


def _only(values: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise _Wrong(f"{where} says “{unknown[0]}”, which I don't know. Known are: {', '.join(sorted(known))}.")


def _text(values: dict[str, Any], name: str, where: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise _Wrong(f"{where}: {name} must be a text in quotes.")
    return value


def _texts(values: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    found = values.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(each, str) and each for each in found):
        raise _Wrong(f"{where}: {name} must be a list of texts that isn't empty.")
    return tuple(found)
