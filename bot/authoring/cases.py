"""Cases from any file, for any FAQ, and the entries that they name.

Those beside the FAQ are read with it, strictly. Here a line may have more than is known, and gold that fits no entry
isn't left out but counts as lost: whoever brings cases of their own wants to see all of them scored.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Case, Section
from bot.search import Faq

_MARKS = re.compile(r"[*_`~]|^#+\s+|\s+#+$")
_NUMBER = re.compile(r"^\(?(\d+(?:\.\d+)*)[.):]*\s+")
_BELOW = re.compile(r"\s*[>\u203a]\s*")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SPLITS = frozenset({"tune", "test"})


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases whose `gold` are locations of entries. `unmatched` are names that fit no entry: they stay in their case,
    which nothing can answer rightly then."""

    cases: tuple[Case, ...]
    unmatched: tuple[str, ...] = ()


def of_file(path: Path, faq: Faq) -> Cases:
    """The cases of one file: a JSON object a line with `q`, `gold` and, if wanted, `kind` and `split`.

    Raises:
        ConfigurationError: it can't be read or used.
    """
    return _resolved(_lines(path), faq)


def normal(question: str) -> str:
    """A question without what doesn't change it: case, marks, spaces."""
    return " ".join(re.findall(r"\w+", question.casefold()))


class Entries:
    """Finds entries by what people call them: `file#anchor`, an anchor, or a heading's text, its number (`1.2`), or
    both; headings above it may stand in front (`Training > Additional files`)."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self._sections = tuple(sections)
        self._by_name: dict[str, list[Section]] = {}
        self._by_heading: dict[str, list[Section]] | None = None
        for section in self._sections:
            for name in _names(section):
                self._by_name.setdefault(name, []).append(section)

    def named(self, name: str) -> tuple[Section, ...]:
        """All entries that are called so, in file order."""
        name = name.strip().removeprefix("./")
        for key in (name, _plain(name), _plain(_NUMBER.sub("", name))):
            if found := self._by_name.get(key):
                return tuple(dict.fromkeys(found))
        parts = [_plain(part) for part in _BELOW.split(name)]
        if len(parts) > 1:
            return tuple(each for each in self._sections if _ends_with(each.path, parts))
        return tuple(dict.fromkeys(self._headings().get(_plain(name), ())))

    def _headings(self) -> dict[str, list[Section]]:
        """Entries by the headings inside of them, which open no entry of their own."""
        if self._by_heading is None:
            self._by_heading = {}
            for section in self._sections:
                for heading in _HEADING.findall(section.body):
                    self._by_heading.setdefault(_plain(heading), []).append(section)
                    slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
                    self._by_heading.setdefault(_plain(f"{section.file}#{slug}"), []).append(section)
        return self._by_heading


def _names(section: Section) -> Iterator[str]:
    yield from dict.fromkeys(
        (
            section.location,
            section.anchor or section.location,
            f"#{section.anchor}",
            _plain(section.title),
            _plain(_NUMBER.sub("", section.title)),
            *_NUMBER.findall(section.title),
        )
    )


def _ends_with(path: tuple[str, ...], parts: list[str]) -> bool:
    if len(parts) > len(path):
        return False
    above = path[len(path) - len(parts) :]
    return all(
        part in (_plain(title), _plain(_NUMBER.sub("", title))) for title, part in zip(above, parts, strict=True)
    )


def _plain(text: str) -> str:
    """A heading's text as it is compared: no markup, case or closing punctuation."""
    return " ".join(_MARKS.sub("", text.strip()).split()).casefold().rstrip("?\uff1f!.: ")


def _resolved(cases: Iterable[Case], faq: Faq) -> Cases:
    entries = Entries(faq.sections)
    unmatched: list[str] = []
    found: list[Case] = []
    for case in cases:
        gold: list[str] = []
        for name in case.gold:
            named = [section.location for section in entries.named(name)]
            gold += named or [name]
            if not named:
                unmatched.append(name)
        found.append(replace(case, gold=tuple(dict.fromkeys(gold))))
    return Cases(tuple(found), tuple(dict.fromkeys(unmatched)))


def _lines(path: Path) -> list[Case]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "can't be read"
        raise ConfigurationError(
            f"The cases in “{path}” can't be used: the file {reason}. Name a file with one JSON object a line.",
            detail=str(error),
        ) from error
    return [_case(path, number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _case(path: Path, number: int, line: str) -> Case:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):  # the latter for brackets a thousand deep
        fields = None
    fault = _fault(fields)
    if fault:
        raise ConfigurationError(f"The cases in “{path}” can't be used: line {number} {fault}.")
    gold = fields.get("gold") or []
    return Case(
        query=fields["q"],
        gold=tuple([gold] if isinstance(gold, str) else gold),
        kind=fields.get("kind") or "",
        split=fields.get("split") or "tune",
    )


def _fault(fields: object) -> str:
    if not isinstance(fields, dict):
        return 'is not a JSON object such as {"q": "...", "gold": ["..."]}'
    if not isinstance(fields.get("q"), str):
        return "has no question under “q”"
    gold = fields.get("gold") or []
    if not isinstance(gold, str) and not (isinstance(gold, list) and all(isinstance(each, str) for each in gold)):
        return "has something else than a list of headings under “gold”"
    if not isinstance(fields.get("kind") or "", str):
        return "has something else than a word under “kind”"
    return "" if (fields.get("split") or "tune") in _SPLITS else "has a “split” that is neither “tune” nor “test”"
