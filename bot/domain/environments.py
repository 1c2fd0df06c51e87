"""Environments of the workspace, as people look at them, compare them and make them."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from bot.domain.runs import Run

HIDDEN = "(hidden)"
"""What is shown instead of a value that may be a secret."""

DEFAULT_PYTHON = "3.10"
"""What a new environment gets when nobody says: without it the SDK would ask for Python 3.8.13."""

_SECRET_NAME = re.compile(
    r"secret|token|passw|pwd|credential|private|signature|auth|conn(?:ection)?_?-?str|(?:^|[_.-])(?:sas|pat|key)s?(?:$|[_.-])"
    r"|(?:api|access|account|storage|signing|master)_?-?key",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"eyJ[\w-]{8,}\.|-----BEGIN|://[^\s/@]+@|[?&;](?:sig|code|token|key)=|accountkey=|sharedaccess|password=|pwd=|bearer\s"
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-|AKIA|hf_|dapi)[\w-]{8,}",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/_=~.-]{20,}")
_PATH_LIKE = re.compile(r"(?:[./~]|[A-Za-z]:)[\w./ -]*|[\w.-]+(?:/[\w.-]+)+")
_ASSIGNMENT = re.compile(r"""([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|\S+)""")
_SET_WITH_A_SPACE = re.compile(r"(?i)^(\s*(?:ENV|ARG|LABEL)\s+)([A-Za-z_][\w.-]*)(\s+)([^=\s].*)$")
_CONDA_NAME = re.compile(r"(?:[\w./:-]+::)?([A-Za-z0-9_][\w.-]*)", re.ASCII)
_PIP_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class EnvironmentName:
    """A registered environment. `curated` ones are Microsoft's (`AzureML-...`)."""

    name: str
    version: str
    curated: bool


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    """Some of the environments whose name contains `filter`: those from number `start` (0 is the first) of `total`."""

    names: tuple[EnvironmentName, ...]
    start: int
    total: int
    filter: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentDetail:
    """What is inside an environment. Package lists are specs as pip and conda spell them, in the file's order;
    `variables` are names with their values, `HIDDEN` where a value may be a secret; `dockerfile` is its text, secrets
    hidden too."""

    name: str
    version: str
    curated: bool
    python: str = ""
    conda_packages: tuple[str, ...] = ()
    pip_packages: tuple[str, ...] = ()
    image: str = ""
    dockerfile: str = ""
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentUse:
    """A run that used an environment, and the version that it used ("" where its definition doesn't say)."""

    run: Run
    version: str


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """An environment with its story: `versions` that are there, newest first; `uses` among the latest runs, newest
    first, or None when the asker may not see runs or they couldn't be read."""

    detail: EnvironmentDetail
    versions: tuple[str, ...] = ()
    uses: tuple[EnvironmentUse, ...] | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentDraft:
    """An environment to be made. `base` is a registered one that it starts from (`base_version` "" is the latest); ""
    stands for `azureml-defaults` alone. `wheels` are file names of wheels that the workspace keeps."""

    name: str
    python: str = ""
    conda: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    base: str = ""
    base_version: str = ""


@dataclass(frozen=True, slots=True)
class MadeEnvironment:
    """An environment that was asked for, as it is now. `new` is False when this very content was there already."""

    detail: EnvironmentDetail
    new: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A difference: `before` "" was added, `after` "" was removed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """What `right` has in place of `left`. `not_compared` are variables whose values are hidden in both."""

    left: EnvironmentDetail
    right: EnvironmentDetail
    python: Change | None = None
    image: Change | None = None
    dockerfile: tuple[str, ...] = ()
    conda: tuple[Change, ...] = ()
    pip: tuple[Change, ...] = ()
    variables: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing that was compared differs."""
        found = (self.python, self.image, self.dockerfile, self.conda, self.pip, self.variables)
        return not any(found)


def shown_value(name: str, value: str) -> str:
    """The value of a variable, or `HIDDEN` when its name or its shape says that it may be a secret.

    A guess that errs on hiding: names such as `API_KEY`, values such as tokens, keys, signed addresses, connection
    strings and anything long that mixes letters and digits without being a path or a sentence.
    """
    if not value:
        return value
    if _SECRET_NAME.search(name) or _SECRET_VALUE.search(value):
        return HIDDEN
    return HIDDEN if _RANDOM.fullmatch(value) and not _PATH_LIKE.fullmatch(value) else value


def shown_dockerfile(text: str) -> str:
    """A Dockerfile with every assignment's value hidden that may be a secret."""
    return "\n".join(_shown_line(line) for line in text.splitlines())


def difference(left: EnvironmentDetail, right: EnvironmentDetail) -> EnvironmentDiff:
    """What `right` has in place of `left`. Packages are compared by name, whatever their case or dashes."""
    before, after = dict(left.variables), dict(right.variables)
    hidden = tuple(sorted(n for n, value in before.items() if value == HIDDEN and after.get(n) == HIDDEN))
    return EnvironmentDiff(
        left,
        right,
        python=_changed("Python", left.python, right.python),
        image=_changed("image", left.image, right.image),
        dockerfile=_changed_lines(left.dockerfile, right.dockerfile),
        conda=_changes(_by_name(left.conda_packages, conda_name), _by_name(right.conda_packages, conda_name)),
        pip=_changes(_by_name(left.pip_packages, pip_name), _by_name(right.pip_packages, pip_name)),
        variables=_changes({n: f"{n}={v}" for n, v in before.items()}, {n: f"{n}={v}" for n, v in after.items()}),
        not_compared=hidden,
    )


def pip_name(spec: str) -> str:
    """The name of the package in a pip spec; of a wheel's address, the name its file begins with."""
    if "://" in spec and " @ " not in spec:
        file = re.split("[?#]", spec, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
        return canonicalize_name(file.partition("-")[0] or file)
    found = _PIP_NAME.match(spec.strip())
    return canonicalize_name(found[0]) if found else spec


def conda_name(spec: str) -> str:
    """The name of the package in a conda spec, its channel left out."""
    found = _CONDA_NAME.match(spec.strip())
    return found[1].lower() if found else spec


def _shown_line(line: str) -> str:
    def hidden(found: re.Match[str]) -> str:
        value = found[2].strip("\"'")
        return found[0] if shown_value(found[1], value) == value else f"{found[1]}={HIDDEN}"

    if spaced := _SET_WITH_A_SPACE.match(line):
        value = spaced[4].strip()
        return line if shown_value(spaced[2], value) == value else f"{spaced[1]}{spaced[2]}{spaced[3]}{HIDDEN}"
    masked = _ASSIGNMENT.sub(hidden, line)
    return HIDDEN if _SECRET_VALUE.search(masked.replace(f"={HIDDEN}", "")) else masked


def _by_name(specs: Iterable[str], name_of: Callable[[str], str]) -> dict[str, str]:
    return {name_of(spec): spec for spec in specs}


def _changes(before: dict[str, str], after: dict[str, str]) -> tuple[Change, ...]:
    names = sorted({*before, *after})
    return tuple(Change(n, before.get(n, ""), after.get(n, "")) for n in names if before.get(n) != after.get(n))


def _changed(name: str, before: str, after: str) -> Change | None:
    return Change(name, before, after) if before != after else None


def _changed_lines(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
