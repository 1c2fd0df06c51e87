"""The outside world on one page: what the services need, as protocols. Adapters implement them.

Every method may raise `Unavailable` when the thing behind it doesn't answer; those that change something in Azure raise
`OutcomeUnknown` when the answer was cut off. Nothing here raises a vendor's exception.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from bot.domain.access import DenyAssignment, RoleAssignment, RoleDefinition
from bot.domain.approvals import ApprovalMessage, ApprovalRequest, ApprovalState, Vote
from bot.domain.audit import AuditEntry, Wanted
from bot.domain.environments import (
    EnvironmentDetail,
    EnvironmentDraft,
    EnvironmentName,
    EnvironmentUse,
    MadeEnvironment,
)
from bot.domain.grants import RequestState, RoleRequest
from bot.domain.help import Question, Verdict
from bot.domain.models import Model, ModelRequest
from bot.domain.policy import Link, Policy
from bot.domain.projects import Project, ProjectFiles
from bot.domain.reports import FilePage, FollowedLog, RunFile
from bot.domain.runs import ANY_RUN, Metric, Run, RunFilter, RunRecipe, RunSpec, WatchedRun
from bot.domain.wheels import AddedWheel, Wheel


class Workspace(Protocol):
    """The Azure ML workspace. Each call has a deadline of its own that holds whatever the SDK does."""

    scope: str
    """ARM id of the workspace: `/subscriptions/.../workspaces/NAME`."""

    def submit(self, spec: RunSpec) -> Run:
        """Start the run named `spec.run_id`, or return it when it exists already (a submit is safe to repeat).

        Raises:
            NotFound: the environment or the compute target doesn't exist (with the nearest names).
            InvalidRequest: the service refuses the run; `user_message` has its reason.
            OutcomeUnknown: the answer didn't come in time; `find_run` settles it.
        """

    def find_run(self, run_id: str) -> Run | None:
        """The run, or None when the service says that there is none."""

    def complete_tags(self, run_id: str, tags: tuple[tuple[str, str], ...]) -> None:
        """Put on the run those of `tags` whose names it doesn't have yet; safe to repeat. Raises NotFound."""

    def metrics(self, run_id: str) -> tuple[Metric, ...]:
        """The metrics logged so far, by name. Raises NotFound."""

    def log_tail(self, run_id: str, lines: int, file: str = "") -> tuple[str, ...]:
        """The last `lines` lines of the run's standard log (or of its file `file`: a path, or a name that only one of
        its files has), oldest first; empty before the standard log begins. Raises NotFound."""

    def list_files(self, run_id: str, start: int, limit: int) -> FilePage:
        """`limit` of the files that the run stored (logs and outputs), behind the first `start`, by path. Raises
        NotFound."""

    def fetch_file(self, run_id: str, file: str, into: Path, limit: int) -> RunFile:
        """Store one of the run's files (a path, or a name that only one of them has), at most `limit` bytes, as the new
        file `into`; returns what it is.

        Raises:
            NotFound: there is no such run, or no such file of it (with the nearest).
            InvalidRequest: the file is larger.
        """

    def cancel(self, run_id: str) -> Run:
        """Ask the service to stop the run and return it as it is then. Raises NotFound, OutcomeUnknown."""

    def list_runs(self, limit: int, wanted: RunFilter = ANY_RUN) -> tuple[Run, ...]:
        """The latest runs that `wanted` lets through, of all experiments, newest first; child runs are left out."""

    def list_children(self, run_id: str, limit: int) -> tuple[Run, ...]:
        """The latest runs that the run itself started, newest first. Raises NotFound."""

    def recipe(self, run_id: str) -> RunRecipe:
        """What the run was made of. Raises NotFound."""

    def list_environments(self) -> tuple[EnvironmentName, ...]:
        """Registered and curated environments by name; anonymous ones are left out."""

    def environment(self, name: str, version: str = "") -> EnvironmentDetail:
        """An environment; the latest version for "". Raises NotFound (with the nearest names)."""

    def environment_versions(self, name: str) -> tuple[str, ...]:
        """The environment's versions, newest first; of many the last few. Raises NotFound (with the nearest names)."""

    def environment_uses(self, name: str, last: int) -> tuple[EnvironmentUse, ...]:
        """Those of the workspace's `last` runs that used any version of the environment, newest first."""

    def create_environment(self, draft: EnvironmentDraft) -> MadeEnvironment:
        """Make the environment, or a new version of it. What is there already with the very same content, as its
        latest version or one of the few before, is returned instead of a second one (a draft is safe to repeat).

        Raises:
            NotFound: the environment it starts from, or a wheel, doesn't exist.
            InvalidRequest: the service refuses it; `user_message` has its reason.
            OutcomeUnknown: the answer didn't come in time.
        """

    def add_wheel(self, wheel: Wheel) -> AddedWheel:
        """Keep a private wheel (the file `path` of this machine). A file of this name that is there
        already is never replaced: the answer says whether it has the same bytes.

        Raises:
            InvalidRequest: the service refuses it; `user_message` has its reason.
            OutcomeUnknown: the answer didn't come in time.
        """

    def list_models(self) -> tuple[Model, ...]:
        """The latest version of each registered model, newest first."""

    def model_versions(self, name: str) -> tuple[Model, ...]:
        """All versions of a model, newest first. Raises NotFound (with the nearest names)."""

    def register_model(self, asked: ModelRequest) -> Model:
        """Register a model from a run's outputs, or return the one that the request `asked.key` made before.

        Raises:
            NotFound: there is no such run, or no such file or folder among what it stored (with the nearest).
            InvalidRequest: the service refuses it; `user_message` has its reason.
            OutcomeUnknown: the answer didn't come in time.
        """

    def list_compute_targets(self) -> tuple[str, ...]:
        """Names of the compute targets, sorted."""

    def close(self) -> None:
        """Stop whatever works for this port."""


