"""An index that is kept: the same answers without reading the FAQ again, and never those of another one."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.domain.errors import ConfigurationError
from bot.search import Faq, load
from bot.search import markdown as reader
from tests.search.conftest import SHIPPED

QUERY = "how do i sbmit a training run"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "a.md").write_text(
        '# T\n\n## How do I bake bread?\n<!-- faq\nalso = ["loaf, wie?"]\nreview = 2031-05-06\nanswers = ["bread"]\n'
        "-->\n\nIn the oven. See [x](b.md#gone) \u2014 \U0001f35e.\n\n```python\nbake()\n```\n\n## Tea\n\n"
        "Boil it as [they][1] say.\n\n[1]: https://example.com/tea\n",
        encoding="utf-8",
    )
    return faq


def answers(faq: Faq, query: str) -> object:
    return faq.ask(query), faq.ranking(query), faq.calibration, faq.sections, faq.problems


def test_what_was_kept_answers_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(SHIPPED, cached_in=tmp_path / "state")

    monkeypatch.setattr(reader, "parse", None)
    again = load(SHIPPED, cached_in=tmp_path / "state")

    assert answers(again, QUERY) == answers(first, QUERY) == answers(first, QUERY)


def test_every_part_of_an_entry_is_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(folder, cached_in=tmp_path / "state")
    monkeypatch.setattr(reader, "parse", None)

    again = load(folder, cached_in=tmp_path / "state")

    assert again.sections == first.sections
    assert [link.label for section in again.sections for link in section.links] == ["", "1"]
    assert again.problems == first.problems != ()
    assert again.ask("wie loaf").hits == first.ask("wie loaf").hits != ()


def test_a_changed_faq_is_read_anew(folder: Path, tmp_path: Path) -> None:
    load(folder, cached_in=tmp_path / "state")
    (folder / "a.md").write_text("# T\n\n## Coffee\n\nGrind beans.\n", encoding="utf-8")

    assert [section.title for section in load(folder, cached_in=tmp_path / "state").sections] == ["Coffee"]


def test_a_file_of_the_same_size_and_time_is_not_taken_for_the_same(folder: Path, tmp_path: Path) -> None:
    load(folder, cached_in=tmp_path / "state")
    file = folder / "a.md"
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"Tea", b"Ale"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    again = load(folder, cached_in=tmp_path / "state")

    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert [section.title for section in again.sections] == ["How do I bake bread?", "Ale"]


def test_what_was_read_leniently_is_not_taken_for_sound(folder: Path, tmp_path: Path) -> None:
    (folder / "b.md").write_bytes(b"# B\n\n\xff")
    lenient = load(folder, cached_in=tmp_path / "state", strict=False)

    again = load(folder, cached_in=tmp_path / "state", strict=False)
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(folder, cached_in=tmp_path / "state")

    assert again.problems == lenient.problems
    assert again.sections == lenient.sections


def test_an_entry_that_was_kept_is_found_by_its_place(folder: Path, tmp_path: Path) -> None:
    (folder / "b.md").write_text("# Tea again\n\nSee [tea](a.md#tea), but replace tea by coffee.\n")
    first = load(folder, cached_in=tmp_path / "state")

    again = load(folder, cached_in=tmp_path / "state")

    (section,) = again.sections[2:]
    assert again.section("b.md", "tea-again") == section == first.section("b.md", "tea-again")
    assert again.referred(section) == first.referred(section) != ()
    assert again.section("b.md", "tea") is None
    assert again.sections[-1] is section


def test_a_calibration_that_comes_or_goes_counts(folder: Path, tmp_path: Path) -> None:
    learnt = load(folder, cached_in=tmp_path / "state").calibration
    replace(learnt, cases=7).save(folder / "calibration.json")

    with_file = load(folder, cached_in=tmp_path / "state").calibration
    (folder / "calibration.json").unlink()

    assert with_file.cases == 7
    assert load(folder, cached_in=tmp_path / "state").calibration == learnt


@pytest.mark.parametrize("place", [0, 25, 90, 300, -1])
def test_a_damaged_file_is_replaced_and_reported(folder: Path, tmp_path: Path, place: int) -> None:
    first = load(folder, cached_in=tmp_path / "state")
    (file,) = (tmp_path / "state").iterdir()
    content = bytearray(file.read_bytes())
    whole = bytes(content)
    content[place] ^= 1
    file.write_bytes(content)

    with structlog.testing.capture_logs() as logs:
        again = load(folder, cached_in=tmp_path / "state")

    assert answers(again, "bread") == answers(first, "bread")
    assert [entry["event"] for entry in logs] == ["faq_index_damaged"]
    assert file.read_bytes() == whole


@pytest.mark.parametrize("size", [0, 10, 200])
def test_a_file_that_was_cut_off_is_replaced(folder: Path, tmp_path: Path, size: int) -> None:
    load(folder, cached_in=tmp_path / "state")
    (file,) = (tmp_path / "state").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:size])

    load(folder, cached_in=tmp_path / "state")

    assert file.read_bytes() == whole


def test_a_folder_that_takes_no_file_is_no_hindrance(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file", encoding="utf-8")

    with structlog.testing.capture_logs() as logs:
        assert load(folder, cached_in=tmp_path / "state").ask("bread").hits

    assert {entry["event"] for entry in logs} == {"faq_index_not_read", "faq_index_not_kept"}


def test_a_faq_that_can_not_be_read_is_refused_whatever_was_kept(folder: Path, tmp_path: Path) -> None:
    load(folder, cached_in=tmp_path / "state")
    (folder / "b.md").write_bytes(b"\xff\xfe\xfa")

    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(folder, cached_in=tmp_path / "state")
    assert load(folder, cached_in=tmp_path / "state", strict=False).problems


def test_only_the_bots_user_may_read_it(folder: Path, tmp_path: Path) -> None:
    load(folder, cached_in=tmp_path / "state")

    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
