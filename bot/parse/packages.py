"""Packages as people type them: pip and conda specs, a Python version, a wheel's file name.

Nothing that either installer would take for an option, a local path or a file to read gets through.
"""

import re
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from bot.domain.errors import InvalidRequest

MOST = 60
_SPEC_LENGTH = 300
# A comma parts packages when a name follows; `numpy>=1.26,<2` stays whole.
_BETWEEN = re.compile(r"\s*,\s*(?=[A-Za-z])|\s*;;\s*|\n+")
_CONDA = re.compile(
    r"(?:[A-Za-z0-9][\w.-]*::)?[A-Za-z0-9_][\w.-]*(?:\s*(?:[=<>!~]=?|==)\s*[\w.*+!-]+(?:[,|][=<>!~]{1,2}[\w.*+!-]+)*(?:=[\w.*]+)?)?",
    re.ASCII,
)
_PYTHON = re.compile(r"3\.\d{1,2}(?:\.\d{1,2})?", re.ASCII)


def python(text: str) -> str:
    """A version of Python 3, with its patch number or without."""
    if not _PYTHON.fullmatch(text):
        raise InvalidRequest(f"“{_short(text)}” isn't a version of Python such as 3.11.")
    return text


def pip(values: tuple[str, ...]) -> tuple[str, ...]:
    """pip specs, several in a value parted by commas; each a name with versions, or the https address of a wheel.

    Raises:
        InvalidRequest: one of them is neither; the first is named.
    """
    return _limited(tuple(_pip(each) for each in _each(values)))


def conda(values: tuple[str, ...]) -> tuple[str, ...]:
    """conda specs, several in a value parted by commas.

    Raises:
        InvalidRequest: one of them can't be one; the first is named.
    """
    found = _limited(_each(values))
    for spec in found:
        if len(spec) > _SPEC_LENGTH or not _CONDA.fullmatch(spec):
            raise InvalidRequest(f"“{_short(spec)}” isn't a conda package: write it like scikit-learn=1.5.")
        if re.match(r"(?:python|pip)(?![\w-])", spec):
            raise InvalidRequest(
                f"“{_short(spec)}”: the version of Python goes behind --python, and pip is always there."
            )
    return found


def wheel(text: str) -> str:
    """The file name of a wheel."""
    try:
        parse_wheel_filename(text)
    except InvalidWheelFilename as error:
        raise InvalidRequest(
            f"“{_short(text)}” isn't the name of a wheel: those look like name-1.0-py3-none-any.whl."
        ) from error
    if not re.fullmatch(r"[\w.+!-]+", text, re.ASCII):
        raise InvalidRequest(f"“{_short(text)}” has characters that no wheel's name has.")
    return text


def _pip(spec: str) -> str:
    if len(spec) <= _SPEC_LENGTH and not spec.startswith("-"):
        if "://" in spec and " @ " not in spec:
            return _address(spec)
        try:
            requirement = Requirement(spec)
        except InvalidRequirement:
            requirement = None
        if requirement is not None:
            if requirement.url:
                _address(requirement.url)
            return spec
    raise InvalidRequest(f"“{_short(spec)}” isn't a pip package: write it like pandas==2.2.3.")


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and not parts.query
    except ValueError:
        usable = False
    if not usable or any(c.isspace() for c in url):
        raise InvalidRequest(
            f"“{_short(url)}” isn't an address that I pass on: only https, without a password or a signature in it, "
            "since everybody who may read the environment would see it."
        )
    return url


def _each(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in _BETWEEN.split(value) if part.strip())


def _limited(specs: tuple[str, ...]) -> tuple[str, ...]:
    if len(specs) > MOST:
        raise InvalidRequest(f"These are more than {MOST} packages.")
    return tuple(dict.fromkeys(specs))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
