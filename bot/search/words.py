"""Text to index terms, the same way for the FAQ and for questions.

Words are folded (case, accents, compatibility forms), stemmed (Snowball, English) and, where they are compounds or
identifiers, indexed both whole and in parts: `ScriptRunConfig`, `start_logging`, `scikit-learn`. Scripts that are
written without spaces are indexed as pairs of characters.
"""

import re
import string
import threading
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import Stemmer

CONCEPT = "~"
"""First character of a term that stands for a group of synonyms; no word begins with it."""

SAME = CONCEPT + "="
"""How a concept begins whose words are spellings and abbreviations of one thing."""

EVERYDAY = CONCEPT + CONCEPT
"""How a concept begins whose synonyms are everyday English and not special to the field."""

_COMPOUND = re.compile(r"[^\W_]+(?:['_.+\-][^\W_]+)*\+{0,2}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_SPLIT = re.compile(r"[_.+\-]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002fa1f]+"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_POSSESSIVE = re.compile(r"'s$")
_MAX_WORD = 64
_AROUND = f"[{re.escape(string.punctuation.replace('+', ''))}]*"  # what may stand around a token and is no part of it
_PLAIN = re.compile(
    rf"^{_AROUND}([a-zA-Z][a-z]{{0,{_MAX_WORD - 1}}}|[A-Z]{{2,{_MAX_WORD}}}){_AROUND}$|^.*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was written: `text` folded, `whole` the stem of all of it, `parts` the stems of its parts (just
    `whole` if it has none), `names` those between dots that have parts themselves (`get_context` of `Run.get_context`).
    `identifier` marks what is written as names in code are, `dotted` such with a dot before the last part."""

    text: str
    whole: str
    parts: tuple[str, ...]
    names: tuple[str, ...] = ()
    identifier: bool = False
    dotted: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        """What is indexed for this word."""
        return self.parts if len(self.parts) == 1 else (*self.parts, *self.names, self.whole)


def words(text: str) -> list[Word]:
    """All words of `text` in order."""
    return [word for token in tokens(text) for word in words_of(token)]


def tokens(text: str) -> list[str]:
    """The runs of letters and digits of `text` in order, joined by what joins the parts of a name."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'"))
    return _COMPOUND.findall(text)


def pieces(text: str) -> list[str]:
    """`text` cut at white space, where no token goes on: the tokens of the pieces are those of the text."""
    return (text if text.isascii() else _INVISIBLE.sub("", text)).split()


def plain_words(texts: Sequence[str]) -> list[str]:
    """The folded word of each text that is one plain English word, as far as its letters show: as `words` says, but
    quickly. Empty for any other. The texts have no white space."""
    return "\n".join(_PLAIN.findall("\n".join(texts))).lower().split("\n") if texts else []


def stems(folded: Sequence[str]) -> list[str]:
    """The Snowball stems of folded words."""
    with _stemmer_lock:
        return list(_stemmer.stemWords(folded))


def words_of(token: str) -> Iterator[Word]:
    """The words of one of the `tokens`: one, or the pairs of characters of a script without spaces."""
    for piece in _by_script(token):
        if not piece.isascii() and _UNSPACED.fullmatch(piece):
            yield from (Word(pair, pair, (pair,)) for pair in _pairs(piece))
        elif word := _word(piece[:_MAX_WORD]):
            yield word


