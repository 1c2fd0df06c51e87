"""Which of several workspaces a request is for: the one that it names, or its channel's when it was accepted."""

from collections.abc import Mapping

from bot.domain.workspaces import WorkspaceNames
from bot.handlers.commands import Commands
from bot.handlers.reply import Reply
from bot.parse.requests import Request


class Workspaces:
    """The commands of each workspace, by its name."""

    def __init__(self, names: WorkspaceNames, commands: Mapping[str, Commands]) -> None:
        self._names = names
        self._commands = commands

    def choose(self, asked: str, accepted: str, reply: Reply, request: Request | None = None) -> Commands:
        """The commands of the workspace `asked` for; of the one that was noted when the request was `accepted` for "".

        What `reply` says then names it, where there are several and the request (a click for None) is about one.

        Raises:
            NotFound: there is no workspace of that name.
        """
        name = self._names.named(asked or accepted) if asked or accepted else self._names.default
        if self._names.several and (request is None or request.command.guarded):
            reply.workspace = name
        return self._commands[name]
