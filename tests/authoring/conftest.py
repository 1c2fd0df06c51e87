"""FAQ folders to check, and the command line."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.behaviours.team import clean_environment

AML_BOT = Path(sys.executable).with_name("aml-bot")
SHIPPED = Path(__file__).parents[2] / "faq"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str


def faq_command(*arguments: str | Path, cwd: Path) -> Ended:
    """`aml-bot faq` with these arguments, in a folder."""
    ended = subprocess.run(
        [AML_BOT, "faq", *arguments],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return Ended(ended.returncode, ended.stdout, ended.stderr)


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a FAQ of the given files: `write(a="# A ...")` makes `faq/a.md`; a name with a dot is kept."""

    def make(files: dict[str, str] | None = None, **named: str) -> Path:
        folder = tmp_path / "faq"
        folder.mkdir(exist_ok=True)
        for name, text in {**(files or {}), **{f"{name}.md": text for name, text in named.items()}}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make
