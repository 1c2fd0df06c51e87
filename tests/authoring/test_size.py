"""A large FAQ is checked while one waits."""

import random
import resource
from pathlib import Path

import pytest

from tests.authoring.conftest import faq_command

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
