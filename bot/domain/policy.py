"""The bot's own policy: on top of Azure RBAC it says which commands may be used through the bot, and by whom.

Everything that no rule allows is refused.
"""

from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True, slots=True)
class Link:
    """A Slack person (team and user id) and the Entra object id they act as."""

    team: str
    user: str
    object_id: str


@dataclass(frozen=True, slots=True)
class AllowRule:
    """Holders of any of `roles` (Azure role names at the workspace; "*" is any role) may use any of `commands`."""

    commands: tuple[str, ...]
    roles: tuple[str, ...]

    def allows(self, command: str, held: tuple[str, ...]) -> bool:
        """Whether somebody who holds the roles `held` may use `command` by this rule."""
        if command not in self.commands and ANY not in self.commands:
            return False
        wanted = {role.lower() for role in self.roles}
        return bool(held) and (ANY in wanted or any(role.lower() in wanted for role in held))


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy file. `digest` identifies its content in the audit."""

    version: int
    links: tuple[Link, ...]
    rules: tuple[AllowRule, ...]
    digest: str = ""

    def allows(self, command: str, held: tuple[str, ...]) -> bool:
        """Whether any rule lets holders of `held` use `command`."""
        return any(rule.allows(command, held) for rule in self.rules)

    def roles_for(self, command: str) -> tuple[str, ...]:
        """The roles that rules name for `command`, in the file's order; for the sentence of a refusal."""
        roles = [role for rule in self.rules if command in rule.commands or ANY in rule.commands for role in rule.roles]
        return tuple(dict.fromkeys(roles))
