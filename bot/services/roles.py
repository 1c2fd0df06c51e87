"""Looking at Azure roles: one's own, a colleague's, the workspace's; and who can do what."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process, utils

from bot.domain.access import Access, Principal, RoleAssignment, RoleDefinition, short_id, smallest_role, within
from bot.domain.commands import ALL, CAN, CAN_OTHERS, ROLE, ROLES, WHO_CAN, WHOAMI
from bot.domain.errors import NotFound
from bot.domain.roles import Ability, Deed, Holder, Holding, PersonRoles, RoleHolders, WhoCan, WorkspaceRoles
from bot.ports import RoleService
from bot.services.guard import Guard
from bot.services.holders import Holders
from bot.services.identity import Identity


class Roles:
    """Role look-ups. One's own are always visible to a linked person; others' need the Azure action."""

    def __init__(self, roles: RoleService, guard: Guard, identity: Identity) -> None:
        self._roles = roles
        self._guard = guard
        self._identity = identity
        self._holders = Holders(roles, guard, identity)

    def whoami(self, principal: Principal) -> PersonRoles:
        """What `principal` holds and may do through the bot."""
        with self._guard.allow(principal, WHOAMI):
            access = self._guard.access(principal.object_id)
            return self._person(principal.caller.user, principal, access)

    def of_person(self, principal: Principal, user: str) -> PersonRoles:
        """What the Slack user of the same team holds.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
            NotFound: nobody in Azure is linked to that user.
        """
        with self._guard.allow(principal, ROLES):
            colleague = self._colleague(principal, user)
            return self._person(user, colleague, self._guard.access(colleague.object_id))

    def workspace(self, principal: Principal, *, start: int, limit: int) -> WorkspaceRoles:
        """Everyone's roles at the workspace: `limit` assignments behind the first `start`, by role.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
        """
        with self._guard.allow(principal, ROLES):
            assignments = self._roles.assignments()
            definitions = {short_id(d.id): d for d in self._roles.definitions()}
            held = sorted(
                (
                    (definitions[role], each)
                    for each in assignments
                    if (role := short_id(each.role_definition_id)) in definitions
                ),
                key=lambda pair: (pair[0].name.lower(), pair[0].id, pair[1].id),
            )
            by_role: dict[str, list[RoleAssignment]] = {}
            for definition, assignment in held[start : start + limit]:
                by_role.setdefault(short_id(definition.id), []).append(assignment)
            shown = tuple(
                RoleHolders(definitions[role], self._people(principal, found)) for role, found in by_role.items()
            )
        return WorkspaceRoles(self._guard.scope, shown, start, len(held), more=len(held) > start + limit)

    def role(self, principal: Principal, name: str) -> RoleHolders:
        """A role by name (in any case), and who holds it where `principal` may see that.

        Raises:
            PermissionDenied: `principal` may not look at roles.
            NotFound: there is no such role (with the nearest names).
        """
        with self._guard.allow(principal, ROLE):
            found = _by_name(self._roles.definitions(), name)
            if not self._guard.may(principal, ROLES):
                return RoleHolders(found, (), hidden=True)
            assignments = [
                each for each in self._roles.assignments() if short_id(each.role_definition_id) == short_id(found.id)
            ]
            return RoleHolders(found, self._people(principal, assignments))

    def can(self, principal: Principal, deed: Deed, user: str = "") -> Ability:
        """Whether the Slack user of the same team (`principal` for "") can do something, and what settles it.

        Raises:
            PermissionDenied: `principal` may not ask, or may not read others' role assignments.
            NotFound: nobody in Azure is linked to that user.
        """
        if user in {"", principal.caller.user}:
            with self._guard.allow(principal, CAN):
                return self._ability(principal, deed)
        with self._guard.allow(principal, CAN_OTHERS):
            name = self._identity.name_of(principal.caller.team, user)
            return self._ability(self._colleague(principal, user), deed, user, name)

    def who_can(self, principal: Principal, deed: Deed) -> WhoCan:
        """Who can do something at the workspace.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
        """
        with self._guard.allow(principal, WHO_CAN):
            return self._holders.of(principal, deed)

    def _ability(self, who: Principal, deed: Deed, user: str = "", name: str = "") -> Ability:
        access = self._guard.access(who.object_id)
        if deed.command is None:
            decision = access.decide(deed.action)
            if not decision.allowed and (of_data := access.decide(deed.action, data=True)).allowed:
                decision = of_data
            action = deed.action
        else:
            decision = self._guard.explain(who, deed.command)
            action = deed.command.action or ""
        role = ""
        if action and not decision.allowed:
            role = smallest_role(action, access.definitions) or smallest_role(action, access.definitions, data=True)
        return Ability(deed, decision, self._guard.scope, user, name, role)

    def _colleague(self, principal: Principal, user: str) -> Principal:
        team = principal.caller.team
        linked = self._identity.object_ids_of(team, user)
        if not linked:
            hint = f"An administrator of this bot can link one: aml-bot link {team} {user} THEIR-ENTRA-OBJECT-ID"
            raise NotFound("Azure identity linked to", f"@{user}", hint=hint)
        if len(linked) > 1:
            hint = "There are two, so I can't tell who it is. An administrator of this bot can remove one."
            raise NotFound("single Azure identity linked to", f"@{user}", hint=hint)
        return Principal(next(iter(linked)), principal.caller)

    def _person(self, user: str, principal: Principal, access: Access) -> PersonRoles:
        team = principal.caller.team
        holdings = tuple(
            Holding(
                role,
                assignment,
                inherited=not within(assignment.scope, access.scope),
                through_group=assignment.principal_id.lower() != access.object_id.lower(),
            )
            for assignment, role in access.held()
        )
        commands = tuple(c.name for c in ALL if not c.guarded or self._guard.may(principal, c))
        name = self._identity.name_of(team, user)
        return PersonRoles(team, user, access.object_id, holdings, commands, name)

    def _people(self, principal: Principal, assignments: Iterable[RoleAssignment]) -> tuple[Holder, ...]:
        return self._holders.named(principal.caller.team, assignments)


def _by_name(definitions: tuple[RoleDefinition, ...], name: str) -> RoleDefinition:
    for definition in definitions:
        if definition.name.lower() == name.strip().lower():
            return definition
    names = [definition.name for definition in definitions]
    near = process.extract(name, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=3, score_cutoff=60)
    raise NotFound("role", name, nearest=tuple(match for match, _, _ in near))
