"""Answers to "who holds which role", "what does a role allow" and "who can do this"."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.access import Decision, RoleAssignment, RoleDefinition, short_id, within
from bot.domain.commands import Command


@dataclass(frozen=True, slots=True)
class Holding:
    """A role somebody holds, through which assignment. `inherited`: assigned above the workspace; `through_group`: the
    assignment names a group, not the person."""

    role: RoleDefinition
    assignment: RoleAssignment
    inherited: bool
    through_group: bool


@dataclass(frozen=True, slots=True)
class PersonRoles:
    """What one linked person holds and may do. `commands` are the names of the commands they may use here; `name` is
    what Slack calls them, or ""."""

    team: str
    user: str
    object_id: str
    holdings: tuple[Holding, ...]
    commands: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal of an assignment. `user` is the linked Slack user id, or "" when nobody is linked to it; `name` is
    what Slack calls them, or ""."""

    principal_id: str
    principal_type: str
    user: str
    inherited: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class RoleHolders:
    """A role and who holds it at the workspace. `hidden`: the asker may not see who does."""

    role: RoleDefinition
    holders: tuple[Holder, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class WorkspaceRoles:
    """Assignments in force at the workspace, grouped by role; roles by name. Of all `total` these are the ones from
    number `start` on, and there may be `more` behind them."""

    scope: str
    roles: tuple[RoleHolders, ...]
    start: int = 0
    total: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody asks the right for: a command of ours, or an Azure action by itself."""

    command: Command | None = None
    action: str = ""

    @property
    def name(self) -> str:
        """How people call it."""
        return self.command.name if self.command else self.action


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether somebody can do something, and what settles it. `user` is "" for the asker; `role` is the smallest role
    that would help where it can't be done."""

    deed: Deed
    decision: Decision
    scope: str
    user: str = ""
    name: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Able:
    """Somebody who can do something, by which role."""

    holder: Holder
    role: str


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Who can do something at the workspace. `unseen` is how many linked people weren't looked at, there are so many;
    `limited`: the bot's policy has a say besides."""

    deed: Deed
    scope: str
    able: tuple[Able, ...]
    unseen: int = 0
    limited: bool = False


def giving(
    assignments: Iterable[RoleAssignment], definitions: Iterable[RoleDefinition], scope: str, action: str
) -> tuple[tuple[RoleAssignment, RoleDefinition], ...]:
    """Those of `assignments` that by themselves, without a condition, let their principal do `action` (of either kind)
    at `scope`; deny assignments aside."""
    able = {short_id(each.id): each for each in definitions if each.allows(action) or each.allows(action, data=True)}
    return tuple(
        (each, able[role])
        for each in assignments
        if (role := short_id(each.role_definition_id)) in able and not each.condition and within(scope, each.scope)
    )
