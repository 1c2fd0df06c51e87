"""The tables of the settings file: names, types, defaults and help."""

import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

TO_FILL_IN: dict[str, Any] = {"printed": "..."}  # not required, but what the printed settings are to start from
_REF = re.compile(r"[A-Za-z0-9_](?!.*\.\.)[A-Za-z0-9._/+-]*")
GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


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

    subscription_id: str = Field(pattern=GUID, description="subscription of the workspace")
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
    subscription_id: str | None = Field(default=None, pattern=GUID, description="its subscription")
    resource_group: str | None = Field(default=None, min_length=1, description="its resource group")
    sign_in: Literal["service_principal", "managed_identity", "interactive"] | None = Field(
        default=None, description="how the bot signs in there"
    )
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
        if own.get("sign_in", azure.sign_in) != azure.sign_in:  # another kind of identity has nothing of that one
            for name in ("client_id", "client_secret", "client_certificate"):
                rest.pop(name, None)
        elif "client_certificate" in own:
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
        json_schema_extra=TO_FILL_IN,
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
