"""No question, whatever its text, makes the search do much more work than a plain one: counted, not timed.

Counted are the postings that a question reads, those of questions that were asked before included, and the words that
its own are compared with for spelling, in the FAQ that comes with the bot.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz import process

from bot.domain.faq import Case, Section
from bot.search import Faq, load, load_cases
from bot.search import spelling as spelling_of
from bot.search.asked import _Questions
from bot.search.numbers import Numbers
from bot.search.odds import Odds
from bot.search.postings import Postings
from bot.search.query import Unit
from bot.search.words import lexicon
from tests.search.conftest import SHIPPED

_MOST = 50
_FAQ = load(SHIPPED)


class Work:
    """Counts postings and comparisons while questions are asked."""

    def __init__(self) -> None:
        self.postings = self.compared = 0

    @property
    def total(self) -> int:
        return self.postings + self.compared

    def of(self, query: str, topic: Section | None = None) -> int:
        """What one question takes, asked as a message is, in a thread about `topic`."""
        before = self.total
        _FAQ.ask_all(query, topic)
        return self.total - before


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    counted = Work()
    real_list, real_extract = Postings._list, process.extract

    def read(postings: Postings, place: int) -> object:
        slots, weights = real_list(postings, place)
        counted.postings += len(slots)
        return slots, weights

    real_likeness = _Questions.likeness

    def likeness(questions: _Questions, named: Sequence[tuple[Unit, float]]) -> float:
        terms = (term for unit, _ in named for terms, _ in unit.readings for term in terms)
        counted.postings += sum(len(questions._having.get(term, ())) for term in terms)
        return real_likeness(questions, named)

    real_odds = Odds.of

    def odds(known: Odds, units: Sequence[Unit]) -> Numbers:
        terms = {term for unit in units for terms, _ in unit.readings for term in terms}
        places = [place for term in terms if (place := known._places.get(term)) is not None]
        counted.postings += sum(int(known._starts[place + 1] - known._starts[place]) for place in places)
        return real_odds(known, units)

    class Process:
        @staticmethod
        def extract(query: str, choices: list[str], **given: Any) -> object:
            counted.compared += len(choices)
            return real_extract(query, choices, **given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Postings, "_list", read)
        patched.setattr(_Questions, "likeness", likeness)
        patched.setattr(Odds, "of", odds)
        patched.setattr(spelling_of, "process", Process)
        yield counted


@pytest.fixture(scope="module")
def plain(work: Work) -> int:
    """What the questions of people take, in the middle."""
    cases = [case.query for case in load_cases(SHIPPED) if _is_plain(case)]
    found = sorted(work.of(query) for query in cases)
    return found[len(found) // 2]


def _is_plain(case: Case) -> bool:
    return case.split == "tune" and bool(case.gold)


def test_a_plain_question_is_some_work(plain: int) -> None:
    assert 50 < plain < 4000


def _misspelt(faq: Faq) -> str:
    return " ".join(f"{word[:-2]}{word[-1]}{word[-2]}" for word in sorted(faq.index.vocabulary))


_VOCABULARY = " ".join(sorted(_FAQ.index.vocabulary))
QUERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "one letter": lambda: "a",
    "a long word": lambda: "x" * 40_000,
    "a long name": lambda: "a_b." * 10_000,
    "one word over and over": lambda: "environment " * 3_500,
    "a question over and over": lambda: "how do i submit a run? " * 1_800,
    "emoji": lambda: "\U0001f35e\U0001f9d1\u200d\U0001f4bb" * 5_000,
    "code": lambda: "from azureml.core import Workspace, Environment, Run\nrun = exp.submit(config=cfg)\n" * 500,
    "control characters": lambda: "\x00\x1b[2J\x07\x7f" * 8_000,
    "zero-width characters": lambda: "\u200b\u200d\u2060run\ufeff" * 5_000,
    "another script": lambda: "\u5b66\u7fd2\u30b8\u30e7\u30d6\u3092\u5b9f\u884c" * 4_000,
    "combining marks": lambda: "e" + "\u0301" * 40_000,
    "a regular expression": lambda: "((((a+)+)+)+)+$" * 2_500,
    "all words that it knows": lambda: _VOCABULARY,
    "all words that it knows, backwards": lambda: " ".join(reversed(_VOCABULARY.split())),
    "all words misspelt": lambda: _misspelt(_FAQ),
    "all synonyms": lambda: " ".join(lexicon().synonym_words),
    "all synonyms misspelt": lambda: " ".join(f"{word[0]}{word[2]}{word[1]}{word[3:]}" for word in _long_synonyms()),
    "all words joined": lambda: "_".join(_VOCABULARY.split()),
    "all words in names of two": lambda: " ".join(map(".".join, zip(*[iter(_VOCABULARY.split())] * 2, strict=False))),
}


def _long_synonyms() -> list[str]:
    return [word for word in lexicon().synonym_words if len(word) > 5]


@pytest.mark.parametrize("name", QUERIES)
def test_no_text_makes_it_work_more_than_fifty_times_as_much(work: Work, plain: int, name: str) -> None:
    assert work.of(QUERIES[name]()) <= _MOST * plain


@pytest.fixture(scope="module")
def heaviest(work: Work) -> list[str]:
    """The words that take most, first."""
    known = sorted({*_FAQ.index.vocabulary, *lexicon().synonym_words, *lexicon().everyday})
    return sorted(known, key=lambda word: -work.of(word))[:180]


@pytest.mark.parametrize("questions", [1, 2, 3])
def test_the_words_that_take_most_together_take_no_more(
    work: Work, plain: int, heaviest: list[str], questions: int
) -> None:
    dealt = (" ".join(heaviest[at::questions][:60]) for at in range(questions))
    message = "? ".join(f"how do i {words}" for words in dealt) + "?"

    taken = max(work.of(message, topic) for topic in (None, *_FAQ.sections))

    assert taken <= _MOST * plain


def test_what_goes_on_from_a_thread_takes_no_more(work: Work, plain: int, heaviest: list[str]) -> None:
    follow_ups = ("and for that?", f"and for {' '.join(heaviest[:4])}?", f"what about {' '.join(heaviest[:2])}? why?")

    taken = max(work.of(message, topic) for message in follow_ups for topic in _FAQ.sections)

    assert taken <= _MOST * plain


_WORD = st.one_of(
    st.sampled_from(sorted(_FAQ.index.vocabulary)),
    st.sampled_from(lexicon().synonym_words),
    st.sampled_from(sorted(_FAQ.index.vocabulary)).map(lambda word: word[1:] + word[0]),
    st.sampled_from(
        ("?", "and how do i", "!", "\n", "```", "1.", "also, can we", "\u200b", "\x00", "(a+)+$", "\U0001f35e")
    ),
    st.text(max_size=12),
)
_MESSAGES = st.lists(_WORD, max_size=400).map(" ".join)
_TOPICS = st.none() | st.sampled_from(_FAQ.sections)


@settings(max_examples=100, deadline=None)
@given(_MESSAGES, _TOPICS)
@example(_VOCABULARY[::-1], None)
def test_no_mixture_of_words_does_either(work: Work, plain: int, query: str, topic: Section | None) -> None:
    assert work.of(query, topic) <= _MOST * plain


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=4000, deadline=None)
@given(st.one_of(_MESSAGES, st.text(max_size=2000), _MESSAGES.map(lambda text: (text * 400)[:40_000])), _TOPICS)
def test_no_mixture_does_in_a_long_search_for_one(work: Work, plain: int, query: str, topic: Section | None) -> None:
    assert work.of(query, topic) <= _MOST * plain
