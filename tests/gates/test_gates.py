"""`make check` is clean on the tree; here its recipes run on copies with one thing planted, and must say so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.behaviours.team import clean_environment

CHECKOUT = Path(__file__).parents[2]
TOOLS = CHECKOUT / ".tools"

# What is planted (a new module and what it says), and the tool's words for it.
WRONG_WAYS = {
    "a service that knows Slack": (
        "bot/services/planted.py",
        "import slack_sdk\n",
        (
            "Domain, search, ports and services know no Slack, no SDK, no driver and no network",
            "bot.services.planted -> slack_sdk",
        ),
    ),
    "an adapter that calls a service": (
        "bot/adapters/planted.py",
        "from bot.services import runs\n",
        (
            "Adapters know ports and domain, and nothing else of ours",
            "bot.adapters.planted -> bot.services.runs",
        ),
    ),
    "a handler that names an adapter": (
        "bot/handlers/planted.py",
        "from bot.adapters import store\n",
        ("Only bootstrap names adapters", "bot.handlers.planted -> bot.adapters.store"),
    ),
    "a module without a place": (
        "bot/planted.py",
        '"""A new room."""\n',
        ("every module has its place", "planted"),
    ),
    "a sandbox that knows the bot": (
        "bot/sandbox/planted.py",
        "from bot.domain import errors\n",
        ("The sandboxes stand apart", "bot.sandbox.planted -> bot.domain.errors"),
    ),
    "a bot that knows the sandbox": (
        "bot/handlers/planted.py",
        "from bot.sandbox.slack import seed\n",
        ("only the demo starts them", "bot.handlers.planted -> bot.sandbox.slack.seed"),
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the gates look at."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy2(CHECKOUT / name, tmp_path / name)
    for name in ("bot", "requirements"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=ignored)
    return tmp_path


@pytest.fixture
def small_copy(tmp_path: Path) -> Path:
    """The gates' configuration, and one clean file for them to look at."""
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy2(CHECKOUT / name, tmp_path / name)
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    plant(tmp_path, "bot/__init__.py", '"""A package."""\n')
    plant(tmp_path, "tests/__init__.py", '"""Its tests."""\n')
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    """Put a file into the copy."""
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def make(root: Path, target: str) -> tuple[int, str]:
    """Exit code and output of a make target in the copy, with the checkout's tools as they are installed."""
    stamps = (TOOLS / ".done", Path(sys.prefix) / ".test", Path(sys.prefix) / ".run")
    assert TOOLS.joinpath("bin").is_dir(), f"The linters are missing in {TOOLS.name}: `make check` installs them."
    environment = {
        name: value for name, value in clean_environment().items() if "MAKE" not in name and name != "MFLAGS"
    }
    old = [word for stamp in stamps for word in ("-o", str(stamp))]
    ended = subprocess.run(
        ["make", "--no-print-directory", *old, f"TOOLS={TOOLS}", f"VENV={sys.prefix}", target],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    words = re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout + ended.stderr)
    return ended.returncode, re.sub(r"\s+", " ", words)


def test_the_directions_of_imports_are_kept_on_the_tree(copy: Path) -> None:
    code, words = make(copy, "imports")

    contracts = (copy / "pyproject.toml").read_text(encoding="utf-8").count("[[tool.importlinter.contracts]]")
    assert f"Contracts: {contracts} kept, 0 broken." in words
    assert code == 0


@pytest.mark.parametrize("case", WRONG_WAYS)
def test_an_import_in_a_wrong_direction_is_found(copy: Path, case: str) -> None:
    file, text, said = WRONG_WAYS[case]
    plant(copy, file, text)

    code, words = make(copy, "imports")

    assert code != 0
    assert re.search(r"Contracts: \d+ kept, [1-9]\d* broken\.", words)
    contract, broken = said
    assert re.search(rf"{re.escape(contract)}[^.]{{0,60}} BROKEN", words)
    assert broken in words


def test_a_dependency_that_nobody_declared_is_found(copy: Path) -> None:
    plant(copy, "bot/blocks/planted.py", "import markdown_it\nimport jinja2\n")

    code, words = make(copy, "imports")

    assert code != 0
    assert re.search(r"bot/blocks/planted.py:2:8: DEP00[13] 'jinja2'", words)


def test_a_wrong_type_is_found(small_copy: Path) -> None:
    plant(small_copy, "bot/planted.py", '"""."""\n\n\ndef number() -> int:\n    return "one"\n')

    code, words = make(small_copy, "types")

    assert code != 0
    assert 'bot/planted.py:5: error: Incompatible return value type (got "str", expected "int")' in words


def test_a_missing_type_is_found(small_copy: Path) -> None:
    plant(small_copy, "bot/planted.py", '"""."""\n\n\ndef number():\n    return 1\n')

    code, words = make(small_copy, "types")

    assert code != 0
    assert "bot/planted.py:4: error: Function is missing a return type annotation [no-untyped-def]" in words


def test_clean_files_pass(small_copy: Path) -> None:
    assert make(small_copy, "lint")[0] == 0
    assert make(small_copy, "types")[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"""."""\n\nimport os\n', "F401"),
        ('"""."""\n\ntry:\n    pass\nexcept Exception:\n    pass\n', "S110"),
        ('"""."""\n\nvalue   =  1\n', "1 file would be reformatted"),
        ('"""Teh mistake."""\n', "Teh ==> The"),
    ],
    ids=["unused import", "swallowed error", "format", "spelling"],
)
def test_what_ruff_and_codespell_look_for_is_found(small_copy: Path, text: str, said: str) -> None:
    plant(small_copy, "bot/planted.py", text)

    code, words = make(small_copy, "lint")

    assert code != 0
    assert said in words


@pytest.mark.parametrize("line", ["--index-url https://pypi.example.com/simple", "thing @ file:///home/me/thing.whl"])
def test_a_host_or_a_path_in_a_requirements_file_is_found(small_copy: Path, line: str) -> None:
    with (small_copy / "requirements" / "run.txt").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")

    code, words = make(small_copy, "lint")

    assert code != 0
    assert "a requirements file names a host or a path" in words
