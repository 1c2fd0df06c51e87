"""A FAQ that can be asked."""

import posixpath
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Answer, Hit, Outcome, Problem, Section
from bot.search import confidence, folder, markdown, passages
from bot.search.confidence import Thresholds
from bot.search.index import Index, Match
from bot.search.query import Unit, Vocabulary, units
from bot.search.words import lexicon, words

_CANDIDATES = 10


class Faq:
    """The sections of a FAQ and their index. Immutable: any number of threads may ask at the same time."""

    def __init__(
        self,
        sections: tuple[Section, ...],
        problems: tuple[Problem, ...] = (),
        *,
        thresholds: Thresholds | None = None,
        passage_limit: int = passages.DEFAULT_LIMIT,
    ) -> None:
        self.sections = sections
        self.problems = problems
        self._thresholds = thresholds or Thresholds()
        self._passage_limit = passage_limit
        self._lexicon = lexicon()
        self._index = Index(sections, self._lexicon)
        self._vocabulary = Vocabulary(self._index.terms.__contains__, self._index.vocabulary)
        self._by_location = {(section.file, section.anchor): section for section in reversed(sections)}

    def section(self, file: str, anchor: str) -> Section | None:
        """The section with this anchor in this file; both as in `Section`."""
        return self._by_location.get((file, anchor))

    def ask(self, query: str, *, limit: int = 3) -> Answer:
        """The best `limit` sections for a question, ties in file order, and what to do with them. Never raises,
        whatever the text."""
        asked = units(query, self._vocabulary, self._lexicon)
        matches = self._index.search(asked, _CANDIDATES)
        if not matches:
            return Answer(query, Outcome.UNKNOWN, ())
        scores = self._scores(matches, asked)
        outcome = self._outcome(scores[0], matches, asked)
        hits = tuple(
            Hit(
                self.sections[match.document],
                score,
                passages.choose(self.sections[match.document], asked, self._lexicon, limit=self._passage_limit),
            )
            for match, score in list(zip(matches, scores, strict=True))[:limit]
        )
        return Answer(query, outcome, hits)

    def _scores(self, matches: list[Match], asked: list[Unit]) -> list[float]:
        """The first match's probability; the others share what it leaves, by their scores."""
        first = confidence.probability(confidence.features(matches, asked))
        scores = [first]
        for match in matches[1:]:
            scores.append(min(first, (1 - first) * match.score / matches[0].score, scores[-1]))
        return scores

    def _outcome(self, score: float, matches: list[Match], asked: list[Unit]) -> Outcome:
        if score < self._thresholds.choices:
            return Outcome.UNKNOWN
        if score < self._thresholds.confident or self._is_ambiguous(matches, asked):
            return Outcome.CHOICES
        return Outcome.CONFIDENT

    def _is_ambiguous(self, matches: list[Match], asked: list[Unit]) -> bool:
        """Whether another section has the first one's title (but for a number) and the query doesn't say which of the
        two it means: it names nothing of the heading and those above that only the first one has."""
        first = self.sections[matches[0].document]
        twins = [
            twin
            for match in matches[1:]
            if _unnumbered((twin := self.sections[match.document]).title) == _unnumbered(first.title)
        ]
        if not twins:
            return False
        own = self._heading_terms(first)
        named = {name for unit in asked if not unit.light for terms, _ in unit.readings for name in terms}
        return any(not (own - self._heading_terms(twin)) & named for twin in twins)

    def _heading_terms(self, section: Section) -> set[str]:
        stems = [part for above in section.path for word in words(above) for part in word.parts]
        return set(stems) | {concept for _, _, concept in self._lexicon.concepts(stems)}


def load(path: Path, *, thresholds: Thresholds | None = None, passage_limit: int = passages.DEFAULT_LIMIT) -> Faq:
    """Read and index the FAQ in a folder.

    Raises:
        ConfigurationError: the folder is missing, isn't one, has no usable Markdown, or a file can't be read or isn't
            UTF-8. Nothing is served from a FAQ that is only partly readable.
    """
    texts = folder.read(path)
    documents = {file: markdown.parse(text, file) for file, text in texts.items()}
    sections = tuple(section for document in documents.values() for section in document.sections)
    if not sections:
        raise ConfigurationError(
            f"The FAQ in “{path}” has no heading with text below it. "
            "Write each question as a Markdown heading and its answer under it."
        )
    problems = [problem for document in documents.values() for problem in document.problems]
    problems.extend(_dead_links(documents))
    problems.sort(key=lambda problem: (problem.file, problem.line))
    return Faq(sections, tuple(problems), thresholds=thresholds, passage_limit=passage_limit)


def _unnumbered(title: str) -> str:
    return title.lstrip("0123456789.) (").casefold()


def _dead_links(documents: Mapping[str, markdown.Document]) -> list[Problem]:
    """Links within the FAQ that lead nowhere."""
    problems: list[Problem] = []
    for file, document in documents.items():
        for section in document.sections:
            for link in section.links:
                name, hash_sign, anchor = link.target.partition("#")
                if ":" in name or (name and not name.lower().endswith((".md", ".markdown"))):
                    continue
                target = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
                if target not in documents:
                    if posixpath.basename(target).lower() not in {"readme.md", "readme.markdown"}:
                        problems.append(Problem(file, section.line, f"“{link.target}” leads to no file of the FAQ"))
                elif hash_sign and anchor and unquote(anchor).lower() not in documents[target].anchors:
                    problems.append(Problem(file, section.line, f"“{link.target}” leads to no heading"))
    return problems
