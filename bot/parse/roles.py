"""The commands about roles: whose, which, and who can do what."""

import re

from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest, UnknownCommand
from bot.domain.roles import Deed
from bot.parse import names
from bot.parse.options import at_most, nearest_commands, no_options, shown, unmarked, usage, valid
from bot.parse.requests import Can, Request, RoleInfo, Roles, WhoCan
from bot.parse.text import mentioned
from bot.parse.words import Word, split

_ACTION = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)+(?:/[A-Za-z0-9._-]+)+")
_ACTION_LENGTH = 300


def listing(command: Command, rest: str) -> Request:
    """`roles`, `roles @PERSON`; `roles NAME` is what `role NAME` is."""
    found = unmarked(split(rest))
    no_options(command, found)
    if not found:
        return Roles()
    user, words = _person(command, found)
    if not user:
        return info(commands.ROLE, rest)
    if words:
        raise InvalidRequest(f"Name one person or one role, not more. {usage(command)}")
    return Roles(user_id=user)


def info(command: Command, rest: str) -> Request:
    """`role NAME`, the name in one or several words."""
    found = unmarked(split(rest))
    no_options(command, found)
    if not found:
        raise InvalidRequest(f"Say which role, such as Reader. {usage(command)}")
    if any(mentioned(word.text) for word in found):
        raise InvalidRequest(f"A person isn't the name of a role: roles @PERSON shows theirs. {usage(command)}")
    return RoleInfo(valid(command, names.role, " ".join(word.text for word in found)))


def can(command: Command, rest: str) -> Request:
    """`can [@PERSON] COMMAND|ACTION`."""
    found = unmarked(split(rest))
    no_options(command, found)
    user, words = _person(command, found)
    return Can(_deed(command, words), user)


def who_can(command: Command, rest: str) -> Request:
    """`who-can COMMAND|ACTION`."""
    found = unmarked(split(rest))
    no_options(command, found)
    return WhoCan(_deed(command, found))


def _person(command: Command, found: tuple[Word, ...]) -> tuple[str, tuple[Word, ...]]:
    """The Slack user id that the words begin with, or "", and the words after it."""
    if not found:
        return "", ()
    first, *others = found
    people = mentioned(first.text)
    if people and first.text == f"<@{people[0]}>":
        if any(mentioned(word.text) for word in others):
            raise InvalidRequest(f"Name one person or one role, not more. {usage(command)}")
        return people[0], tuple(others)
    if first.text.startswith("@"):
        text = " ".join(word.text for word in found)
        raise InvalidRequest(
            f"I can't tell who “{shown(text)}” is: choose the person from Slack's list while you type. {usage(command)}"
        )
    if any(mentioned(word.text) for word in found):
        raise InvalidRequest(f"Name one person or one role, not more. {usage(command)}")
    return "", found


def _deed(command: Command, found: tuple[Word, ...]) -> Deed:
    if not found:
        raise InvalidRequest(f"Say what: a command of mine, such as submit, or an Azure action. {usage(command)}")
    first = found[0].text
    if "/" in first.lstrip("/"):
        at_most(command, found, 1)
        if len(first) > _ACTION_LENGTH or not _ACTION.fullmatch(first):
            raise InvalidRequest(
                f"“{shown(first)}” isn't an Azure action: those look like {commands.SUBMIT.action}, without “*”. "
                f"{usage(command)}"
            )
        return Deed(action=first)
    at_most(command, found, 2)
    name = "-".join(word.text.lstrip("/").lower() for word in found)
    if named := commands.BY_NAME.get(name):
        return Deed(named)
    said = UnknownCommand(shown(" ".join(word.text for word in found)), nearest_commands(name)).user_message
    raise InvalidRequest(f"{said} {usage(command)}")
