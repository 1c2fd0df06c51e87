"""Sections found by what they mean, with vectors that somebody else computes.

A section is as near to a query as the nearest of its texts: each of its names, each piece of its prose and of its code
below its title, and each question that is known to be asked about it. The model that makes the vectors isn't known
here; two functions stand for it.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bot.domain.faq import Section
from bot.search.query import Unit

Vector = Sequence[float]
EmbedQuery = Callable[[str], Vector]

PIECE = 900  # characters of a body; what a small model takes in at once, with the title
_PIECES = 12  # of one body at most
_QUERY = 1000  # characters


def texts_of(section: Section) -> tuple[str, ...]:
    """The texts that stand for a section."""
    names = dict.fromkeys((section.title, *section.metadata.alternates))
    heading = " - ".join(section.path) or section.title
    pieces = (f"{heading}\n{piece}" for piece in _pieces(section.prose))
    code = (f"{section.title}\n{block.text[:PIECE]}" for block in section.code[:_PIECES])
    return tuple(dict.fromkeys((*names, heading, *pieces, *code)))


class SemanticIndex:
    """The vectors of all sections. Immutable: any number of threads may ask at the same time.

    `vectors` are those of `texts_of(section)` for all sections, one after the other.
    """

    def __init__(self, sections: Sequence[Section], vectors: Sequence[Vector], embed_query: EmbedQuery) -> None:
        owners = [number for number, section in enumerate(sections) for _ in texts_of(section)]
        if len(vectors) != len(owners):
            raise ValueError(f"{len(owners)} texts need as many vectors, not {len(vectors)}")
        self._embed_query = embed_query
        self._size = len(sections)
        self._texts = _Texts(owners, vectors)
        self._questions = _Texts((), ())

    def taught(self, questions: Iterable[tuple[int, str]]) -> "SemanticIndex":
        """The same, with questions that were asked before as further texts of their sections; those that nothing
        answers have the number of sections as theirs. Raises what the model raises."""
        known = sorted(questions)
        other = copy.copy(self)
        other._questions = _Texts([owner for owner, _ in known], [self._vector(question) for _, question in known])
        return other

    def nearness(self, query: str) -> list[float]:
        """The cosine of each section's nearest text to the query, in [-1, 1], in order of the sections, and at the end
        that of the nearest question that nothing answers. Raises what the model raises."""
        import numpy as np

        vector = np.asarray(self._vector(query), np.float32)
        best = np.full(self._size + 1, -1.0, np.float32)
        for texts in (self._texts, self._questions):
            texts.lift(best, vector)
        found: list[float] = best.tolist()
        return found

    def _vector(self, text: str) -> Vector:
        return self._embed_query(text[:_QUERY])


class _Texts:
    """Vectors of texts, by their owners, ascending."""

    def __init__(self, owners: Sequence[int], vectors: Sequence[Vector]) -> None:
        import numpy as np

        self._vectors: Any = np.asarray(vectors, np.float32)
        self._firsts: Any = np.flatnonzero(np.diff(owners, prepend=-1))
        self._owners: Any = np.asarray(owners, np.intp)[self._firsts]

    def lift(self, best: Any, vector: Any) -> None:
        """Raise what each owner has in `best` to the cosine of its nearest text."""
        import numpy as np

        if len(self._owners):
            nearest = np.maximum.reduceat(self._vectors @ vector, self._firsts)
            best[self._owners] = np.maximum(best[self._owners], nearest)


def is_code(units: Sequence[Unit]) -> bool:
    """Whether a query is names in code or an error's text rather than words: models know little about those."""
    said = [unit for unit in units if not unit.light]
    exact = sum(unit.weight > 1 for unit in said)
    return bool(said) and 2 * exact > len(said)


def _pieces(prose: str) -> Iterator[str]:
    """A text in pieces of whole lines or sentences."""
    piece = ""
    given = 0
    for sentence in prose.replace("\n\n", "\n").replace(". ", ".\n").split("\n"):
        for start in range(0, max(1, len(sentence)), PIECE):
            part = sentence[start : start + PIECE].strip()
            if piece and len(piece) + len(part) > PIECE:
                yield piece
                given, piece = given + 1, ""
                if given >= _PIECES:
                    return
            piece = f"{piece} {part}".strip()
    if piece:
        yield piece
