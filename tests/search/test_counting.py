"""What is counted in arrays is what a plain loop over the words of the texts counts."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.search import counting
from bot.search.counting import FREQUENCY, Kind, TermCounter
from bot.search.fields import FIELDS, Fields
from bot.search.pieces import Cutter
from bot.search.words import lexicon, pieces, words

_FIELDS = Fields(4, np.array([1, 1, 3]))  # four titles, four bodies, three alternates
_SLOTS = _FIELDS.bounds[FIELDS]
_PIECES = st.one_of(
    st.sampled_from(
        (
            *("run", "Run", "RUN.", "(run)", "runs", "kick", "off", "kick-off", "c++", "c", "it's", "-", "...", "x_y"),
            *("Run.get_context", "ScriptRunConfig", "scikit-learn", "azureml.core.workspace", "v1.2.3", "1.2"),
            *("set", "up", "service", "principal", "compute", "target", "virtual", "network", "docker", "image"),
            *("abcdefgh", "abcdefghi", "abcdefghabcdefgh", "abcdefghabcdefghi", "a" * 70, "A" * 70),
            *(
                "Gr\u00fc\u00dfe",
                "\u5b66\u7fd2\u30b8\u30e7\u30d6",
                "caf\u00e9.",
                "e\u0301t\u00e9",
                "a\u200bb",
                "\u2028",
            ),
        )
    ),
    st.text(max_size=20),
    st.text("aAbB.-_'+(", max_size=18),
)
_TEXTS = st.lists(_PIECES, max_size=25).map(" ".join)
_Given = Sequence[tuple[int, Kind, str]]
_GIVEN = st.lists(st.tuples(st.integers(0, _SLOTS - 1), st.sampled_from(Kind), _TEXTS), max_size=12)


def naive(given: _Given) -> tuple[dict[str, dict[int, float]], list[float]]:
    """Terms with their slots and counts, and the lengths of the slots."""
    counts: dict[str, dict[int, float]] = {}
    lengths = [0.0] * _SLOTS
    for slot, kind, text in given:
        found = [word for piece in pieces(text) for word in words(piece)]
        terms = [term for word in found for term in word.terms]
        stems = [part for word in found for part in word.parts]
        concepts = {concept for _, _, concept in lexicon().concepts(stems)}
        for term in (*terms, *concepts):
            at = counts.setdefault(term, {})
            at[slot] = at.get(slot, 0.0) + FREQUENCY[kind]
        lengths[slot] += 0 if kind is Kind.LENT else FREQUENCY[kind] * len(terms)
    return counts, lengths


@pytest.mark.parametrize("at_once", [1, 40, 1 << 20])
def test_terms_are_counted_as_a_plain_loop_counts_them(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_AT_ONCE", at_once)

    @settings(max_examples=80, deadline=None)
    @given(_GIVEN)
    @example([(0, Kind.NAME, "kick off"), (0, Kind.PROSE, "kick"), (4, Kind.PROSE, "off a\0b ab\0")])
    @example([(1, Kind.CODE, "abcdefghabcdefgh abcdefgh abcdefghabcdefgh")])
    @example([(8, Kind.NAME, "run the run"), (9, Kind.NAME, "Runs"), (1, Kind.NAME, ""), (5, Kind.CODE, "run")])
    def check(given: list[tuple[int, Kind, str]]) -> None:
        given.sort(key=_document)
        counter = TermCounter(lexicon(), _FIELDS)
        for _, texts in groupby(given, key=_document):
            counter.add(texts)

        found = counter.counts()

        counts, lengths = naive(given)
        starts = found.starts.tolist()
        places: dict[str, dict[int, float]] = {term: {} for term in found.terms}
        for group, (first, end) in enumerate(pairwise(starts)):
            slots = found.slots[first:end].tolist()
            assert slots == sorted(slots)
            assert {_field(slot) for slot in slots} <= {group % FIELDS}
            places[found.terms[group // FIELDS]] |= dict(zip(slots, found.counts[first:end].tolist(), strict=True))
        assert {term: pytest.approx(at) for term, at in counts.items()} == places
        for at, term in enumerate(found.terms):
            having = [{_document((slot, None)) for slot in counts[term] if _field(slot) == field} for field in range(3)]
            assert found.in_field[FIELDS * at : FIELDS * (at + 1)].tolist() == [*map(len, having)]
            assert found.anywhere[at] == len(set().union(*having))
        assert found.lengths.tolist() == pytest.approx(lengths)
        assert found.names == [_written(text) for _, kind, text in given if kind is Kind.NAME]
        written = " ".join(_written(text) for _, kind, text in given if kind not in {Kind.LINK, Kind.LENT})
        assert found.spelled == dict(Counter(written.split()))

    check()


def _document(given: tuple[int, object] | tuple[int, object, object]) -> int:
    return int(_FIELDS.documents_of_slots()[given[0]])


def _field(slot: int) -> int:
    return (slot >= _FIELDS.bounds[1]) + (slot >= _FIELDS.bounds[2])


def _written(text: str) -> str:
    return " ".join(word.text for piece in pieces(text) for word in words(piece))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.lists(st.text(max_size=20), max_size=20).map(" ".join), max_size=5), max_size=4))
def test_equal_pieces_have_the_same_number_and_others_another(batches: list[list[str]]) -> None:
    cutter, known = Cutter(), list[str]()

    for texts in batches:
        cut = cutter.cut(texts)
        known += cut.new

        read = [known[number] for number in cut.stream.tolist()]
        starts = [0, *cut.ends.tolist()]
        for text, first, end in zip(texts, starts, cut.ends.tolist(), strict=False):
            assert read[first:end] == [part for piece in pieces(text) for part in piece.split("\0") if part]
    assert len(set(known)) == len(known)
