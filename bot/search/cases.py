"""Cases: questions with what a good answer to them is, kept beside the FAQ to prove it by.

They stand in the entries themselves (`answers`, `not`) and in `*.cases.jsonl` files of the FAQ's folder, a JSON object
on each line: `{"q": "...", "gold": ["heading or file.md#anchor", ...], "kind": "...", "split": "tune" or "test"}`. An
empty `gold` says that silence is right.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz import process

from bot.domain.faq import Case, Metadata, Problem, Section

SUFFIX = ".cases.jsonl"
INLINE = "inline"
_KEYS = ("q", "gold", "kind", "split")
_SPLITS = ("tune", "test")


class _Unusable(Exception):
    """A line that is no case, and why."""


def of_entries(sections: Iterable[Section], defaults: Iterable[Metadata]) -> Iterator[Case]:
    """The cases that stand in the entries and at the head of files."""
    for section in sections:
        for question in section.metadata.answers:
            yield Case(question, (section.location,), INLINE)
        for question in section.metadata.not_answers:
            yield Case(question, (), INLINE)
    for of_file in defaults:
        for question in of_file.not_answers:
            yield Case(question, (), INLINE)


def read(text: str, file: str, sections: Sequence[Section]) -> tuple[list[Case], list[Problem]]:
    """The cases in the text of a case file, with locations for gold, and the lines that can't be used. A case whose
    gold is not in the FAQ is left out: it would be taken for one that silence answers."""
    places = _Places(sections)
    found: list[Case] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = _values(line)
        except _Unusable as error:
            problems.append(Problem(file, number, str(error)))
            continue
        gold: list[str] = []
        for name in values["gold"]:
            here = places.find(name)
            if not here:
                problems.append(Problem(file, number, f"no entry is “{name}”{places.hint(name)}"))
            gold.extend(here)
        if gold or not values["gold"]:
            kind, split = values.get("kind", ""), values.get("split", "tune")
            found.append(Case(values["q"], tuple(dict.fromkeys(gold)), kind, split))
    return found, problems


def _values(line: str) -> Mapping[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply or a number too long"
        raise _Unusable(f"the case isn't JSON: {reason}") from error
    if not isinstance(values, dict):
        raise _Unusable('a case is an object: {"q": "...", "gold": [...]}')
    if unknown := [key for key in values if key not in _KEYS]:
        near = process.extractOne(unknown[0], _KEYS, score_cutoff=50)
        hint = f"did you mean “{near[0]}”?" if near else f"known are {', '.join(_KEYS)}"
        raise _Unusable(f"the case has an unknown key “{unknown[0]}”: {hint}")
    if not isinstance(values.get("q"), str):
        raise _Unusable("the case has no question: “q” must be a text")
    gold = values.get("gold")
    if not isinstance(gold, list) or not all(isinstance(name, str) for name in gold):
        raise _Unusable("“gold” must be a list of headings or file.md#anchor; an empty one says that silence is right")
    if not isinstance(values.get("kind", ""), str):
        raise _Unusable("“kind” must be a text")
    if values.get("split", "tune") not in _SPLITS:
        raise _Unusable(f"“split” must be {' or '.join(_SPLITS)}")
    return values


class _Places:
    """Finds entries by location, title or path (`Environments > What is it?`), numbers before titles optional."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._by_location = {section.location.lower(): section.location for section in sections}
        self._by_title: dict[str, list[str]] = {}
        for section in sections:
            title, path = _folded(section.title), _folded(" > ".join(section.path))
            for name in dict.fromkeys((title, title.lstrip("0123456789.) ("), path)):
                self._by_title.setdefault(name, []).append(section.location)

    def find(self, name: str) -> list[str]:
        """The locations of the entries that a name stands for; several if they share the title."""
        if location := self._by_location.get(name.strip().lower()):
            return [location]
        return self._by_title.get(_folded(name), [])

    def hint(self, name: str) -> str:
        """The most similar title or location, as a sentence; empty if there is none."""
        known = list(self._by_location) if "#" in name else list(self._by_title)
        near = process.extractOne(_folded(name), known, score_cutoff=75)
        return f"; did you mean “{near[0]}”?" if near else ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
