"""Requests about models."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.blocks import models
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.identity import Identity
from bot.services.models import Models


class ModelCommands:
    """Carries them out: one request, one service call, one message."""

    def __init__(self, identity: Identity, service: Models) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> Mapping[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What works off which kind of request."""
        return {
            requests.Models: self._list,
            requests.ModelInfo: self._show,
            requests.ModelRegister: self._register,
        }

    def _list(self, request: requests.Models, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.MODELS)
        reply.shown(models.model_list(self._service.list(principal, request.filter)))

    def _show(self, request: requests.ModelInfo, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.MODEL)
        reply.shown(models.model(*self._service.get(principal, request.name, request.version)))

    def _register(self, request: requests.ModelRegister, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.MODEL_REGISTER)
        reply.shown(models.model_registered(self._service.register(principal, request.request)))
