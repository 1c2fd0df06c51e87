"""Markdown to sections: what is an entry, where it is, what is in it."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.faq import Section
from bot.search.markdown import parse, slug

MARKDOWN_LINES = st.sampled_from(
    [
        "# Title",
        "## How do I do it?",
        "### 1.2 A numbered one",
        "#### Details",
        "Setext title",
        "======",
        "------",
        "---",
        "title: front matter",
        "- [a](#title)",
        "- [b](#details)",
        "[ref]: https://example.com",
        "See [ref] and <https://example.org>.",
        "```python",
        "```",
        "~~~",
        "    indented = code",
        "> # quoted",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "<details><summary>More?</summary>",
        "</details>",
        "<!-- a comment",
        "-->",
        "1. one",
        "   - nested",
        "Ünï çödé 日本語の質問",
        "\u200b",
        "\x0b\x0c\x85\u2028",
        "",
        "  ",
        "[TOC]",
        "**How do I do it?**",
        "**Q: Is it bold?** It is.",
        "Q: How?",
        "A: So.",
        "1. **How is a list?**",
        "   It is long.",
        "- [a](#a) [b](#b) [c](#c)",
        "<h2>An HTML heading?</h2>",
        "<details>",
        "<summary>A summary</summary>",
        "text</details>",
        "<dl><dt>Term</dt>",
        "<pre>code</pre>",
        "<!-- faq",
        'owner = "x"',
        "<!-- faq tags = ['x'] --> text",
        "+++",
    ]
)
DOCUMENTS = st.builds(
    lambda lines, end, bom: bom + end.join(lines),
    st.lists(MARKDOWN_LINES | st.text(max_size=30), max_size=30),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\ufeff"]),
)


def sections(text: str) -> tuple[Section, ...]:
    return parse(text, "file.md").sections


def titles(text: str) -> list[str]:
    return [section.title for section in sections(text)]


def lines_of(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
@example("---\n---")
@example("#\n#\n")
@example("---\r\na: b\r\n---\r\n# T\r\nx")
def test_any_text_becomes_sections_with_right_lines(text: str) -> None:
    lines = lines_of(text)

    document = parse(text, "file.md")

    assert document.line_count == len(lines)
    for section in document.sections:
        assert 1 <= section.line <= section.body_line <= section.end_line <= len(lines)
        assert section.path[-1] == section.title
        body = section.body.split("\n")
        assert section.body_line + len(body) - 1 <= section.end_line
        for source, shown in zip(lines[section.body_line - 1 :], body, strict=False):
            assert shown in source
            assert source == shown or source.endswith(shown) or source.lower().rstrip().endswith("</details>")
        for block in section.code:
            assert section.line <= block.line <= section.end_line + 1
    anchors = [section.anchor for section in document.sections]
    assert len(set(anchors)) == len(anchors)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
@example("")
@example("<details><summary>A?</summary>x</details><details><summary>B?</summary>y</details>\n")
@example("<details><summary>A?</summary>\n\nx\n\n</details><details><summary>B?</summary>\n\ny\n</details>z")
def test_every_line_is_in_one_section_or_reported_as_skipped(text: str) -> None:
    document = parse(text, "file.md")

    owners: dict[int, int] = {}
    taken = [(section.line, section.end_line) for section in document.sections]
    taken += [(skipped.line, skipped.end_line) for skipped in document.skipped]
    for first, last in taken:
        for number in range(first, last + 1):
            owners[number] = owners.get(number, 0) + 1
    assert set(owners.values()) <= {1}
    for number, line in enumerate(lines_of(text), 1):
        assert number in owners or not line.strip()
    ends = [(part.line, part.end_line) for part in document.parts()]
    assert ends[0][0] == 1
    assert ends[-1][1] == document.line_count
    assert all(above[1] + 1 == below[0] for above, below in pairwise(ends))


def test_a_question_takes_in_the_headings_that_are_parts_of_its_answer() -> None:
    text = "# Topic\n\n## How do I run it?\n\nTwo ways.\n\n### By hand\n\nA\n\n### By a timer\n\nB\n\n## Next\n\nC\n"

    found = sections(text)

    assert [section.path for section in found] == [("Topic", "How do I run it?"), ("Topic", "Next")]
    assert found[0].body.endswith("### By a timer\n\nB")
    assert (found[0].line, found[0].end_line) == (3, 13)


def test_a_deeper_question_is_an_entry_of_its_own() -> None:
    text = "## How to run?\n\nLike so.\n\n### Can I stop it?\n\nYes.\n\n#### Details\n\nD\n"

    assert titles(text) == ["How to run?", "Can I stop it?"]


def test_plain_headings_are_entries_where_they_have_text() -> None:
    text = "# Guide\n\n## Install\n\n### Linux\n\napt\n\n### Windows\n\nexe\n\n## Usage\n\ncall it\n"

    assert [section.path for section in sections(text)] == [
        ("Guide", "Install", "Linux"),
        ("Guide", "Install", "Windows"),
        ("Guide", "Usage"),
    ]


def test_a_title_that_asks_does_not_swallow_the_questions_of_its_file() -> None:
    assert titles("# How to use the platform\n\n## Where is it?\n\nHere.\n\n## Jobs\n\nJ\n") == ["Where is it?", "Jobs"]
    assert titles("# How do I start?\n\n## First\n\nA\n\n## Then\n\nB\n") == ["How do I start?"]


def test_setext_headings_count() -> None:
    found = sections("Topic\n=====\n\nWhat is it?\n-----------\n\nA thing.\n")

    assert found[0].path == ("Topic", "What is it?")
    assert (found[0].line, found[0].body_line, found[0].end_line) == (4, 7, 7)


def test_a_heading_in_code_or_in_a_quote_is_none() -> None:
    text = "## One\n\n```sh\n# not a heading\n```\n\n> ## nor this\n\n~~~\n## nor this\n~~~\n"

    assert titles(text) == ["One"]


def test_a_list_that_leads_on_is_the_answer_where_a_question_has_no_other() -> None:
    found = sections(
        "# Platform\n\n## Which types are there?\n\n- One\n- Many\n\n## One\n\nFirst.\n\n## Many\n\nSecond.\n\n"
        "## Which pages should I read?\n\n- [Set-up](b.md)\n- [Usage](b.md#usage)\n\n"
        "## 1. Table of contents\n\n- [One](#one)\n- [Many](#many)\n"
    )

    assert {section.title: section.body for section in found} == {
        "Which types are there?": "- One\n- Many",
        "One": "First.",
        "Many": "Second.",
        "Which pages should I read?": "- [Set-up](b.md)\n- [Usage](b.md#usage)",
    }
    assert found[0].prose == "One\nMany"


def test_tables_of_contents_are_no_entries_and_no_text() -> None:
    contents = "# FAQ\n\n- [What is A?](#what-is-a)\n  1. [Deeper](other.md#deeper)\n- [B](#b)\n\n"

    found = sections(contents + "## What is A?\n\nA letter.\n\n## B\n\n[TOC]\n")

    assert [section.title for section in found] == ["What is A?"]
    assert "Deeper" not in found[0].prose


def test_a_list_of_links_to_elsewhere_is_an_answer() -> None:
    found = sections("## How do I assign roles?\n\n- [Roles](https://example.com/a)\n- [All](https://example.com/b)\n")

    assert [link.target for link in found[0].links] == ["https://example.com/a", "https://example.com/b"]
    assert found[0].links[0].text == "Roles"


def test_a_question_without_answer_is_reported_with_its_line() -> None:
    document = parse("# T\n\n## What is X?\n\n## What is Y?\n\nY.\n", "a/b.md")

    assert [section.title for section in document.sections] == ["What is Y?"]
    assert str(document.problems[0]).startswith("a/b.md:3: “What is X?” has no answer")


def test_code_blocks_keep_language_text_and_line() -> None:
    text = (
        "## Q?\n\n1. first\n\n   ```python title=x\n   a = 1\n\n   b = 2\n   ```\n\n~~~\nplain\n~~~\n\n    indented\n"
    )

    code = sections(text)[0].code

    assert [(block.language, block.text, block.line) for block in code] == [
        ("python", "a = 1\n\nb = 2\n", 6),
        ("", "plain\n", 12),
        ("", "indented\n", 15),
    ]


def test_prose_is_the_text_without_markup() -> None:
    text = "## Q?\n\nUse **bold** `code_name` [a link](x.md).\n\n| h |\n|---|\n| cell |\n\n<p>html text</p>\n"

    assert sections(text)[0].prose == "Use bold code_name a link.\nh\ncell\nhtml text"


def test_front_matter_is_skipped_and_lines_stay_right() -> None:
    found = sections("---\ntitle: X\ntags:\n  - a\n---\n# T\n\ntext\n")

    assert (found[0].title, found[0].line) == ("T", 6)
    assert titles("---\n\nNot front matter: a rule, then text.\n\n---\n") == ["File"]


def test_carriage_returns_and_a_byte_order_mark_change_nothing() -> None:
    text = "# T\n\n## What?\n\nThis.\n\n```py\nx\n```\n"

    assert sections("\ufeff" + text.replace("\n", "\r\n")) == sections(text)


def test_anchors_are_those_of_github() -> None:
    text = "# A.B: `code` & more\n\nx\n\n## Same\n\nx\n\n## Same\n\nx\n\n## Same-1\n\nx\n\n## Ünï_x 日本\n\nx\n"

    assert [section.anchor for section in sections(text)] == [
        "ab-code--more",
        "same",
        "same-1",
        "same-1-1",
        "ünï_x-日本",
    ]
    assert slug("1.1 How do I submit a training run?") == "11-how-do-i-submit-a-training-run"


def test_text_above_the_first_heading_is_named_after_the_file() -> None:
    found = parse("Just text.\n\n# T\n\nx\n", "topics/quick-notes.md").sections

    assert [(section.title, section.level, section.line) for section in found] == [("Quick notes", 0, 1), ("T", 1, 3)]
