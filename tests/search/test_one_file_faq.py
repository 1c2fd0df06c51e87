"""A FAQ that a team already has: one file, numbered questions, a table of contents, two equal titles, mistakes."""

import pytest

from bot.domain.faq import Outcome
from bot.search import Faq


def test_it_has_one_section_per_question_and_no_other(one_file: Faq) -> None:
    assert [section.title.split()[0] for section in one_file.sections] == [
        "1.1", "1.2", "1.3", "2.1", "3.1", "3.2", "3.3",
    ]  # fmt: skip
    assert one_file.sections[0].path == (
        "Compute platform: questions",
        "1. Batch work",
        "1.1 How do I start a batch job?",
    )


def test_each_question_is_found_by_its_own_title(one_file: Faq) -> None:
    for section in one_file.sections:
        answer = one_file.ask(section.title)

        assert answer.hits[0].section == section
        assert answer.outcome is Outcome.CONFIDENT


def test_the_table_of_contents_is_never_an_answer(one_file: Faq) -> None:
    for query in ("Compute platform: questions", "contents", "Billing", "How do I attach a volume?"):
        for hit in one_file.ask(query).hits:
            assert "](#11-how" not in hit.passage.markdown
            assert hit.section.title != "Compute platform: questions"


def test_two_entries_of_one_title_are_offered_with_their_paths(one_file: Faq) -> None:
    answer = one_file.ask("how do i attach a volume?")

    assert answer.outcome is Outcome.CHOICES
    assert {hit.section.path[1] for hit in answer.hits[:2]} == {"1. Batch work", "2. Web applications"}


@pytest.mark.parametrize(
    ("query", "number"),
    [("attach a volume for batch work", "1.2"), ("attach a volume to my web application", "2.1")],
)
def test_a_word_of_the_headings_above_tells_equal_titles_apart(one_file: Faq, query: str, number: str) -> None:
    answer = one_file.ask(query)

    assert answer.outcome is Outcome.CONFIDENT
    assert answer.hits[0].section.title.startswith(number)


def test_a_link_to_the_wrong_heading_is_reported(one_file: Faq) -> None:
    assert [(problem.file, problem.line) for problem in one_file.problems] == [("faq.md", 59)]
    assert "#13-how-do-i-attach-a-volume" in one_file.problems[0].message


def test_broken_code_is_shown_as_it_stands(one_file: Faq) -> None:
    assert 'job = client.start("nightly", inputs": 3)' in one_file.ask("start a batch job").hits[0].passage.markdown
