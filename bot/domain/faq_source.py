"""Where the FAQ that answers comes from, and what became of a change to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.faq import Problem


@dataclass(frozen=True, slots=True)
class RefusedChange:
    """A version of the FAQ that can't be used, so that an earlier one goes on answering. `reason` says what is wrong
    where, and what to do; `commit` is empty where the FAQ isn't from Git."""

    version: str
    reason: str
    commit: str = ""


class Meaning(StrEnum):
    """Whether a sentence model has a say in the answers."""

    OFF = "off"
    UNDER_WAY = "under way"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Confidence:
    """Where the confidence in force comes from: `learnt` from that many `cases`, with a calibration `error` in [0, 1]
    on cases not learnt from; or as shipped, because the cases are too few or teach nothing."""

    learnt: bool
    cases: int
    error: float


@dataclass(frozen=True, slots=True)
class FaqState:
    """The FAQ in use. `loaded` is in UTC; `refused` is a newer version that can't be used, `trouble` why the place
    where it comes from can't be looked at now (empty when it can), `first_problems` are a few of the `problems` in
    order of file and line."""

    version: str
    commit: str
    loaded: datetime
    sections: int
    problems: int
    confidence: Confidence
    meaning: Meaning = Meaning.OFF
    first_problems: tuple[Problem, ...] = ()
    refused: RefusedChange | None = None
    trouble: str = ""
