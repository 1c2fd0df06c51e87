"""The command about the audit."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.blocks import audit
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.domain.audit import Wanted
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.audit import AuditLog
from bot.services.identity import Identity

SHOWN = 12


class AuditCommands:
    """Carries out `audit`; what it shows is for the asker alone."""

    def __init__(self, identity: Identity, service: AuditLog) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> dict[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What carries out which request."""
        return {requests.Audit: self.look}

    def look(self, request: requests.Audit, caller: Caller, reply: Reply) -> None:
        """Rows of the audit, from a command or a button."""
        since = datetime.now(UTC).date().isoformat() if request.today else ""
        wanted = Wanted(SHOWN, user=request.user_id, since=since, run=request.run_id, before=request.before)
        page = self._service.look(self._identity.principal(caller, table.AUDIT), wanted)
        reply.private(audit.audit(page, today=request.today))
