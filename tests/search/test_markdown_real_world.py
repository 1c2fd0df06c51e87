"""FAQs as teams write them: questions without headings, HTML, tables of contents of all kinds, other scripts."""

import textwrap

import pytest

from bot.domain.faq import Section
from bot.search.document import Document
from bot.search.markdown import parse
from tests.search.conftest import DOCUMENTS


def read(text: str) -> Document:
    return parse(textwrap.dedent(text).strip() + "\n", "faq.md")


def entries(text: str) -> list[tuple[str, str]]:
    return [(section.title, section.body) for section in read(text).sections]


def only(text: str) -> Section:
    (section,) = read(text).sections
    return section


@pytest.mark.parametrize(
    "text",
    [
        "**How do I stop a run?**\n\nCall cancel.",
        "**How do I stop a run?**\nCall cancel.",
        "**How do I stop a run?** Call cancel.",
        "**How do I stop a run**?\n\nCall cancel.",
        "__How do I stop a run?__\\\nCall cancel.",
        "**Q: How do I stop a run?**\n\nCall cancel.",
        "**Q1.** How do I stop a run?\n\nCall cancel.",
        "**Question:** How do I\nstop a run?\nCall cancel.",
        "Q: How do I stop a run?\nCall cancel.",
        "<b>How do I stop a run?</b><br>\nCall cancel.",
        "1. **How do I stop a run?**\n   Call cancel.",
        "1. **How do I stop a run?**\n\nCall cancel.",
        "1. **How do I stop a run?** Call cancel.",
        "1. How do I stop a run?\n\n   Call cancel.",
        "- **Q: How do I stop a run?**\n\n  Call cancel.",
        "<details><summary>How do I stop a run?</summary>Call cancel.</details>",
        "<details>\n<summary><b>How do I stop a run?</b></summary>\n\nCall cancel.\n\n</details>",
        "<details>\n  <summary>\n    How do I stop a run?\n  </summary>\nCall cancel.\n</details>",
        "<h3>How do I stop a run?</h3>\nCall cancel.",
        "<h3 align='center'>How do I stop a run?</h3>\n\nCall cancel.",
        "<dl>\n<dt>How do I stop a run?</dt>\n<dd>Call cancel.</dd>\n</dl>",
        "How do I stop a run?\n---\nCall cancel.",
        "### How do I stop a run? ###\nCall cancel.",
    ],
)
def test_a_question_opens_an_entry_however_it_is_written(text: str) -> None:
    section = parse(f"# Runs\n\n{text}\n", "faq.md").sections[0]

    assert section.path == ("Runs", "How do I stop a run?")
    assert section.prose == "Call cancel."
    assert "Call cancel." in section.body
    assert "How do I" not in section.body
    assert section.anchor == "how-do-i-stop-a-run"
    assert 1 <= section.level <= 6


def test_each_bold_question_is_an_entry_and_other_bold_text_is_not() -> None:
    found = entries("""
        # FAQ

        **How do I start?**

        Like this.

        **Note**

        It takes a while, **really?** yes.

        **Q: Can I stop it?**
        A: Yes.
        **Q: Can I go on?**
        A: No.
        """)

    assert found == [
        ("How do I start?", "Like this.\n\n**Note**\n\nIt takes a while, **really?** yes."),
        ("Can I stop it?", "A: Yes."),
        ("Can I go on?", "A: No."),
    ]


def test_below_a_heading_that_asks_a_bold_question_is_part_of_the_answer() -> None:
    found = entries("""
        # Runs

        ## How do I stop a run?

        Call cancel.

        **Does it not stop?**

        Delete the node.

        <details><summary>Why does it take so long?</summary>

        It drains.

        </details>
        """)

    assert [title for title, _ in found] == ["How do I stop a run?"]
    assert "It drains." in found[0][1]


def test_list_entries_keep_their_code_and_lose_the_indentation_of_the_list() -> None:
    section = parse(
        "1.  **How do I log?**\n\n    Like so:\n\n    ~~~python\n    if x:\n        log()\n    ~~~\n", "f.md"
    ).sections[0]

    assert section.body == "Like so:\n\n~~~python\nif x:\n    log()\n~~~"
    assert [(block.language, block.text, block.line) for block in section.code] == [("python", "if x:\n    log()\n", 6)]


def test_details_end_where_they_are_closed() -> None:
    found = read("""
        # Runs

        Intro.

        <details>
        <summary>How do I see logs?</summary>

        ### On the page

        There.

        </details>

        After it.
        """)

    assert [(section.path, section.body, section.line, section.end_line) for section in found.sections] == [
        (("Runs",), "Intro.", 1, 3),
        (("Runs", "How do I see logs?"), "### On the page\n\nThere.", 5, 12),
        (("Runs",), "After it.", 14, 14),
    ]
    assert len({section.location for section in found.sections}) == 3


def test_several_details_are_entries_whatever_their_titles_and_a_single_one_is_part_of_its_section() -> None:
    one = "## Install\n\nText.\n\n<details><summary>Older versions</summary>\n\nOld.\n\n</details>\n"
    two = one + "\n<details><summary>On Windows</summary>\n\nW.\n\n</details>\n"

    assert [section.title for section in parse(one, "f.md").sections] == ["Install"]
    assert [section.title for section in parse(two, "f.md").sections] == ["Install", "Older versions", "On Windows"]


