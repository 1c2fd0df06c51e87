"""`aml-bot demo` as a newcomer meets it: lines in, what people see out; and that it never leaves this machine."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.behaviours.team import clean_environment
from tests.machine import lacking

SCRIPT = """\
@aml-bot how do i install scikit-learn for my training run?
/aml submit train.py --project demo --compute cpu-cluster -- --epochs 3
/aml runs
as rui: /aml submit train.py --project demo --compute cpu-cluster -- --epochs 3
"""
BOUND = 240
# Raises the loopback interface of a fresh network namespace, then becomes the command that follows.
WITH_LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
os.execvp(sys.argv[1], sys.argv[1:])
"""


def demo(state: Path, script: str, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the demo on a script; `before` are words in front of the command."""
    command = [*before, sys.executable, "-m", "bot", "demo", "--state", str(state), *arguments]
    return subprocess.run(
        command,
        input=script,
        capture_output=True,
        text=True,
        timeout=BOUND,
        env=clean_environment() | {"COLUMNS": "160"},
        cwd=Path(__file__).parents[2],
        check=False,
    )


def test_the_readme_s_script_is_answered_run_listed_refused_and_audited(tmp_path: Path) -> None:
    with taken_port() as port:
        done = demo(tmp_path / "demo", SCRIPT, "--port", str(port))

    seen = done.stdout
    assert done.returncode == 0, seen + done.stderr
    assert f"port {port} is taken" in seen
    assert "CondaDependencies" in seen
    assert "Source: submitting-runs.md" in seen
    assert re.search(r"Run `aml-[0-9a-f]{12}`: Completed", seen)
    assert re.search(r"accuracy +0\.\d+ .*3 values", seen)
    assert "Latest runs" in seen
    assert "Smallest role that would help: AzureML Data Scientist" in seen
    with closing(sqlite3.connect(tmp_path / "demo" / "bot" / "aml-bot.db")) as database:
        rows = database.execute("SELECT user, phase, result FROM audit WHERE command = 'submit' ORDER BY id").fetchall()
    assert rows == [
        ("U0DANA", "decision", "allowed"),
        ("U0DANA", "outcome", "done"),
        ("U0RUI", "decision", "refused"),
    ]
    assert not processes_with(str(tmp_path))


@pytest.mark.slow
def test_azure_fails_as_the_demo_was_told_to(tmp_path: Path) -> None:
    done = demo(tmp_path / "demo", "/aml submit train.py\n", "--fail", "POST /snapshotrun=429")

    assert "Azure Machine Learning is too busy for more requests" in done.stdout, done.stderr


@pytest.mark.slow
def test_a_line_that_nobody_answers_ends_the_demo_with_an_error(tmp_path: Path) -> None:
    done = demo(tmp_path / "demo", "#general nobody asked the bot\n", "--minutes", "0.1")

    assert done.returncode == 1
    assert "nobody asked the bot" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(Path.exists, "doesn't exist", marks=pytest.mark.slow),
        pytest.param(lambda folder: folder.mkdir(), "Markdown", marks=pytest.mark.slow),
        (lambda folder: (folder.mkdir(), (folder / "a.md").write_bytes(b"# Q\n\xff\xfe\n")), "UTF-8"),
    ],
    ids=["missing", "empty", "not-utf-8"],
)
def test_an_unusable_faq_folder_is_one_sentence_and_exit_code_2(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    folder = tmp_path / "faq"
    make(folder)

    done = demo(tmp_path / "demo", "help\n", "--faq", str(folder))

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not processes_with(str(tmp_path))


@pytest.mark.slow
def test_demo_and_run_complete_where_there_is_only_loopback(tmp_path: Path) -> None:
    needs("unshare")
    done = demo(tmp_path / "demo", SCRIPT, before=("unshare", "-rn", sys.executable, "-c", WITH_LOOPBACK))

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Run `aml-[0-9a-f]{12}`: Completed", done.stdout)


@pytest.mark.slow
def test_no_process_of_the_demo_connects_to_anything_but_this_machine(tmp_path: Path) -> None:
    needs("strace")
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-e", "signal=none", "-o", str(trace))

    done = demo(tmp_path / "demo", SCRIPT, before=strace)

    assert done.returncode == 0, done.stdout + done.stderr
    calls = trace.read_text(encoding="utf-8", errors="replace")
    addresses = set(re.findall(r'sin_addr=inet_addr\("([^"]+)"\)', calls))
    addresses |= set(re.findall(r'inet_pton\(AF_INET6, "([^"]+)"', calls))
    assert any(address.startswith("127.") for address in addresses), "nothing was traced"
    assert {a for a in addresses if not a.startswith("127.") and a != "::1"} == set()


def needs(tool: str) -> None:
    """Skip with a sentence where `tool` is missing or forbidden; in CI that is a failure."""
    works = shutil.which(tool) is not None
    if works and tool == "unshare":
        works = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0
    if not works:
        lacking(f"{tool} is missing or not allowed on this machine, so this can't be shown here")


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def processes_with(text: str) -> list[str]:
    """Command lines of running processes that contain `text`."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended
        if text in line and int(process.parent.name) != os.getpid():
            found.append(line)
    return found
