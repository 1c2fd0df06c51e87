"""The FAQ that answers is exchanged as a whole, and a version that can't be used changes nothing."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError, Unavailable
from bot.ports import FaqFiles
from bot.search import Faq, load
from bot.services.faq_source import FaqSource
from tests.adapters.embedders import WordsEmbedder
from tests.behaviours.team import eventually


class Origin:
    """An origin that a test writes for. `changing` lets a version change while it is read, that many times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        self.changing = 0
        self.trouble: Unavailable | ConfigurationError | None = None
        self.kept: FaqFiles | None = None
        self.taken: list[str] = []

    def write(self, text: str) -> None:
        """A new version; each in a folder of its own, like commits. "" is a folder without a file."""
        self.number += 1
        (self.folder / str(self.number)).mkdir()
        if text:
            (self.folder / str(self.number) / "faq.md").write_text(text, encoding="utf-8")

    def look(self) -> FaqFiles | None:
        if self.trouble:
            raise self.trouble
        return FaqFiles(self.folder / str(self.number), str(self.number), "c" * 39 + str(self.number))

    def is_still(self, files: FaqFiles) -> bool:
        self.changing -= 1
        return self.changing < 0

    def accept(self, files: FaqFiles) -> None:
        self.taken.append(files.version)

    def accepted(self) -> FaqFiles | None:
        return self.kept

    def close(self) -> None:
        pass


BLUE = "# What colour is the cluster?\n\nIt is blue.\n"
RED = "# What colour is the cluster?\n\nIt is red.\n"
NOTHING = ""


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path)
    made.write(BLUE)
    return made


def said(source: FaqSource) -> str:
    """What the FAQ answers."""
    best = source.current().ask("what colour is the cluster?").best
    assert best is not None
    return best.passage.markdown


def test_a_change_is_taken_over(origin: Origin) -> None:
    source = FaqSource(origin, load)
    before = said(source)

    origin.write(RED)
    state = source.refresh()

    assert (before, said(source)) == ("It is blue.", "It is red.")
    assert (state.version, state.commit[-1], source.commit[-1]) == ("2", "2", "2")
    assert origin.taken == ["1", "2"]


def test_nothing_is_read_again_while_nothing_changes(origin: Origin) -> None:
    reads: list[Path] = []

    def counted(folder: Path) -> Faq:
        reads.append(folder)
        return load(folder)

    source = FaqSource(origin, counted)

    for _ in range(5):
        source.refresh()

    assert len(reads) == 1


def test_a_version_that_cannot_be_used_is_refused_and_named_and_read_once(origin: Origin) -> None:
    reads: list[Path] = []

    def counted(folder: Path) -> Faq:
        reads.append(folder)
        return load(folder)

    source = FaqSource(origin, counted)
    origin.write(NOTHING)

    states = [source.refresh() for _ in range(3)]

    assert said(source) == "It is blue."
    assert {state.refused.version for state in states if state.refused} == {"2"}
    assert states[0].refused is not None
    assert "no Markdown file" in states[0].refused.reason
    assert states[0].version == "1"
    assert len(reads) == 2


def test_a_bug_of_the_reader_keeps_the_faq_too(origin: Origin) -> None:
    def fragile(folder: Path) -> Faq:
        if folder.name == "2":
            raise RecursionError
        return load(folder)

    source = FaqSource(origin, fragile)
    origin.write(RED)

    state = source.refresh()

    assert state.refused is not None
    assert said(source) == "It is blue."


def test_a_refused_change_that_is_taken_back_is_forgotten(origin: Origin) -> None:
    source = FaqSource(origin, load)
    origin.write(NOTHING)
    source.refresh()

    origin.number = 1
    state = source.refresh()

    assert state.refused is None


def test_a_correction_follows_a_refused_change(origin: Origin) -> None:
    source = FaqSource(origin, load)
    origin.write(NOTHING)
    source.refresh()

    origin.write(RED)
    state = source.refresh()

    assert state.refused is None
    assert said(source) == "It is red."