class ProjectSources(Protocol):
    """Where the code of projects is."""

    def files_of(self, project: Project, ref: str = "") -> ProjectFiles:
        """The project's files. Of one in Git they are those of the commit that `ref` (a branch, a tag or a commit; the
        project's own for "") is at now, in a folder that stays as it is.

        Raises:
            NotFound: the repository has no such branch, tag or commit.
            InvalidRequest: what is there can't be submitted.
            ConfigurationError: git isn't installed.
        """

    def close(self) -> None:
        """Give up what is under way; from any thread."""


class RoleService(Protocol):
    """Azure role data at the workspace's scope, fresh from the service (the guard caches)."""

    scope: str

    def assignments_of(self, object_id: str) -> tuple[RoleAssignment, ...]:
        """Assignments that reach the principal here: inherited ones and those through groups included."""

    def assignments(self) -> tuple[RoleAssignment, ...]:
        """All assignments that are in force at the workspace."""

    def definitions(self) -> tuple[RoleDefinition, ...]:
        """All role definitions that can be assigned here."""

    def denials(self, object_id: str) -> tuple[DenyAssignment, ...]:
        """Deny assignments at the workspace and above; those that reach the principal, through groups too, say so."""


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack says of a user. A guest is a single- or multi-channel guest, a stranger is of another workspace.

    `email` is "" where Slack doesn't tell it. In an organisation of several workspaces (Enterprise Grid) `enterprise`
    and `enterprise_user` are the ids there.
    """

    name: str
    is_guest: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_deactivated: bool = False
    is_workflow: bool = False
    email: str = field(default="", repr=False)
    is_email_confirmed: bool = False
    enterprise: str = ""
    enterprise_user: str = ""


class People(Protocol):
    """The Slack workspace's people."""

    def person(self, team: str, user: str) -> Person:
        """The person behind a Slack id. Raises NotFound, Unavailable."""


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """A user of the Entra tenant."""

    object_id: str
    enabled: bool
    is_guest: bool


class Directory(Protocol):
    """The Entra tenant's users."""

    def users_with(self, email: str) -> tuple[DirectoryUser, ...]:
        """The users whose address or sign-in name is `email`; of many the first few. Raises Unavailable."""


class SharedFiles(Protocol):
    """The files that people share in Slack."""

    def fetch(self, url: str, into: Path, limit: int) -> None:
        """Store the file at `url`, at most `limit` bytes, as the new file `into`.

        Raises:
            InvalidRequest: the address isn't Slack's own, or the file is larger.
            Unavailable: Slack doesn't give it.
        """


