"""The pure evaluation of Azure RBAC.

Rules: an action is allowed by a role definition when one of its `actions` matches and none of its `not_actions` does,
each permission block by itself; roles add up; a deny assignment beats every role. Source: Microsoft's "What is Azure
role-based access control (Azure RBAC)?", section "How Azure RBAC determines if a user has access to a resource", and
"Understand Azure deny assignments". What we can't evaluate counts against the asker: an assignment with a condition as
if it weren't there, a deny assignment with one as if it were met.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from bot.domain.access.model import DenyAssignment, RoleAssignment, RoleDefinition, scope_parts, short_id, within
from bot.domain.access.patterns import Patterns, compiled, fold


class Settled(StrEnum):
    """What kind of thing settled a decision; only ROLE allows."""

    ROLE = "a role has it"
    DENIAL = "a deny assignment"
    CONDITION = "only under a condition"
    NO_ROLE = "no role has it"
    NO_ACTION = "not an action"
    POLICY = "the bot's policy"


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not, and what settled it (a sentence for the audit; names roles and scopes, never a person).

    `role`, `scope` and `assignment` are those of the assignment that allowed it, or would have but for its condition;
    for a deny assignment its scope and id, with its name in `denial`.
    """

    allowed: bool
    settled_by: str
    kind: Settled
    role: str = ""
    scope: str = ""
    assignment: str = ""
    denial: str = ""


# Of each permission block what it names and what it excepts, ready to match.
_Blocks = tuple[tuple[Patterns, Patterns], ...]


@dataclass(frozen=True, slots=True)
class _Grant:
    """A role that is held, through the first assignment that counts; `control` and `data` are for either kind of
    action."""

    assignment: RoleAssignment
    definition: RoleDefinition
    control: _Blocks
    data: _Blocks


@dataclass(frozen=True, slots=True)
class _Ban:
    """A deny assignment that is in force for the principal."""

    denial: DenyAssignment
    control: _Blocks
    data: _Blocks


_Kept = TypeVar("_Kept", _Grant, _Ban)


@dataclass(frozen=True, slots=True)
class Access:
    """Everything the role service says about one principal at one scope; the input of a decision.

    What doesn't depend on the action is sorted out when it is made: once for as long as a look-up is kept.
    """

    object_id: str
    scope: str
    assignments: tuple[RoleAssignment, ...]
    definitions: tuple[RoleDefinition, ...]
    denials: tuple[DenyAssignment, ...] = ()
    memberships: frozenset[str] = field(init=False, compare=False)
    """Object ids that count as the principal, in lower case: itself and the groups its assignments came through."""
    _held: tuple[tuple[RoleAssignment, RoleDefinition], ...] = field(init=False, repr=False, compare=False)
    _grants: tuple[_Grant, ...] = field(init=False, repr=False, compare=False)
    _conditional: tuple[_Grant, ...] = field(init=False, repr=False, compare=False)
    _bans: tuple[_Ban, ...] = field(init=False, repr=False, compare=False)
    _names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _named: tuple[Patterns, Patterns] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        me = fold(self.object_id)
        # The service is asked for this principal's assignments. One that names somebody else all the same is ignored.
        mine = [each for each in self.assignments if each.of_group or fold(each.principal_id) == me]
        by_id = {short_id(definition.id): definition for definition in self.definitions}
        reaching = {scope for scope in {each.scope for each in mine} if within(self.scope, scope)}
        here = [
            (each, by_id[role])
            for each, role in zip(mine, map(short_id, (each.role_definition_id for each in mine)), strict=True)
            if role in by_id and each.scope in reaching
        ]
        held = tuple(pair for pair in here if not pair[0].condition)
        self._set("memberships", frozenset({me, *(fold(each.principal_id) for each in mine)}))
        self._set("_held", held)
        self._set("_names", tuple(dict.fromkeys(definition.name for _, definition in held)))
        self._set("_grants", _grants(held, conditional=False))
        self._set("_conditional", _grants(here, conditional=True))
        blocks = {block for _, definition in here for block in definition.permissions}
        everything = (
            frozenset(pattern for block in blocks for pattern in block.actions),
            frozenset(pattern for block in blocks for pattern in block.data_actions),
        )
        self._set("_named", tuple(Patterns(patterns) for patterns in everything))
        self._set("_bans", tuple(_ban(each) for each in self.denials if self._is_against(each)))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def held(self) -> tuple[tuple[RoleAssignment, RoleDefinition], ...]:
        """The assignments that count here, each with its definition; in the service's order.

        One with a condition, of somebody else, with an unknown definition or at a scope that isn't this one or above it
        doesn't count.
        """
        return self._held

    def role_names(self) -> tuple[str, ...]:
        """Names of the roles held here, without repetition, in the service's order."""
        return self._names

    def decide(self, action: str, *, data: bool = False) -> Decision:
        """Whether the principal may do `action`, a data action for `data`; see `decide`."""
        if not action or "*" in action or action != action.strip():
            return Decision(False, f"{action!r} is not an action", Settled.NO_ACTION)
        folded = fold(action)
        if ban := _first(self._bans, folded, data=data):
            return _denied(ban.denial)
        if self._named[data].cover(folded):  # all roles at once: most of what is refused is in none of them
            if grant := _first(self._grants, folded, data=data):
                return _settled(grant, Settled.ROLE)
            if grant := _first(self._conditional, folded, data=data):
                return _settled(grant, Settled.CONDITION)
        roles = ", ".join(self.role_names()) or "none"
        return Decision(False, f"no role allows {action} (roles held: {roles})", Settled.NO_ROLE)

    def _is_against(self, denial: DenyAssignment) -> bool:
        """Whether a deny assignment is in force here for the principal; one at what is no scope always is."""
        proper = denial.scope.startswith("/")
        if proper and not within(self.scope, denial.scope):
            return False
        if proper and denial.stays and scope_parts(denial.scope) != scope_parts(self.scope):
            return False
        if any(fold(excluded) in self.memberships for excluded in denial.excluded_ids):
            return False
        named = any(fold(principal) in self.memberships for principal in denial.principal_ids)
        return denial.everyone or denial.reaches or named