@pytest.mark.parametrize(
    "contents",
    [
        "- [How?](#how)\n  1. [Why?](#why)",
        "- Runs\n  - [How?](#how)\n  - [Why?](#why)",
        "* How?\n* Why?",
        "| # | Question |\n|---|---|\n| 1 | [How?](#how) |\n| 2 | [Why?](#why) |",
        "| Question | |\n|---|---|\n| How? | [go](#how) |\n| Why? | [go](#why) |",
        "[How?](#how) | [Why?](#why) | [Top](#faq)",
        "Contents: [How?](#how), [Why?](other.md#why), [Top](#faq)",
        "[TOC]",
        "<ul>\n<li><a href='#how'>How?</a></li>\n<li><a href='#why'>Why?</a></li>\n</ul>",
        "<details><summary>Table of contents</summary>\n\n- [How?](#how)\n- [Why?](#why)\n\n</details>",
        "## Contents\n\n- [How?](#how)\n- [Why?](#why)",
        "<!-- toc -->\n- [How?](#how)\n- [Why?][w]\n<!-- tocstop -->\n\n[w]: #why",
    ],
)
@pytest.mark.parametrize("intro", ["", "Welcome."])
def test_a_table_of_contents_is_recognised_and_not_indexed(contents: str, intro: str) -> None:
    document = parse(f"# FAQ\n\n{intro}\n\n{contents}\n\n## How?\n\nSo.\n\n## Why?\n\nThus.\n", "faq.md")

    assert [section.title for section in document.sections] == ["FAQ"] * bool(intro) + ["How?", "Why?"]
    assert all("Why" not in section.prose and "(#why)" not in section.body for section in document.sections)
    assert document.skipped


def test_links_to_other_entries_at_the_end_of_an_answer_stay_with_it() -> None:
    section = only("## How?\n\nSo. See also:\n\n- [a](#how)\n- [b](b.md#b)\n")

    assert section.body.endswith("- [b](b.md#b)")


def test_html_is_read_as_its_readers_see_it() -> None:
    section = only("""
        ## Prices

        <table>
          <tr><th>Size</th><th>Price</th></tr>
          <tr><td>S</td><td>1&nbsp;&euro;</td></tr>
        </table>
        <!-- a note -->
        <p>More <a href="https://example.com/p">here</a>. <img src="x.png" alt="a chart"></p>

        <pre><code class="language-sh">az ml list
        </code></pre>

        Press <kbd>F1</kbd>, or <a href="y.md">read</a> ![the page](y.png).
        """)

    assert section.prose == "Size Price\nS 1 €\nMore here. a chart\nPress F1, or read the page."
    assert [(link.text, link.target) for link in section.links] == [
        ("here", "https://example.com/p"),
        ("read", "y.md"),
    ]
    assert [(block.language, block.text, block.line) for block in section.code] == [("sh", "az ml list\n", 10)]


def test_references_are_resolved_wherever_they_are_defined() -> None:
    found = read("## A\n\nSee [the docs][d] and [d].\n\n## B\n\n![a chart][d]\n\n[d]: https://example.com/d\n")

    assert [link.target for link in found.sections[0].links] == ["https://example.com/d"] * 2
    assert found.sections[1].prose == "a chart"


def test_front_matter_of_both_kinds_is_skipped() -> None:
    for fence, line in (("---", "title: x"), ("+++", 'title = "x"')):
        document = parse(f"{fence}\n{line}\n{fence}\n# T\n\nx\n", "f.md")

        assert [str(skipped) for skipped in document.skipped] == ["f.md:1-3: front matter"]
        assert document.sections[0].line == 4


def test_entries_in_other_scripts_have_the_anchors_of_github() -> None:
    found = parse((DOCUMENTS / "other-scripts.md").read_text(encoding="utf-8"), "f.md").sections

    assert [section.anchor for section in found] == [
        "如何提交训练作业",
        "रन-कैसे-करें",
        "環境とは何ですか-v2",
        "可以取消吗",
    ]
    assert [section.title[-1] for section in found] == ["\uff1f", "?", ")", "\uff1f"]
    assert found[0].prose == "使用 submit\u3002"
    assert found[3].path[1:] == ("其他", "可以取消吗\uff1f")


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("🚀 Start here", "-start-here"),
        ("A & B / C", "a--b--c"),
        ("Two  spaces", "two--spaces"),
        ("![logo](x.png) Name", "-name"),
        ("`run.log()` x², Ⅳ_a", "runlog-x-ⅳ_a"),
        ("<b>Bold</b> [link](x)", "bold-link"),
        ("ÄÖ ẞ", "äö-ß"),
        ("Old {#custom-id}", "old-custom-id"),
    ],
)
def test_anchors_are_made_of_what_is_seen(title: str, anchor: str) -> None:
    document = parse(f"# {title}\n\nx\n", "f.md")

    assert document.sections[0].anchor == anchor
    assert anchor in document.anchors


def test_anchors_count_headings_that_open_no_entry_and_those_set_by_hand() -> None:
    document = parse('> ## Same\n\n- # Same\n\n<h2>Same</h2>\n\n<a name="Here"></a>\n\n## Same\n\nx\n', "f.md")

    assert document.sections[-1].anchor == "same-3"
    assert {"same", "same-1", "same-2", "same-3", "here"} <= document.anchors


def test_an_entry_without_heading_is_no_target_for_links() -> None:
    document = parse("# T\n\n**How do I?**\n\nx\n", "f.md")

    assert document.sections[0].location == "f.md#how-do-i"
    assert "how-do-i" not in document.anchors


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# T\n\n```\ncode", 3, "never closed"),
        ("# T\n\nx\n\n<!-- a\n\nb", 5, "never closed"),
        ("# T\n\n<details>\n\nx", 3, "never closed"),
        ("x " * 400 + "\n---\n\ny", 1, "more than 300 characters"),
    ],
)
def test_what_swallows_the_rest_of_a_file_is_reported(text: str, line: int, message: str) -> None:
    problems = parse(text, "f.md").problems

    assert [(problem.line, message in problem.message) for problem in problems] == [(line, True)]
