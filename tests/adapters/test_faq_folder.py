"""A folder is looked at: what has changed is seen, what is being written is left alone."""

import os
import shutil
from pathlib import Path

import pytest

from bot.adapters.faq_folder import FaqFolder
from tests.behaviours.team import eventually


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "faq"
    (made / "topics").mkdir(parents=True)
    (made / "one.md").write_text("# One\n\nFirst.\n", encoding="utf-8")
    (made / "topics" / "two.md").write_text("# Two\n\nSecond.\n", encoding="utf-8")
    (made / "one.cases.jsonl").write_text('{"q": "one?"}\n', encoding="utf-8")
    age(made)
    return made


def age(folder: Path) -> None:
    """Nothing in the folder was written just now, as far as modification times tell."""
    for file in folder.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))


def version(origin: FaqFolder) -> str:
    """The version once the folder is settled."""
    found: list[str] = []

    def look() -> bool:
        files = origin.look()
        found.extend([files.version] if files else [])
        return bool(found)

    eventually(look, patience=10)
    return found[0]


@pytest.mark.parametrize(
    "name", ["one.md", "topics/two.md", "one.cases.jsonl", "three.markdown", "topics/deeper/four.md"]
)
def test_a_changed_or_new_file_makes_another_version(folder: Path, name: str) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("# New\n\nNew.\n", encoding="utf-8")

    assert version(origin) != before


def test_a_removed_file_makes_another_version(folder: Path) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    (folder / "topics" / "two.md").unlink()

    assert version(origin) != before


def test_a_moved_file_makes_another_version(folder: Path) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    (folder / "one.md").rename(folder / "uno.md")

    assert version(origin) != before


def test_a_change_that_keeps_size_and_time_is_seen(folder: Path) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    (folder / "one.md").write_text("# One\n\nThird.\n", encoding="utf-8")
    age(folder)

    assert version(origin) != before


def test_a_file_that_is_written_anew_with_the_same_content_changes_nothing(folder: Path) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    (folder / "one.md").write_bytes((folder / "one.md").read_bytes())

    assert version(origin) == before


@pytest.mark.parametrize("name", [".hidden.md", "picture.png", ".git/HEAD.md"])
def test_what_is_hidden_or_no_text_does_not_count(folder: Path, name: str) -> None:
    origin = FaqFolder(folder)
    before = origin.look()

    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("# New\n", encoding="utf-8")

    assert origin.look() is before


def test_a_file_that_is_being_written_is_waited_for(folder: Path) -> None:
    origin = FaqFolder(folder)
    origin.look()

    (folder / "one.md").write_text("# On", encoding="utf-8")
    half = origin.look()
    (folder / "one.md").write_text("# One\n\nWhole.\n", encoding="utf-8")
    still_half = origin.look()

    assert half is None
    assert still_half is None
    assert version(origin)


def test_a_change_after_the_look_is_noticed(folder: Path) -> None:
    origin = FaqFolder(folder)
    files = origin.look()
    assert files is not None
    before = origin.is_still(files)

    (folder / "one.md").write_text("# Else\n", encoding="utf-8")

    assert before
    assert not origin.is_still(files)


def test_a_folder_that_is_gone_has_a_version_of_its_own(folder: Path) -> None:
    origin = FaqFolder(folder)
    before = version(origin)

    shutil.rmtree(folder)

    assert version(origin) != before


def test_a_link_that_is_turned_to_another_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "one.md").write_text("# Other\n\nOther.\n", encoding="utf-8")
    link = tmp_path / "current"
    link.symlink_to(folder)
    origin = FaqFolder(link)
    before = version(origin)

    beside = tmp_path / "next"
    beside.symlink_to(other)
    beside.replace(link)

    assert version(origin) != before
