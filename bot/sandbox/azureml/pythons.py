"""The Python interpreters of this machine, by minor version."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NEWEST, _OLDEST = 14, 8
_SECONDS: Final = 15
_PROBE: Final = "import json, sys, venv; print(json.dumps([sys.version_info[:3], sys.base_prefix]))"
_PLACES: Final = (
    "~/.pyenv/versions/3.{minor}.*/bin", "~/.local/share/uv/python/cpython-3.{minor}.*/bin", "/opt/python*/bin",
    "/usr/local/bin", "/usr/bin",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter that was seen to run; `root` is where its standard library is."""

    path: Path
    version: tuple[int, int, int]
    root: Path

    @property
    def minor(self) -> tuple[int, int]:
        return self.version[:2]

    def __str__(self) -> str:
        return ".".join(str(part) for part in self.version)


def own() -> Python:
    """The one that runs the sandbox."""
    return Python(Path(sys.executable), sys.version_info[:3], Path(sys.base_prefix))


def find(takes: Callable[[tuple[int, int]], bool]) -> Python | None:
    """The sandbox's own where it will do, else the newest that does; None when none is installed."""
    if takes(sys.version_info[:2]):
        return own()
    for minor in range(_NEWEST, _OLDEST - 1, -1):
        if takes((3, minor)) and (found := _installed(minor)) is not None:
            return found
    return None


@functools.cache
def _installed(minor: int) -> Python | None:
    for path in _candidates(minor):
        found = _probe(path)
        if found is not None and found.minor == (3, minor):
            return found
    return None


def _candidates(minor: int) -> Iterator[Path]:
    name = f"python3.{minor}"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(folder or ".") / name
    for place in _PLACES:
        pattern = Path(place.format(minor=minor)).expanduser()
        for found in sorted(Path("/").glob(str(pattern.relative_to("/"))), reverse=True):
            yield found / name


def _probe(path: Path) -> Python | None:
    """The interpreter at `path`, or None: version managers leave programs there that only say they have none."""
    if not os.access(path, os.X_OK):
        return None
    try:
        ended = subprocess.run([path, "-I", "-c", _PROBE], check=True, capture_output=True, text=True, timeout=_SECONDS)
        (major, minor, patch), root = json.loads(ended.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(path, (major, minor, patch), Path(root))
