"""A FAQ folder is usable, or refused with one sentence that says what to do."""

import os
import threading
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError
from bot.search import Thresholds, folder, load, read
from tests.search.conftest import SHIPPED


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(folder)
    return caught.value.user_message


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path / "nowhere")

    assert "nowhere” doesn't exist" in message
    assert "Create it" in message


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("# A\n\nx")

    assert "is a file" in refusal(tmp_path / "faq.md")


def test_a_folder_without_markdown_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    (tmp_path / "README.md").write_text("# How to write\n\ntext")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.md").write_text("# A\n\nx")

    assert "has no Markdown file (a README isn't counted)" in refusal(tmp_path)


def test_markdown_without_any_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\n- [x](#a)\n- [y](#b)\n")

    assert "has no heading with text below it" in refusal(tmp_path)


def test_files_that_are_not_utf8_are_named_with_byte_and_line_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# A\n\nx")
    (tmp_path / "latin.md").write_bytes("# Straße\n\nGrüße".encode("latin-1"))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "second.md").write_bytes(b"# A\n\nab\n\xff")

    message = refusal(tmp_path)

    assert "latin.md is not UTF-8 (byte 6, line 1" in message
    assert "deeper/second.md is not UTF-8 (byte 8, line 4" in message
    assert "save it as UTF-8" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# A\n\nx")
    (tmp_path / "secret.md").chmod(0)

    assert "secret.md can't be read (permission denied" in refusal(tmp_path)


def test_a_dangling_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")

    assert "gone.md can't be read (no such file or directory" in refusal(tmp_path)


def test_files_are_read_in_order_of_their_paths_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "a.markdown").write_text("# Inner\n\nx")
    (tmp_path / "b.md").write_text("# B\n\nx")
    (tmp_path / "A.MD").write_bytes(b"\xef\xbb\xbf# A\r\n\r\nx")

    faq = load(tmp_path)

    assert [(section.file, section.title) for section in faq.sections] == [
        ("A.MD", "A"),
        ("b.md", "B"),
        ("z/a.markdown", "Inner"),
    ]
    assert faq.section("z/a.markdown", "inner") is faq.sections[2]
    assert faq.section("b.md", "inner") is None


def test_links_that_lead_nowhere_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# A\n\n[b](b.md#b) [dead](b.md#c) [gone](c.md) [up](#a) [web](https://example.com/x.md)"
    )
    (tmp_path / "b.md").write_text("# B\n\n[a](./a.md#a), [this](#nothing)")

    assert [str(problem) for problem in load(tmp_path).problems] == [
        "a.md:3: “b.md#c” leads to no heading",
        "a.md:3: “c.md” leads to no file of the FAQ",
        "b.md:3: “#nothing” leads to no heading",
    ]


@pytest.mark.parametrize(("confident", "choices"), [(0.2, 0.5), (1.2, 0.1), (0.5, -0.1)])
def test_thresholds_that_make_no_sense_are_refused(confident: float, choices: float) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Thresholds(confident=confident, choices=choices)


