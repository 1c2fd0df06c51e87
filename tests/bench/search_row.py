"""The bot's search as a row of a retrieval bench.

A plug-in file: it sets `ROWS`, name to class; an object of the class has `index(sections)` with dictionaries of `id`,
`title` and `body`, and `search(query, k)` that returns pairs of id and score, best first. `features(query, results)`
gives the bench what the confidence is made of. Put the project's folder on PYTHONPATH when the bench is run.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from bot.domain.faq import Section
from bot.search.engine import Faq


class LexicalRow:
    """The default engine, with the coefficients that it ships with."""

    pip: ClassVar[list[str]] = ["rapidfuzz", "pystemmer", "markdown-it-py"]

    def index(self, sections: Sequence[Mapping[str, str]]) -> None:
        """Index one section per dictionary."""
        self._ids = [section["id"] for section in sections]
        self._faq = Faq(tuple(section_of(number, section) for number, section in enumerate(sections)))

    def search(self, query: str, k: int) -> list[tuple[str, float]]:
        """The best `k` sections, with the sums that they are ranked by."""
        return [(self._ids[match.document], match.score) for match in self._faq.ranking(query).matches[:k]]

    def features(self, query: str, results: Sequence[tuple[str, float]]) -> list[float]:  # the bench's form
        """What the confidence is made of."""
        return list(self._faq.evidence(query))


def section_of(number: int, section: Mapping[str, str]) -> Section:
    """A dictionary of the bench as a section."""
    title = section["title"]
    return Section(
        (title,), title, 1, str(number), "bench.md", number + 1, number + 1, section["body"], section["body"]
    )


ROWS = {"aml-bot": LexicalRow}
