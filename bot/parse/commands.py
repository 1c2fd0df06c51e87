"""The grammar of `/aml` and of a mention: plain text (see `bot.parse.text`) to a request.

`parse` takes every text as a command. `parse_mention` takes it as one only when it clearly is: anything else that is
said to the bot is a question.
"""

import re
from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest, UnknownCommand
from bot.parse import audit, environments, models, names, reports, roles, snippets
from bot.parse.options import at_most, flags, nearest_commands, only, read, shown, unmarked, usage
from bot.parse.questions import opens_like_a_question
from bot.parse.requests import (
    AddWheel,
    Admin,
    Ask,
    Cancel,
    Children,
    Help,
    Request,
    Retry,
    RoleInfo,
    Runs,
    Status,
    Submit,
    SubmitForm,
    WhoAmI,
)
from bot.parse.submit import parse_submit
from bot.parse.text import is_greeting
from bot.parse.words import Word, split

_ALIKE = 0.6  # share of letters that must agree before a name is suggested
_MINE = "--mine"
_SLASH = re.compile(r"/?aml(?:-bot)?\s+", re.IGNORECASE)
_NEED_MORE = (
    commands.ASK,
    commands.SUBMIT,
    commands.CANCEL,
    commands.RETRY,
    commands.ENV,
    commands.ENV_DIFF,
    commands.ENV_CREATE,
    commands.MODEL,
    commands.MODEL_REGISTER,
    commands.MODEL_SNIPPET,
    commands.ROLE,
    commands.CAN,
    commands.WHO_CAN,
)
# These begin a question just as well, so only one that is right in every word is a command.
_QUESTION_WORDS = (commands.CAN, commands.WHO_CAN)
_WORKSPACE = re.compile(r"(?<!\S)--workspace(?:=|\s+)(?P<name>[^\s-]\S*)")
_END_OF_OPTIONS = re.compile(r"(?<!\S)--(?!\S)")
_FLAG = re.compile(r"--?[A-Za-z][\w-]*(?:=.*)?", re.DOTALL)
_OF_SENTENCES = re.compile(
    r"\b(?:an?|the|and|or|of|to|for|in|on|my|your|our|i|we|you|it|is|are|do|does|needs?|needed|can|who|what|which|why|"
    r"how|please|that|this|with)\b",
    re.IGNORECASE,
)


def workspace_of(text: str) -> tuple[str, str]:
    """The workspace that a command names by `--workspace NAME` ("" where it names none), and the text without that.

    Of a command that reaches Azure only, and not behind `--`, where all is the script's; elsewhere it is a word.
    """
    line = _SLASH.sub("", _bare(text), count=1)
    command = commands.BY_NAME.get(_first_word(line)[0].lower()) if line else None
    end = _END_OF_OPTIONS.search(text)
    found = _WORKSPACE.search(text, 0, end.start() if end else len(text))
    if command is None or not command.guarded or found is None:
        return "", text
    name = found["name"].strip("\"'`")
    return name, f"{text[: found.start()].rstrip()} {text[found.end() :].lstrip()}".strip()


def parse(text: str) -> Request:
    """The request in the text of a slash command.

    Raises:
        UnknownCommand: the first word is no command.
        InvalidRequest: the rest doesn't fit the command; `user_message` has one sentence and the usage.
    """
    line = _bare(text)
    if not line:
        return Help()
    name, rest = _first_word(line)
    command = commands.BY_NAME.get(name.lower())
    if command is None:
        raise UnknownCommand(shown(name), _nearest_commands(name, line))
    return _PARSERS[command.name](command, rest)


def parse_mention(text: str) -> Request:
    """The request in what was said to the bot, the mention itself removed.

    It is a command when its first word is exactly one and the rest fits, or when an option or a script shows that a
    command was meant (then its mistake is raised). A command alone that needs more gets its help: a mention can't open
    the form. Nothing, or a greeting, gets the overview. All else is a question.

    Raises:
        InvalidRequest: clearly a command, and it has a mistake.
    """
    line = _SLASH.sub("", _bare(text), count=1)
    if is_greeting(line):
        return Help()
    name, rest = _first_word(line)
    command = commands.BY_NAME.get(name.lower())
    if command and not rest and command in _NEED_MORE:
        return Help(command)
    try:
        request = parse(line)
    except InvalidRequest:
        if _clearly_a_command(command or _misspelt(name), rest):
            raise
        return Ask(line)
    return Ask(line) if isinstance(request, RoleInfo) and _is_a_sentence(request.role) else request


def _help(command: Command, rest: str) -> Request:
    if not rest:
        return Help()
    name, more = _first_word(rest)
    at_most(command, split(more), 0)
    if (found := commands.BY_NAME.get(name.lower())) is None:
        raise UnknownCommand(shown(name), _nearest_commands(name, name))
    return Help(found)


