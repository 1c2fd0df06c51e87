"""Reading the audit from Slack."""

from bot.domain.access import Principal
from bot.domain.audit import AuditPage, Wanted
from bot.domain.commands import AUDIT
from bot.ports import AuditRows
from bot.services.guard import Guard
from bot.services.identity import Identity


class AuditLog:
    """The audit's rows at this workspace, for who may see them."""

    def __init__(self, rows: AuditRows, guard: Guard, identity: Identity) -> None:
        self._rows = rows
        self._guard = guard
        self._identity = identity

    def look(self, principal: Principal, wanted: Wanted) -> AuditPage:
        """The last rows that fit and were decided at this workspace or at none, such as changes of links.

        Raises:
            PermissionDenied: `principal` may not read the audit.
        """
        with self._guard.allow(principal, AUDIT):
            one_more = Wanted(
                wanted.last + 1,
                user=wanted.user,
                since=wanted.since,
                run=wanted.run,
                scope=self._guard.scope,
                before=wanted.before,
            )
            found = self._rows.rows(one_more)
            shown = found[-wanted.last :]
            people = {(row["team"], row["user"]) for row in shown if row["user"]}
            names = {user: self._identity.name_of(team, user) for team, user in sorted(people)}
        return AuditPage(wanted, shown, names, more=len(found) > wanted.last)