_stemmer = Stemmer.Stemmer("english", 0)  # without its own cache, which costs more than it saves
_stemmer_lock = threading.Lock()


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The Snowball stem of a folded word."""
    with _stemmer_lock:  # a Stemmer isn't re-entrant
        return str(_stemmer.stemWord(word))


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in decomposed if not unicodedata.combining(char)))


def _by_script(piece: str) -> Iterator[str]:
    if piece.isascii():
        yield piece
        return
    end = 0
    for match in _UNSPACED.finditer(piece):
        if match.start() > end:
            yield piece[end : match.start()]
        yield match.group()
        end = match.end()
    if end < len(piece):
        yield piece[end:]


def _pairs(run: str) -> Iterable[str]:
    return (run[at : at + 2] for at in range(len(run) - 1)) if len(run) > 1 else (run,)


@lru_cache(maxsize=1 << 16)
def _word(piece: str) -> Word | None:
    if piece.isascii() and piece.isalpha() and piece.islower():  # most are; what follows would say the same
        whole = stem(piece)
        return Word(piece, whole, (whole,))
    piece = _POSSESSIVE.sub("", piece).replace("'", "")
    pieces = [part for chunk in _SPLIT.split(piece) for part in _CAMEL.split(chunk) if part]
    if not pieces:
        return None
    if all(part.isdigit() for part in pieces):  # a version, a date, the number of a section: one thing
        return Word(piece, piece, (piece,))
    parts = tuple(stem(fold(part)) for part in pieces)
    text = fold("".join(pieces))
    identifier = len(parts) > 1 and bool("_" in piece or "." in piece or _CAMEL.search(piece))
    dotted = [fold(_SPLIT.sub("", name)) for name in piece.split(".")] if "." in piece else []
    simple = {fold(part) for part in pieces}
    names = tuple(stem(name) for name in dotted if name and name not in simple)
    is_dotted = identifier and piece.endswith(f".{pieces[-1]}")
    return Word(text, parts[0] if len(parts) == 1 else stem(text), parts, names, identifier, is_dotted)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """What is known about words apart from any FAQ: small talk, words of low weight, synonyms, everyday English.

    `phrases` maps the first stem of every synonym to (all its stems, its group's concept term), longest first;
    `phrases_of_several` are those of several words; `kinds` is as `phrases`, for what is one of a kind, which counts in
    questions only.
    `spoken_to` are the words for those whom a message may be for, who may as well be what it asks about.
    `undoing` are verbs like "delete", which entries about the thing as such don't answer.
    `synonym_words` are the single words among the synonyms as written; `light_words` and `light_stems` those that carry
    little.
    """

    small_talk: frozenset[tuple[str, ...]]
    spoken_to: frozenset[str]
    undoing: tuple[str, ...]
    question_words: frozenset[str]
    stop_words: frozenset[str]
    everyday: frozenset[str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    phrases_of_several: tuple[tuple[tuple[str, ...], str], ...]
    kinds: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    synonym_words: tuple[str, ...]
    light_words: frozenset[str]
    light_stems: frozenset[str]
    longest: int  # words in the longest synonym

    def concepts_of(self, word: str) -> list[str]:
        """The concept terms of a single stem."""
        return [concept for phrase, concept in self.phrases.get(word, ()) if len(phrase) == 1]

    def without_small_talk(self, query: Sequence[Word], has: Callable[[str], bool] = lambda _: True) -> list[Word]:
        """The words of a query that ask something; `has` knows the terms of the FAQ."""
        kept: list[Word] = []
        at = 0
        texts = [word.text for word in query]
        is_talk = True  # so far, or just before
        while at < len(texts):
            length = next(
                (n for n in range(min(7, len(texts) - at), 0, -1) if tuple(texts[at : at + n]) in self.small_talk), 0
            )
            if texts[at] in self.spoken_to and not length:
                begins = at + 1 < len(texts) and texts[at + 1] in self.light_words
                length = int((is_talk and (at > 0 or begins)) or not has(query[at].whole))
            if not length:
                kept.append(query[at])
            is_talk = length > 0
            at += length or 1
        return kept

    def concepts(self, stems: Sequence[str], *, asked: bool = False) -> Iterator[tuple[int, int, str]]:
        """Position, length and concept term of every synonym in a sequence of stems, and what those that are `asked`
        for are a kind of."""
        for at, first in enumerate(stems):
            for phrase, concept in (*self.phrases.get(first, ()), *(self.kinds.get(first, ()) if asked else ())):
                if len(phrase) == 1 or tuple(stems[at : at + len(phrase)]) == phrase:
                    yield at, len(phrase), concept


def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(part for word in words(phrase) for part in word.parts)


def _longest_first(
    phrases: Mapping[str, list[tuple[tuple[str, ...], str]]],
) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    return {first: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for first, found in phrases.items()}


@cache
def lexicon() -> Lexicon:
    """The lexicon that comes with the package."""
    data = files("bot.search") / "data"
    kinds = tomllib.loads((data / "words.toml").read_text(encoding="utf-8"))
    field = tomllib.loads((data / "synonyms.toml").read_text(encoding="utf-8"))
    groups: list[tuple[str, list[str]]] = [(SAME, group) for group in field["same"]]
    groups.extend((CONCEPT, group) for group in field["groups"])
    groups.extend(
        (EVERYDAY, [member.strip() for member in line.split(",")])
        for line in (data / "thesaurus.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for mark, group in groups:
        for member in group:
            stems = _stems(member)
            phrases.setdefault(stems[0], []).append((stems, mark + group[0]))
    kinds_of: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, members in field["kinds"].items():
        for member in members:
            stems = _stems(member)
            for concept in dict.fromkeys(known for phrase, known in phrases[stem(kind)] if len(phrase) == 1):
                if not concept.startswith(EVERYDAY):
                    kinds_of.setdefault(stems[0], []).append((stems, concept))
    light = frozenset((*kinds["question_words"], *kinds["topic_words"], *kinds["stop_words"]))
    return Lexicon(
        small_talk=frozenset(tuple(phrase.split()) for phrase in kinds["small_talk"]),
        spoken_to=frozenset(kinds["spoken_to"]),
        undoing=tuple(kinds["undoing"]),
        question_words=frozenset((*kinds["question_words"], *kinds["topic_words"])),
        stop_words=frozenset(kinds["stop_words"]),
        everyday=frozenset((data / "everyday.txt").read_text(encoding="utf-8").split()),
        phrases=_longest_first(phrases),
        phrases_of_several=tuple(known for found in phrases.values() for known in found if len(known[0]) > 1),
        kinds=_longest_first(kinds_of),
        synonym_words=tuple(
            dict.fromkeys(
                member
                for mark, group in groups
                for member in group
                if mark != EVERYDAY and len(member) >= 4 and member.isalpha()
            )
        ),
        light_words=light,
        light_stems=frozenset(stem(word) for word in light),
        longest=max(len(stems) for found in phrases.values() for stems, _ in found),
    )
