"""A large FAQ is checked while one waits; what is too large or malicious costs bounded time and memory."""

import json
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.authoring.conftest import AML_BOT, faq_command
from tests.behaviours.team import clean_environment
from tests.search.test_markdown_bombs import BOMBS

BLOCK = """from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace

workspace = Workspace.from_config()
config = ScriptRunConfig("scripts", script="train.py", compute_target="cpu", environment=Environment("e"))
run = Experiment(workspace, "churn").submit(config)
run.wait_for_completion(show_output=True)
"""


def large_faq(folder: Path, files: int, entries: int) -> None:
    """Files of entries of a hundred made-up words, a block of Python and a link."""
    draw = random.Random(1)  # noqa: S311  # the same words each time
    letters = ("bcdfghklmnprstvz", "aeiou")
    known = ["".join(draw.choice(letters[at % 2]) for at in range(2 * draw.randint(2, 4))) for _ in range(20_000)]
    folder.mkdir()
    for file in range(files):
        text = ['<!-- faq\nowner = "ml-platform"\n-->\n# Topic\n']
        for number in range(entries):
            title, prose = " ".join(draw.choices(known, k=6)), " ".join(draw.choices(known, k=90))
            text.append(
                f"## How do I {title}?\n\n{prose}\n\n```python\n{BLOCK}```\n\n[More](https://example.com/{number})\n"
            )
        (folder / f"{file}.md").write_text("\n".join(text))


@pytest.mark.slow
def test_ten_thousand_entries_are_checked_in_twenty_seconds(tmp_path: Path) -> None:
    large_faq(tmp_path / "faq", files=100, entries=100)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    ended = faq_command("check", "faq", cwd=tmp_path)

    assert ended.out == "10000 entries in 100 files: nothing to mend.\n"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20


# A small process in between: right after a fork, a process has the memory of the one that it was forked from.
_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def measured(*arguments: str | Path) -> tuple[int, str, float, float]:
    """The exit code of `aml-bot faq` with these arguments, all it says, its processor time in seconds, and the most
    memory it had, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, AML_BOT, "faq", *arguments],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    code, said, seconds, megabytes = json.loads(done.stdout)
    return code, said, seconds, megabytes


@pytest.mark.slow
def test_a_file_of_200_megabytes_is_named_at_once_and_the_rest_is_used(tmp_path: Path) -> None:
    paragraph = "## How do I do this?\n\n" + 1000 * "Some words about it. " + "\n\n"
    with (tmp_path / "huge.md").open("w") as file:
        for _ in range(200 * 1024 * 1024 // len(paragraph) + 1):
            file.write(paragraph)
    (tmp_path / "good.md").write_text("# Tea\n\nBoil it.\n")

    checked = measured("check", tmp_path)
    asked = measured("ask", "tea", "--faq", tmp_path)

    assert "huge.md:1: has 201 MB where 32 MB is the most: split it; it was left out." in " ".join(asked[1].split())
    assert "Boil it." in asked[1]
    assert "huge.md:1: problem: Has 201 MB where 32 MB is the most: split it; it was left out." in checked[1]
    assert "1 entry in 1 file" in checked[1]
    assert (checked[0], asked[0]) == (1, 0)
    assert max(checked[2], asked[2]) < 5
    assert max(checked[3], asked[3]) < 200


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_single_file_of_thirty_megabytes_is_a_faq_like_any_other(tmp_path: Path) -> None:
    large_faq(tmp_path / "parts", files=28, entries=1000)
    (tmp_path / "faq").mkdir()
    whole = b"".join(part.read_bytes() for part in sorted((tmp_path / "parts").iterdir()))
    assert 28 < len(whole) / 1024 / 1024 < 32
    (tmp_path / "faq" / "all.md").write_bytes(whole + b"\n# Where is the coffee machine?\n\nIn the kitchen.\n")

    code, said, seconds, megabytes = measured("ask", "where is the coffee machine?", "--faq", tmp_path / "faq")

    assert code == 0
    assert "In the kitchen." in said
    assert seconds < 100
    assert megabytes < 2000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_bomb_of_every_kind_is_checked_in_bounded_time_and_memory(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Tea\n\nBoil it.\n")
    for number, bomb in enumerate(BOMBS.values()):
        (tmp_path / f"{number}.md").write_text(bomb(300_000))

    code, said, seconds, megabytes = measured("ask", "tea", "--faq", tmp_path)

    assert "Boil it." in said, said[-1000:]
    assert code == 0
    assert seconds < 120
    assert megabytes < 2000
