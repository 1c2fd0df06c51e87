"""The words behind `envs`, `env`, `env diff` and `env create`."""

from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.environments import EnvironmentDraft
from bot.domain.errors import InvalidRequest
from bot.parse import names, packages
from bot.parse.options import at_most, only, read, unmarked, usage, valid
from bot.parse.requests import EnvironmentCreate, EnvironmentDiff, EnvironmentInfo, Environments, Request
from bot.parse.words import split

_PYTHON, _CONDA, _PIP, _WHEEL, _FROM = "--python", "--conda", "--pip", "--wheel", "--from"


def listing(command: Command, rest: str) -> Request:
    """`envs [FILTER]`"""
    return Environments(only(command, rest, names.environment_filter) or "")


def info(command: Command, rest: str) -> Request:
    """`env NAME[:VERSION]`"""
    if (found := only(command, rest, names.environment)) is None:
        raise InvalidRequest(f"Say which environment: “envs” lists their names. {usage(command)}")
    return EnvironmentInfo(*found)


def diff(command: Command, rest: str) -> Request:
    """`env diff NAME[:VERSION] NAME[:VERSION]`"""
    found = unmarked(split(rest))
    at_most(command, found, 2)
    if len(found) < 2:
        raise InvalidRequest(f"Name two environments, or two versions of one. {usage(command)}")
    left, right = (valid(command, names.environment, word.text) for word in found)
    return EnvironmentDiff(left, right)


def create(command: Command, rest: str) -> Request:
    """`env create NAME` with its options.

    Raises:
        InvalidRequest: no name, a name or package that can't be one, or nothing to put into the environment.
    """
    try:
        return EnvironmentCreate(_draft(rest))
    except InvalidRequest as error:
        raise InvalidRequest(f"{error.user_message} {usage(command)}") from error


def _draft(rest: str) -> EnvironmentDraft:
    given = read(split(rest), (_PYTHON, _CONDA, _PIP, _WHEEL, _FROM), commands.ENV_CREATE)
    if not given.words:
        raise InvalidRequest("Say what the environment shall be called.")
    if len(given.words) > 1:
        raise InvalidRequest(
            f"“{given.words[1][:80]}” isn't expected after the name: packages go behind --conda or --pip, and what has "
            "spaces needs quotes."
        )
    python, base = given.one(_PYTHON), given.one(_FROM)
    draft = EnvironmentDraft(
        names.new_environment(given.words[0]),
        packages.python(python) if python else "",
        packages.conda(given.options.get(_CONDA, ())),
        packages.pip(given.options.get(_PIP, ())),
        tuple(dict.fromkeys(packages.wheel(each) for each in given.options.get(_WHEEL, ()))),
        *(names.environment(base) if base else ()),
    )
    if not (draft.python or draft.conda or draft.pip or draft.wheels or draft.base):
        raise InvalidRequest("Say what shall be in it: at least one of --python, --conda, --pip, --wheel and --from.")
    return draft
