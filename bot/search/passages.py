"""The part of a section to show: an unchanged piece of its body, in whole blocks, chosen for the query."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from bot.domain.faq import Passage, Section
from bot.search.markdown import blocks_of
from bot.search.query import Unit
from bot.search.words import Lexicon, words

DEFAULT_LIMIT = 2600  # characters: what fits into one Slack section block with its frame
_CODE_BONUS = 0.25  # a code block is what people came for
_ITEM = re.compile(r"( *)(?:[-*+]|\d{1,9}[.)])\s")


@dataclass(frozen=True, slots=True)
class _Block:
    first: int  # line of the body, from 0
    end: int
    heading: bool
    named: float  # how much of the query is in it
    score: float


def choose(section: Section, units: Sequence[Unit], lexicon: Lexicon, *, limit: int = DEFAULT_LIMIT) -> Passage:
    """The whole body if it has at most `limit` characters, else the run of blocks around the one that fits the query
    best; its beginning if the query names nothing but what the title does, which all of it is about. A single block
    that is longer is cut at the end of a line; of a list, the items are blocks then."""
    if len(section.body) <= limit:
        return Passage(section.body, section.file, section.body_line, truncated=False)
    lines = section.body.split("\n")
    titled = _terms(section.title, lexicon)
    telling = [unit for unit in units if not unit.light and not _found(unit, titled)]
    blocks = _score(lines, telling, lexicon, limit)
    if not blocks:
        return _piece(section, lines, 0, _fitting(lines, 0, len(lines), limit))
    best = max(range(len(blocks)), key=lambda number: (blocks[number].score, -number))
    if not blocks[best].named:
        best = 0
    first, last = _grow(lines, blocks, best, limit)
    start = blocks[first].first
    return _piece(section, lines, start, _fitting(lines, start, blocks[last].end, limit), limit=limit)


def rest(section: Section, passage: Passage, *, limit: int = DEFAULT_LIMIT) -> tuple[Passage, ...]:
    """What a section has before and behind a passage of it, in order: in whole blocks as far as they fit, else in whole
    lines. Together with the passage they are the body but for white space between them."""
    body = section.body
    starts = [0, *(at + 1 for at, char in enumerate(body) if char == "\n")]
    start = starts[passage.line - section.body_line]
    end = start + len(passage.markdown)
    starts.append(len(body) + 1)
    block_ends = [starts[last] - 1 for _, last, _ in _blocks(body)]
    return (*_pieces(section, block_ends, 0, start, limit), *_pieces(section, block_ends, end, len(body), limit))


def _pieces(section: Section, block_ends: Sequence[int], at: int, last: int, limit: int) -> Iterator[Passage]:
    body = section.body
    while at < last:
        line_end = body.find("\n", at, last)
        if not body[at : line_end if line_end >= 0 else last].strip():  # between two pieces
            at = line_end + 1 if line_end >= 0 else last
            continue
        stop = min(last, at + limit)
        if stop < last:
            whole = max((end for end in block_ends if at < end <= stop), default=0)
            stop = whole or body.rfind("\n", at, stop) + 1 or stop
        text = body[at:stop].rstrip("\n")
        yield Passage(text, section.file, section.body_line + body.count("\n", 0, at), truncated=True)
        at = stop


@lru_cache(maxsize=512)
def _blocks(body: str) -> tuple[tuple[int, int, bool], ...]:
    return tuple(blocks_of(body))


def _score(lines: Sequence[str], units: Sequence[Unit], lexicon: Lexicon, limit: int) -> list[_Block]:
    """Blocks with the share of the query in each; a heading lends its words to all blocks below it."""
    found: list[_Block] = []
    under: Set[str] = frozenset()
    for first, end, heading in _parts(lines, limit):
        text = "\n".join(lines[first:end])
        terms = _terms(text, lexicon)
        if heading:
            under = terms
        named = sum(unit.weight * (_found(unit, terms) + 0.6 * _found(unit, under)) for unit in units)
        is_code = lines[first].lstrip().startswith(("```", "~~~"))
        score = 0.0 if heading or not named else named + _CODE_BONUS * is_code
        found.append(_Block(first, end, heading, named, score))
    return found


def _parts(lines: Sequence[str], limit: int) -> Iterator[tuple[int, int, bool]]:
    """The blocks; of a list that is longer than what may be shown, its items."""
    for first, end, heading in _blocks("\n".join(lines)):
        item = _ITEM.match(lines[first])
        if item is None or _length(lines, first, end) <= limit:
            yield first, end, heading
            continue
        indent = len(item[1])
        starts = [at for at in range(first, end) if (match := _ITEM.match(lines[at])) and len(match[1]) <= indent]
        yield from ((start, stop, False) for start, stop in pairwise((*starts, end)))


def _length(lines: Sequence[str], first: int, end: int) -> int:
    return sum(len(line) + 1 for line in lines[first:end]) - 1


@lru_cache(maxsize=2048)
def _terms(text: str, lexicon: Lexicon) -> frozenset[str]:
    found = words(text)
    stems = [part for word in found for part in word.parts]
    concepts = (concept for _, _, concept in lexicon.concepts(stems))
    return frozenset((*(term for word in found for term in word.terms), *concepts))


def _found(unit: Unit, terms: Set[str]) -> float:
    return max((weight for names, weight in unit.readings if all(name in terms for name in names)), default=0.0)


def _grow(lines: Sequence[str], blocks: Sequence[_Block], best: int, limit: int) -> tuple[int, int]:
    """The first and last block of what is shown: first back to what introduces the best block, then on, then back."""
    first = last = best

    def fits(start: int, stop: int) -> bool:
        return _length(lines, blocks[start].first, blocks[stop].end) <= limit

    while (
        first > 0
        and not blocks[first].heading
        and fits(first - 1, last)
        and (blocks[first - 1].heading or best - first < 2)
    ):
        first -= 1
    while last + 1 < len(blocks) and not blocks[last + 1].heading and fits(first, last + 1):
        last += 1
    if last + 1 < len(blocks) and not blocks[last + 1].heading and not fits(last + 1, last + 1):
        last += 1  # longer than all that may be shown: as much of it as fits
    while first > 0 and not blocks[first].heading and fits(first - 1, last):
        first -= 1
    return first, last


def _fitting(lines: Sequence[str], start: int, end: int, limit: int) -> int:
    """The line behind the last that fits; at least one line is kept."""
    length = 0
    for number in range(start, end):
        length += len(lines[number]) + 1
        if length - 1 > limit and number > start:
            return number
    return end


def _piece(section: Section, lines: Sequence[str], start: int, end: int, *, limit: int = DEFAULT_LIMIT) -> Passage:
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return Passage("\n".join(lines[start:end])[:limit], section.file, section.body_line + start, truncated=True)
