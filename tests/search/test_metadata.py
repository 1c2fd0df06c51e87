"""What an entry says of itself: read from a comment, never shown, and never in the way."""

from datetime import date
from pathlib import Path

import pytest

from bot.domain.faq import Case, Metadata
from bot.search import load, load_cases, read
from bot.search.markdown import parse

ENTRY = """# Runs

## How do I stop a run?

<!-- faq
also = ["cancel a run",
        "it does not end"]     # other words
owner = "ml-platform"
review = 2027-03-01
tags = ["runs", "costs"]
related = ["#runs", "other.md#b"]
answers = ["how to kill my job"]
not = ["stop a compute instance"]
-->

Call `cancel`.
"""


def problems(text: str) -> list[str]:
    return [str(problem) for problem in parse(text, "f.md").problems]


def with_comment(toml: str) -> str:
    return f"## How?\n<!-- faq\n{toml}\n-->\nSo.\n"


def test_an_entry_says_how_else_it_is_asked_for_who_keeps_it_and_what_must_lead_to_it() -> None:
    (section,) = parse(ENTRY, "f.md").sections

    assert section.metadata == Metadata(
        alternates=("cancel a run", "it does not end"),
        owner="ml-platform",
        review=date(2027, 3, 1),
        tags=("runs", "costs"),
        related=("#runs", "other.md#b"),
        answers=("how to kill my job",),
        not_answers=("stop a compute instance",),
    )
    assert (section.body, section.prose, section.line, section.body_line) == ("Call `cancel`.", "Call cancel.", 3, 16)
    assert not section.code


@pytest.mark.parametrize(
    "text",
    [
        "How?\n---\n<!-- faq\nowner = 'us'\n-->\nSo.",
        "**How?**\n<!-- faq owner = 'us' -->\nSo.",
        "**How?**\n\n<!-- faq\nowner = 'us'\n-->\n\nSo.",
        "1. **How?**\n\n   <!-- faq\n   owner = 'us'\n   -->\n   So.",
        "<details><summary>How?</summary>\n<!-- faq\nowner = 'us'\n-->\n\nSo.\n\n</details>",
        "<h2>How?</h2>\n\n\n<!--faq\nowner = 'us'-->\nSo.",
        "## How?\r\n\r\n<!-- faq\r\nowner = 'us'\r\n-->\r\nSo.",
        "## How?\n<!-- faq\nowner = 'us'\n--> So.",
    ],
)
def test_the_comment_stands_below_a_title_of_any_kind_and_is_never_shown(text: str) -> None:
    (section,) = parse(text, "f.md").sections

    assert section.metadata.owner == "us"
    assert (section.body, section.prose) == ("So.", "So.")


def test_a_comment_above_the_first_heading_holds_defaults_for_its_file() -> None:
    document = parse(
        "<!-- faq\nowner = 'us'\nreview = 2027-01-01\ntags = ['all']\nnot = ['when is lunch']\n-->\n# T\n\n"
        "## A?\n\na\n\n## B?\n<!-- faq\nowner = 'them'\ntags = ['b']\n-->\nb\n",
        "f.md",
    )

    assert [section.metadata for section in document.sections] == [
        Metadata(owner="us", review=date(2027, 1, 1), tags=("all",)),
        Metadata(owner="them", review=date(2027, 1, 1), tags=("all", "b")),
    ]
    assert document.defaults.not_answers == ("when is lunch",)
    assert [str(skipped) for skipped in document.skipped] == [
        "f.md:1-6: defaults for the file",
        "f.md:7-7: no text below the heading",
    ]


@pytest.mark.parametrize(
    ("toml", "line", "message"),
    [
        ("owner = us", 3, "the metadata isn't TOML: Invalid value"),
        ("owner = 'us'\n\nalso = [", 5, "the metadata isn't TOML"),
        ("owner = 'us'\nanswer = ['x']", 4, "unknown key “answer”: did you mean “answers”?"),
        ("owner = 'us'\nzzz = 1", 4, "unknown key “zzz”: known are also, "),
        ("owner = 'us'\n'also' = 'x'", 4, "“also” must be a list of texts"),
        ("tags = ['x', 1]", 3, "“tags” must be a list of texts"),
        ("review = '2027-03-01'", 3, "“review” must be a date without quotes"),
        ("review = 2027-03-01T10:00:00", 3, "“review” must be a date"),
        ("owner = ['x']", 3, "“owner” must be a text"),
        ("[owner]\nname = 'x'", 3, "“owner” must be a text"),
        ("x = " + "[" * 5000, 2, "nested too deeply"),
        ("x = '" + "y" * 200_000 + "'", 2, "longer than 200,000 characters"),
    ],
)
def test_wrong_metadata_is_reported_where_it_stands_and_the_entry_still_works(
    toml: str, line: int, message: str
) -> None:
    document = parse(with_comment(toml), "f.md")

    assert [(problem.line, message in problem.message) for problem in document.problems] == [(line, True)]
    assert [(section.title, section.body) for section in document.sections] == [("How?", "So.")]