def decide(access: Access, action: str, *, data: bool = False) -> Decision:
    """Whether the principal of `access` may do `action` at its scope, deny assignments first.

    `action` is one action, such as `Microsoft.MachineLearningServices/workspaces/read`: of a pattern nobody could say
    yes or no. For `data` it is an action on data, which no control-plane action includes.
    """
    return access.decide(action, data=data)


def _first(kept: tuple[_Kept, ...], folded: str, *, data: bool) -> _Kept | None:
    """The first whose blocks name the action and don't except it."""
    for each in kept:
        for named, excepted in each.data if data else each.control:
            if named.cover(folded) and not excepted.cover(folded):
                return each
    return None


def _grants(held: Iterable[tuple[RoleAssignment, RoleDefinition]], *, conditional: bool) -> tuple[_Grant, ...]:
    """One for each role, through its first assignment. Those that are `conditional` need a condition to be met."""
    found: dict[tuple[str, bool], _Grant] = {}
    for assignment, definition in held:
        key = (definition.id, bool(assignment.condition))
        if key in found:
            continue
        blocks = [
            each for each in definition.permissions if bool(assignment.condition or each.condition) is conditional
        ]
        if blocks:
            found[key] = _Grant(
                assignment,
                definition,
                tuple((compiled(each.actions, wide=False), compiled(each.not_actions, wide=True)) for each in blocks),
                tuple(
                    (compiled(each.data_actions, wide=False), compiled(each.not_data_actions, wide=True))
                    for each in blocks
                ),
            )
    return tuple(found.values())


def _ban(denial: DenyAssignment) -> _Ban:
    blocks = denial.permissions
    return _Ban(
        denial,
        tuple((compiled(each.actions, wide=True), compiled(each.not_actions, wide=False)) for each in blocks),
        tuple((compiled(each.data_actions, wide=True), compiled(each.not_data_actions, wide=False)) for each in blocks),
    )


def _settled(grant: _Grant, kind: Settled) -> Decision:
    name, at = grant.definition.name, grant.assignment.scope
    sentence = f"role {name} at {at}"
    if kind is Settled.CONDITION:
        sentence += " would allow it, but only under a condition that this bot can't evaluate"
    return Decision(kind is Settled.ROLE, sentence, kind, name, at, grant.assignment.id)


def _denied(denial: DenyAssignment) -> Decision:
    name = denial.name or denial.id
    sentence = f"deny assignment {name} at {denial.scope}"
    if denial.condition or any(permission.condition for permission in denial.permissions):
        sentence += " (its condition, which this bot can't evaluate, counts as met)"
    return Decision(False, sentence, Settled.DENIAL, scope=denial.scope, assignment=denial.id, denial=name)
