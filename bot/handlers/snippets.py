"""Requests for code to take away."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.blocks import snippets
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.identity import Identity
from bot.services.snippets import Snippets


class SnippetCommands:
    """Carries them out."""

    def __init__(self, identity: Identity, service: Snippets) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> Mapping[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What works off which kind of request."""
        return {requests.ModelSnippet: self._deployment}

    def _deployment(self, request: requests.ModelSnippet, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.MODEL_SNIPPET)
        reply.shown(snippets.deployment(self._service.deployment(principal, request.request)))
