"""Chooses, among the places where an entry may begin, those where one does, and says where each ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.search import questions
from bot.search.openings import WEAK, Opening


@dataclass(frozen=True, slots=True)
class Span:
    """A possible section: from line `first` (the title's) to before `end`, its text from `start` on; from 0. `opening`
    is None above the first heading."""

    opening: Opening | None
    path: tuple[str, ...]
    first: int
    start: int
    end: int

    @property
    def asks(self) -> bool:
        """Whether its title is a question."""
        return self.opening is not None and questions.asks(self.opening.title)


def spans(found: Sequence[Opening], line_count: int, file: str) -> Iterator[Span]:
    """The sections of a file in order, without overlap, empty ones included."""
    chosen = _choose(found)
    name = _name(file)
    yield Span(None, (name,), 0, 0, chosen[0][0].first if chosen else line_count)
    for number, (opening, path) in enumerate(chosen, 1):
        end = chosen[number][0].first if number < len(chosen) else line_count
        stop = min(end, opening.end) if opening.end is not None else end
        yield Span(opening, path or (name,), opening.first, min(opening.after, stop), stop)


def _name(file: str) -> str:
    name = file.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", " ").replace("_", " ").strip() or file
    return name[0].upper() + name[1:] if name == name.lower() else name


@dataclass(slots=True)
class _FileTitle:
    """The first heading, if all others stand below it."""

    opening: Opening | None
    only_question: bool


def _choose(found: Sequence[Opening]) -> list[tuple[Opening, tuple[str, ...]]]:
    """The openings of entries with their paths. What follows an entry in `<details>` resumes what is above it."""
    title = _file_title(found)
    groups = _groups(found)
    chosen: list[tuple[Opening, tuple[str, ...]]] = []
    trail: list[Opening] = []
    accepted: set[int] = set()
    for opening in found:
        if opening.resumes is not None:
            if id(opening.resumes) not in accepted:
                continue
            trail = [above for above in trail if above.level < opening.resumes.level]
            parent = trail[-1] if trail else None
            # The lines are the opening's own; all else is its parent's.
            opening.title, opening.level = (parent.title, parent.level) if parent else ("", 0)
            opening.anchor = parent.anchor if parent else ""
            chosen.append((opening, _path(trail)))
            continue
        scope = trail[-1] if trail else None
        if not _opens(opening, scope, title, is_member=id(opening) in groups):
            continue
        accepted.add(id(opening))
        trail = [above for above in trail if above.level < opening.level] + [opening]
        chosen.append((opening, _path(trail)))
    return chosen


def _path(trail: Sequence[Opening]) -> tuple[str, ...]:
    return tuple(above.title for above in trail if above.title)


def _file_title(found: Sequence[Opening]) -> _FileTitle:
    real = [opening for opening in found if opening.resumes is None]
    if not real or not real[0].is_heading or any(other.level <= real[0].level for other in real[1:]):
        return _FileTitle(None, only_question=False)
    clear = questions.asks_clearly(real[0].title)
    return _FileTitle(real[0], only_question=clear and not any(questions.asks(other.title) for other in real[1:]))


def _groups(found: Sequence[Opening]) -> set[int]:
    """The `<details>` that stand with others under one heading: a list of entries, whatever their titles."""
    members: set[int] = set()
    group: list[int] = []
    for opening in found:
        if opening.is_heading:
            group = []
        elif opening.details and opening.level == WEAK:
            group.append(id(opening))
            if len(group) >= 2:
                members.update(group[-2:])
    return members


def _opens(opening: Opening, scope: Opening | None, title: _FileTitle, *, is_member: bool) -> bool:
    """Whether an entry begins here. `scope` is the entry that it would interrupt."""
    clearly = questions.asks_clearly(opening.title)
    weak = not opening.is_heading
    wanted = not opening.details or is_member or questions.asks(opening.title)
    if scope is None or opening.level <= scope.level:
        return wanted
    if scope is title.opening and not title.only_question:
        return wanted
    if weak:
        if questions.ends_in_mark(scope.title):
            return False
        return clearly or (wanted and not questions.asks(scope.title))
    return clearly or not questions.asks(scope.title)
