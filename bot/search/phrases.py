"""Synonyms of several words, found in texts whose pieces were read."""

from collections.abc import Iterator

from bot.search.numbers import Numbers, firsts
from bot.search.readings import Read

_OPENS, _GOES_ON = 8, 16  # what a reading may be to a phrase: beside the marks that `counting` gives it


class Phrases:
    """Finds the synonyms of several words, at most `longest`: first their first two, since few places have both.
    `flags` are marks of the readings that the flags given to `of` are to have."""

    def __init__(self, read: Read, longest: int) -> None:
        import numpy as np

        self._read = read
        self._longest = longest
        size = self._size = len(read.terms)
        self._wanted = np.sort(np.array([first * size + second for first, second in read.phrases], np.int64))
        opens, goes_on = (np.zeros(size, bool) for _ in range(2))
        for first, second in read.phrases:
            opens[first] = goes_on[second] = True
        parts = read.parts
        may_go_on = parts.any_in(goes_on) | (parts.lengths == 0)
        self.flags = np.where(parts.any_in(opens), _OPENS, 0) | np.where(may_go_on, _GOES_ON, 0)
        is_one = parts.lengths == 1
        self._only = np.full(len(is_one), -1)  # the part of what has just one
        self._only[is_one] = parts.values[parts.starts[is_one]]

    def of(self, stream: Numbers, flags: Numbers, texts: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """The concepts that are in texts as phrases, and the places of the pieces with which these begin."""
        import numpy as np

        at = self._openings(stream, flags)
        windows = at[:, None] + np.arange(self._longest + 1)
        inside = windows < len(stream)
        inside &= texts.take(windows, mode="clip") == texts.take(at)[:, None]
        parts, places = self._read.parts.of(stream[windows[inside]])
        own = np.repeat(np.arange(len(at)), inside.sum(axis=1))[places]  # the window of each part
        pairs = parts[:-1].astype(np.int64) * self._size + parts[1:]
        pairs[own[:-1] != own[1:]] = -1
        found = np.flatnonzero(_is_in(pairs, self._wanted))
        found = found[np.argsort(pairs[found], kind="stable")]
        starts = firsts(pairs[found]).tolist()
        for start, stop in zip(starts, [*starts[1:], len(found)], strict=False):
            pair = divmod(int(pairs[found[start]]), self._size)
            for others, concept in self._read.phrases[pair]:
                fits = found[start:stop]
                fits = fits[fits + len(others) + 1 < len(parts)]
                for behind, other in enumerate(others, start=2):
                    fits = fits[(parts[fits + behind] == other) & (own[fits + behind] == own[fits])]
                if len(fits):
                    yield np.full(len(fits), concept), at[own[fits]]

    def _openings(self, stream: Numbers, flags: Numbers) -> Numbers:
        """The places where a phrase may begin."""
        import numpy as np

        may_go_on = flags | np.append(flags[1:], np.uint8(0))
        at = np.flatnonzero((flags & _OPENS != 0) & (may_go_on & _GOES_ON != 0))
        here, behind = (self._only.take(stream.take(places, mode="clip")) for places in (at, at + 1))
        certain = (here >= 0) & (behind >= 0)  # most are: nothing else can come between their words
        return np.asarray(at[~certain | _is_in(here * self._size + behind, self._wanted)])


def _is_in(numbers: Numbers, known: Numbers) -> Numbers:
    """Whether each number is among a few, which are sorted."""
    import numpy as np

    if not len(known):
        return np.zeros(len(numbers), bool)
    return np.asarray(known[np.minimum(known.searchsorted(numbers), len(known) - 1)] == numbers)
