"""What runs report: metrics, logs and files."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.runs import Metric, Run

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of the largest file that is passed on to Slack."""

MOST_METRICS = 50
"""Names of metrics that are read of a run, the first in the alphabet: each costs a request."""

STANDARD_LOG = "user_logs/std_log.txt"
"""What a script prints, where there is one node."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file that a run stored: its path (forward slashes) and size in bytes, None where the storage doesn't say."""

    path: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FilePage:
    """Some of a run's files by path, from number `start` on, of `total`."""

    files: tuple[RunFile, ...]
    start: int
    total: int


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file of a run with what is in it."""

    run_id: str
    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """A run and the metrics that it logged so far, by name."""

    run: Run
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class LogTail:
    """A run and the last lines of one of its logs, oldest first; `file` is "" for the standard log."""

    run: Run
    file: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowedLog:
    """A log whose newest lines one message shows until the run ends.

    `key` names the request; `file` is "" for the standard log; `channel` and `ts` name the message, `thread_ts` the
    thread it stands in (its own ts at the top level). `since` is when it began to be followed (UTC), `shown` the digest
    of what the message shows.
    """

    key: str
    run_id: str
    file: str
    team: str
    user: str
    channel: str
    ts: str
    thread_ts: str
    since: datetime
    shown: str = ""
