"""Requests about private wheels."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.blocks import wheels
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.domain.errors import InvalidRequest
from bot.handlers.reply import Reply
from bot.parse import requests
from bot.services.identity import Identity
from bot.services.wheels import Wheels


class WheelCommands:
    """Carries them out."""

    def __init__(self, identity: Identity, service: Wheels) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> Mapping[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What works off which kind of request."""
        return {requests.AddWheel: self._add}

    def _add(self, request: requests.AddWheel, caller: Caller, reply: Reply) -> None:
        if len(request.files) != 1:
            many = "are several files" if request.files else "is no file"
            raise InvalidRequest(
                f"There {many} in your message. Upload one wheel (.whl) in a channel that I'm a member of, or in a "
                "direct message to me, and write “add wheel” to it with a mention of me: a slash command can't carry "
                "files."
            )
        principal = self._identity.principal(caller, table.ADD_WHEEL)
        reply.shown(wheels.wheel_added(self._service.add(principal, request.files[0])))
