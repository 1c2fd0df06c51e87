"""The tools see what the bot does where it has a sentence model."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.authoring import asking, evaluation, meaning
from bot.domain.errors import ConfigurationError
from bot.domain.faq import Case
from bot.search import load
from tests.adapters.embedders import WordsEmbedder
from tests.authoring.conftest import SHIPPED, Write, faq_command

MODEL = os.environ.get("AML_BOT_TEST_MODEL", "")


@pytest.fixture
def modelled() -> Iterator[None]:
    """A model for which lunch is food, as the canteen is."""
    before = meaning._runs_models[:]
    meaning.run_models_by(lambda _folder: WordsEmbedder(meanings={"canteen": "food", "lunch": "food"}))
    yield
    meaning._runs_models[:] = before


@pytest.mark.usefixtures("modelled")
def test_questions_are_asked_by_meaning_too(write: Write) -> None:
    folder = write(a="## Where is the canteen?\n\nOn the second floor.\n\n## How do I print?\n\nPress the button.\n")
    words = load(folder)
    mixed = meaning.added(words, Path("model"))
    case = Case("lunch", ("a.md#where-is-the-canteen",))

    assert [each.rank for each in evaluation.ask_all(words, [case])] == [0]
    assert [each.rank for each in evaluation.ask_all(mixed, [case])] == [1]
    assert "near " in asking.answer(mixed, "lunch", explain=True)


def test_without_a_model_the_faq_stays_as_it_is(write: Write) -> None:
    faq = load(write(a="## Where is the canteen?\n\nOn the second floor.\n"))

    assert meaning.added(faq, None) is faq


def test_where_nothing_runs_models_one_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "_runs_models", [])
    faq = load(write(a="## Where is the canteen?\n\nOn the second floor.\n"))

    with pytest.raises(ConfigurationError, match="aml-bot faq"):
        meaning.added(faq, Path("model"))


@pytest.mark.slow
@pytest.mark.skipif(not MODEL, reason="AML_BOT_TEST_MODEL names no folder with a sentence model")
def test_a_real_model_finds_an_entry_of_the_shipped_faq() -> None:
    pytest.importorskip("onnxruntime", reason="the extra aml-bot[semantic] isn't installed")
    question = "nobody outside of our own network may reach the workspace"
    asked = faq_command("ask", question, "--model", MODEL, cwd=SHIPPED.parent)

    assert asked.code == 0, asked.err
    assert "security.md#how-do-i-secure-a-workspace" in asked.out
