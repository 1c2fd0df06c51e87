"""A FAQ that can be asked."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.domain.errors import Unavailable
from bot.domain.faq import Answer, Case, Hit, Outcome, Passage, Problem, Referred, Section
from bot.search import calibration, confidence, mixing, passages, splitting, topics
from bot.search import references as referring
from bot.search.asked import Asked, parts
from bot.search.calibration import Calibration
from bot.search.confidence import Thresholds
from bot.search.index import Index, Match, Ranking
from bot.search.mixing import Mix, MixedRanking
from bot.search.query import Unit, Vocabulary, units
from bot.search.references import Reference
from bot.search.semantic import SemanticIndex, is_code
from bot.search.shelf import heads
from bot.search.spelling import Spelling
from bot.search.words import lexicon, stem, words

_CANDIDATES = 10
_PARTS = 5  # parts of the cases, each asked as if it were new
_ENOUGH_CASES = 2000  # to learn the confidence from; more would say the same and take a large FAQ's start much longer
_EVEN = 0.5  # the most that is said of an entry that has the thing but not what is to be done to it
_NEARLY_ALL = 0.8  # of a title, or of what is asked
_TITLE_LENGTH = 300  # characters; a longer query is no title


class Faq:
    """The sections of a FAQ and their index. Immutable: any number of threads may ask at the same time.

    The confidence is that of `calibrated` if it was made for these sections and cases; otherwise it is learnt from the
    `cases` that are for tuning; without enough of them it is the shipped one. An `index` is one that was made of these
    sections before, and what comes with it as `references` and `calibrated` belongs to them.
    """

    def __init__(
        self,
        sections: Sequence[Section],
        problems: tuple[Problem, ...] = (),
        *,
        thresholds: Thresholds | None = None,
        passage_limit: int = passages.DEFAULT_LIMIT,
        cases: Sequence[Case] = (),
        calibrated: Calibration | None = None,
        index: Index | None = None,
        references: Mapping[int, tuple[Reference, ...]] | None = None,
    ) -> None:
        self.sections = sections
        self.problems = problems
        self._thresholds = thresholds or Thresholds()
        self._passage_limit = passage_limit
        self._lexicon = lexicon()
        self.references = referring.find(sections) if references is None else references
        self.index = index or self._indexed()
        self._vocabulary = Vocabulary(
            has=self.index.terms.__contains__,
            meant=Spelling(self.index.vocabulary, self._lexicon.synonym_words).meant,
        )
        self._heads = heads(sections)
        self._by_location = {location: number for number, (location, _) in reversed([*enumerate(self._heads)])}
        self._cases = tuple(cases)
        self._units_of_case: dict[str, list[Unit]] = {}
        self._asked = self._learnt(self._cases)
        self._meaning: SemanticIndex | None = None
        self._mix = Mix()
        if index is None and calibrated and calibrated.content != calibration.content_hash(sections, cases):
            calibrated = None
        self.calibration = calibrated or (calibrate(self, cases) if cases else Calibration())

    def _indexed(self) -> Index:
        lent = {
            number: [self.sections[reference.target] for reference in found]
            for number, found in self.references.items()
        }
        return Index.of(self.sections, self._lexicon, lent)

    def with_meaning(self, meaning: SemanticIndex) -> "Faq":
        """The same FAQ, found by words and by meaning together. What each weighs, and the confidence, are learnt from
        the cases. Queries that are code or an error's text go on being found by words alone."""
        mixed = copy.copy(self)
        try:
            mixed._meaning = meaning.taught(self._asked.questions)
        except Unavailable:  # what can't be learnt may still be found
            mixed._meaning = meaning
        mixed._mix = learn_mix(mixed, self._cases)
        return mixed

    @property
    def mix(self) -> Mix:
        """What words and meaning weigh, where meaning has a say."""
        return self._mix

    def as_if_new(self, cases: Iterable[Case]) -> Iterator[tuple[Case, "Faq"]]:
        """Each case with the FAQ as it would be had that case, if it is among those that were learnt, not been known:
        a fifth of them is left out together. The confidence stays."""
        numbers = parts(self._cases, _PARTS)
        without: dict[int | None, Faq] = {None: self}
        for case in cases:
            part = numbers.get(_plain(case.query))
            if part not in without:
                without[part] = other = copy.copy(self)
                rest = [known for known in self._cases if numbers.get(_plain(known.query)) != part]
                other._asked = self._learnt(rest)
                other._meaning = self._meaning and self._meaning.taught(other._asked.questions)
            yield case, without[part]

    def section(self, file: str, anchor: str) -> Section | None:
        """The section with this anchor in this file; both as in `Section`."""
        number = self._by_location.get(f"{file}#{anchor}" if anchor else file)
        return None if number is None else self.sections[number]

    def ask(self, query: str, topic: Section | None = None, *, limit: int = 3) -> Answer:
        """The best `limit` sections for a question, ties in file order, and what to do with them. Never raises,
        whatever the text.

        `topic` is the entry that the thread is about: what the query leaves out ("and for deployment?") is taken from
        there, unless the query is answered better without it.
        """
        asked = self._units(query)
        alone = self._answer(query, asked, limit)
        if topic is None or not topics.goes_on(query, asked):
            return alone
        together = self._answer(query, topics.carried(asked, self._units(topic.title)), limit, topic)
        if alone.outcome is Outcome.CONFIDENT and (
            _score(alone) >= _score(together) or self._names_title(alone, topic, asked)
        ):
            return alone
        return together if self._says_something_of(together, asked) else alone

    def _names_title(self, answer: Answer, topic: Section, asked: list[Unit]) -> bool:
        """Whether a message names, all but for a little, the title of another entry than the thread's."""
        best = answer.best
        if best is None or best.section == topic:
            return False
        named = self.index.support(self._by_location[best.section.location], asked)["title_named"]
        return named >= _NEARLY_ALL

    def _says_something_of(self, answer: Answer, asked: list[Unit]) -> bool:
        """Whether the best section has anything of what a message names itself; true if it names nothing."""
        named = [unit for unit in asked if not unit.light]
        if not named or answer.best is None:
            return True
        return self.index.support(self._by_location[answer.best.section.location], named)["covered"] > 0

    def ask_all(self, text: str, topic: Section | None = None, *, limit: int = 3) -> tuple[Answer, ...]:
        """Answers to the questions of a message, at most three and at least one, each with its own question as `query`;
        as a rule there is one, which is asked with the whole text. A question may go on from the one before it."""
        whole = self.ask(text, topic, limit=limit)
        parts = self._parts(text)
        if len(parts) < 2:
            return self._matters(text, whole, limit) or (whole,)
        answers: list[Answer] = []
        for part in parts:
            answer = self.ask(part, topic, limit=limit)
            if answer.best and not any(known.best and known.best.section == answer.best.section for known in answers):
                answers.append(answer)
            topic = answer.best.section if answer.best and answer.outcome is Outcome.CONFIDENT else topic
        if len(answers) < 2 or all(answer.outcome is Outcome.UNKNOWN for answer in answers):
            return (whole,)
        return tuple(answers)

    def _matters(self, text: str, whole: Answer, limit: int) -> tuple[Answer, ...]:
        """Answers to the matters of a message that isn't made of questions, if each by itself has a sure answer of its
        own, and the one to all of it is among them or the message is a list. Else none."""
        parts = splitting.matters(text)
        if whole.best is None or len(parts) < 2 or self.index.is_name(text):
            return ()
        answers: list[Answer] = []
        for part in parts:
            if all(unit.light for unit in self._units(part)):
                continue  # "two things:"
            answer = self.ask(part, limit=limit)
            if answer.outcome is not Outcome.CONFIDENT or answer.best is None:
                return ()
            if not any(known.best and known.best.section == answer.best.section for known in answers):
                answers.append(answer)
        is_among = "\n" in text or any(answer.best and answer.best.section == whole.best.section for answer in answers)
        return tuple(answers) if len(answers) > 1 and is_among else ()

    def referred(self, section: Section) -> tuple[Referred, ...]:
        """What an entry that only points to others sends its readers to, with what it says to do differently."""
        return self._referred(self._by_location[section.location], self._units(section.title))

    def rest(self, section: Section, passage: Passage) -> tuple[Passage, ...]:
        """What a section has beside a passage of it, in its order, in pieces of the length of a passage. Each begins
        at a block; together with the passage they are the whole body but for blank lines."""
        return passages.rest(section, passage, limit=self._passage_limit)

    def ranking(self, query: str) -> Ranking:
        """The best sections with the sums that they are ranked by, for benchmarks."""
        return self._ranked(query, self._units(query))

    def evidence(self, query: str) -> tuple[float, ...]:
        """What speaks for the first hit: the features of the confidence, each in [0, 1]; zeros if nothing matches."""
        ranking = self.ranking(query)
        return _features(ranking) if ranking.matches else (0.0,) * len(confidence.FEATURES)

    def weighable(self, query: str) -> Callable[[float], Ranking] | None:
        """The ranking by words and meaning for each weight of the words; None for a query that isn't for the model."""
        asked = self._units(query)
        near = self._nearness(query, asked)
        if near is None:
            return None
        lexical = self._by_words(query, asked, None, mixing.CANDIDATES)
        return lambda weight: self._mixed(lexical, near, asked, weight)

    def _learnt(self, cases: Sequence[Case]) -> Asked:
        return Asked(self._heads, cases, self._lexicon, self._read_case, self.index.mass, self.index.named())

    def _read_case(self, query: str) -> list[Unit]:
        # learnt from whole and in parts: reading costs more than what is learnt
        if query not in self._units_of_case:
            self._units_of_case[query] = self._units(query)
        return self._units_of_case[query]

    def _units(self, text: str) -> list[Unit]:
        return units(text, self._vocabulary, self._lexicon)

    def _parts(self, text: str) -> list[str]:
        """The questions of a message; one that names nothing by itself belongs to its neighbour."""
        parts: list[str] = []
        names_something = True
        for part in splitting.questions(text):
            before, names_something = names_something, any(not unit.light for unit in self._units(part))
            if parts and not (before and names_something):
                parts[-1] = f"{parts[-1]} {part}"
                names_something = True
            else:
                parts.append(part)
        return parts

    def _ranked(self, query: str, asked: list[Unit], topic: Section | None = None) -> Ranking:
        near = self._nearness(query, asked, topic)
        lexical = self._by_words(query, asked, topic, _CANDIDATES if near is None else mixing.CANDIDATES)
        return lexical if near is None else self._mixed(lexical, near, asked, self._mix.lexical_weight)

    def _by_words(self, query: str, asked: list[Unit], topic: Section | None, limit: int) -> Ranking:
        named = "" if topic or len(query) > _TITLE_LENGTH else query
        return self.index.search(asked, limit, named, self._asked)

    def _nearness(self, query: str, asked: list[Unit], topic: Section | None = None) -> list[float] | None:
        """What the model says of each section; None where it isn't to be asked, or fails: words alone are an answer."""
        if self._meaning is None or is_code(asked) or all(unit.light for unit in asked):
            return None
        try:
            return self._meaning.nearness(f"{topic.title}: {query}" if topic else query)
        except Unavailable:
            return None

    def _mixed(self, lexical: Ranking, near: list[float], asked: list[Unit], weight: float) -> MixedRanking:
        sure = self.calibration.coefficients.probability(confidence.features(lexical)) if lexical.matches else 0.0
        return mixing.rank(
            lexical, near, sure, weight, index=self.index, units=asked, asked=self._asked, limit=_CANDIDATES
        )

    def _probability(self, ranking: Ranking) -> float:
        is_mixed = isinstance(ranking, MixedRanking)
        coefficients = self._mix.coefficients if is_mixed else self.calibration.coefficients
        return coefficients.probability(_features(ranking))

    def _answer(self, query: str, asked: list[Unit], limit: int, topic: Section | None = None) -> Answer:
        ranking = self._ranked(query, asked, topic)
        matches = ranking.matches
        if not matches:
            return Answer(query, Outcome.UNKNOWN, (), topic)
        probability = self._probability(ranking)
        is_half = self._undoes_otherwise(asked, matches[0].document)
        if is_half:
            probability = min(probability, _EVEN)
        twins = self._twins(matches, asked)
        if topic and any(self.sections[match.document] == topic for match in twins):
            # not told apart by the message, but by the thread
            chosen = next(match for match in twins if self.sections[match.document] == topic)
            matches = (chosen, *(match for match in matches if match != chosen))
            twins = []
        outcome = self._outcome(probability, ambiguous=bool(twins) or is_half)
        if all(unit.light for unit in asked) and not self.index.is_name(query):
            outcome = Outcome.UNKNOWN  # "can you": whatever is near, nothing was named
        rest = [match for match in matches[1:] if match not in twins]
        ranked = [matches[0], *twins, *rest][:limit]
        scores = self._scores(ranked, probability, len(twins) + 1)
        hits = tuple(self._hit(match, score, asked) for match, score in zip(ranked, scores, strict=True))
        return Answer(query, outcome, hits, topic)

    def _undoes_otherwise(self, asked: list[Unit], document: int) -> bool:
        """Whether a question begins with a verb like "delete" and the section has no such verb at all."""
        named = next((unit for unit in asked if not unit.light), None)
        if named is None or named.text not in self._lexicon.undoing:
            return False
        any_of_them = Unit("", 1.0, tuple(((stem(word),), 1.0) for word in self._lexicon.undoing))
        return not self.index.support(document, [any_of_them])["covered"]

    def _hit(self, match: Match, score: float, asked: list[Unit]) -> Hit:
        section = self.sections[match.document]
        return Hit(section, score, self._passage(section, asked), self._referred(match.document, asked))

    def _referred(self, number: int, asked: list[Unit]) -> tuple[Referred, ...]:
        return tuple(
            Referred(
                self.sections[reference.target],
                self._passage(self.sections[reference.target], asked),
                reference.told,
                reference.substitutions,
            )
            for reference in self.references.get(number, ())
        )

    def _passage(self, section: Section, asked: list[Unit]) -> Passage:
        return passages.choose(section, asked, self._lexicon, limit=self._passage_limit)

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
        alike = [match for match in matches[1:] if self._are_alike(first, self.sections[match.document])]
        if not alike:
            return []
        own = self._heading_terms(first)
        named = {name for unit in asked if not unit.light for terms, _ in unit.readings for name in terms}
        return [match for match in alike if not (own - self._heading_terms(self.sections[match.document])) & named]

    @staticmethod
    def _are_alike(first: Section, other: Section) -> bool:
        return _unnumbered(other.title) == _unnumbered(first.title)

    def _heading_terms(self, section: Section) -> set[str]:
        stems = [part for above in section.path for word in words(above) for part in word.parts]
        return set(stems) | {concept for _, _, concept in self._lexicon.concepts(stems)}


