"""Which texts of sections are counted apart.

A *slot* is a field of a section: first come the titles, one a section, then the bodies, then the alternates, of which a
section has any number.
"""

from dataclasses import dataclass

from bot.search.numbers import Numbers

FIELDS = 3
"""Titles, bodies and alternates."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Which slots there are: of `documents` titles, as many bodies, and the alternates of the documents `owners`,
    ascending."""

    documents: int
    owners: Numbers

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Where titles, bodies and alternates begin, and the number of slots."""
        return 0, self.documents, 2 * self.documents, 2 * self.documents + len(self.owners)

    def documents_of_slots(self) -> Numbers:
        """The document of each slot."""
        import numpy as np

        count = self.documents
        return np.concatenate((np.arange(count), np.arange(count), self.owners)).astype(np.int32)

    def documents_of_names(self) -> list[int]:
        """The documents of all names: of each its title, then its alternates."""
        import numpy as np

        found: list[int] = np.sort(np.concatenate((np.arange(self.documents), self.owners))).tolist()
        return found

    def alternates_of(self, document: int) -> tuple[int, int]:
        """The first slot of a document's alternates, and the one behind the last."""
        first, last = self.owners.searchsorted((document, document + 1)).tolist()
        return 2 * self.documents + first, 2 * self.documents + last
