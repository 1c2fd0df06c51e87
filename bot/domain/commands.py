"""The commands of `/aml` and of a mention: one table that parsing, help, policy and the guard share."""

from dataclasses import dataclass, replace

from bot.domain import access


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. `action` is the Azure action that it needs at the workspace, or None when it needs none there.

    `guarded` commands need a linked principal, the policy's consent and an audit row; the others are open to everyone.
    What `starts_run` is also held to the policy's limits, and may need somebody's approval. What is their `own`, people
    see whatever the policy allows, unless it denies that.
    """

    name: str
    usage: str
    summary: str
    action: str | None = None
    guarded: bool = True
    example: str = ""
    starts_run: bool = False
    own: bool = False


HELP = Command(
    "help", "help [COMMAND]", "what I can do, or one command in detail", guarded=False, example="help submit"
)
ASK = Command("ask", "ask QUESTION", "an answer from the FAQ", guarded=False, example="ask how do I pin a package?")
SUBMIT = Command(
    "submit",
    "submit SCRIPT [--project NAME] [--ref BRANCH|TAG|COMMIT] [--compute NAME] [--env NAME[:VERSION] | "
    "--conda A,B --pip C --python 3.11] [--experiment NAME] [--nodes N] [--hours H] [-- ARGUMENTS]",
    "start a training script; alone it opens a form",
    action=access.RUN_SUBMIT,
    example="submit train.py --project demo --compute cpu-cluster -- --epochs 3",
    starts_run=True,
)
STATUS = Command(
    "status",
    "status [RUN]",
    "how a run (or your latest one) is doing, with its metrics",
    action=access.RUN_READ,
    example="status aml-3f9a12bc44de",
)
LOGS = Command(
    "logs",
    "logs [RUN] [--file NAME] [--follow | --all]",
    "the last lines of a run's (or your latest run's) log, followed to the run's end, or all of it as a file",
    action=access.RUN_READ,
    example="logs aml-3f9a12bc44de --follow",
)
METRICS = Command(
    "metrics",
    "metrics [RUN]",
    "what a run (or your latest one) has logged, as a table and a picture in the channel",
    action=access.RUN_READ,
    example="metrics aml-3f9a12bc44de",
)
FILES = Command(
    "files",
    "files [RUN] [--get FILE]",
    "the files that a run (or your latest one) stored, or one of them, put into the channel",
    action=access.ARTIFACT_READ,
    example="files aml-3f9a12bc44de --get outputs/model.pkl",
)
CANCEL = Command("cancel", "cancel RUN", "stop a run", action=access.RUN_CANCEL, example="cancel aml-3f9a12bc44de")
RETRY = Command(
    "retry",
    "retry RUN",
    "submit a run once more: the same commit, script, arguments, environment and compute target",
    action=access.RUN_SUBMIT,
    example="retry aml-3f9a12bc44de",
)
RUNS = Command(
    "runs",
    "runs [--experiment NAME] [--status STATUS] [--mine] | runs --children RUN",
    "the latest runs of the workspace, or those that a run started itself",
    action=access.RUN_READ,
    example="runs --mine --status Failed",
)
ENVS = Command(
    "envs", "envs [FILTER]", "the environments, own ones first", action=access.ENVIRONMENT_READ, example="envs sklearn"
)
ENV = Command(
    "env", "env NAME[:VERSION]", "what is inside an environment", action=access.ENVIRONMENT_READ, example="env demo-env"
)
ENV_DIFF = Command(
    "env-diff",
    "env diff NAME[:VERSION] NAME[:VERSION]",
    "what differs between two environments, or two versions of one",
    action=access.ENVIRONMENT_READ,
    example="env diff demo-env:1 demo-env:2",
)
ENV_CREATE = Command(
    "env-create",
    "env create NAME [--python 3.N] [--conda PACKAGES] [--pip PACKAGES] [--wheel FILE] [--from NAME[:VERSION]]",
    "make an environment, or a new version of one",
    action=access.ENVIRONMENT_WRITE,
    example="env create churn --python 3.11 --pip pandas==2.2.3,lightgbm --from demo-env",
)
ADD_WHEEL = Command(
    "add-wheel",
    "add wheel",
    "keep a private wheel for environments: said to me with the file attached",
    action=access.ARTIFACT_WRITE,
    example="add wheel",
)
MODELS = Command(
    "models", "models [FILTER]", "the registered models, newest first", action=access.MODEL_READ, example="models churn"
)
MODEL = Command(
    "model", "model NAME[:VERSION]", "one model and its versions", action=access.MODEL_READ, example="model churn"
)
MODEL_REGISTER = Command(
    "model-register",
    "model register RUN PATH [--name NAME]",
    "register a model from a run's outputs",
    action=access.MODEL_WRITE,
    example="model register aml-3f9a12bc44de outputs/model.pkl --name churn",
)
MODEL_SNIPPET = Command(
    "model-snippet",
    "model snippet NAME[:VERSION] [--project NAME] [--entry SCRIPT] [--env NAME[:VERSION]]",
    "code to take away: a model's InferenceConfig with the files of a project",
    action=access.MODEL_READ,
    example="model snippet churn --project demo",
)
ROLES = Command(
    "roles",
    "roles [@PERSON]",
    "who holds which Azure role at the workspace, or what a colleague holds",
    action=access.ROLE_ASSIGNMENT_READ,
    example="roles",
)
ROLE = Command("role", "role NAME", "what an Azure role allows and denies", example="role AzureML Data Scientist")
CAN = Command(
    "can",
    "can [@PERSON] COMMAND|ACTION",
    "whether you (or a colleague) may do something, and what settles it",
    example="can submit",
    own=True,
)
CAN_OTHERS = replace(CAN, action=access.ROLE_ASSIGNMENT_READ, own=False)
"""`can` about somebody else."""
WHO_CAN = Command(
    "who-can",
    "who-can COMMAND|ACTION",
    "who may do something at the workspace",
    action=access.ROLE_ASSIGNMENT_READ,
    example="who-can submit",
)
WHOAMI = Command("whoami", "whoami", "your Azure identity and roles as I see them", example="whoami", own=True)

AUDIT = Command(
    "audit",
    "audit [RUN | @PERSON | today]",
    "who tried what through me, what was decided and how it ended",
    action=access.ROLE_ASSIGNMENT_READ,
    example="audit today",
)
ADMIN = Command(
    "admin",
    "admin",
    "the state of the FAQ and of the policy: versions, and what is wrong with them",
    action=access.ROLE_ASSIGNMENT_READ,
    example="admin",
)

APPROVE = Command(
    "approve",
    "approve",
    "agree to what somebody asked for, or reject it; a button, not a command",
    action=access.RUN_READ,
)
"""Who may is said by the policy's rules that want approvals; that this needs an Azure role keeps out who has left."""

ALL: tuple[Command, ...] = (
    HELP,
    ASK,
    SUBMIT,
    STATUS,
    LOGS,
    METRICS,
    FILES,
    CANCEL,
    RETRY,
    RUNS,
    ENVS,
    ENV,
    ENV_DIFF,
    ENV_CREATE,
    ADD_WHEEL,
    MODELS,
    MODEL,
    MODEL_REGISTER,
    MODEL_SNIPPET,
    ROLES,
    ROLE,
    CAN,
    WHO_CAN,
    WHOAMI,
    AUDIT,
    ADMIN,
)
BY_NAME = {command.name: command for command in ALL}
