"""Embedders for tests: small and deterministic."""

import hashlib
import math
from collections.abc import Mapping, Sequence

DIMENSIONS = 1021


class WordsEmbedder:
    """Texts are near each other when they share words, or words that `meanings` calls the same."""

    def __init__(self, fingerprint: str = "words", meanings: Mapping[str, str] | None = None) -> None:
        self.fingerprint = fingerprint
        self._meanings = meanings or {}

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """A vector of length one for each text."""
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question."""
        return self._vector(text)

    def _vector(self, text: str) -> Sequence[float]:
        vector = [1e-9] * DIMENSIONS
        for word in text.lower().replace("?", " ").replace(".", " ").split():
            meant = self._meanings.get(word, word)
            digest = hashlib.sha256(meant.encode()).digest()
            vector[int.from_bytes(digest[:4], "big") % DIMENSIONS] += 1.0
        length = math.sqrt(sum(value * value for value in vector))
        return [value / length for value in vector]
