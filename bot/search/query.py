"""A question to units that can be looked up: words or phrases, each with a weight and its possible readings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.search.words import EVERYDAY, SAME, Lexicon, Word, stem, words

SAME_WEIGHT = 0.95
SYNONYM_WEIGHT = 0.65
EVERYDAY_WEIGHT = 0.65
REPAIRED_WEIGHT = 0.85
QUESTION_WORD_WEIGHT = 0.3
STOP_WORD_WEIGHT = 0.2
EVERYDAY_WORD_WEIGHT = 0.8  # plain English that the field has no use of its own for
IDENTIFIER_WEIGHT = 1.5  # `Run.get_context`: who writes that means exactly that
_MAX_LENGTH = 4000  # characters; more is cut off: nobody asks one question in so many
_MAX_UNITS = 64
_MAX_REPAIRS = 12  # words of a query
_SHORTEST_PART = 3  # letters

_SLACK_MARKS = re.compile(r"(?<![\w:])(?::[a-z+\-][\w+\-]{0,49}:)+(?![\w:])|@(?:channel|here|everyone)\b")
"""Emoji, and calls to all."""

Reading = tuple[tuple[str, ...], float]
"""Terms that a section should have, and how much this reading of the unit counts in (0, 1]."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that a query names. `readings` begin with the literal one; `light` marks words that carry little."""

    text: str
    weight: float
    readings: tuple[Reading, ...]
    light: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What can be meant: `has(term)` for the FAQ's index terms, `meant` for the words that a misspelling may stand for,
    the likeliest first."""

    has: Callable[[str], bool]
    meant: Callable[[str], Sequence[str]] = lambda _: ()


def units(query: str, vocabulary: Vocabulary, lexicon: Lexicon) -> list[Unit]:
    """The distinct units of a query, in its order. Empty if it only makes small talk."""
    asked = lexicon.without_small_talk(words(_SLACK_MARKS.sub(" ", query[:_MAX_LENGTH])), vocabulary.has)
    spellings = _all_spellings(asked, vocabulary, lexicon)
    parted = _all_parted(asked, vocabulary, lexicon)
    owners = [number for number, word in enumerate(asked) for _ in word.parts]
    stems: list[str] = []
    for word, repaired in zip(asked, spellings, strict=True):
        stems.extend([stem(repaired[0])] if repaired and len(word.parts) == 1 else word.parts)

    concepts: dict[tuple[int, int], set[str]] = {}
    for at, length, concept in lexicon.concepts(stems, asked=True):
        first, last = owners[at], owners[at + length - 1]
        starts = at == 0 or owners[at - 1] != first
        stops = at + length == len(owners) or owners[at + length] != last
        # `config.yaml` is a file, `exp.submit` submits: the last part of a name tells what it is
        if stops and (starts or (length == 1 and asked[first].dotted)):
            concepts.setdefault((first, last), set()).add(concept)

    # "private link" is one thing: what "private" alone may stand for doesn't count in it
    within = {number for first, last in concepts if last > first for number in range(first, last + 1)}
    found: dict[tuple[str, ...], Unit] = {}
    for number, word in enumerate(asked):
        alone = set() if number in within else concepts.get((number, number), set())
        unit = _unit(word, spellings[number], alone, lexicon)
        if terms := parted.get(word.text):
            unit = Unit(unit.text, unit.weight, (*unit.readings, (terms, REPAIRED_WEIGHT)), unit.light)
        found.setdefault(unit.readings[0][0], unit)
    for (first, last), names in sorted(concepts.items()):
        if last > first:
            _add_readings(found, asked[first : last + 1], [(name, _synonym_weight(name)) for name in sorted(names)])
    for pair in pairwise(asked):
        if joined := _joined(*pair, vocabulary, lexicon):
            _add_readings(found, pair, [(joined, REPAIRED_WEIGHT)])
    return list(found.values())[:_MAX_UNITS]


def _unit(word: Word, repaired: list[str], concepts: set[str], lexicon: Lexicon) -> Unit:
    weight, light = 1.0, False
    if word.text in lexicon.stop_words:
        weight, light = STOP_WORD_WEIGHT, True
    elif word.text in lexicon.question_words:
        weight, light = QUESTION_WORD_WEIGHT, True
    elif word.identifier:
        weight = IDENTIFIER_WEIGHT
    elif word.text in lexicon.everyday and all(concept.startswith(EVERYDAY) for concept in concepts):
        weight = EVERYDAY_WORD_WEIGHT
    readings: list[Reading] = [((word.whole,), 1.0)]
    if len(word.parts) > 1:
        readings.append((word.parts, 0.9))
    readings.extend(((name,), 0.9) for name in word.names)
    readings.extend(((stem(candidate),), REPAIRED_WEIGHT) for candidate in repaired)
    if not light:
        damping = REPAIRED_WEIGHT if repaired else 1.0
        readings.extend(((concept,), _synonym_weight(concept) * damping) for concept in sorted(concepts))
    return Unit(word.text, weight, tuple(readings), light)


def _synonym_weight(concept: str) -> float:
    if concept.startswith(SAME):
        return SAME_WEIGHT
    return EVERYDAY_WEIGHT if concept.startswith(EVERYDAY) else SYNONYM_WEIGHT


def _add_readings(
    found: dict[tuple[str, ...], Unit], phrase: Sequence[Word], terms: Sequence[tuple[str, float]]
) -> None:
    """Let every word of a phrase also be found by what the phrase means ("kick off" by "submit")."""
    for word in phrase:
        unit = found.get((word.whole,))
        if unit is None:
            continue
        readings = tuple(dict.fromkeys((*unit.readings, *(((term,), weight) for term, weight in terms))))
        found[word.whole,] = Unit(unit.text, unit.weight, readings, unit.light)


def _joined(first: Word, second: Word, vocabulary: Vocabulary, lexicon: Lexicon) -> str:
    """The term of two words that the FAQ writes as one ("name space"); empty if it doesn't."""
    texts = (first.text, second.text)
    if any(len(text) < _SHORTEST_PART or not text.isalpha() or text in lexicon.light_words for text in texts):
        return ""
    term = stem("".join(texts))
    return term if vocabulary.has(term) else ""


