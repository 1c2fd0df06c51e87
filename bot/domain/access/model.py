"""Role data as Azure Resource Manager gives it: definitions, role assignments and deny assignments."""

from dataclasses import dataclass

from bot.domain.access.patterns import compiled, fold

_MANAGEMENT_GROUP = ("providers", "microsoft.management", "managementgroups")


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission block of a role definition or deny assignment: patterns of actions, named and taken out again.

    `condition` is the block's own condition, or "".
    """

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    condition: str = ""

    def gives(self, action: str, *, data: bool = False) -> bool:
        """Whether a role with this block gives `action`, its condition aside. Data actions (`data`) are a list of their
        own: no pattern of `actions` reaches them."""
        named, taken = self._lists(data=data)
        folded = fold(action)
        return compiled(named, wide=False).cover(folded) and not compiled(taken, wide=True).cover(folded)

    def takes(self, action: str, *, data: bool = False) -> bool:
        """Whether a deny assignment with this block takes `action` away. A condition counts as met: we can't evaluate
        it, and here refusing is the safe side."""
        named, spared = self._lists(data=data)
        folded = fold(action)
        return compiled(named, wide=True).cover(folded) and not compiled(spared, wide=False).cover(folded)

    def _lists(self, *, data: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (self.data_actions, self.not_data_actions) if data else (self.actions, self.not_actions)


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role: `id` as the service spells it (compare with `short_id`), `name` as people say it."""

    id: str
    name: str
    description: str
    permissions: tuple[Permission, ...]
    custom: bool = False

    def allows(self, action: str, *, data: bool = False) -> bool:
        """Whether this definition alone allows `action`, without any condition."""
        return any(not each.condition and each.gives(action, data=data) for each in self.permissions)


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A principal holds a role at a scope. `principal_type` is User, Group, ServicePrincipal or ForeignGroup.

    `condition` is the assignment's condition, or "". One that has a condition is never counted: we can't evaluate it.
    """

    id: str
    principal_id: str
    principal_type: str
    role_definition_id: str
    scope: str
    condition: str = ""

    @property
    def of_group(self) -> bool:
        """Whether the principal is a group, so that the assignment can reach somebody it doesn't name."""
        return self.principal_type.lower() in {"group", "foreigngroup"}


@dataclass(frozen=True, slots=True)
class DenyAssignment:
    """What nobody among its principals may do, whatever their roles. `everyone` is the all-principals deny.

    `reaches`: the service itself says that the principal who was asked about is among them, be it through a group.
    `stays`: the scopes below its own don't inherit it (`doNotApplyToChildScopes`).
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
    stays: bool = False


def within(scope: str, at: str) -> bool:
    """Whether something assigned `at` a scope reaches down to `scope` (the same scope or one below).

    A management group always does: the service lists only those above the scope that was asked about. Text that is no
    scope, as it doesn't begin with a slash, reaches nothing.
    """
    if not at.startswith("/"):
        return False
    inner, outer = scope_parts(scope), scope_parts(at)
    if len(outer) == len(_MANAGEMENT_GROUP) + 1 and outer[:-1] == _MANAGEMENT_GROUP:
        return True
    return inner[: len(outer)] == outer


def scope_parts(scope: str) -> tuple[str, ...]:
    """The parts of a scope, for comparing; the root has none."""
    stripped = fold(scope).strip("/")
    return tuple(stripped.split("/")) if stripped else ()


def short_id(definition_id: str) -> str:
    """The last part of a role definition's id: the same role is spelt with different scopes in front."""
    return fold(definition_id).rstrip("/").rpartition("/")[2]
