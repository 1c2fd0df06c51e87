"""Sections found by what they mean, with vectors that somebody else computes.

A section is as near to a query as the nearest of its texts: each of its names, and each piece of its prose and of its
code below its title. The model that makes the vectors isn't known here; two functions stand for it.
"""

import operator
from array import array
from collections.abc import Callable, Iterator, Sequence
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
        self._embed_query = embed_query
        self._owners = [number for number, section in enumerate(sections) for _ in texts_of(section)]
        if len(vectors) != len(self._owners):
            raise ValueError(f"{len(self._owners)} texts need as many vectors, not {len(vectors)}")
        self._size = len(sections)
        self._products = _products(vectors)

    def nearness(self, query: str) -> list[float]:
        """The cosine of each section's nearest text to the query, in [-1, 1], in order of the sections. Raises what the
        model raises."""
        best = [-1.0] * self._size
        for owner, product in zip(self._owners, self._products(self._embed_query(query[:_QUERY])), strict=True):
            best[owner] = max(best[owner], product)
        return best


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


def _products(vectors: Sequence[Vector]) -> Callable[[Vector], list[float]]:
    """A function that gives the scalar products of all `vectors` with one."""
    try:
        import numpy as np
    except ImportError:  # the extra isn't there, but somebody has vectors all the same
        kept = [array("f", vector) for vector in vectors]
        return lambda vector: [sum(map(operator.mul, each, vector)) for each in kept]
    matrix: Any = np.asarray(vectors, dtype=np.float32)

    def products(vector: Vector) -> list[float]:
        found: list[float] = (matrix @ np.asarray(vector, dtype=np.float32)).tolist()
        return found

    return products
