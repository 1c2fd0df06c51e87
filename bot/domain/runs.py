"""Runs of training scripts: what is asked for, what Azure ML says of it, and what a watcher must remember."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.packages import Packages


class RunStatus(StrEnum):
    """The twelve statuses of the service, spelt as it spells them, and ours for what it doesn't tell."""

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    PREPARING = "Preparing"
    PROVISIONING = "Provisioning"
    STARTING = "Starting"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    CANCEL_REQUESTED = "CancelRequested"
    NOT_RESPONDING = "NotResponding"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"
    UNKNOWN = "Unknown"

    @property
    def is_final(self) -> bool:
        """Whether the run can't change any more."""
        return self in {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED}

    @classmethod
    def of(cls, text: str) -> "RunStatus":
        """The status the service spelt as `text`; UNKNOWN for a word we haven't met."""
        try:
            return cls(text)
        except ValueError:
            return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """What a person typed or chose; "" where they left it to the project's defaults. `arguments` go to the script,
    `ref` is a branch, tag or commit of a project in Git, `packages` stand in place of an environment. A
    request that `repeats` a run is exactly as that was: without arguments where it had none, and of the full hash
    `commit` where its project is in Git. `hours` is how long it may run, None
    where they didn't say."""

    script: str
    project: str = ""
    compute: str = ""
    environment: str = ""
    experiment: str = ""
    arguments: tuple[str, ...] = ()
    ref: str = ""
    packages: Packages | None = None
    commit: str = ""
    repeats: str = ""
    nodes: int = 1
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A request with nothing left open: exactly what is sent to Azure ML.

    `run_id` identifies the request (the same request has the same id); `folder` is absolute; `script` is relative to it
    with forward slashes; `environment` is a registered name and `environment_version` "" means the latest. Of a project
    in Git, `commit` is the full hash of the code in `folder`, `ref` what was asked for, and `repository` its address.
    `packages` are those that the environment was made of for this request. After `seconds` Azure ML ends the run; None
    leaves that to Azure ML's own limit.
    """

    run_id: str
    experiment: str
    folder: str
    script: str
    arguments: tuple[str, ...]
    compute: str
    environment: str
    environment_version: str
    tags: tuple[tuple[str, str], ...]
    project: str
    commit: str = ""
    ref: str = ""
    repository: str = ""
    packages: Packages | None = None
    nodes: int = 1
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; "" and None stand for any. `submitted_by` is TEAM/USER in Slack, as in the run's tag."""

    experiment: str = ""
    status: RunStatus | None = None
    submitted_by: str = ""


ANY_RUN = RunFilter()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the service describes it. Times are UTC; `error` is the service's own text; `submitted_by` is a tag,
    `parent` the id of the run that it is a child of, `waiting` the service's words for why it is still queued."""

    id: str
    experiment: str
    status: RunStatus
    compute: str = ""
    environment: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    portal_url: str = ""
    error: str = ""
    submitted_by: str = ""
    parent: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class RunRecipe:
    """What a run was made of, as the service keeps it: enough to ask for the same once more. "" and () where it
    doesn't say. `hours` is how long it might run, None where nobody said."""

    run: Run
    script: str
    arguments: tuple[str, ...]
    compute: str
    environment: str
    environment_version: str
    tags: tuple[tuple[str, str], ...]
    nodes: int = 1
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some of the runs that a filter lets through, newest first; `more` says that there are older ones."""

    runs: tuple[Run, ...]
    start: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """A logged metric: its values in the order they were logged (text where the script logged text)."""

    name: str
    values: tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with what its script reported. `log` holds the last lines of `user_logs/std_log.txt`, oldest first;
    `children` are the latest runs that it started itself, where they were asked for."""

    run: Run
    metrics: tuple[Metric, ...] = ()
    log: tuple[str, ...] = ()
    children: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmittedRun:
    """A run that was started for somebody; `spec` is what was asked for."""

    run: Run
    spec: RunSpec


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run whose message in Slack is kept up to date until the run ends and the message says so.

    `channel` and `ts` name the message, `thread_ts` the thread it stands in (its own ts at the top level), `key` the
    request. `since` is when it began to be followed (UTC). `unsettled`: nobody knows yet whether the run was started.
    `shown` is the digest of what the message shows.
    """

    run_id: str
    key: str
    team: str
    user: str
    channel: str
    ts: str
    thread_ts: str
    summary: str
    since: datetime
    unsettled: bool = False
    shown: str = ""


def run_id_of(key: str) -> str:
    """The run id that belongs to a request key: stable, so that submitting twice can be noticed."""
    return f"aml-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
