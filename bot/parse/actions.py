"""What a button's value says. Values are ours; what doesn't parse is an old message's or not ours at all."""

import json
from dataclasses import dataclass

from bot.domain.errors import InvalidRequest
from bot.parse import names
from bot.parse.requests import Audit, Environments, FetchFile, Files, Logs, Roles, Runs

_UNREADABLE = "I can't read this button any more: ask again."


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """The entry that somebody wants to see of an answer with choices; `key` is the question's."""

    key: str
    file: str
    anchor: str


def choice(value: str) -> ShownChoice:
    """The value of a "Show" button. Raises InvalidRequest."""
    return ShownChoice(*_fields(value, "key", "file", "anchor"))


def environments_page(value: str) -> Environments:
    """The value of a "More" button below a list of environments. Raises InvalidRequest."""
    containing, start = _fields(value, "filter", "start")
    if not start.isdecimal() or len(start) > 6:
        raise InvalidRequest(_UNREADABLE)
    return Environments(names.environment_filter(containing), int(start))


def more_runs(value: str) -> Runs:
    """The value of a "More" button below a list of runs. Raises InvalidRequest."""
    experiment, status, mine, start = _fields(value, "experiment", "status", "mine", "start")
    if not start.isdecimal() or len(start) > 6:
        raise InvalidRequest(_UNREADABLE)
    return Runs(
        names.experiment(experiment) if experiment else "",
        names.status(status) if status else None,
        mine == "yes",
        int(start),
    )


def more_roles(value: str) -> Roles:
    """The value of a "More" button below a list of roles. Raises InvalidRequest."""
    (start,) = _fields(value, "start")
    if not start.isdecimal() or len(start) > 6:
        raise InvalidRequest(_UNREADABLE)
    return Roles(start=int(start))


def files_page(value: str) -> Files:
    """The value of a "More" button below a list of files. Raises InvalidRequest."""
    run, start = _fields(value, "run", "start")
    if not start.isdecimal() or len(start) > 6:
        raise InvalidRequest(_UNREADABLE)
    return Files(names.run_id(run), int(start))


def run_file(value: str) -> FetchFile:
    """The value of a "Get" button beside a file. Raises InvalidRequest."""
    run, file = _fields(value, "run", "file")
    return FetchFile(names.run_id(run), names.output(file))


def run_log(value: str) -> Logs:
    """The value of a "Whole log" button. Raises InvalidRequest."""
    run, file = _fields(value, "run", "file")
    return Logs(names.run_id(run), names.output(file) if file else "", whole=True)


def older_audit(value: str) -> Audit:
    """The value of an "Older" button below rows of the audit. Raises InvalidRequest."""
    run, user, today, before = _fields(value, "run", "user", "today", "before")
    if not before.isdecimal() or len(before) > 12:
        raise InvalidRequest(_UNREADABLE)
    return Audit(names.run_id(run) if run else "", user, today == "yes", int(before))


def run_id(value: str) -> str:
    """The value of a "Cancel" button. Raises InvalidRequest."""
    return names.run_id(value)


def _fields(value: str, *wanted: str) -> tuple[str, ...]:
    try:
        found = json.loads(value)
        fields = tuple(found[name] for name in wanted)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRequest(_UNREADABLE) from error
    if not all(isinstance(each, str) for each in fields):
        raise InvalidRequest(_UNREADABLE)
    return fields