def _ask(command: Command, rest: str) -> Request:
    if not rest:
        raise InvalidRequest(f"Write your question behind “ask”. {usage(command)}")
    return Ask(rest)


def _submit(_command: Command, rest: str) -> Request:
    return Submit(parse_submit(split(rest))) if rest else SubmitForm()


def _of_a_run(make: Callable[[str], Request], *, or_latest: bool = False) -> Callable[[Command, str], Request]:
    def parser(command: Command, rest: str) -> Request:
        run_id = only(command, rest, names.run_id)
        if run_id is None and not or_latest:
            raise InvalidRequest(f"Say which run: “runs” lists the latest with their ids. {usage(command)}")
        return make(run_id or "")

    return parser


def _alone(make: Callable[[], Request]) -> Callable[[Command, str], Request]:
    def parser(command: Command, rest: str) -> Request:
        at_most(command, split(rest), 0)
        return make()

    return parser


def _runs(command: Command, rest: str) -> Request:
    chosen, found = flags(unmarked(split(rest)), (_MINE,))
    try:
        given = read(found, ("--experiment", "--status", "--children", _MINE), command)
        at_most(command, tuple(Word(word) for word in given.words), 0)
        experiment, status, parent = (given.one(option) for option in ("--experiment", "--status", "--children"))
        if parent:
            _refuse_others(experiment or status or chosen)
            return Children(names.run_id(parent))
        return Runs(
            names.experiment(experiment) if experiment else "",
            names.status(status) if status else None,
            mine=bool(chosen),
        )
    except InvalidRequest as error:
        said = error.user_message
        raise InvalidRequest(said if usage(command) in said else f"{said} {usage(command)}") from error


def _refuse_others(chosen: object) -> None:
    if chosen:
        raise InvalidRequest("--children stands alone: it lists all that a run started.")


_PARSERS: dict[str, Callable[[Command, str], Request]] = {
    commands.HELP.name: _help,
    commands.ASK.name: _ask,
    commands.SUBMIT.name: _submit,
    commands.STATUS.name: _of_a_run(Status, or_latest=True),
    commands.LOGS.name: reports.logs,
    commands.METRICS.name: reports.metrics,
    commands.FILES.name: reports.files,
    commands.CANCEL.name: _of_a_run(Cancel),
    commands.RETRY.name: _of_a_run(Retry),
    commands.RUNS.name: _runs,
    commands.ENVS.name: environments.listing,
    commands.ENV.name: environments.info,
    commands.ENV_DIFF.name: environments.diff,
    commands.ENV_CREATE.name: environments.create,
    commands.ADD_WHEEL.name: _alone(AddWheel),
    commands.MODELS.name: models.listing,
    commands.MODEL.name: models.info,
    commands.MODEL_REGISTER.name: models.register,
    commands.MODEL_SNIPPET.name: snippets.snippet,
    commands.ROLES.name: roles.listing,
    commands.ROLE.name: roles.info,
    commands.CAN.name: roles.can,
    commands.WHO_CAN.name: roles.who_can,
    commands.WHOAMI.name: _alone(WhoAmI),
    commands.AUDIT.name: audit.audit,
    commands.ADMIN.name: _alone(Admin),
}


def _first_word(line: str) -> tuple[str, str]:
    """The first word of a line that isn't blank, and the rest without blanks around it.

    A command of two words (`env create`) is its name (`env-create`).
    """
    name, *rest = line.split(maxsplit=1)
    after = rest[0].strip() if rest else ""
    second, *others = after.split(maxsplit=1) or [""]
    if second and (both := f"{name}-{second}".lower()) in commands.BY_NAME:
        return both, others[0].strip() if others else ""
    return name, after


def _bare(text: str) -> str:
    """`text` without the code marks around all of it."""
    line = text.strip()
    if len(line) > 1 and line.startswith("`") and line.endswith("`") and line.strip("`").count("`") == 0:
        line = line.strip("`").strip()
    return line


def _nearest_commands(name: str, line: str) -> tuple[str, ...]:
    return nearest_commands(name) or ((commands.ASK.name,) if opens_like_a_question(line) else ())


def _misspelt(name: str) -> Command | None:
    """The command that `name` is a slip of, if it is one."""
    found = process.extractOne(
        name.lower(), list(commands.BY_NAME), scorer=OSA.normalized_similarity, score_cutoff=_ALIKE
    )
    return commands.BY_NAME[found[0]] if found else None


def _clearly_a_command(command: Command | None, rest: str) -> bool:
    """Whether the words after a command's name can't be a sentence: there is an option, or a script."""
    if command is None or not command.guarded or command in _QUESTION_WORDS:
        return False
    found = rest.split()
    if any(_FLAG.fullmatch(word) or word == "--" for word in found):
        return True
    return not rest.endswith("?") and any(word.strip("\"'`").endswith(".py") for word in found)


def _is_a_sentence(role: str) -> bool:
    return role.endswith("?") or _OF_SENTENCES.search(role) is not None
