"""The words behind `model snippet`."""

from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest
from bot.domain.snippets import SnippetRequest
from bot.parse import names
from bot.parse.options import read, usage
from bot.parse.requests import ModelSnippet, Request
from bot.parse.words import split

_PROJECT, _ENTRY, _ENV = "--project", "--entry", "--env"


def snippet(command: Command, rest: str) -> Request:
    """`model snippet NAME[:VERSION]` with its options.

    Raises:
        InvalidRequest: no model, or two; an option that doesn't exist; a name that can't be one.
    """
    try:
        given = read(split(rest), (_PROJECT, _ENTRY, _ENV), command)
        project, entry, environment = (given.one(option) for option in (_PROJECT, _ENTRY, _ENV))
        return ModelSnippet(
            SnippetRequest(
                *names.model(_only(given.words)),
                names.project(project) if project else "",
                names.script(entry) if entry else "",
                *(names.environment(environment) if environment else ()),
            )
        )
    except InvalidRequest as error:
        said = error.user_message
        raise InvalidRequest(said if usage(command) in said else f"{said} {usage(command)}") from error


def _only(words: tuple[str, ...]) -> str:
    if len(words) != 1:
        raise InvalidRequest("Name one model: “models” lists them.")
    return words[0]