def calibrate(faq: Faq, cases: Sequence[Case]) -> Calibration:
    """Learn the confidence of a FAQ from the cases that are for tuning. Cases that repeat a name of a section word by
    word are left out: they are always found and would make the bot too sure of itself."""
    content = calibration.content_hash(faq.sections, cases)
    asked = [(case, unknowing.ranking(case.query)) for case, unknowing in _teaching(faq, cases)]
    return calibration.learn(_samples(faq, asked), content)


def learn_mix(faq: Faq, cases: Sequence[Case]) -> Mix:
    """Learn how words and meaning are best put together for a FAQ, from the cases that are for tuning."""
    asked = [(case, unknowing.weighable(case.query)) for case, unknowing in _teaching(faq, cases)]
    weighed = [
        _samples(faq, [(case, ranked_with(weight)) for case, ranked_with in asked if ranked_with])
        for weight in mixing.LEXICAL_WEIGHTS
    ]
    weight = mixing.best_weight([[first_is_right for _, first_is_right in samples] for samples in weighed])
    learnt = calibration.learn(weighed[mixing.LEXICAL_WEIGHTS.index(weight)], shipped_as=confidence.SHIPPED_MIXED)
    return Mix(weight, learnt.coefficients)


def _teaching(faq: Faq, cases: Sequence[Case]) -> Iterator[tuple[Case, Faq]]:
    """The cases that are for tuning, but those that repeat a name, each with the FAQ as if it was new."""
    if not cases:
        return
    names = {_plain(name) for section in faq.sections for name in (section.title, *section.metadata.alternates)}
    asked = [case for case in cases if case.split != "test" and _plain(case.query) not in names]
    yield from faq.as_if_new(calibration.in_fixed_order(asked)[:_ENOUGH_CASES])


def _samples(faq: Faq, asked: Iterable[tuple[Case, Ranking]]) -> list[calibration.Sample]:
    samples: list[calibration.Sample] = []
    for case, ranking in asked:
        if ranking.matches:
            first = faq.sections[ranking.matches[0].document]
            samples.append((_features(ranking), first.location in case.gold or first.title in case.gold))
    return samples


def _features(ranking: Ranking) -> tuple[float, ...]:
    return mixing.features(ranking) if isinstance(ranking, MixedRanking) else confidence.features(ranking)


def _score(answer: Answer) -> float:
    return answer.best.score if answer.best else 0.0


def _plain(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in words(text))


def _unnumbered(title: str) -> str:
    return title.lstrip("0123456789.) (").casefold()
