"""Vectors are computed once for a text, whatever is restarted, killed or edited meanwhile."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.vectors import CachedEmbedder
from tests.adapters.embedders import WordsEmbedder


class Counting(WordsEmbedder):
    """Keeps what it was asked to embed."""

    def __init__(self, fingerprint: str = "a-model") -> None:
        super().__init__(fingerprint)
        self.texts: list[str] = []
        self.queries: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        self.texts.extend(texts)
        return super().embed(texts)

    def embed_query(self, text: str) -> Sequence[float]:
        self.queries.append(text)
        return super().embed_query(text)


def close(vectors: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> bool:
    """Whether the vectors are the same but for the precision that they are kept with."""
    return [pytest.approx(vector, abs=1e-6) for vector in others] == [list(vector) for vector in vectors]


def test_a_text_is_embedded_once_also_after_a_restart(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    texts = ["one cluster", "two environments", "one cluster"]

    vectors = CachedEmbedder(first, tmp_path).embed(texts)
    again = CachedEmbedder(second, tmp_path).embed([*texts, "three roles"])

    assert first.texts == ["one cluster", "two environments"]
    assert second.texts == ["three roles"]
    assert close(vectors, WordsEmbedder().embed(texts))
    assert close(again[:3], vectors)


def test_another_model_has_vectors_of_its_own_and_the_old_ones_go(tmp_path: Path) -> None:
    CachedEmbedder(Counting("a-model"), tmp_path).embed(["one"])
    other = Counting("another-model")

    CachedEmbedder(other, tmp_path).embed(["one"])

    assert other.texts == ["one"]
    assert [path.stem for path in tmp_path.iterdir()] == ["another-model"]


@pytest.mark.parametrize("lost", [1, 40, 300])
def test_what_a_kill_has_cut_short_is_embedded_again(tmp_path: Path, lost: int) -> None:
    texts = [f"text {number}" for number in range(8)]
    CachedEmbedder(Counting(), tmp_path).embed(texts)
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-lost])
    later = Counting()

    vectors = CachedEmbedder(later, tmp_path).embed(texts)

    assert 0 < len(later.texts) < 8
    assert close(vectors, WordsEmbedder().embed(texts))


def test_a_question_that_is_asked_again_is_not_embedded_again_and_leaves_nothing_on_disk(tmp_path: Path) -> None:
    model = Counting()
    cached = CachedEmbedder(model, tmp_path)
    cached.embed(["one"])
    before = next(tmp_path.iterdir()).stat().st_size

    answers = [cached.embed_query("what is a cluster?") for _ in range(3)]

    assert model.queries.count("what is a cluster?") == 1
    assert answers[0] == answers[2]
    assert next(tmp_path.iterdir()).stat().st_size == before


def test_nobody_else_may_read_the_vectors(tmp_path: Path) -> None:
    CachedEmbedder(Counting(), tmp_path / "vectors").embed(["one"])

    assert (tmp_path / "vectors").stat().st_mode & 0o077 == 0
    assert next((tmp_path / "vectors").iterdir()).stat().st_mode & 0o077 == 0