class Policies(Protocol):
    """The bot's policy."""

    def current(self) -> Policy:
        """The policy in force. Raises Unavailable when there is none: that refuses everything that needs one."""


class ApprovalDesk(Protocol):
    """Runs that wait for somebody's consent; survives a restart. What changes one is audited with it, or isn't done."""

    def ask(self, request: ApprovalRequest, entry: AuditEntry) -> ApprovalRequest:
        """Store an open request, or return the one that is there for the same run."""

    def find(self, run_id: str) -> ApprovalRequest | None:
        """A request with its votes."""

    def all(self, *states: ApprovalState) -> tuple[ApprovalRequest, ...]:
        """Those in any of `states`, oldest first."""

    def agree(self, run_id: str, vote: Vote, entry: AuditEntry) -> ApprovalRequest:
        """Store a person's consent, once, while the request is open; the request as it is then. Raises NotFound."""

    def move(
        self, run_id: str, state: ApprovalState, entry: AuditEntry, *, by: str = "", reason: str = ""
    ) -> ApprovalRequest | None:
        """Bring an open request to `state`, an approved one to STARTED or VOID; None when it isn't one any more.
        Whoever gets a request back was the one who did it."""

    def unshown(self) -> tuple[tuple[ApprovalRequest, str], ...]:
        """Requests whose messages may show less than is known, oldest first, with what they were noted to show. Those
        that nothing was noted of are still being asked."""

    def shown(self, run_id: str, what: str) -> None:
        """Note what the messages show; an end is noted by its state."""

    def posted(self, run_id: str, message: ApprovalMessage) -> None:
        """Note a message that shows the request; the same one again changes nothing."""

    def messages(self, run_id: str) -> tuple[ApprovalMessage, ...]:
        """The messages that show the request."""


class PolicyOrigin(Protocol):
    """Where the policy is written."""

    def read(self) -> Policy:
        """The policy as it is written now.

        Raises:
            InvalidPolicy: what is written there isn't understood.
            ConfigurationError: there is nothing, or it can't be read.
        """


class Memberships(Protocol):
    """Who is in which Entra group."""

    def member_of(self, object_id: str, groups: frozenset[str]) -> frozenset[str]:
        """Those of `groups` (object ids in lower case) that the principal is in, directly or through other groups.

        Raises:
            Unavailable: it can't be told.
        """


class Links(Protocol):
    """The table of people who were linked with `aml-bot link`."""

    def object_ids(self, team: str, user: str) -> frozenset[str]:
        """Object ids linked to the person; none or one, more only when something is wrong."""

    def all(self) -> tuple[Link, ...]:
        """Every link, by team and user."""


class Audit(Protocol):
    """The append-only audit."""

    def write(self, entry: AuditEntry) -> None:
        """Store a row durably; the same row again changes nothing. Raises Unavailable."""


class AuditRows(Protocol):
    """Reading the audit."""

    def rows(self, wanted: Wanted) -> tuple[Mapping[str, str], ...]:
        """The rows that fit, by column, oldest first. Raises Unavailable."""


class RoleRequests(Protocol):
    """Refused requests for which a role may be asked for; survives a restart."""

    def offer(self, request: RoleRequest) -> None:
        """Keep a refused request; one that was asked for already and isn't granted yet stays as it is."""

    def get(self, id: str) -> RoleRequest | None:  # noqa: A002 - what it is called everywhere
        """The request with this id."""

    def open(self) -> tuple[RoleRequest, ...]:
        """Those that somebody was asked for and that are neither granted nor given up, oldest first."""

    def move(self, request: RoleRequest, state: RequestState, since: datetime, *, job: str = "") -> bool:
        """Take a request from the state that `request` shows to another; False when it isn't in that state any more."""

    def forget(self, before: datetime) -> int:
        """Delete requests since before then that aren't open; returns how many."""


