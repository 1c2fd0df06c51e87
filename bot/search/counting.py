"""How often every index term is in a text.

A text is counted by its distinct words, because most words of a long text come again and reading a word costs more than
counting it; only phrases of several words need their places.
"""

from collections import Counter

from bot.search.words import CONCEPT, Lexicon, Word, tokens, words_of


class TermCounter:
    """Counts terms and concepts; remembers what the words that it has seen are made of."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[str, tuple[Word, ...]] = {}
        self._terms: dict[str, tuple[str, ...]] = {}
        self._starts = frozenset(
            first for first, phrases in lexicon.phrases.items() if any(len(phrase) > 1 for phrase, _ in phrases)
        )

    def add(
        self, into: dict[str, float], text: str, frequency: float = 1.0, spelled: Counter[str] | None = None
    ) -> float:
        """Add the terms of `text`, each `frequency` times as often as it is there, and the words as written to
        `spelled`. Returns the number of words, as weighted."""
        found = tokens(text)
        distinct = Counter(found)
        length = 0.0
        concepts: set[str] = set()
        opening: set[str] = set()
        for token, count in distinct.items():
            known = self._known.get(token)
            if known is None:
                known = self._learn(token)
            terms = self._terms[token]
            weight = frequency * count
            for term in terms:
                if term[0] == CONCEPT:
                    concepts.add(term)
                else:
                    into[term] = into.get(term, 0.0) + weight
                    length += weight
            for word in known:
                if spelled is not None:
                    spelled[word.text] += count
                if not self._starts.isdisjoint(word.parts):
                    opening.add(token)
        if opening:
            concepts.update(self._phrases(found, opening))
        for concept in concepts:  # once in a text, however many of its words are there
            into[concept] = into.get(concept, 0.0) + frequency
        return length

    def _learn(self, token: str) -> tuple[Word, ...]:
        known = tuple(words_of(token))
        terms = [term for word in known for term in word.terms]
        single = [concept for word in known for part in word.parts for concept in self._lexicon.concepts_of(part)]
        self._known[token] = known
        self._terms[token] = (*terms, *single)
        return known

    def _phrases(self, found: list[str], opening: set[str]) -> set[str]:
        concepts: set[str] = set()
        for at, token in enumerate(found):
            if token not in opening:
                continue
            stems = [
                part
                for near in found[at : at + self._lexicon.longest]
                for word in self._known[near]
                for part in word.parts
            ]
            here = len([part for word in self._known[token] for part in word.parts])
            concepts.update(
                concept for place, length, concept in self._lexicon.concepts(stems) if length > 1 and place < here
            )
        return concepts
