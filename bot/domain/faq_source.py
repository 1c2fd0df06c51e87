"""Where the FAQ that answers comes from, and what became of a change to it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RefusedChange:
    """A version of the FAQ that can't be used, so that an earlier one goes on answering. `reason` says what is wrong
    where, and what to do; `commit` is empty where the FAQ isn't from Git."""

    version: str
    reason: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class FaqState:
    """The FAQ in use. `loaded` is in UTC; `refused` is a newer version that can't be used, `trouble` why the place
    where it comes from can't be looked at now (empty when it can)."""

    version: str
    commit: str
    loaded: datetime
    sections: int
    problems: int
    refused: RefusedChange | None = None
    trouble: str = ""
