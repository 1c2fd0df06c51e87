"""Entries that only point to another one: "see 1.2, but replace X by Y".

Such an entry is short, has no code of its own, and one of its sentences sends the reader to another entry, by a link or
by its number. What it says to do differently is read from sentences like "replace A by B" and "use B instead of A".
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from bot.domain.faq import Section, Substitution

_LONGEST_POINTER = 800  # characters of prose; an entry that says more answers for itself
_MOST_REFERENCES = 2
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=[^a-z\s])|\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)")
_POINTS = re.compile(
    r"\b(?:see|refer to|look at|look up|read|follow|consult|same (?:as|way|steps|answer|applies)|just (?:as|like)|"
    r"exactly (?:as|like)|as (?:described|explained|shown|written|in|for)|like (?:in|for)|"
    r"(?:described|explained|shown|answered|covered|documented) (?:in|under|at|here|above|below)|works (?:as|like))\b",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"\b(?:see also|further reading|more information|for more|learn more|related)\b|^\W*more\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\b(?:see|section|question|entry|chapter|in|under|to|as)\s+(\d+(?:\.\d+)+)\b", re.IGNORECASE)
_ANY_NUMBER = re.compile(r"\.\d")  # found faster than one that begins with any digit
TITLE_NUMBER = re.compile(r"^\(?(\d+(?:\.\d+)*)[.):]?\s+")
"""The number in front of a title: "1.2 How do I ..."."""
_LEADING_NUMBER = re.compile(r"^[\d-]+")

_THING = r"(`[^`\n]+`|\*\*[^*\n]+\*\*|\"[^\"\n]+\"|[\w./()-]*\w\)?)"
_FILLER = r"(?:(?:the|a|an|your|all|every|class|argument|function|method|word|name|occurrences? of|uses? of)\s+)*"
_REPLACE = re.compile(
    rf"\b(?:replac(?:e|ing)|swap(?:ping)?(?: out)?|exchang(?:e|ing)|chang(?:e|ing))\s+{_FILLER}{_THING}\s+"
    rf"(?:by|with|for|to|against)\s+{_FILLER}{_THING}",
    re.IGNORECASE,
)
_SUBSTITUTE = re.compile(rf"\bsubstitut(?:e|ing)\s+{_FILLER}{_THING}\s+for\s+{_FILLER}{_THING}", re.IGNORECASE)
_INSTEAD = re.compile(
    rf"{_THING}\s+(?:instead of|in place of|rather than|takes the place of|replaces)\s+{_FILLER}{_THING}", re.IGNORECASE
)
_INSTEAD_FIRST = re.compile(
    rf"\b(?:instead of|in place of|rather than)\s+{_FILLER}{_THING},?\s+(?:you\s+)?(?:must\s+|should\s+|need to\s+)?"
    rf"(?:use|take|write|pass|call)\s+{_FILLER}{_THING}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What an entry says of the one that it points to: its number among the sections, and see `Referred`."""

    target: int
    told: str
    substitutions: tuple[Substitution, ...]


def find(sections: Sequence[Section]) -> dict[int, tuple[Reference, ...]]:
    """The references of the sections that only point elsewhere, by their numbers. A pointer to a pointer isn't followed
    further."""
    places = cache(lambda: _Places(sections))  # few FAQs need it
    found: dict[int, tuple[Reference, ...]] = {}
    for number, section in enumerate(sections):
        if section.code or len(section.prose) > _LONGEST_POINTER or not _may_point(section):
            continue
        sentences = [part.strip() for part in _SENTENCE_END.split(section.body) if part.strip()]
        targets: list[int] = []
        for sentence in sentences:
            if _POINTS.search(sentence) and not _ALSO.search(sentence):
                targets.extend(places().named_in(sentence, section))
        targets = [target for target in dict.fromkeys(targets) if target != number]
        if not targets:
            continue
        told = [sentence for sentence in sentences if _substitutions(sentence)]
        substitutions = tuple(dict.fromkeys(pair for sentence in told for pair in _substitutions(sentence)))
        references = tuple(Reference(target, " ".join(told), substitutions) for target in targets)
        found[number] = references[:_MOST_REFERENCES]
    return found


def _may_point(section: Section) -> bool:
    """Whether a section has a link to a heading or a number in it: few have, and sentences take time."""
    return any("#" in link.target for link in section.links) or bool(_ANY_NUMBER.search(section.body))


def _substitutions(sentence: str) -> list[Substitution]:
    pairs = [match.groups() for match in _REPLACE.finditer(sentence)]
    pairs.extend(match.groups()[::-1] for pattern in (_SUBSTITUTE, _INSTEAD) for match in pattern.finditer(sentence))
    pairs.extend(match.groups() for match in _INSTEAD_FIRST.finditer(sentence))
    plain = [(_plain(replaced), _plain(by)) for replaced, by in pairs]
    return [Substitution(replaced, by) for replaced, by in dict.fromkeys(plain) if replaced and by and replaced != by]


def _plain(thing: str) -> str:
    return thing.strip("`*\"'.,")


class _Places:
    """Finds the sections that a sentence names."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._by_location: dict[tuple[str, str], int] = {}
        self._by_number: dict[tuple[str, str], list[int]] = {}
        self._by_words: dict[tuple[str, str], list[int]] = {}
        for number, section in enumerate(sections):
            self._by_location.setdefault((section.file, section.anchor), number)
            self._by_words.setdefault((section.file, _LEADING_NUMBER.sub("", section.anchor)), []).append(number)
            if match := TITLE_NUMBER.match(section.title):
                self._by_number.setdefault((section.file, match[1]), []).append(number)

    def named_in(self, sentence: str, section: Section) -> Iterator[int]:
        """The sections that a sentence of `section` links to, or names by number."""
        for link in section.links:
            if link.target and link.target in sentence:
                target = self._target(link.text, link.target, section.file)
                if target is not None:
                    yield target
        for match in _NUMBER.finditer(sentence):
            yield from self._only(self._by_number, section.file, match[1])

    def _target(self, text: str, target: str, file: str) -> int | None:
        name, _, anchor = target.partition("#")
        if "://" in name or not anchor:
            return None
        place = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
        anchor = unquote(anchor).lower()
        exact = self._by_location.get((place, anchor))
        if exact is not None:
            return exact
        # The numbers of headings change and their links don't; the words of a heading still tell which is meant.
        numbered = TITLE_NUMBER.match(text)
        for found in (
            self._only(self._by_words, place, _LEADING_NUMBER.sub("", anchor)),
            self._only(self._by_number, place, numbered[1]) if numbered else (),
        ):
            for number in found:
                return number
        return None

    def _only(self, places: Mapping[tuple[str, str], list[int]], file: str, name: str) -> tuple[int, ...]:
        found = places.get((file, name), [])
        return tuple(found) if len(found) == 1 else ()
