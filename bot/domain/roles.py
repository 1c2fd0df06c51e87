"""Answers to "who holds which role" and "what does a role allow"."""

from dataclasses import dataclass

from bot.domain.access import RoleAssignment, RoleDefinition


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
    """What one linked person holds and may do. `commands` are the names of the commands they may use here."""

    team: str
    user: str
    object_id: str
    holdings: tuple[Holding, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal of an assignment. `user` is the linked Slack user id, or "" when nobody is linked to it."""

    principal_id: str
    principal_type: str
    user: str
    inherited: bool


@dataclass(frozen=True, slots=True)
class RoleHolders:
    """A role and everyone who holds it at the workspace."""

    role: RoleDefinition
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class WorkspaceRoles:
    """All assignments in force at the workspace, grouped by role; roles by name."""

    scope: str
    roles: tuple[RoleHolders, ...]
