"""What the names in a request may look like; whether they exist is for the services to find out.

Each function returns its value as it is used from here on, or raises `InvalidRequest` with one sentence.
"""

import re

from bot.domain.errors import InvalidRequest
from bot.domain.runs import RunStatus

_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}", re.ASCII)
_PROJECT = re.compile(r"[\w][\w.-]{0,63}", re.ASCII)
_COMPUTE = re.compile(r"[a-zA-Z0-9][\w-]{0,63}", re.ASCII)
_EXPERIMENT = re.compile(r"[a-zA-Z0-9][\w-]{0,254}", re.ASCII)
_ENVIRONMENT = re.compile(r"([a-zA-Z0-9][\w.-]{0,254})(?::([\w.-]{1,64}))?", re.ASCII)
_REF = re.compile(r"(?!-)(?!.*\.\.)(?!.*\.lock\Z)[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DRIVE = re.compile(r"[a-zA-Z]:")
_SCRIPT_LENGTH = 300
_ROLE_LENGTH = 128
_FILTER_LENGTH = 100
_LETTERS = "letters, digits, “-” and “_”"


def run_id(text: str) -> str:
    """The id of a run."""
    return _matching(_RUN_ID, text, f"“{_short(text)}” isn't a run id: those are {_LETTERS}.")


def project(text: str) -> str:
    """The name of a project."""
    return _matching(_PROJECT, text, f"“{_short(text)}” isn't a project name: those are {_LETTERS}.")


def compute(text: str) -> str:
    """The name of a compute target."""
    return _matching(_COMPUTE, text, f"“{_short(text)}” isn't the name of a compute target: those are {_LETTERS}.")


def experiment(text: str) -> str:
    """The name of an experiment."""
    return _matching(_EXPERIMENT, text, f"“{_short(text)}” isn't an experiment name: those are {_LETTERS}.")


def environment(text: str) -> tuple[str, str]:
    """Name and version (or "") of an environment written as `NAME` or `NAME:VERSION`."""
    found = _ENVIRONMENT.fullmatch(text)
    if not found:
        raise InvalidRequest(f"“{_short(text)}” isn't an environment: write its name, or NAME:VERSION.")
    return found[1], found[2] or ""


def ref(text: str) -> str:
    """A branch, a tag or a commit. Whatever Git's commands would take for an option, a range or a rule of their own
    (`-x`, `a..b`, `a:b`, `HEAD~1`, `main@{1}`) isn't one."""
    sentence = f"“{_short(text)}” isn't a branch, a tag or a commit: those are {_LETTERS}, and “.”, “+” and “/”."
    return _matching(_REF, text, sentence)


def commit(text: str) -> str:
    """The full hash of a commit."""
    return _matching(_COMMIT, text, f"“{_short(text)}” isn't the full hash of a commit.")


def nodes(text: str) -> int:
    """How many nodes."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text, re.ASCII):
        raise InvalidRequest(f"“{_short(text)}” isn't a number of nodes: write a whole number from 1 on.")
    return int(text)


def hours(text: str) -> float:
    """How many hours, as 12 or 0.5."""
    found = float(text) if re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,3})?", text, re.ASCII) else 0.0
    if found < 1 / 60:
        raise InvalidRequest(f"“{_short(text)}” isn't a number of hours: write it as 12 or 0.5, a minute at least.")
    return found


def new_environment(text: str) -> str:
    """The name of an environment that somebody wants to make."""
    if not (found := _ENVIRONMENT.fullmatch(text)) or found[2]:
        raise InvalidRequest(
            f"“{_short(text)}” can't be an environment's name: those are letters, digits, “-”, “_” and “.”. Azure ML "
            "counts the versions by itself."
        )
    if text.lower().startswith("azureml"):
        raise InvalidRequest("Names that begin with “AzureML” are Microsoft's: choose another one.")
    return text


def status(text: str) -> RunStatus:
    """A status of a run, in whatever case."""
    known = {each.value.lower(): each for each in RunStatus if each is not RunStatus.UNKNOWN}
    found = known.get(text.lower().replace("cancelled", "canceled"))
    if found is None:
        raise InvalidRequest(f"“{_short(text)}” isn't a status. There are: {', '.join(known.values())}.")
    return found


def model(text: str) -> tuple[str, str]:
    """Name and version (or "") of a model written as `NAME` or `NAME:VERSION`."""
    found = _ENVIRONMENT.fullmatch(text)
    if not found or not (found[2] or "0").isdecimal():
        raise InvalidRequest(f"“{_short(text)}” isn't a model: write its name, or NAME:VERSION.")
    return found[1], found[2] or ""


def output(text: str) -> str:
    """Path of a file or folder among the outputs of a run: relative, forward slashes."""
    path = text.removeprefix("./").rstrip("/")
    parts = path.split("/")
    bad = any(part in {"", ".", ".."} for part in parts) or "\\" in path or not path.isprintable()
    if bad or len(path) > _SCRIPT_LENGTH:
        raise InvalidRequest(f"“{_short(text)}” isn't a path among a run's outputs, such as outputs/model.pkl.")
    return path


def environment_filter(text: str) -> str:
    """A part of environment names to look for."""
    if len(text) > _FILTER_LENGTH or not text.isprintable():
        raise InvalidRequest("The filter is too long, or has characters that no environment's name has.")
    return text


def role(text: str) -> str:
    """The name of a role; several words, with one space between them."""
    name = " ".join(text.split())
    if not name or len(name) > _ROLE_LENGTH or not name.isprintable():
        raise InvalidRequest(f"“{_short(name)}” isn't the name of a role.")
    return name


def script(text: str) -> str:
    """Path of a script in its project's folder: relative, forward slashes, `.py`. A leading `./` is dropped."""
    path = text.removeprefix("./")
    shown = _short(text)
    if not path or not path.isprintable() or len(path) > _SCRIPT_LENGTH:
        raise InvalidRequest("The script's path is empty, too long or has control characters.")
    if "\\" in path:
        raise InvalidRequest(f"Write “{shown}” with forward slashes: folder/train.py.")
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        raise InvalidRequest(f"“{shown}” isn't inside the project: give the path from the project's folder.")
    parts = path.split("/")
    if ".." in parts:
        raise InvalidRequest(f"“{shown}” leads out of the project (“..”): only scripts inside it can be submitted.")
    if any(part in {"", "."} or part != part.strip() for part in parts) or path.startswith("-"):
        raise InvalidRequest(f"“{shown}” isn't a path that I can read: write it like folder/train.py.")
    if not path.endswith(".py") or parts[-1] == ".py":
        raise InvalidRequest(f"“{shown}” isn't a Python script: its name has to end in .py.")
    return path


def _matching(pattern: re.Pattern[str], text: str, sentence: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidRequest(sentence)
    return text


def _short(text: str) -> str:
    """`text` in an error: one line, not long."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
