"""A FAQ that can be asked."""

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Answer, Hit, Outcome, Problem, Section
from bot.search import confidence, folder, markdown, passages
from bot.search.confidence import Thresholds
from bot.search.index import Index, Match, Ranking
from bot.search.query import Unit, Vocabulary, units
from bot.search.words import lexicon, words

_CANDIDATES = 10
_TITLE_LENGTH = 300  # characters; a longer query is no title


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
        self._vocabulary = Vocabulary(
            has=self._index.terms.__contains__,
            spelled=self._index.vocabulary,
            known=list(dict.fromkeys((*self._index.vocabulary, *self._lexicon.synonym_words))),
        )
        self._by_location = {(section.file, section.anchor): section for section in reversed(sections)}

    def section(self, file: str, anchor: str) -> Section | None:
        """The section with this anchor in this file; both as in `Section`."""
        return self._by_location.get((file, anchor))

    def ask(self, query: str, *, limit: int = 3) -> Answer:
        """The best `limit` sections for a question, ties in file order, and what to do with them. Never raises,
        whatever the text."""
        ranking, asked = self._ranked(query)
        matches = ranking.matches
        if not matches:
            return Answer(query, Outcome.UNKNOWN, ())
        probability = confidence.SHIPPED.probability(confidence.features(ranking))
        twins = self._twins(matches, asked)
        outcome = self._outcome(probability, ambiguous=bool(twins))
        rest = [match for match in matches[1:] if match not in twins]
        ranked = [matches[0], *twins, *rest][:limit]
        scores = self._scores(ranked, probability, len(twins) + 1)
        hits = tuple(self._hit(match, score, asked) for match, score in zip(ranked, scores, strict=True))
        return Answer(query, outcome, hits)

    def ranking(self, query: str) -> Ranking:
        """The best sections with the sums that they are ranked by, for benchmarks."""
        return self._ranked(query)[0]

    def evidence(self, query: str) -> tuple[float, ...]:
        """What speaks for the first hit: the features of the confidence, each in [0, 1]; empty if nothing matches."""
        ranking = self.ranking(query)
        return confidence.features(ranking) if ranking.matches else (0.0,) * len(confidence.FEATURES)

    def _ranked(self, query: str) -> tuple[Ranking, list[Unit]]:
        asked = units(query, self._vocabulary, self._lexicon)
        return self._index.search(asked, _CANDIDATES, query if len(query) <= _TITLE_LENGTH else ""), asked

    def _hit(self, match: Match, score: float, asked: list[Unit]) -> Hit:
        section = self.sections[match.document]
        return Hit(section, score, passages.choose(section, asked, self._lexicon, limit=self._passage_limit))

    def _scores(self, ranked: list[Match], probability: float, equals: int) -> list[float]:
        """The probability, shared by the first `equals`; the others share what it leaves, by their scores."""
        scores = [probability / equals] * min(equals, len(ranked))
        for match in ranked[equals:]:
            scores.append(min(scores[-1], (1 - probability) * match.score / ranked[0].score))
        return scores

    def _outcome(self, probability: float, *, ambiguous: bool) -> Outcome:
        if probability < self._thresholds.choices:
            return Outcome.UNKNOWN
        if probability < self._thresholds.confident or ambiguous:
            return Outcome.CHOICES
        return Outcome.CONFIDENT

    def _twins(self, matches: Sequence[Match], asked: list[Unit]) -> list[Match]:
        """Matches with the first one's title (but for a number) that the query doesn't tell from it: it names nothing
        of the headings that only the first one has."""
        first = self.sections[matches[0].document]
        own = self._heading_terms(first)
        named = {name for unit in asked if not unit.light for terms, _ in unit.readings for name in terms}
        twins: list[Match] = []
        for match in matches[1:]:
            other = self.sections[match.document]
            told_apart = (own - self._heading_terms(other)) & named
            if _unnumbered(other.title) == _unnumbered(first.title) and not told_apart:
                twins.append(match)
        return twins

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
                fault = ""
                if target not in documents:
                    if posixpath.basename(target).lower() not in {"readme.md", "readme.markdown"}:
                        fault = f"“{link.target}” leads to no file of the FAQ"
                elif hash_sign and anchor and unquote(anchor).lower() not in documents[target].anchors:
                    fault = f"“{link.target}” leads to no heading"
                if fault:
                    problems.append(Problem(file, _line_of(section, link.target), fault))
    return problems


def _line_of(section: Section, text: str) -> int:
    """The line of the file on which `text` first stands in a section; a link by reference has none."""
    lines = section.body.split("\n")
    return next((section.body_line + at for at, line in enumerate(lines) if text in line), section.line)
