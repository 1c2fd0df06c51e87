"""Who may do what: principals, Azure role data, and the pure evaluation of Azure RBAC.

Rules: an action is allowed by a role definition when one of its `actions` matches and none of its `not_actions` does,
each definition by itself; a deny assignment beats every allow; patterns match case-insensitively and `*` stands for any
run of characters. Source: Microsoft's "How Azure RBAC determines if a user has access to a resource".
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_ML = "Microsoft.MachineLearningServices/workspaces"

RUN_SUBMIT = f"{_ML}/experiments/runs/submit/action"
RUN_READ = f"{_ML}/experiments/runs/read"
RUN_CANCEL = f"{_ML}/experiments/runs/write"
ENVIRONMENT_READ = f"{_ML}/environments/read"
ROLE_ASSIGNMENT_READ = "Microsoft.Authorization/roleAssignments/read"
ROLE_ASSIGNMENT_WRITE = "Microsoft.Authorization/roleAssignments/write"

# From little to much, so that "the smallest role that would help" is the first that allows the action.
_BY_BREADTH = (
    "Reader",
    "AzureML Compute Operator",
    "AzureML Data Scientist",
    "User Access Administrator",
    "Contributor",
    "Owner",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind one request, as Slack names them. `key` identifies the request in audit and replies."""

    team: str
    user: str
    channel: str
    key: str

    @property
    def reference(self) -> str:
        """What a person quotes and an administrator searches for: the same in the message, the log and the audit."""
        return reference_of(self.key)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose Azure identity is known: the Entra `object_id` that role assignments name.

    `name` is the person's name in Slack, for the run's tag; nothing is decided by it.
    """

    object_id: str
    caller: Caller
    name: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission block of a role definition or deny assignment; patterns of control-plane actions."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def covers(self, action: str) -> bool:
        """Whether `action` matches a pattern here and is not taken out again."""
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role: `id` as the service spells it (compare with `same_id`), `name` as people say it."""

    id: str
    name: str
    description: str
    permissions: tuple[Permission, ...]
    custom: bool = False

    def allows(self, action: str) -> bool:
        """Whether this definition alone allows `action`."""
        return any(permission.covers(action) for permission in self.permissions)


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A principal holds a role at a scope. `principal_type` is User, Group or ServicePrincipal.

    `condition` is the assignment's condition, or "". One that has a condition is never counted: we can't evaluate it.
    """

    id: str
    principal_id: str
    principal_type: str
    role_definition_id: str
    scope: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class DenyAssignment:
    """What nobody among its principals may do, whatever their roles. `everyone` is the all-principals deny.

    `reaches`: the service itself says that the principal who was asked about is among them, be it through a group.
    """

    id: str
    name: str
    scope: str
    permissions: tuple[Permission, ...]
    principal_ids: tuple[str, ...]
    excluded_ids: tuple[str, ...] = ()
    everyone: bool = False
    condition: str = ""
    reaches: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Everything the role service says about one principal at one scope; the input of a decision.

    `memberships` are the object ids that count as the principal: itself and the groups its assignments came through.
    """

    object_id: str
    scope: str
    assignments: tuple[RoleAssignment, ...]
    definitions: tuple[RoleDefinition, ...]
    denials: tuple[DenyAssignment, ...] = ()

    @property
    def memberships(self) -> frozenset[str]:
        return frozenset({self.object_id.lower(), *(a.principal_id.lower() for a in self.assignments)})

    def held(self) -> tuple[tuple[RoleAssignment, RoleDefinition], ...]:
        """The assignments that count here, each with its definition; in the service's order.

        One with a condition, with an unknown definition or at a scope that isn't this one or above it doesn't count.
        """
        by_id = {short_id(definition.id): definition for definition in self.definitions}
        return tuple(
            (assignment, by_id[short_id(assignment.role_definition_id)])
            for assignment in self.assignments
            if not assignment.condition
            and short_id(assignment.role_definition_id) in by_id
            and within(self.scope, assignment.scope)
        )

    def role_names(self) -> tuple[str, ...]:
        """Names of the roles held here, without repetition, in the service's order."""
        return tuple(dict.fromkeys(definition.name for _, definition in self.held()))


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not, and what settled it (a sentence for the audit; names roles and scopes, never a person)."""

    allowed: bool
    settled_by: str


def reference_of(key: str) -> str:
    """The reference id of a request key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8].upper()


def decide(access: Access, action: str) -> Decision:
    """Whether the principal of `access` may do `action` at its scope, deny assignments first."""
    for denial in access.denials:
        if _denies(denial, access, action):
            return Decision(False, f"deny assignment {denial.name or denial.id} at {denial.scope}")
    for assignment, definition in access.held():
        if definition.allows(action):
            return Decision(True, f"role {definition.name} at {assignment.scope}")
    roles = ", ".join(access.role_names()) or "none"
    return Decision(False, f"no role allows {action} (roles held: {roles})")


def smallest_role(action: str, definitions: Iterable[RoleDefinition]) -> str:
    """Name of the smallest role that allows `action`: built-in ones from narrow to broad, then custom ones by name.

    "" when none does.
    """
    able = {definition.name: definition for definition in definitions if definition.allows(action)}
    for name in _BY_BREADTH:
        if name in able:
            return name
    return min(able, default="")


def matches(pattern: str, action: str) -> bool:
    """Whether an action pattern such as `*/read` covers `action`; case-insensitive, `*` anywhere."""
    return _compiled(pattern).fullmatch(action) is not None


def within(scope: str, at: str) -> bool:
    """Whether something assigned `at` a scope reaches down to `scope` (the same scope or one below)."""
    inner, outer = scope.strip("/").lower(), at.strip("/").lower()
    if outer == "" or outer.startswith("providers/microsoft.management/managementgroups/"):
        # The service lists management groups only where they are above the scope that was asked about.
        return True
    return inner == outer or inner.startswith(outer + "/")


def short_id(definition_id: str) -> str:
    """The last part of a role definition's id: the same role is spelt with different scopes in front."""
    return definition_id.rstrip("/").rsplit("/", 1)[-1].lower()


def _denies(denial: DenyAssignment, access: Access, action: str) -> bool:
    if not within(access.scope, denial.scope) or not any(p.covers(action) for p in denial.permissions):
        return False
    mine = access.memberships
    if any(excluded.lower() in mine for excluded in denial.excluded_ids):
        return False
    # A condition that we can't evaluate counts as met: here, refusing is the safe side.
    return denial.everyone or denial.reaches or any(principal.lower() in mine for principal in denial.principal_ids)


def _any_matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(matches(pattern, action) for pattern in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE | re.DOTALL)
