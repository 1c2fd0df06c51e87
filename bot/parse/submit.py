"""The words behind `submit`, and the same checks for the form."""

from dataclasses import replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.domain import commands
from bot.domain.environments import DEFAULT_PYTHON
from bot.domain.errors import InvalidRequest
from bot.domain.packages import Packages
from bot.domain.runs import SubmitRequest
from bot.parse import names, packages
from bot.parse.options import usage
from bot.parse.words import Word

_PACKAGES = ("--conda", "--pip", "--python")
_OPTIONS = ("--project", "--compute", "--env", "--experiment", "--ref", *_PACKAGES, "--nodes", "--hours")
_ALIKE = 0.55
_END_OF_OPTIONS = "--"
MAX_ARGUMENTS = 200


def parse_submit(words: tuple[Word, ...]) -> SubmitRequest:
    """The request in the words behind `submit`: a script, options in any order, `--` and the script's arguments.

    Raises:
        InvalidRequest: an option that doesn't exist (with the nearest), lacks its value or is given twice; no script,
            two, or one that isn't a relative path of a Python file; a name that can't be one.
    """
    try:
        return _parse(words)
    except InvalidRequest as error:
        raise InvalidRequest(f"{error.user_message} {usage(commands.SUBMIT)}") from error


def make(
    *,
    script: str,
    project: str = "",
    compute: str = "",
    environment: str = "",
    experiment: str = "",
    arguments: tuple[str, ...] = (),
    ref: str = "",
    wanted: Packages | None = None,
    nodes: str = "",
    hours: str = "",
) -> SubmitRequest:
    """A request whose names look right; "" is left to the project's defaults, except for the script.

    Raises:
        InvalidRequest: one of them doesn't; the first is named.
    """
    if environment:
        name, version = names.environment(environment)
        environment = f"{name}:{version}" if version else name
    if environment and wanted:
        raise InvalidRequest("Name an environment (--env), or packages (--conda, --pip, --python), not both.")
    if len(arguments) > MAX_ARGUMENTS:
        raise InvalidRequest(f"These are more than {MAX_ARGUMENTS} arguments for one script.")
    return SubmitRequest(
        script=names.script(script),
        project=names.project(project) if project else "",
        compute=names.compute(compute) if compute else "",
        environment=environment,
        experiment=names.experiment(experiment) if experiment else "",
        arguments=arguments,
        ref=names.ref(ref) if ref else "",
        packages=wanted,
        nodes=names.nodes(nodes) if nodes else 1,
        hours=names.hours(hours) if hours else None,
    )


def again(found: SubmitRequest) -> SubmitRequest:
    """A request that was read from a run, where others can write too: checked as if it had been typed.

    Raises:
        InvalidRequest: as `make`, or the commit can't be one.
    """
    made = make(
        script=found.script,
        project=found.project,
        compute=found.compute,
        environment=found.environment,
        experiment=found.experiment,
        arguments=found.arguments,
        ref=found.ref,
        nodes=str(found.nodes),
    )
    return replace(
        made,
        hours=found.hours,
        commit=names.commit(found.commit) if found.commit else "",
        repeats=names.run_id(found.repeats),
    )


def _parse(words: tuple[Word, ...]) -> SubmitRequest:
    own, arguments = _at_the_separator(words)
    options: dict[str, str] = {}
    scripts: list[str] = []
    position = 0
    while position < len(own):
        word = own[position]
        position += 1
        if word.quoted or not word.text.startswith("-"):
            scripts.append(word.text)
            continue
        option, equals, value = word.text.partition("=")
        _known(option)
        if option in options:
            raise InvalidRequest(f"{option} is given twice.")
        if not equals and position < len(own) and (own[position].quoted or not own[position].text.startswith("-")):
            value = own[position].text
            position += 1
        if not (value := value.strip("`")):
            raise InvalidRequest(f"{option} needs a value.")
        options[option] = value
    return make(
        script=_only(scripts),
        project=options.get("--project", ""),
        compute=options.get("--compute", ""),
        environment=options.get("--env", ""),
        experiment=options.get("--experiment", ""),
        arguments=arguments,
        ref=options.get("--ref", ""),
        wanted=_packages(*(options.get(option, "") for option in _PACKAGES)),
        nodes=options.get("--nodes", ""),
        hours=options.get("--hours", ""),
    )


def _packages(conda: str, pip: str, python: str) -> Packages | None:
    if not (conda or pip or python):
        return None
    return Packages(
        packages.python(python) if python else DEFAULT_PYTHON,
        tuple(sorted(packages.conda((conda,)))),
        tuple(sorted(packages.pip((pip,)))),
    )


def _at_the_separator(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """The bot's own words, and the script's arguments behind the first bare `--`."""
    for place, word in enumerate(words):
        if word.text == _END_OF_OPTIONS and not word.quoted:
            return words[:place], tuple(each.text for each in words[place + 1 :])
    return words, ()


def _known(option: str) -> None:
    if option in _OPTIONS:
        return
    nearest = process.extractOne(option, _OPTIONS, scorer=OSA.normalized_similarity, score_cutoff=_ALIKE)
    hint = f"Did you mean {nearest[0]}?" if nearest else "Arguments for the script go behind “--”."
    raise InvalidRequest(f"“submit” has no option “{option[:80]}”. {hint}")


def _only(scripts: list[str]) -> str:
    if not scripts:
        raise InvalidRequest("Name the script that should run, such as train.py.")
    if len(scripts) > 1:
        raise InvalidRequest(
            f"“{scripts[1][:80]}” isn't expected after the script; its arguments go behind “--”, and a value with "
            "spaces needs quotes."
        )
    return scripts[0].strip("`")
