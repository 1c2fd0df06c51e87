"""How good the answers of the shipped FAQ are, on questions in the style of Slack users.

A line of `questions.jsonl`, and of the case files beside the FAQ, has the question, the sections that answer it (none:
the FAQ doesn't know), its kind, and its split. Tuning looks at `tune` only; the figures that count are those of `test`.
The splits of both sources are measured as one: too few questions of the first have no answer for a share to say much.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.domain.faq import Outcome
from bot.search import Faq
from tests.search.conftest import SHIPPED


def read(path: Path) -> list[dict[str, Any]]:
    """The questions in a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


QUESTIONS = read(Path(__file__).parent / "questions.jsonl")
CASES = [case for path in sorted(SHIPPED.glob("*.cases.jsonl")) for case in read(path)]


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares in [0, 1]. `decided_right`: answered by the right section, or it was among those offered, or nothing was
    claimed where nothing is known. `false_answers`: of the questions that the FAQ can't answer, those it answered."""

    hit1: float
    hit3: float
    decided_right: float
    false_answers: float


def measure(faq: Faq, questions: list[dict[str, Any]]) -> Figures:
    """Ask all questions and count."""
    first = offered = decided = wrong = 0
    answerable = [question for question in questions if question["gold"]]
    for question in questions:
        answer = faq.ask(question["q"])
        found = [hit.section.location for hit in answer.hits]
        gold = set(question["gold"])
        first += bool(found) and found[0] in gold
        offered += bool(gold & set(found))
        if gold:
            shown = {Outcome.CONFIDENT: found[:1], Outcome.CHOICES: found, Outcome.UNKNOWN: []}[answer.outcome]
            decided += bool(gold & set(shown))
        else:
            decided += answer.outcome is not Outcome.CONFIDENT
            wrong += answer.outcome is Outcome.CONFIDENT
    return Figures(
        first / len(answerable),
        offered / len(answerable),
        decided / len(questions),
        wrong / (len(questions) - len(answerable)),
    )


@pytest.mark.parametrize(
    ("split", "floor"),
    [("tune", Figures(0.90, 0.98, 0.93, 0.03)), ("test", Figures(0.91, 0.97, 0.94, 0.04))],
)
def test_the_answers_are_good_enough(shipped: Faq, split: str, floor: Figures) -> None:
    figures = measure(shipped, [question for question in QUESTIONS + CASES if question["split"] == split])

    print(f"\n{split}: {figures}")
    assert figures.hit1 >= floor.hit1
    assert figures.hit3 >= floor.hit3
    assert figures.decided_right >= floor.decided_right
    assert figures.false_answers <= floor.false_answers


def test_the_questions_are_worth_asking(shipped: Faq) -> None:
    locations = {section.location for section in shipped.sections}

    assert len(QUESTIONS) >= 80
    assert len({question["q"].lower() for question in QUESTIONS}) == len(QUESTIONS)
    assert sum(not question["gold"] for question in QUESTIONS) >= 20
    assert {gold for question in QUESTIONS for gold in question["gold"]} == locations
