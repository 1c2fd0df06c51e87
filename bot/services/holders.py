"""Who holds what lets somebody do something: for `who-can`, and for who can grant what is missing."""

from collections.abc import Iterable
from dataclasses import replace

from bot.domain.access import Principal, RoleAssignment, within
from bot.domain.roles import Able, Deed, Holder, WhoCan, giving
from bot.ports import RoleService
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard
from bot.services.identity import Identity

LOOKED_AT = 40
NAMED = 25


class Holders:
    """Looks from the action to the people. It decides nothing and guards nothing: that is for who asks."""

    def __init__(self, roles: RoleService, guard: Guard, identity: Identity) -> None:
        self._roles = roles
        self._guard = guard
        self._identity = identity

    @open_to_everyone("its callers ask the guard; a refusal names who can grant what is missing")
    def of(self, principal: Principal, deed: Deed) -> WhoCan:
        """Everybody who can do `deed` at the workspace: people and groups of assignments, and linked people in those
        groups. `principal` is who wants to know. At most `LOOKED_AT` people are looked at one by one.

        Raises:
            Unavailable: Azure doesn't tell.
        """
        action = deed.action if deed.command is None else deed.command.action or ""
        team, scope = principal.caller.team, self._guard.scope
        limited = deed.command is not None
        if not action:
            return WhoCan(deed, scope, (), limited=limited)
        definitions = self._roles.definitions()
        pairs = giving(self._roles.assignments(), definitions, scope, action)
        direct = {each.principal_id.lower(): (each, role.name) for each, role in reversed(pairs)}
        linked = self._identity.linked(team)
        # Only the service knows who is in a group, and which deny assignments reach somebody.
        through_groups = any(each.of_group for each, _ in pairs)
        denied = any(
            permission.takes(action) or permission.takes(action, data=True)
            for denial in self._roles.denials(principal.object_id)
            for permission in denial.permissions
        )
        one_by_one = [oid for oid, (each, _) in direct.items() if denied and _is_a_person(each)]
        one_by_one += [oid for oid in linked if through_groups and oid not in direct]
        found: list[tuple[RoleAssignment, str]] = []
        for each, role in direct.values():
            if each.principal_id.lower() not in one_by_one:
                found.append((each, role))
        for object_id in one_by_one[:LOOKED_AT]:
            if not denied:  # one question to Azure instead of five, as this may be about many people
                reaching = self._roles.assignments_of(object_id)
                mine = [each for each in reaching if each.of_group or each.principal_id.lower() == object_id]
                for each, definition in giving(mine, definitions, scope, action)[:1]:
                    found.append((replace(each, principal_id=object_id, principal_type="User"), definition.name))
                continue
            access = self._guard.access(object_id)
            decision = access.decide(action)
            if not decision.allowed:
                decision = access.decide(action, data=True)
            if decision.allowed:
                through = RoleAssignment(decision.assignment, object_id, "User", "", decision.scope)
                found.append((through, decision.role))
        people = self.named(team, (each for each, _ in found))
        able = (Able(holder, role) for holder, (_, role) in zip(people, found, strict=True))
        # People first, then groups and services, each by name.
        order = sorted(able, key=lambda each: (not each.holder.user, each.holder.principal_type, each.holder.name))
        return WhoCan(deed, scope, tuple(order), max(0, len(one_by_one) - LOOKED_AT), limited)

    @open_to_everyone("its callers ask the guard; it only says who is who")
    def named(self, team: str, assignments: Iterable[RoleAssignment]) -> tuple[Holder, ...]:
        """The principals of `assignments` in their order, as Slack persons where they are linked; the first `NAMED` of
        those with their names."""
        linked = self._identity.linked(team)
        names: dict[str, str] = {}
        found = []
        for each in assignments:
            user = linked.get(each.principal_id.lower(), "")
            if user and user not in names:
                names[user] = self._identity.name_of(team, user) if len(names) < NAMED else ""
            inherited = not within(each.scope, self._guard.scope)
            found.append(Holder(each.principal_id, each.principal_type, user, inherited, names.get(user, "")))
        return tuple(found)


def _is_a_person(assignment: RoleAssignment) -> bool:
    return assignment.principal_type.lower() in {"user", ""}
