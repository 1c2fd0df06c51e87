"""Requests about environments."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.blocks import environments
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.environments import Environments
from bot.services.identity import Identity


class EnvironmentCommands:
    """Carries them out: one request, one service call, one message."""

    def __init__(self, identity: Identity, service: Environments) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> Mapping[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What works off which kind of request."""
        return {
            requests.Environments: self.list,
            requests.EnvironmentInfo: self._show,
            requests.EnvironmentDiff: self._compare,
            requests.EnvironmentCreate: self._create,
        }

    def list(self, request: requests.Environments, caller: Caller, reply: Reply) -> None:
        """A page of the list, from a command or a button."""
        principal = self._identity.principal(caller, table.ENVS)
        reply.shown(environments.environment_list(self._service.list(principal, request.filter, request.start)))

    def _show(self, request: requests.EnvironmentInfo, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.ENV)
        reply.shown(environments.environment(self._service.get(principal, request.name, request.version)))

    def _compare(self, request: requests.EnvironmentDiff, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.ENV_DIFF)
        diff = self._service.compare(principal, request.left, request.right)
        reply.shown(environments.environment_difference(diff))

    def _create(self, request: requests.EnvironmentCreate, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.ENV_CREATE)
        reply.shown(environments.environment_made(self._service.create(principal, request.draft)))