class HelpDesk(Protocol):
    """Questions, what readers said of the answers, and calls for a human."""

    def asked(self, question: Question, outcome: str, offered: tuple[str, ...], answered_by: str) -> None:
        """Store a question with its answer's outcome, the offered entries' titles and the location of the entry that
        answered it ("" where none did); once per key."""

    def last_answered_by(self, question: Question, since: datetime | None = None) -> str:
        """The location of the entry that answered last where `question` is asked (its team, channel and thread), itself
        left out; "" where none did, or none after `since`."""

    def question(self, key: str) -> tuple[Question, tuple[str, ...]] | None:
        """A stored question and what was offered for it."""

    def feedback(self, key: str, user: str, verdict: Verdict) -> None:
        """Store what `user` says of the answer; a later verdict of the same user replaces it."""

    def escalated(self, key: str, user: str, job: str) -> bool:
        """Note that `user` called a human for the question by the request `job`; False when another request had done so
        before."""

    def not_escalated(self, key: str, job: str) -> None:
        """Take back what the request `job` noted: nobody could be called."""


class WatchList(Protocol):
    """Runs whose messages are kept up to date; survives a restart."""

    def add(self, watched: WatchedRun) -> None:
        """Watch a run; again for the same run replaces where its message is."""

    def all(self) -> tuple[WatchedRun, ...]:
        """Everything watched, oldest first."""

    def shown(self, run_id: str, digest: str) -> None:
        """Note what the message shows now."""

    def remove(self, run_id: str) -> None:
        """Stop watching: the message shows the end."""


class FollowList(Protocol):
    """Logs whose messages are kept up to date; survives a restart."""

    def add(self, followed: FollowedLog) -> None:
        """Follow a log; again for the same request changes nothing."""

    def all(self) -> tuple[FollowedLog, ...]:
        """Everything followed, oldest first."""

    def shown(self, key: str, digest: str) -> None:
        """Note what the message shows now."""

    def remove(self, key: str) -> None:
        """Stop: the message shows the end, or is gone."""


@dataclass(frozen=True, slots=True)
class Job:
    """A stored request while it is worked off. `repeated`: an earlier try may have got part of the way; `handler` is
    the name of the function that works it off."""

    key: str
    payload: Mapping[str, Any]
    repeated: bool = False
    handler: str = ""


class Jobs(Protocol):
    """Durable work: what is accepted is done, also after a kill."""

    def register(self, handler: str, work: Callable[[Job], None]) -> None:
        """Name the function that works requests off. Before `start`. When it raises, it is tried again."""

    def start(self) -> None:
        """Begin to work; first what a previous process left unfinished."""

    def accept(self, key: str, handler: str, payload: Mapping[str, Any]) -> None:
        """Store a request durably and return; a key that is known changes nothing. `payload` is JSON.

        Raises:
            Unavailable: it could not be stored; nothing will happen.
        """

    def forget(self, older_than: timedelta) -> int:
        """Delete requests that were worked off that long ago, with what people wrote in them; returns how many."""

    def stop(self, grace: float) -> None:
        """Give running work `grace` seconds, then stop; the rest is resumed by the next start."""


@dataclass(frozen=True, slots=True)
class FaqFiles:
    """The FAQ's files at one time: they are in `folder`; `version` changes when one of them does. `commit` is the full
    hash where they come from Git."""

    folder: Path
    version: str
    commit: str = ""


class FaqOrigin(Protocol):
    """Where the FAQ is written: a folder, or a branch of a Git repository. Used by one thread at a time."""

    def look(self) -> FaqFiles | None:
        """The files as they are now; None while they are being written.

        Raises:
            ConfigurationError: nothing will be there until somebody changes something.
            Unavailable: the repository doesn't answer.
        """

    def is_still(self, files: FaqFiles) -> bool:
        """Whether nothing has changed since `look` gave `files`, so that what was read of them belongs together."""

    def accept(self, files: FaqFiles) -> None:
        """Note that answers come from `files` now."""

    def accepted(self) -> FaqFiles | None:
        """What an earlier process accepted last, if it is kept: to start with when there is nothing better."""

    def close(self) -> None:
        """Give up what is under way; from any thread."""


class Embedder(Protocol):
    """A model that puts texts of like meaning near each other, by vectors of length one."""

    fingerprint: str
    """Changes when the same text may get another vector."""

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """A vector for each text, in their order."""

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question about such texts."""
