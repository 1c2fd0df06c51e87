"""Every setting: name, type, default and help. Read once at start; a wrong one is refused with a sentence.

Settings come from a TOML file and from the environment (`AML_BOT_` + the name in capitals, `__` for the dot); the
environment wins, so that secrets need not be in a file. `aml-bot settings` prints them all.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from rapidfuzz import fuzz, process

from bot.domain.errors import ConfigurationError
from bot.domain.workspaces import WorkspaceNames

PREFIX = "AML_BOT_"
_TO_FILL_IN: dict[str, Any] = {"printed": "..."}  # not required, but what the printed settings are to start from
DEFAULT_FILE = "aml-bot.toml"
_REF = re.compile(r"[A-Za-z0-9_](?!.*\.\.)[A-Za-z0-9._/+-]*")
_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Section(BaseModel):
    """A table of the settings file; names that don't exist are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


AnyPath = Annotated[Path, AfterValidator(_absolute)]


def _one_word(secret: SecretStr) -> SecretStr:
    # A line end that was copied along would break the HTTP header that the token is sent in.
    value = secret.get_secret_value()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("it has a space, a line end or another character that no token has")
    return secret


Token = Annotated[SecretStr, AfterValidator(_one_word)]


def _check_git(table: str, git: str, ref: str, folder: str, token: SecretStr) -> None:
    if git.startswith("-") or not git.isprintable():
        raise ValueError(f"{table}git isn't an address or a path")
    if re.match(r"https?://[^/]*@", git):
        raise ValueError(f"{table}git has credentials in it, and addresses get into logs; use {table}git_token")
    if token.get_secret_value() and not git.startswith("https://"):
        raise ValueError(f"{table}git_token is for an https:// address in {table}git only")
    if not _REF.fullmatch(ref):
        raise ValueError(f"{table}git_ref isn't the name of a branch or tag, or a commit")
    if ".." in PurePosixPath(folder).parts or not folder.isprintable():
        raise ValueError(f"{table}git_folder isn't a folder of the repository")


class SlackSettings(Section):
    """The Slack app, as made from `aml-bot manifest`."""

    bot_token: Token = Field(description="bot token of the installed app (xoxb-...)")
    app_token: Token = Field(default=SecretStr(""), description="app-level token for Socket Mode (xapp-...)")
    signing_secret: Token = Field(default=SecretStr(""), description="signing secret; needed with `serve --http` only")
    base_url: str = Field(default="https://slack.com/api/", description="address of Slack's Web API")
    connections: int = Field(default=2, ge=1, le=4, description="Socket Mode connections kept open")