def _all_parted(asked: Sequence[Word], vocabulary: Vocabulary, lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    """The terms of words that the FAQ doesn't know and writes as two ("rollback"); of the first few only, since there
    are many ways to part a word."""
    found: dict[str, tuple[str, ...]] = {}
    for word in asked:
        is_known = len(word.parts) > 1 or word.text in lexicon.light_words or vocabulary.has(word.whole)
        if len(found) < _MAX_REPAIRS and not is_known and word.text.isalpha() and word.text not in found:
            found[word.text] = _parted(word.text, vocabulary, lexicon)
    return found


def _parted(text: str, vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[str, ...]:
    """The terms of the two halves that the FAQ has, the most even ones; empty if there are none."""
    middle = len(text) / 2
    for at in sorted(range(_SHORTEST_PART, len(text) - _SHORTEST_PART + 1), key=lambda at: abs(at - middle)):
        parts = text[:at], text[at:]
        if not any(part in lexicon.light_words for part in parts):
            terms = tuple(map(stem, parts))
            if all(map(vocabulary.has, terms)):
                return terms
    return ()


def _all_spellings(asked: Sequence[Word], vocabulary: Vocabulary, lexicon: Lexicon) -> list[list[str]]:
    """What each word that isn't known was probably meant to be; only for the first few, since each is compared with
    the whole vocabulary."""
    repaired: dict[str, list[str]] = {}
    for word in asked:
        if word.text not in repaired and len(repaired) < _MAX_REPAIRS and _is_strange(word, vocabulary, lexicon):
            repaired[word.text] = list(vocabulary.meant(word.text))
    return [repaired.get(word.text, []) for word in asked]


def _is_strange(word: Word, vocabulary: Vocabulary, lexicon: Lexicon) -> bool:
    """Whether a word is neither known to the FAQ nor plain English, and looks like a word at all."""
    text = word.text
    if len(text) < 4 or not text.isascii() or len(word.parts) > 2 or any(char.isdigit() for char in text):
        return False
    if vocabulary.has(word.whole) or all(vocabulary.has(part) for part in word.parts):
        return False
    return not (text in lexicon.everyday or text in lexicon.light_words or word.whole in lexicon.phrases)