def test_a_faq_that_changes_while_it_is_read_is_read_again(origin: Origin) -> None:
    source = FaqSource(origin, load)
    origin.write(RED)
    origin.changing = 1

    source.refresh()
    meanwhile = said(source)
    source.refresh()

    assert (meanwhile, said(source)) == ("It is blue.", "It is red.")


def test_a_faq_that_never_holds_still_is_refused_at_start(origin: Origin) -> None:
    origin.changing = 1000

    with pytest.raises(ConfigurationError, match="changes all the time"):
        FaqSource(origin, load)


@pytest.mark.parametrize("trouble", [Unavailable("The repository doesn't answer."), ConfigurationError("No such ref.")])
def test_an_origin_that_cannot_be_looked_at_changes_nothing_and_says_why(
    origin: Origin, trouble: Unavailable | ConfigurationError
) -> None:
    source = FaqSource(origin, load)
    origin.trouble = trouble

    troubled = source.refresh()
    origin.trouble = None
    later = source.refresh()

    assert troubled.trouble == trouble.user_message
    assert troubled.refused is None
    assert said(source) == "It is blue."
    assert later.trouble == ""


def test_a_start_without_the_origin_uses_what_was_accepted_last(origin: Origin) -> None:
    origin.kept = origin.look()
    origin.trouble = Unavailable("The repository doesn't answer.")

    source = FaqSource(origin, load)

    assert said(source) == "It is blue."


def test_a_start_on_a_bad_version_uses_what_was_accepted_last_and_names_the_bad_one(origin: Origin) -> None:
    origin.kept = origin.look()
    origin.write(NOTHING)

    source = FaqSource(origin, load)

    assert said(source) == "It is blue."
    refused = source.refresh().refused
    assert refused is not None
    assert refused.version == "2"


def test_a_start_with_nothing_to_use_is_refused(origin: Origin) -> None:
    origin.trouble = Unavailable("The repository doesn't answer.")

    with pytest.raises(ConfigurationError, match="doesn't answer"):
        FaqSource(origin, load)


def test_questions_do_not_wait_for_a_slow_reader(origin: Origin) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def slow(folder: Path) -> Faq:
        if folder.name == "2":
            begun.set()
            assert let_go.wait(30)
        return load(folder)

    source = FaqSource(origin, slow)
    origin.write(RED)
    reader = threading.Thread(target=source.refresh)
    reader.start()
    assert begun.wait(30)

    meanwhile = said(source)
    let_go.set()
    reader.join(30)

    assert (meanwhile, said(source)) == ("It is blue.", "It is red.")


PAINT = {"paint": "colour"}


class HeldEmbedder(WordsEmbedder):
    """A model that takes as long as a test wants."""

    def __init__(self) -> None:
        super().__init__(meanings=PAINT)
        self.go_on = threading.Event()

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        assert self.go_on.wait(30)
        return super().embed(texts)


def finds_paint(source: FaqSource) -> bool:
    """Whether a question is found by its meaning; no word of it is in the FAQ."""
    best = source.current().ask("paint").best
    return best is not None and best.section.title == "What colour is the cluster?"


def test_answers_come_by_words_until_the_vectors_are_there_and_by_meaning_then(origin: Origin) -> None:
    embedder = HeldEmbedder()
    source = FaqSource(origin, load, embedder)

    meanwhile = (said(source), finds_paint(source))
    embedder.go_on.set()

    assert meanwhile == ("It is blue.", False)
    eventually(lambda: finds_paint(source), patience=20)


def test_a_change_during_the_work_is_answered_from_and_gets_its_own_vectors(origin: Origin) -> None:
    embedder = HeldEmbedder()
    source = FaqSource(origin, load, embedder)

    origin.write(RED)
    source.refresh()
    meanwhile = said(source)
    embedder.go_on.set()

    assert meanwhile == "It is red."
    eventually(lambda: finds_paint(source), patience=20)
    assert said(source) == "It is red."


def test_a_model_that_fails_leaves_the_answers_to_the_words(origin: Origin) -> None:
    asked = threading.Event()

    class Failing(WordsEmbedder):
        def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
            asked.set()
            raise MemoryError

    source = FaqSource(origin, load, Failing())

    assert asked.wait(20)
    assert said(source) == "It is blue."
    origin.write(RED)
    assert source.refresh().version == "2"
