"""The words behind `models`, `model` and `model register`."""

from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest
from bot.domain.models import ModelRequest
from bot.parse import names
from bot.parse.options import only, read, usage
from bot.parse.requests import ModelInfo, ModelRegister, Models, Request
from bot.parse.words import split


def listing(command: Command, rest: str) -> Request:
    """`models [FILTER]`"""
    return Models(only(command, rest, names.environment_filter) or "")


def info(command: Command, rest: str) -> Request:
    """`model NAME[:VERSION]`"""
    if (found := only(command, rest, names.model)) is None:
        raise InvalidRequest(f"Say which model: “models” lists their names. {usage(command)}")
    return ModelInfo(*found)


def register(command: Command, rest: str) -> Request:
    """`model register RUN PATH --name NAME`

    Raises:
        InvalidRequest: the run, the path or the name is missing or can't be one.
    """
    try:
        return ModelRegister(_request(rest))
    except InvalidRequest as error:
        raise InvalidRequest(f"{error.user_message} {usage(command)}") from error


def _request(rest: str) -> ModelRequest:
    given = read(split(rest), ("--name",), commands.MODEL_REGISTER)
    if len(given.words) != 2:
        raise InvalidRequest("Name the run, and the file or folder among its outputs, such as outputs/model.pkl.")
    name, version = names.model(given.one("--name") or _last(given.words[1]))
    if version:
        raise InvalidRequest("Azure ML counts a model's versions by itself: leave the version out.")
    return ModelRequest(names.run_id(given.words[0]), names.output(given.words[1]), name)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2].partition(".")[0]
