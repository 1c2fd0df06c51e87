"""Looking at Azure roles: one's own, a colleague's, the workspace's."""

from rapidfuzz import fuzz, process, utils

from bot.domain.access import Access, Principal, RoleAssignment, RoleDefinition, short_id, within
from bot.domain.commands import ALL, ROLES, WHOAMI
from bot.domain.errors import NotFound
from bot.domain.roles import Holder, Holding, PersonRoles, RoleHolders, WorkspaceRoles
from bot.ports import RoleService
from bot.services.guard import Guard
from bot.services.identity import Identity


class Roles:
    """Role look-ups. One's own are always visible to a linked person; others' need the Azure action."""

    def __init__(self, roles: RoleService, guard: Guard, identity: Identity) -> None:
        self._roles = roles
        self._guard = guard
        self._identity = identity

    def whoami(self, principal: Principal) -> PersonRoles:
        """What `principal` holds and may do through the bot."""
        with self._guard.allow(principal, WHOAMI):
            access = self._guard.access(principal.object_id)
            return self._person(principal.caller.team, principal.caller.user, principal, access)

    def of_person(self, principal: Principal, user: str) -> PersonRoles:
        """What the Slack user of the same team holds.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
            NotFound: nobody in Azure is linked to that user.
        """
        with self._guard.allow(principal, ROLES):
            team = principal.caller.team
            linked = self._identity.linked_object_ids(team, user)
            if not linked:
                hint = f"An administrator of this bot can link one: aml-bot link {team} {user} THEIR-ENTRA-OBJECT-ID"
                raise NotFound("Azure identity linked to", f"@{user}", hint=hint)
            if len(linked) > 1:
                hint = "There are two, so I can't tell who it is. An administrator of this bot can remove one."
                raise NotFound("single Azure identity linked to", f"@{user}", hint=hint)
            colleague = Principal(next(iter(linked)), principal.caller)
            return self._person(team, user, colleague, self._guard.access(colleague.object_id))

    def workspace(self, principal: Principal) -> WorkspaceRoles:
        """Everyone's roles at the workspace.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
        """
        with self._guard.allow(principal, ROLES):
            assignments = self._roles.assignments()
            definitions = {short_id(d.id): d for d in self._roles.definitions()}
        by_role: dict[str, list[RoleAssignment]] = {}
        for assignment in assignments:
            by_role.setdefault(short_id(assignment.role_definition_id), []).append(assignment)
        held = [
            RoleHolders(definitions[role], self._holders(principal, found))
            for role, found in by_role.items()
            if role in definitions
        ]
        return WorkspaceRoles(self._guard.scope, tuple(sorted(held, key=lambda each: each.role.name)))

    def role(self, principal: Principal, name: str) -> RoleHolders:
        """A role by name (in any case) and who holds it.

        Raises:
            PermissionDenied: `principal` may not read role assignments.
            NotFound: there is no such role (with the nearest names).
        """
        with self._guard.allow(principal, ROLES):
            definitions = self._roles.definitions()
            found = _by_name(definitions, name)
            assignments = [
                each for each in self._roles.assignments() if short_id(each.role_definition_id) == short_id(found.id)
            ]
        return RoleHolders(found, self._holders(principal, assignments))

    def _person(self, team: str, user: str, principal: Principal, access: Access) -> PersonRoles:
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
        return PersonRoles(team, user, access.object_id, holdings, commands)

    def _holders(self, principal: Principal, assignments: list[RoleAssignment]) -> tuple[Holder, ...]:
        team = principal.caller.team
        return tuple(
            Holder(
                each.principal_id,
                each.principal_type,
                self._identity.user_of(team, each.principal_id),
                inherited=not within(each.scope, self._guard.scope),
            )
            for each in assignments
        )


def _by_name(definitions: tuple[RoleDefinition, ...], name: str) -> RoleDefinition:
    for definition in definitions:
        if definition.name.lower() == name.strip().lower():
            return definition
    names = [definition.name for definition in definitions]
    near = process.extract(name, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=3, score_cutoff=60)
    raise NotFound("role", name, nearest=tuple(match for match, _, _ in near))