class AzureSettings(Section):
    """The Azure ML workspace and the bot's own identity in it."""

    subscription_id: str = Field(pattern=_GUID, description="subscription of the workspace")
    resource_group: str = Field(min_length=1, description="resource group of the workspace")
    workspace: str = Field(min_length=1, description="name of the workspace")
    sign_in: Literal["service_principal", "managed_identity", "interactive"] = Field(
        default="service_principal",
        description="how the bot signs in: service_principal, managed_identity, or interactive (as yourself in a "
        "browser, for `aml-bot doctor` only)",
    )
    tenant_id: str = Field(default="", description="Entra tenant; not needed for a managed identity")
    client_id: str = Field(
        default="", description="application id; for a managed identity only when it is user-assigned"
    )
    client_secret: SecretStr = Field(default=SecretStr(""), description="secret of the service principal")
    client_certificate: AnyPath | None = Field(
        default=None,
        description="instead of a secret: PEM file with the service principal's certificate and its private key",
    )
    proxy: str = Field(default="", description="proxy for all calls to Azure, such as http://proxy.example:3128")
    ca_bundle: AnyPath | None = Field(
        default=None, description="PEM file with the certificate authorities to trust for Azure"
    )
    read_deadline: float = Field(default=20, gt=0, le=300, description="seconds after which a look-up is given up")
    submit_deadline: float = Field(
        default=90, gt=0, le=900, description="seconds after which a submit is called unknown"
    )
    outages: int = Field(
        default=5, ge=1, le=100, description="calls without an answer in a row, after which Azure ML is left alone"
    )
    outage_pause: float = Field(
        default=10, ge=0, le=600, description="seconds for which it is left alone then; doubled while it stays silent"
    )
    role_cache: float = Field(default=60, ge=0, le=60, description="seconds a look-up of Azure roles may be reused")
    grant_interval: float = Field(
        default=60,
        ge=0.2,
        le=3600,
        description="seconds between two looks whether a role is granted that was asked for",
    )
    grant_hours: float = Field(
        default=72, gt=0, le=2400, description="hours after which that is given up, and the one who needs it is told"
    )
    watch_interval: float = Field(
        10, ge=0.2, le=600, description="seconds between two looks at the runs that are followed"
    )

    @model_validator(mode="after")
    def _complete(self) -> "AzureSettings":
        if self.sign_in == "service_principal":
            secret = self.client_secret.get_secret_value()
            if secret and self.client_certificate:
                raise ValueError("azure.client_secret and azure.client_certificate are both set; keep one of them")
            given = {
                "azure.tenant_id": self.tenant_id,
                "azure.client_id": self.client_id,
                "azure.client_secret (or azure.client_certificate)": secret or self.client_certificate,
            }
            missing = [name for name, value in given.items() if not value]
            if missing:
                raise ValueError(f"a service principal needs {', '.join(missing)} as well")
        if self.sign_in == "interactive" and not self.tenant_id:
            raise ValueError("to sign in as yourself azure.tenant_id is needed as well")
        return self


class WorkspaceSettings(Section):
    """One more workspace; `[workspaces.NAME]`, one table each. What is left out is as in [azure]."""

    workspace: str = Field(min_length=1, description="name of the workspace in Azure")
    channels: tuple[Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,}$")], ...] = Field(
        default=(), description="ids of the channels where it is meant when no workspace is named (C...)"
    )
    subscription_id: str | None = Field(default=None, pattern=_GUID, description="its subscription")
    resource_group: str | None = Field(default=None, min_length=1, description="its resource group")
    tenant_id: str | None = Field(default=None, description="Entra tenant of the identity that the bot has there")
    client_id: str | None = Field(default=None, description="application id of that identity")
    client_secret: SecretStr | None = Field(default=None, description="its secret")
    client_certificate: AnyPath | None = Field(default=None, description="instead of a secret: its certificate")
    proxy: str | None = Field(default=None, description="proxy for all calls to this workspace")
    ca_bundle: AnyPath | None = Field(default=None, description="PEM file with the authorities to trust there")

    def on(self, azure: AzureSettings) -> AzureSettings:
        """`azure` with what this table says in its place. Raises ValidationError."""
        own = {
            name: value
            for name in type(self).model_fields
            if name != "channels" and (value := getattr(self, name)) is not None
        }
        rest = {name: getattr(azure, name) for name in AzureSettings.model_fields if name not in own}
        if "client_certificate" in own:
            rest.pop("client_secret", None)
        elif "client_secret" in own:
            rest.pop("client_certificate", None)
        return AzureSettings(**rest, **own)


