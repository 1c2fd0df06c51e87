"""What the bot's Home tab tells a person of themselves."""

from dataclasses import dataclass

from bot.domain import commands
from bot.domain.access import Principal
from bot.domain.commands import Command

OPEN: tuple[Command, ...] = tuple(command for command in commands.ALL if not command.guarded)
"""What everybody may use, whoever they are."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do. `principal` is None and `why` a sentence where only what is open to everybody is sure;
    `roles` are the names of their Azure roles at the workspace."""

    commands: tuple[Command, ...] = OPEN
    principal: Principal | None = None
    roles: tuple[str, ...] = ()
    why: str = ""