def test_if_not_strict_bytes_that_are_not_utf8_are_replaced_and_reported(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("# Straße\n\nGrüße".encode("latin-1"))
    (tmp_path / "b.md").write_text("# B\n\nb")

    faq = load(tmp_path, strict=False)

    assert [(section.title, section.body) for section in faq.sections] == [
        ("Stra\ufffde", "Gr\ufffd\ufffde"),
        ("B", "b"),
    ]
    assert [str(problem) for problem in faq.problems] == [
        "a.md:1: byte 6 is not UTF-8; what isn't was replaced: save the file as UTF-8"
    ]


@pytest.mark.parametrize("kind", ["pipe", "dangling link", "too large", "too many lines"])
def test_what_can_not_be_read_refuses_the_faq_or_is_left_out_if_not_strict(tmp_path: Path, kind: str) -> None:
    (tmp_path / "b.md").write_text("# B\n\nb")
    odd = tmp_path / "odd.md"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "dangling link":
        odd.symlink_to(tmp_path / "nowhere.md")
    elif kind == "too many lines":
        odd.write_bytes(b"# A\rx\r\n\n" * 400_000)
    else:
        with odd.open("wb") as file:
            file.truncate(200 * 1024 * 1024)

    message = refusal(tmp_path)
    faq = load(tmp_path, strict=False)

    assert "odd.md" in message
    assert [section.title for section in faq.sections] == ["B"]
    assert [(problem.file, "it was left out" in problem.message) for problem in faq.problems] == [("odd.md", True)]


def test_what_is_too_large_is_told_with_its_size_and_what_is_the_most(tmp_path: Path) -> None:
    with (tmp_path / "large.md").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    (tmp_path / "long.md").write_bytes(b"x\r\n" * 1_000_001)

    message = refusal(tmp_path)

    assert "large.md has 200 MB where 32 MB is the most: split it" in message
    assert "long.md has 1,000,001 lines where 1,000,000 is the most: split it" in message


@pytest.mark.parametrize("limit", ["MAX_FAQ_BYTES", "MAX_FAQ_LINES"])
def test_a_folder_with_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    for name in "abc":
        (tmp_path / f"{name}.md").write_text("# A\n\nx\n")
    monkeypatch.setattr(folder, limit, 10 if limit == "MAX_FAQ_BYTES" else 7)

    assert "Move what is no question with its answer out of it" in refusal(tmp_path)
    with pytest.raises(ConfigurationError, match="Move what is no question"):
        load(tmp_path, strict=False)


def test_folders_in_folders_are_read_however_deep(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1100):
        deep = deep / "d"
        deep.mkdir()
    (deep / "a.md").write_text("# A\n\nx\n")

    try:
        titles = [section.title for section in load(tmp_path).sections]
    finally:  # what clears up after tests doesn't go so deep
        (deep / "a.md").unlink()
        while deep != tmp_path:
            deep.rmdir()
            deep = deep.parent

    assert titles == ["A"]


def test_a_faq_that_changes_while_it_is_read_is_never_taken_for_another(tmp_path: Path) -> None:
    faq, state = tmp_path / "faq", tmp_path / "state"
    faq.mkdir()
    versions = [f"# Title {number}\n\nAnswer {number} of {100 * 'words '}\n" for number in range(8)]
    (faq / "a.md").write_text(versions[0])
    done = threading.Event()

    def write() -> None:
        for number in range(400):
            fresh = tmp_path / "fresh.md"
            fresh.write_text(versions[number % len(versions)])
            fresh.replace(faq / "a.md")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        (section,) = load(faq, cached_in=state).sections
        assert f"# {section.title}\n\n{section.body}\n" in versions
        seen.add(section.title)
    writer.join()

    (last,) = load(faq, cached_in=state).sections
    assert last.title == f"Title {399 % len(versions)}"
    assert last == load(faq).sections[0]


def test_dead_links_of_tables_of_contents_and_html_are_reported_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# A\n\n- [B](#b)\n- [Gone](#gone)\n- [Ü](#über)\n\n## B\n\nx\n\n<p>\n<a href='#nothing'>y</a></p>\n\n"
        "See [this][r]\nand [up](#top) and [doc](a.pdf).\n\n[r]: c.md\n\n# Über\n\nx\n"
    )

    assert [str(problem) for problem in load(tmp_path).problems] == [
        "a.md:4: “#gone” leads to no heading",
        "a.md:12: “#nothing” leads to no heading",
        "a.md:14: “c.md” leads to no file of the FAQ",
    ]


def test_every_line_of_the_shipped_faq_is_in_a_section_or_skipped_for_a_reason() -> None:
    library = read(SHIPPED)

    reasons = {skipped.reason for skipped in library.skipped}
    assert reasons <= {"front matter", "defaults for the file", "table of contents", "no text below the heading"}
    for file, document in library.documents.items():
        lines = (SHIPPED / file).read_bytes().split(b"\n")
        parts = list(document.parts())
        assert sum(len(b"\n".join(lines[part.line - 1 : part.end_line])) + 1 for part in parts) == sum(
            len(line) + 1 for line in lines
        )
        assert [part.section for part in parts if part.section] == list(document.sections)
