"""The commands about roles."""

from collections.abc import Callable
from typing import Any

from bot.blocks import roles
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.identity import Identity
from bot.services.roles import Roles

SHOWN = 20


class RoleCommands:
    """Carries out `whoami`, `roles`, `role`, `can` and `who-can`; what they show is for the asker alone."""

    def __init__(self, identity: Identity, service: Roles) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> dict[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What carries out which request."""
        return {
            requests.WhoAmI: self._whoami,
            requests.Roles: self.list,
            requests.RoleInfo: self._role,
            requests.Can: self._can,
            requests.WhoCan: self._who_can,
        }

    def list(self, request: requests.Roles, caller: Caller, reply: Reply) -> None:
        """A colleague's roles, or a page of everybody's, from a command or a button."""
        if request.user_id == caller.user:
            self._whoami(requests.WhoAmI(), caller, reply)
            return
        principal = self._identity.principal(caller, table.ROLES)
        if request.user_id:
            reply.private(roles.person_roles(self._service.of_person(principal, request.user_id)))
        else:
            found = self._service.workspace(principal, start=request.start, limit=SHOWN)
            reply.private(roles.workspace_roles(found))

    def _whoami(self, _request: requests.WhoAmI, caller: Caller, reply: Reply) -> None:
        reply.private(roles.whoami(self._service.whoami(self._identity.principal(caller, table.WHOAMI))))

    def _role(self, request: requests.RoleInfo, caller: Caller, reply: Reply) -> None:
        reply.private(roles.role(self._service.role(self._identity.principal(caller, table.ROLE), request.role)))

    def _can(self, request: requests.Can, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.CAN)
        reply.private(roles.ability(self._service.can(principal, request.deed, request.user_id)))

    def _who_can(self, request: requests.WhoCan, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.WHO_CAN)
        reply.private(roles.who_can(self._service.who_can(principal, request.deed)))