class FaqSettings(Section):
    """Where the answers come from."""

    folder: AnyPath | None = Field(
        default=None, description="folder of Markdown files; without it the FAQ that ships with the bot"
    )
    git: str = Field(default="", description="instead of a folder: address or path of a Git repository")
    git_ref: str = Field(
        default="HEAD", description="branch, tag or commit that is followed; HEAD is the default branch"
    )
    git_folder: str = Field(default="", description="folder of the repository that holds the Markdown files")
    git_token: Token = Field(
        default=SecretStr(""), description="token that may read the repository, for an https address"
    )
    reload_interval: float = Field(
        default=30, ge=0, le=86_400, description="seconds between two looks for changes; 0 is never by itself"
    )
    webhook_secret: Token = Field(
        default=SecretStr(""),
        description="secret of a webhook to /faq/reload (signed X-Hub-Signature-256), with `serve --http`",
    )
    report_channel: str = Field(
        default="", description="id of the channel that hears of a change to the FAQ that can't be used (C...)"
    )
    confident: float | None = Field(
        default=None, ge=0, le=1, description="confidence from which one entry is the answer"
    )
    choices: float | None = Field(
        default=None, ge=0, le=1, description="confidence from which entries are offered as choices"
    )
    semantic_model: AnyPath | None = Field(
        default=None,
        description="folder with a sentence-transformers model exported to ONNX; questions are then understood by "
        "meaning too (pip install 'aml-bot[semantic]')",
    )
    semantic_sha256: str = Field(default="", description="SHA-256 of the model's file; another one is refused")
    source_url: str = Field(
        default="",
        description="address of the folder's files in your Git web page; makes sources links; with faq.git, {commit} "
        "in it is the commit they are from",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "FaqSettings":
        if self.git and self.folder is not None:
            raise ValueError("faq.folder and faq.git are both set; say in one of them where the FAQ is")
        _check_git("faq.", self.git, self.git_ref, self.git_folder, self.git_token)
        if "{commit}" in self.source_url and not self.git:
            raise ValueError("faq.source_url has {commit} in it, but the FAQ isn't from Git (faq.git)")
        return self


class HelpSettings(Section):
    """The help channel."""

    channels: tuple[str, ...] = Field(
        default=(), description="ids of the channels where every question is answered (C...)"
    )
    on_call: tuple[str, ...] = Field(
        default=(), description="who is mentioned when a human is called: users (U...), groups (S...)"
    )
    answer_strangers: bool = Field(
        default=False, description="whether people of other workspaces get answers (Slack Connect)"
    )


class IdentitySettings(Section):
    """Who somebody is in Azure, where nobody linked them."""

    by_email: bool = Field(
        default=False,
        description="whether who isn't linked is the one in Entra with their confirmed e-mail address: needs the Slack "
        "scope users:read.email and, in Microsoft Graph, User.Read.All",
    )
    email_domains: tuple[str, ...] = Field(
        default=(), description="domains whose e-mail addresses count, such as example.com; none given: all"
    )
    groups: bool = Field(
        default=False,
        description="whether Microsoft Graph is asked who is in a group of the policy that holds no role here: needs "
        "GroupMember.Read.All",
    )


class AuditSettings(Section):
    """The audit: who tried what through the bot, what was decided and how it ended."""

    key_file: AnyPath | None = Field(
        default=None,
        description="file with the key that seals the audit's rows, made on the first start; without it audit.key in "
        "the state folder; elsewhere it is out of reach of those who can only get at the state",
    )


class HttpSettings(Section):
    """Where `serve --http` listens."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=3000, ge=0, le=65535, description="port to listen on; 0 is any free one")


class ProjectSettings(Section):
    """A folder or Git repository whose scripts may be submitted; `[projects.NAME]`, one table a project."""

    folder: AnyPath | None = Field(
        default=None,
        description="the folder; all of it is sent along with the script. In its place, git can be set",
        json_schema_extra=_TO_FILL_IN,
    )
    git: str = Field(default="", description="instead of a folder: address or path of a Git repository")
    git_ref: str = Field(default="HEAD", description="branch, tag or commit to submit; HEAD is the default branch")
    git_any_ref: bool = Field(
        default=True, description="whether `submit --ref` may name another branch, tag or commit of the repository"
    )
    git_folder: str = Field(default="", description="folder of the repository; all of it is sent along with the script")
    git_token: Token = Field(
        default=SecretStr(""), description="token that may read the repository, for an https address"
    )
    script: str = Field(default="train.py", description="script when none is named")
    experiment: str = Field(default="", description="experiment when none is named; else the project's name")
    environment: str = Field(default="", description="environment when none is named (NAME or NAME:VERSION)")
    compute: str = Field(default="", description="compute target when none is named")
    arguments: tuple[str, ...] = Field(default=(), description="arguments when none are given")

    @model_validator(mode="after")
    def _consistent(self) -> "ProjectSettings":
        if bool(self.git) == (self.folder is not None):
            raise ValueError("a project has either a folder or a Git repository (git)")
        _check_git("", self.git, self.git_ref, self.git_folder, self.git_token)
        return self


class Settings(BaseSettings):
    """All settings of the bot."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=None
    )

    state: AnyPath = Field(description="folder for the bot's database and caches; mode 0700, local disk")
    policy: AnyPath = Field(description="the policy file; the bot doesn't start without it")
    policy_interval: float = Field(
        default=5, ge=0.1, le=600, description="seconds between two looks whether the policy file has changed"
    )
    policy_report_channel: str = Field(
        default="", description="id of the channel that hears of a policy file that can't be used (C...)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")
    slack: SlackSettings
    azure: AzureSettings
    faq: FaqSettings = FaqSettings()
    help: HelpSettings = HelpSettings()
    http: HttpSettings = HttpSettings()
    audit: AuditSettings = AuditSettings()
    identity: IdentitySettings = IdentitySettings()
    projects: dict[str, ProjectSettings] = Field(default_factory=dict, description="projects by name")
    workspaces: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]{0,62}$")], WorkspaceSettings] = Field(
        default_factory=dict, description="more workspaces by name"
    )

    @model_validator(mode="after")
    def _apart(self) -> "Settings":
        names = [self.azure.workspace, *self.workspaces]
        if len({name.lower() for name in names}) < len(names):
            raise ValueError("two workspaces have the same name; azure.workspace counts as one of them")
        channels = [channel for each in self.workspaces.values() for channel in each.channels]
        if twice := next((channel for channel in channels if channels.count(channel) > 1), None):
            raise ValueError(f"the channel {twice} belongs to two workspaces; only one can be meant there")
        for each in self.workspaces.values():
            each.on(self.azure)
        return self

    def azures(self) -> dict[str, AzureSettings]:
        """Every workspace's settings by its name, the default's first."""
        others = {name: each.on(self.azure) for name, each in self.workspaces.items()}
        return {self.azure.workspace: self.azure} | others

    def workspace_names(self) -> WorkspaceNames:
        """What the workspaces are called, and which channels are theirs."""
        channels = tuple((channel, name) for name, each in self.workspaces.items() for channel in each.channels)
        return WorkspaceNames(self.azure.workspace, tuple(self.workspaces), channels)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file (which arrives as init arguments)."""
        return env_settings, init_settings


_BY_NAME: dict[str, type[BaseModel]] = {"projects": ProjectSettings, "workspaces": WorkspaceSettings}
"""Tables of which there can be many."""


def load(file: Path | None = None) -> Settings:
    """Read the settings from `file`, or `AML_BOT_SETTINGS`, or aml-bot.toml where it exists, and the environment.

    Relative paths in the file are relative to it.

    Raises:
        ConfigurationError: the file can't be read, or a setting is missing, wrong or unknown; all of them are named.
    """
    named = file or (Path(os.environ[PREFIX + "SETTINGS"]) if os.environ.get(PREFIX + "SETTINGS") else None)
    source = named or Path(DEFAULT_FILE)
    values: dict[str, Any] = {}
    if named is not None or source.exists():
        values = _read(source)
        _resolve_paths(values, source.absolute().parent)
    strange = [f"{name} is not a setting{_meant(_location(name))}" for name in _variables() if not _is_known(name)]
    if strange:
        raise ConfigurationError(f"The environment can't be used: {'; '.join(strange)}.")
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = "; ".join(dict.fromkeys(_sentences(error)))
        where = f"in {source}" if values else f"(there is no settings file {source}; name one with --settings)"
        raise ConfigurationError(f"The settings {where} can't be used: {problems}.") from error
    except SettingsError as error:
        # It quotes no value, but doesn't know the variable's whole name either.
        raise ConfigurationError(
            f"One of the environment variables {', '.join(_variables()) or PREFIX + '*'} can't be used: lists and "
            """tables are written as JSON there, such as AML_BOT_HELP__CHANNELS='["C024BE91L"]'."""
        ) from error


def reference() -> str:
    """Every setting as a commented TOML file."""
    lines = [
        "# Put your own value in place of each ...; lines that begin with # show defaults.",
        "",
        *_table(Settings, ""),
    ]
    for name, model in sections():
        title = f"{name}.NAME" if name in _BY_NAME else name
        lines += ["", f"# {(model.__doc__ or '').strip().splitlines()[0]}", f"[{title}]", *_table(model, name)]
    return "\n".join(lines) + "\n"


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """The tables of the settings file by name."""
    for name, field in Settings.model_fields.items():
        model = _BY_NAME.get(name, field.annotation)
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield name, model


def _table(model: type[BaseModel], prefix: str) -> Iterator[str]:
    tables = {name for name, _ in sections()} if not prefix else set()
    for name, field in model.model_fields.items():
        if name in tables:
            continue
        needed = field.is_required()
        default = field.get_default(call_default_factory=True)
        yield f"# {field.description}{' (required)' if needed else ''}"
        yield f"{name} = ..." if needed or field.json_schema_extra == _TO_FILL_IN else f"# {name} = {_as_toml(default)}"


def _as_toml(value: object) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "..."
    if isinstance(value, tuple):
        return "[" + ", ".join(_as_toml(each) for each in value) + "]"
    if isinstance(value, int | float):
        return f"{value:g}"
    return '"' + str(value) + '"'


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"The settings file {file} can't be read ({error.strerror}). `aml-bot settings` prints one to start from."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The settings file {file} isn't valid TOML: {error}") from error


def _variables() -> list[str]:
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name != PREFIX + "SETTINGS")


def _location(variable: str) -> tuple[str, ...]:
    return tuple(variable[len(PREFIX) :].lower().split("__"))


def _is_known(variable: str) -> bool:
    # Names inside a table are checked with the file's; of an unknown table nobody would hear.
    return _location(variable)[0] in Settings.model_fields


def _resolve_paths(values: dict[str, Any], base: Path) -> None:
    places: list[tuple[Any, str]] = [(values, "state"), (values, "policy")]
    places += [(values.get("faq"), "folder"), (values.get("faq"), "semantic_model"), (values.get("azure"), "ca_bundle")]
    places.append((values.get("azure"), "client_certificate"))
    places.append((values.get("audit"), "key_file"))
    workspaces = values.get("workspaces")
    for each in workspaces.values() if isinstance(workspaces, dict) else ():
        places += [(each, "ca_bundle"), (each, "client_certificate")]
    projects = values.get("projects")
    if isinstance(projects, dict):
        places += [(project, "folder") for project in projects.values()]
        repositories = [*projects.values()]
    else:
        repositories = []
    for table in (values.get("faq"), *repositories):
        if isinstance(table, dict) and str(table.get("git", "")).startswith((".", "~")):  # others may be addresses
            places.append((table, "git"))
    for table, name in places:
        if isinstance(table, dict) and isinstance(table.get(name), str):
            table[name] = str(base / Path(table[name]).expanduser())


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            yield f"{name} is missing (or set {PREFIX}{name.replace('.', '__').upper()})"
        elif problem["type"] == "string_pattern_mismatch":
            yield f"{name} must be a GUID such as 8f4e8aa2-52b1-4e5b-a1f1-3c9e3a1d2b77"
        elif problem["type"] == "tuple_type":
            yield f'{name}: must be a list, such as ["C024BE91L"]'
        elif problem["type"] == "extra_forbidden":
            yield f"{name} is not a setting{_meant(problem['loc'])}"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            yield f"{name}: {message[0].lower()}{message[1:]}"


def _meant(location: tuple[int | str, ...]) -> str:
    table = dict(sections()).get(str(location[0])) if len(location) > 1 else None
    word = location[-1] if table else location[0]
    near = process.extractOne(str(word), list((table or Settings).model_fields), scorer=fuzz.ratio, score_cutoff=60)
    return f" (did you mean {near[0]}?)" if near else ""
