"""What a person can ask the bot to do: one value per command."""

from dataclasses import dataclass
from typing import ClassVar

from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.environments import EnvironmentDraft
from bot.domain.models import ModelRequest
from bot.domain.roles import Deed
from bot.domain.runs import RunStatus, SubmitRequest
from bot.domain.snippets import SnippetRequest
from bot.domain.wheels import SharedFile


@dataclass(frozen=True, slots=True)
class Help:
    """What the bot can do; `about` one command, or all of them for None."""

    about: Command | None = None
    command: ClassVar[Command] = commands.HELP


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for the FAQ, as plain text."""

    question: str
    command: ClassVar[Command] = commands.ASK


@dataclass(frozen=True, slots=True)
class Submit:
    """Start a script."""

    request: SubmitRequest
    command: ClassVar[Command] = commands.SUBMIT


@dataclass(frozen=True, slots=True)
class SubmitForm:
    """Open the form that starts a script; only possible where there is a trigger_id."""

    command: ClassVar[Command] = commands.SUBMIT


@dataclass(frozen=True, slots=True)
class Status:
    """How a run is doing; the asker's latest for ""."""

    run_id: str = ""
    command: ClassVar[Command] = commands.STATUS


@dataclass(frozen=True, slots=True)
class Logs:
    """The last lines of a run's log (of its file `file`, or the standard one for ""), of the asker's latest for "":
    once, or until the run ends (`follow`), or the `whole` log."""

    run_id: str = ""
    file: str = ""
    follow: bool = False
    whole: bool = False
    command: ClassVar[Command] = commands.LOGS


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a run has logged; the asker's latest for ""."""

    run_id: str = ""
    command: ClassVar[Command] = commands.METRICS


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a run stored, from number `start` on; of the asker's latest for ""."""

    run_id: str = ""
    start: int = 0
    command: ClassVar[Command] = commands.FILES


@dataclass(frozen=True, slots=True)
class FetchFile:
    """One file of a run; of the asker's latest for ""."""

    run_id: str
    file: str
    command: ClassVar[Command] = commands.FILES


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a run."""

    run_id: str
    command: ClassVar[Command] = commands.CANCEL


@dataclass(frozen=True, slots=True)
class Retry:
    """The same run once more."""

    run_id: str
    command: ClassVar[Command] = commands.RETRY


@dataclass(frozen=True, slots=True)
class Children:
    """The runs that a run started itself."""

    run_id: str
    command: ClassVar[Command] = commands.RUNS


@dataclass(frozen=True, slots=True)
class Runs:
    """The latest runs: of an experiment, in a status, of the asker; `start` are passed over."""

    experiment: str = ""
    status: RunStatus | None = None
    mine: bool = False
    start: int = 0
    command: ClassVar[Command] = commands.RUNS


@dataclass(frozen=True, slots=True)
class Environments:
    """Environments whose name contains `filter` (all for ""), from number `start` on."""

    filter: str = ""
    start: int = 0
    command: ClassVar[Command] = commands.ENVS


@dataclass(frozen=True, slots=True)
class EnvironmentInfo:
    """One environment; its latest version for ""."""

    name: str
    version: str = ""
    command: ClassVar[Command] = commands.ENV


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """What the second environment has in place of the first; each a name and a version, or "" for its latest."""

    left: tuple[str, str]
    right: tuple[str, str]
    command: ClassVar[Command] = commands.ENV_DIFF


@dataclass(frozen=True, slots=True)
class EnvironmentCreate:
    """Make an environment, or a new version of one."""

    draft: EnvironmentDraft
    command: ClassVar[Command] = commands.ENV_CREATE


@dataclass(frozen=True, slots=True)
class AddWheel:
    """Keep a private wheel: the one of `files`, which came with the message."""

    files: tuple[SharedFile, ...] = ()
    command: ClassVar[Command] = commands.ADD_WHEEL


@dataclass(frozen=True, slots=True)
class Models:
    """Models whose name contains `filter` (all for "")."""

    filter: str = ""
    command: ClassVar[Command] = commands.MODELS


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model; its latest version for ""."""

    name: str
    version: str = ""
    command: ClassVar[Command] = commands.MODEL


@dataclass(frozen=True, slots=True)
class ModelRegister:
    """Register a model from a run's outputs."""

    request: ModelRequest
    command: ClassVar[Command] = commands.MODEL_REGISTER


@dataclass(frozen=True, slots=True)
class ModelSnippet:
    """Code that deploys a model, as far as the inference configuration."""

    request: SnippetRequest
    command: ClassVar[Command] = commands.MODEL_SNIPPET


@dataclass(frozen=True, slots=True)
class Roles:
    """Who holds which role: of one Slack user, or of the workspace for ""; then from number `start` on."""

    user_id: str = ""
    start: int = 0
    command: ClassVar[Command] = commands.ROLES


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """What a role allows."""

    role: str
    command: ClassVar[Command] = commands.ROLE


@dataclass(frozen=True, slots=True)
class Can:
    """Whether a Slack user (the asker for "") may do something."""

    deed: Deed
    user_id: str = ""
    command: ClassVar[Command] = commands.CAN


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Who may do something."""

    deed: Deed
    command: ClassVar[Command] = commands.WHO_CAN


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The asker's own identity and roles."""

    command: ClassVar[Command] = commands.WHOAMI


@dataclass(frozen=True, slots=True)
class Audit:
    """Rows of the audit: of a run, of a Slack user, of today, or of all; then those before the row `before`."""

    run_id: str = ""
    user_id: str = ""
    today: bool = False
    before: int = 0
    command: ClassVar[Command] = commands.AUDIT


@dataclass(frozen=True, slots=True)
class Admin:
    """The state of the FAQ."""

    command: ClassVar[Command] = commands.ADMIN


Request = (
    Help
    | Ask
    | Submit
    | SubmitForm
    | Status
    | Logs
    | Metrics
    | Files
    | FetchFile
    | Cancel
    | Retry
    | Children
    | Runs
    | Environments
    | EnvironmentInfo
    | EnvironmentDiff
    | EnvironmentCreate
    | AddWheel
    | Models
    | ModelInfo
    | ModelRegister
    | ModelSnippet
    | Roles
    | RoleInfo
    | Can
    | WhoCan
    | WhoAmI
    | Audit
    | Admin
)
