"""Where a model has a say: paraphrases are found, names in code are left to the words, and no answer depends on it."""

import pytest

from bot.domain.errors import Unavailable
from bot.domain.faq import Case, Outcome
from bot.search import Faq
from bot.search.semantic import SemanticIndex, Vector, texts_of
from tests.adapters.embedders import WordsEmbedder
from tests.search.conftest import MakeFaq

MEANINGS = {"leave": "holiday", "vacation": "holiday", "absence": "holiday", "canteen": "food", "lunch": "food"}
TEXT = """\
# How much vacation do I get?

Thirty days a year.

# Where is the canteen?

On the second floor.

# How do I fix `ImportError: libGL.so.1`?

Install the package of the system.
"""


def mixed(faq: Faq, embedder: WordsEmbedder | None = None) -> Faq:
    """The FAQ with a model that knows `MEANINGS`."""
    embedder = embedder or WordsEmbedder(meanings=MEANINGS)
    texts = [text for section in faq.sections for text in texts_of(section)]
    return faq.with_meaning(SemanticIndex(faq.sections, embedder.embed(texts), embedder.embed_query))


def first(faq: Faq, query: str) -> str:
    """The title of the first hit, or ""."""
    best = faq.ask(query).best
    return best.section.title if best else ""


def test_a_paraphrase_without_a_common_word_is_found(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)

    assert first(words, "lunch") == ""
    assert first(mixed(words), "lunch") == "Where is the canteen?"


def test_a_question_that_is_like_a_known_one_in_meaning_finds_its_entry(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)
    taught = Faq(words.sections, cases=[Case("sushi", ("a.md#where-is-the-canteen",))])
    embedder = WordsEmbedder(meanings={"sushi": "raw", "sashimi": "raw"})

    assert first(mixed(words, embedder), "sashimi") != "Where is the canteen?"
    assert first(mixed(taught, embedder), "sashimi") == "Where is the canteen?"


def test_a_question_that_is_like_one_that_nothing_answers_is_answered_less_surely(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)
    taught = Faq(words.sections, cases=[Case("parental leave", ())])

    assert mixed(words).evidence("maternal absence")[-1] == 0 < mixed(taught).evidence("maternal absence")[-1]


def test_what_the_words_are_sure_of_stays_first(make_faq: MakeFaq) -> None:
    faq = mixed(make_faq(a=TEXT))

    assert first(faq, "where is the canteen?") == "Where is the canteen?"
    assert first(faq, "how much vacation do i get?") == "How much vacation do I get?"


def test_the_faq_itself_stays_as_it_was(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)
    before = words.ask("how much vacation")

    mixed(words)

    assert words.ask("how much vacation") == before


class Forbidden(WordsEmbedder):
    """A model that mustn't be asked."""

    def embed_query(self, text: str) -> Vector:
        raise AssertionError(f"the model was asked: {text}")


@pytest.mark.parametrize(
    "query",
    ["ImportError: libGL.so.1", "Run.get_context", "run_config.target", "hello there", "", "\U0001f600", "how do I"],
)
def test_code_errors_and_small_talk_are_not_given_to_the_model(make_faq: MakeFaq, query: str) -> None:
    words = make_faq(a=TEXT)

    answer = mixed(words, Forbidden()).ask(query)

    assert answer == words.ask(query)


class Broken(WordsEmbedder):
    """A model that fails when it is asked."""

    def embed_query(self, text: str) -> Vector:
        raise Unavailable("The model can't read this question.")


def test_a_model_that_fails_teaches_nothing(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)
    cases = [Case("holidays of a year", ("a.md#how-much-vacation-do-i-get",))]

    assert first(mixed(Faq(words.sections, cases=cases), Broken()), "holidays of a year") != ""


def test_a_model_that_fails_leaves_the_answer_to_the_words(make_faq: MakeFaq) -> None:
    words = make_faq(a=TEXT)

    assert mixed(words, Broken()).ask("how much vacation do i get") == words.ask("how much vacation do i get")


@pytest.mark.parametrize(
    "query", ["x" * 40_000, "word " * 8_000, "\x00\u200b\u202e", "休暇 は 何日", "(a+)+$" * 500, "lunch " * 500]
)
def test_no_text_breaks_it(make_faq: MakeFaq, query: str) -> None:
    answer = mixed(make_faq(a=TEXT)).ask(query)

    assert all(0 <= hit.score <= 1 for hit in answer.hits)
    assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)


def test_alternates_code_and_long_bodies_stand_for_a_section_in_pieces(make_faq: MakeFaq) -> None:
    body = "\n\n".join(f"Paragraph {number} says a little more about it than the one before." for number in range(60))
    faq = make_faq(a=f"# Group\n\n## One thing\n\n{body}\n\n```python\nprint('code')\n```\n")

    texts = texts_of(faq.sections[-1])

    assert texts[0] == "One thing"
    assert max(map(len, texts)) < 1200
    assert sum("Paragraph" in text for text in texts) > 2
    assert any("print('code')" in text for text in texts)
    assert all("One thing" in text for text in texts)


def test_what_the_words_weigh_is_learnt_from_the_cases(make_faq: MakeFaq) -> None:
    # A model for which everything is about the same thing: only the words tell the entries apart.
    titles = [f"How do I use the {name}?" for name in ("press", "lathe", "drill", "saw", "mill", "plane", "vice")]
    plain = make_faq(a="".join(f"# {title}\n\nRead manual {number}.\n\n" for number, title in enumerate(titles)))
    cases = [
        Case(f"{start} the {title.split()[-1]}", (section.location,))
        for title, section in zip(titles, plain.sections, strict=True)
        for start in ("tell me about", "what of", "need help with", "explain", "working with")
    ]
    misled = WordsEmbedder(meanings={title.split()[-1].strip("?"): "press" for title in titles[1:]})

    learnt = mixed(Faq(plain.sections, cases=cases), misled)
    shipped = mixed(plain, misled)

    right = [first(learnt, case.query) == faq_title(plain, case) for case in cases]
    assert learnt.mix.lexical_weight >= shipped.mix.lexical_weight
    assert sum(right) >= 0.9 * len(right)


def faq_title(faq: Faq, case: Case) -> str:
    """The title of the entry that a case is about."""
    return next(section.title for section in faq.sections if section.location in case.gold)


def test_the_confidence_still_has_three_outcomes(make_faq: MakeFaq) -> None:
    faq = mixed(make_faq(a=TEXT))

    assert faq.ask("where is the canteen?").outcome is Outcome.CONFIDENT
    assert faq.ask("quarterly revenue forecast").outcome is Outcome.UNKNOWN


def test_vectors_that_are_not_those_of_the_texts_are_refused(make_faq: MakeFaq) -> None:
    faq = make_faq(a=TEXT)

    with pytest.raises(ValueError, match="texts need as many vectors"):
        SemanticIndex(faq.sections, [[1.0]], WordsEmbedder().embed_query)
