"""Errors that a person can do something about.

One class per thing the reader can do next. `user_message` is made of what happened and what to do next, in plain text
(no Slack markup: `blocks/` escapes it). Anything that is not a `BotError` is a bug.
"""

from typing import ClassVar


class BotError(Exception):
    """A failure that was foreseen.

    `user_message` is for the person, `detail` for the log (a cause, ids; never a secret or message text).
    """

    title: ClassVar[str] = "That didn't work"

    def __init__(self, user_message: str, *, detail: str = "") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.detail = detail


class InvalidRequest(BotError):
    """What was asked can't be understood or isn't allowed as written; nothing was started."""

    title = "I can't do that as written"


class UnknownCommand(InvalidRequest):
    """A subcommand that doesn't exist. `nearest` are subcommands with a similar name, best first."""

    def __init__(self, name: str, nearest: tuple[str, ...] = ()) -> None:
        self.name, self.nearest = name, nearest
        super().__init__(f"There is no command “{name}”.{_did_you_mean(nearest)} “help” lists all commands.")


class NotFound(BotError):
    """A thing that was named doesn't exist. `nearest` are existing names that are similar, best first."""

    title = "Not found"

    def __init__(
        self, kind: str, name: str, *, nearest: tuple[str, ...] = (), hint: str = "", detail: str = ""
    ) -> None:
        self.kind, self.name, self.nearest = kind, name, nearest
        parts = (f"There is no {kind} “{name}”.{_did_you_mean(nearest)}", hint)
        super().__init__(" ".join(part for part in parts if part), detail=detail)


class NotLinked(BotError):
    """The Slack person is not linked to an Azure identity (or may not be), so nothing is decided for them."""

    title = "I don't know who you are in Azure"


class PermissionDenied(BotError):
    """A known person may not do this. `missing` is the Azure action or the policy rule, `role` the smallest role
    that would help, `scope` where it would have to be assigned. `command` is the command that needs the action; it is
    "" where no role would help."""

    title = "You may not do that"

    def __init__(
        self,
        user_message: str,
        *,
        missing: str,
        role: str = "",
        scope: str = "",
        command: str = "",
        detail: str = "",
    ) -> None:
        self.missing, self.role, self.scope, self.command = missing, role, scope, command
        super().__init__(user_message, detail=detail)


class Unavailable(BotError):
    """A service the bot depends on doesn't answer or answers garbage; nothing was changed, trying later is safe."""

    title = "A service doesn't answer"


class OutcomeUnknown(BotError):
    """An effect was asked for and the answer was cut off: it may or may not have happened."""

    title = "I don't know yet whether that happened"


class ConfigurationError(BotError):
    """A setting, the policy file or the FAQ folder is missing or wrong. Said at start; the exit code is 2."""

    title = "The configuration is not usable"


def _did_you_mean(nearest: tuple[str, ...]) -> str:
    if not nearest:
        return ""
    return f" Did you mean {' or '.join(f'“{name}”' for name in nearest)}?"
