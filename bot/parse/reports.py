"""The words behind `metrics`, `logs` and `files`."""

from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest
from bot.parse import names
from bot.parse.options import flags, only, read, usage
from bot.parse.requests import FetchFile, Files, Logs, Metrics, Request
from bot.parse.words import split

_FILE, _FOLLOW, _ALL, _GET = "--file", "--follow", "--all", "--get"


def metrics(command: Command, rest: str) -> Request:
    """`metrics [RUN]`"""
    return Metrics(only(command, rest, names.run_id) or "")


def logs(command: Command, rest: str) -> Request:
    """`logs [RUN] [--file NAME] [--follow | --all]`

    Raises:
        InvalidRequest: an option that doesn't exist, two runs, or both ways to read on.
    """
    try:
        chosen, words = flags(split(rest), (_FOLLOW, _ALL))
        given = read(words, (_FILE, _FOLLOW, _ALL), command)
        file = given.one(_FILE)
        return Logs(_run(given.words), names.output(file) if file else "", *_ways(chosen))
    except InvalidRequest as error:
        raise _with_usage(error, command) from error


def files(command: Command, rest: str) -> Request:
    """`files [RUN] [--get FILE]`

    Raises:
        InvalidRequest: an option that doesn't exist, two runs, or what can't be a file's path.
    """
    try:
        given = read(split(rest), (_GET,), command)
        run_id, file = _run(given.words), given.one(_GET)
        return FetchFile(run_id, names.output(file)) if file else Files(run_id)
    except InvalidRequest as error:
        raise _with_usage(error, command) from error


def _ways(chosen: frozenset[str]) -> tuple[bool, bool]:
    if len(chosen) > 1:
        raise InvalidRequest(f"Either {_FOLLOW} or {_ALL}, not both.")
    return _FOLLOW in chosen, _ALL in chosen


def _run(words: tuple[str, ...]) -> str:
    if len(words) > 1:
        raise InvalidRequest(f"“{words[1][:80]}” isn't expected after the run.")
    return names.run_id(words[0]) if words else ""


def _with_usage(error: InvalidRequest, command: Command) -> InvalidRequest:
    said = error.user_message
    return InvalidRequest(said if usage(command) in said else f"{said} {usage(command)}")
