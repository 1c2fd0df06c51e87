"""Questions and the humans behind the FAQ: what was asked, what was tried, who is called."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the reader of an answer said about it."""

    HELPFUL = "helpful"
    NOT_HELPFUL = "not_helpful"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked. `key` identifies it; `thread_ts` is where its answer goes ("" outside a thread)."""

    key: str
    team: str
    channel: str
    user: str
    thread_ts: str
    text: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A call for a human: who is on call (Slack user or user group ids) and what was already tried.

    `tried` are the titles of the entries that were offered; `first` is False when somebody called before.
    """

    question: Question
    on_call: tuple[str, ...]
    tried: tuple[str, ...]
    first: bool