def test_what_is_right_beside_a_wrong_key_counts() -> None:
    (section,) = parse(with_comment("owner = 'us'\nreview = 'soon'"), "f.md").sections

    assert section.metadata == Metadata(owner="us")


def test_a_comment_that_is_not_closed_hides_the_rest_and_says_so() -> None:
    assert [line.split(": ", 1)[1] for line in problems("## How?\n\n<!-- faq\nowner = 'us'\n\n## Why?\n\nx\n")] == [
        "“How?” has no answer below it; it was skipped",
        "the metadata comment is never closed by -->",
        "a comment is never closed; all below it is hidden",
    ]


def test_metadata_in_other_places_is_reported_and_never_shown() -> None:
    text = "## How?\n\nSo.\n\n<!-- faq\nanswers = ['secret']\n-->\n\nThen.\n\n```\n<!-- faq\n```\n"

    document = parse(text, "f.md")

    assert [str(problem) for problem in document.problems] == [
        "f.md:5: this metadata comment isn't read: put it right below a heading"
    ]
    assert document.sections[0].body == "So.\n\n\n\n\n\nThen.\n\n```\n<!-- faq\n```"


def test_keys_of_an_entry_above_all_headings_are_reported() -> None:
    assert problems("<!-- faq\nalso = ['x']\n-->\n# T\n\nx\n") == [
        "f.md:2: “also” belongs below the heading of an entry, not above all of them"
    ]


def test_metadata_of_a_heading_without_text_is_reported() -> None:
    assert problems("# T\n<!-- faq\nowner = 'x'\n-->\n\n## A\n\nx\n") == [
        "f.md:2: this metadata belongs to a heading without text; it isn't used"
    ]


def test_other_comments_are_no_metadata() -> None:
    for comment in ("<!-- faqs are great -->", "<!-- owner = 'x' -->", "<!-- faq: to do -->"):
        document = parse(f"## How?\n{comment}\nSo.\n", "f.md")

        assert document.problems == ()
        assert document.sections[0].metadata == Metadata()


def test_related_entries_that_do_not_exist_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ENTRY)
    (tmp_path / "other.md").write_text("# B\n\nb\n")
    (tmp_path / "c.md").write_text(with_comment("related = ['a.md#nothing', 'gone.md', 'other.md']"))

    assert [str(problem) for problem in load(tmp_path).problems] == [
        "c.md:1: related: “a.md#nothing” leads to no heading",
        "c.md:1: related: “gone.md” leads to no file of the FAQ",
    ]


def test_cases_come_from_entries_heads_of_files_and_case_files(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("<!-- faq\nnot = ['lunch?']\n-->\n" + ENTRY)
    (tmp_path / "other.md").write_text("# B\n\nb\n\n# 1.2 Twice?\n\nx\n\n# 2.1 Twice?\n\ny\n")
    (tmp_path / "slack.cases.jsonl").write_text(
        '\ufeff{"q": "b or not", "gold": ["B"], "kind": "plain", "split": "test"}\r\n\n'
        '{"q": "stop", "gold": ["a.md#how-do-i-stop-a-run", "runs > how do I  stop a run?"]}\n'
        '{"q": "again", "gold": ["Twice?"]}\n{"q": "weather", "gold": [], "kind": "off topic"}\n',
        encoding="utf-8",
    )

    assert load_cases(tmp_path) == (
        Case("how to kill my job", ("a.md#how-do-i-stop-a-run",), "inline"),
        Case("stop a compute instance", (), "inline"),
        Case("lunch?", (), "inline"),
        Case("b or not", ("other.md#b",), "plain", "test"),
        Case("stop", ("a.md#how-do-i-stop-a-run",)),
        Case("again", ("other.md#12-twice", "other.md#21-twice")),
        Case("weather", (), "off topic"),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "the case isn't JSON: Expecting property name"),
        ("[" * 100_000, "the case isn't JSON: nested too deeply"),
        ("[]", "a case is an object"),
        ('{"q": 1, "gold": []}', "“q” must be a text"),
        ('{"q": "x"}', "“gold” must be a list"),
        ('{"q": "x", "golds": []}', "unknown key “golds”: did you mean “gold”?"),
        ('{"q": "x", "gold": [], "split": "train"}', "“split” must be tune or test"),
        ('{"q": "x", "gold": [], "kind": 1}', "“kind” must be a text"),
        (
            '{"q": "x", "gold": ["How do I stop the run?"]}',
            "no entry is “How do I stop the run?”; did you mean “how do",
        ),
        ('{"q": "x", "gold": ["a.md#nothing"]}', "no entry is “a.md#nothing”"),
    ],
)
def test_a_case_that_can_not_be_used_is_reported_and_left_out(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "a.md").write_text("## How do I stop a run?\n\nCall cancel.\n")
    (tmp_path / "x.cases.jsonl").write_text(f'{{"q": "fine", "gold": []}}\n{line}\n')

    library = read(tmp_path)

    assert [(problem.file, problem.line, message in problem.message) for problem in library.problems] == [
        ("x.cases.jsonl", 2, True)
    ]
    assert library.cases == (Case("fine", ()),)
