"""The cases of a FAQ teach which words people ask for an entry in."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.authoring import evaluation
from bot.domain.faq import Case, Section
from bot.search import Faq, load_cases
from bot.search.confidence import FEATURES
from tests.search.conftest import SHIPPED

BREAD = "bread.md#bread"
TEA = "tea.md#tea"
REFUSED, LIKELY = FEATURES.index("refused"), FEATURES.index("likely")
ODD = "squeaking blorf wobbles"


def section(title: str, location: str, body: str) -> Section:
    file, _, anchor = location.partition("#")
    return Section((title,), title, 1, anchor, file, 1, 1, body, body)


SECTIONS = (
    section("How do I bake bread?", BREAD, "Knead the dough and put it into the oven."),
    section("How do I make tea?", TEA, "Pour boiling water on the leaves."),
)


def ask(cases: Sequence[Case], query: str) -> str:
    answer = Faq(SECTIONS, cases=cases).ask(query)
    return answer.best.section.location if answer.best else ""


@pytest.mark.parametrize("location", [BREAD, TEA])
def test_words_that_only_a_case_has_lead_to_its_entry(location: str) -> None:
    assert ask([], ODD) == ""
    assert ask([Case(ODD, (location,))], "blorf squeaks?") == location


def test_what_nothing_answers_leads_nowhere_and_makes_less_sure() -> None:
    assert ask([Case(ODD, ())], "blorf squeaks?") == ""

    # Given the same confidence, the question that is known to have no answer is further from one.
    plain, taught = Faq(SECTIONS), Faq(SECTIONS, cases=[Case("can I bake bread in a microwave", ())])
    refused = taught.evidence("bake bread in the microwave")[REFUSED]
    assert plain.evidence("bake bread in the microwave")[REFUSED] == 0 < refused <= 1
    assert taught.evidence("bake bread in the microwave")[LIKELY] < 0.5 < taught.evidence("how do I bake bread")[LIKELY]


def test_cases_to_measure_with_teach_nothing() -> None:
    assert ask([Case(ODD, (BREAD,), split="test")], ODD) == ""


def test_titles_and_bodies_outweigh_a_case_that_uses_their_words_for_another_entry() -> None:
    assert ask([Case("is there a bakery that sells tea and bread", (TEA,))], "how do I bake bread") == BREAD


def test_an_evaluation_asks_a_case_as_if_it_were_new(shipped: Faq) -> None:
    case = Case(ODD, (BREAD,))
    faq = Faq(SECTIONS, cases=[case])

    known = faq.ask(ODD).best
    assert known is not None
    assert known.section.location == BREAD
    assert [each.rank for each in evaluation.ask_all(faq, [case])] == [0]
    assert [each.rank for each in evaluation.ask_all(faq, [replace(case, query=ODD.upper() + "?!")])] == [0]
    # A question that isn't among those of the FAQ is asked of all that it has learnt.
    assert [each.rank for each in evaluation.ask_all(faq, [Case("blorf squeaks", (BREAD,))])] == [1]


def test_what_a_case_teaches_does_not_depend_on_the_order_of_cases(shipped: Faq) -> None:
    cases = load_cases(SHIPPED)
    other = Faq(shipped.sections, cases=cases[::-1], calibrated=shipped.calibration)

    for case in cases[::25]:
        assert other.evidence(case.query) == pytest.approx(shipped.evidence(case.query))


def test_a_known_question_is_as_alike_as_can_be(shipped: Faq) -> None:
    for case in [case for case in load_cases(SHIPPED) if case.split == "tune" and not case.gold][::20]:
        assert shipped.evidence(case.query)[REFUSED] == pytest.approx(1.0)


STORY = "hi all, since yesterday my colleague gets a wrong result on the big machine, we already tried to start again"
KNOWN = [
    *(Case(f"since {day} I get a wrong result on the big machine", (TEA,)) for day in ("monday", "friday", "noon")),
    *(Case(f"bread on the big machine {day}", (BREAD,)) for day in ("today", "tomorrow")),
]


def test_in_a_long_message_many_ordinary_words_speak_for_an_entry_together() -> None:
    answer = Faq(SECTIONS, cases=KNOWN).ask(f"{STORY}. so no bread")

    assert answer.best is not None
    assert answer.best.section.location == TEA


def test_what_was_asked_does_not_outweigh_a_name_in_code() -> None:
    sections = (*SECTIONS, section("What is oven.bake_slowly for?", "oven.md#oven", "It bakes at low heat."))

    answer = Faq(sections, cases=KNOWN).ask(f"{STORY}. what is oven.bake_slowly")

    assert answer.best is not None
    assert answer.best.section.location == "oven.md#oven"
