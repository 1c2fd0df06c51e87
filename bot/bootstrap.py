"""The composition root: settings in, a bot out. The only place that names adapters."""

import logging
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import quote

import structlog
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from sqlalchemy import Engine

from bot import search
from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import (
    AzureMLConfig,
    AzureMLWorkspace,
    Certificate,
    Interactive,
    ManagedIdentity,
    ServicePrincipal,
    SignIn,
)
from bot.adapters.azureml.signin import certificate_of
from bot.adapters.database import lock_state, open_database, open_state
from bot.adapters.embedder import OnnxEmbedder
from bot.adapters.faq_folder import FaqFolder
from bot.adapters.git import FaqRepository
from bot.adapters.jobs import DbosJobs
from bot.adapters.policy_file import PolicyFile, valid_link
from bot.adapters.projects import ProjectSources
from bot.adapters.slack_files import SlackFiles
from bot.adapters.slack_people import SlackPeople
from bot.adapters.store import HelpTables, LinkTable, WatchTable
from bot.adapters.vectors import CachedEmbedder
from bot.app import build_app, check_app_token, who_am_i
from bot.domain.errors import ConfigurationError, Unavailable
from bot.domain.faq import Section
from bot.domain.projects import Project
from bot.handlers.actions import Actions
from bot.handlers.commands import Commands, SourceUrl
from bot.handlers.faq_source import FaqWatch
from bot.handlers.forms import Forms
from bot.handlers.messages import Messages
from bot.handlers.replies import Replies
from bot.handlers.watch import Watch
from bot.listeners.clock import Clock
from bot.listeners.http import MAX_BODY, HttpServer
from bot.listeners.slack import OPEN_TIMEOUT, Listeners
from bot.listeners.socket_mode import SocketMode
from bot.listeners.webhook import PATH as WEBHOOK_PATH
from bot.listeners.webhook import ReloadHook
from bot.ports import Embedder, FaqOrigin
from bot.services.admin import Admin
from bot.services.environments import Environments
from bot.services.faq_source import FaqSource
from bot.services.guard import Guard
from bot.services.help import Help
from bot.services.identity import Identity
from bot.services.models import Models
from bot.services.projects import Projects
from bot.services.roles import Roles
from bot.services.runs import Runs
from bot.services.wheels import Wheels
from bot.settings import AzureSettings, FaqSettings, ProjectSettings, Settings

__all__ = [
    "Bot",
    "PolicyFile",
    "audit_table",
    "azure",
    "link_table",
    "load_faq",
    "model_in",
    "open_state",
    "serve",
    "shipped_faq",
    "valid_link",
]

log = structlog.get_logger(__name__)

GRACE = 10.0
KEEP_REQUESTS = timedelta(days=7)
HOUSEKEEPING_SECONDS = 3600.0
_SLACK_TIMEOUT = 10


class _Intake(Protocol):
    def start(self) -> None: ...
    def stop(self, grace: float) -> None: ...


class Bot:
    """A bot that is ready to start; made of settings that were checked.

    Raises (when made):
        ConfigurationError: the state folder, the policy, the FAQ, a project or Slack's token can't be used.
    """

    def __init__(self, settings: Settings, *, http: bool) -> None:
        policies = PolicyFile(settings.policy)
        known = {name: _project(name, project) for name, project in settings.projects.items()}
        _check_secrets(settings, http=http)
        config = _azure(settings.azure, settings.state)
        folder = open_state(settings.state)
        self._lock = lock_state(folder)
        self._faq = FaqSource(
            _faq_origin(settings), lambda folder: load_faq_in(folder, settings.faq, settings.state), _embedder(settings)
        )
        engine = open_database(folder)
        self._audit = audit_of(settings, engine)

        token, base_url = settings.slack.bot_token.get_secret_value(), settings.slack.base_url
        client = WebClient(token=token, base_url=base_url, timeout=_SLACK_TIMEOUT)
        client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
        opener = WebClient(token=token, base_url=base_url, timeout=OPEN_TIMEOUT, retry_handlers=[])  # type: ignore[arg-type]  # a float is passed on to urllib as it is
        me = who_am_i(client)
        if not http:
            check_app_token(client, settings.slack.app_token.get_secret_value())
        team, bot_user = str(me.team_id), str(me.bot_user_id)

        workspace = AzureMLWorkspace(config)
        role_service = AzureRoles(config)
        guard = Guard(role_service, policies, self._audit, cache_seconds=settings.azure.role_cache)
        identity = Identity(SlackPeople(client, team), LinkTable(engine, self._audit), policies, guard)
        tokens = {name: project.git_token.get_secret_value() for name, project in settings.projects.items()}
        self._sources = ProjectSources(settings.state / "projects", tokens)
        projects = Projects(known, self._sources)
        runs = Runs(workspace, guard, WatchTable(engine), projects)
        help_service = Help(self._faq, HelpTables(engine), settings.help.on_call)

        replies = Replies(client)
        source_url = _source_url(settings.faq, self._faq)
        help_channels = frozenset(settings.help.channels)
        commands = Commands(
            replies=replies,
            identity=identity,
            help_service=help_service,
            admin_service=Admin(self._faq, guard),
            runs_service=runs,
            environments_service=Environments(workspace, guard),
            models_service=Models(workspace, guard),
            wheels_service=Wheels(workspace, guard, SlackFiles(token, base_url), settings.state / "wheels"),
            roles_service=Roles(role_service, guard, identity),
            source_url=source_url,
        )
        actions = Actions(
            replies,
            help_service,
            commands,
            source_url=source_url,
            help_channel=settings.help.channels[0] if settings.help.channels else "",
        )
        self._jobs = DbosJobs(engine)
        work = {
            "message": Messages(replies, commands, bot_user, help_channels).work,
            "command": commands.work,
            "form": commands.work_form,
            "form_opened": Forms(replies, identity, runs, projects).work_opened,
            "action": actions.work,
        }
        for name, handler in work.items():
            self._jobs.register(name, handler)
        self._housekeeping = Clock(self._keep_house, HOUSEKEEPING_SECONDS)
        self._clock = Clock(Watch(replies, runs).tick, settings.azure.watch_interval)
        faq_watch = FaqWatch(replies, self._faq, team=team, channel=settings.faq.report_channel)
        self._faq_clock = Clock(faq_watch.tick, settings.faq.reload_interval, name="faq-clock")

        listeners = Listeners(
            self._jobs,
            team=team,
            bot_user=bot_user,
            help_channels=help_channels,
            projects=projects,
            answer_strangers=settings.help.answer_strangers,
            opener=opener,
        )
        self._intake: _Intake
        if http:
            secret = settings.slack.signing_secret.get_secret_value()
            app = build_app(client, me, listeners, signing_secret=secret)
            server = HttpServer(
                app, secret, settings.http.host, settings.http.port, others=_hooks(settings.faq, self._faq_clock)
            )
            self._intake, self.address = server, f"http://{settings.http.host}:{server.port}/slack/events"
        else:
            app = build_app(client, me, listeners)
            app_token = settings.slack.app_token.get_secret_value()
            self._intake = SocketMode(app, app_token, base_url, connections=settings.slack.connections)
            self.address = "Socket Mode"

    def start(self) -> None:
        """First what an earlier process left unfinished, then what Slack sends."""
        self._jobs.start()
        self._intake.start()
        self._clock.start()
        self._housekeeping.start()
        self._faq_clock.start()
        self._log_audit_head()
        log.info("ready", intake=self.address)

    def stop(self) -> None:
        """Take nothing new and finish what is in hand within a grace period.

        The rest is for the next start: the process must end now. What Azure is doing for a request isn't ended here,
        since the request would hear of it and tell somebody that nothing was done; the children end with the process.
        """
        log.info("stopping")
        end = time.monotonic() + GRACE
        self._faq.close()
        self._sources.close()
        for stop in (self._intake.stop, self._clock.stop, self._jobs.stop, self._faq_clock.stop):
            stop(max(1.0, end - time.monotonic()))
        self._log_audit_head()

    def _keep_house(self) -> None:
        self._jobs.forget(KEEP_REQUESTS)
        self._log_audit_head()

    def _log_audit_head(self) -> None:
        # In the log, which is kept elsewhere, so that rows taken off the audit's end can be found missing.
        try:
            log.info("audit_head", head=str(self._audit.head()))
        except Unavailable as error:
            log.warning("audit_head_unknown", cause=error.detail)


def serve(settings: Settings, *, http: bool, exit_with_parent: bool = False) -> NoReturn:
    """Run the bot until SIGTERM, SIGINT, or (`exit_with_parent`) the end of standard input; ends the process with 0.

    Raises:
        ConfigurationError: it can't start with these settings.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    bot = Bot(settings, http=http)
    bot.start()
    print(f"aml-bot is ready ({bot.address}).", flush=True)
    if exit_with_parent:
        threading.Thread(target=_wait_for_parent, args=(ended,), daemon=True).start()
    ended.wait()
    bot.stop()
    logging.shutdown()
    sys.stdout.flush()
    # The interpreter would wait for requests that are still in hand, while their workflows can't be noted as done.
    os._exit(0)


def _wait_for_parent(ended: threading.Event) -> None:
    # Not sys.stdin: a thread that sits in its lock makes the interpreter's shutdown fail.
    while os.read(0, 4096):
        pass
    ended.set()


def load_faq(settings: FaqSettings) -> search.Faq:
    """The FAQ of the settings, or the one that ships with the bot. Raises ConfigurationError."""
    return load_faq_in(settings.folder or shipped_faq(), settings)


def load_faq_in(folder: Path, settings: FaqSettings, state: Path | None = None) -> search.Faq:
    """The FAQ in a folder, with what the settings say of answers. Its index is kept in the state folder, if that is
    given. Raises ConfigurationError."""
    given = {name: getattr(settings, name) for name in ("confident", "choices") if getattr(settings, name) is not None}
    return search.load(folder, thresholds=search.Thresholds(**given), cached_in=state / "faq-index" if state else None)


def _faq_origin(settings: Settings) -> FaqOrigin:
    faq = settings.faq
    if not faq.git:
        return FaqFolder(faq.folder or shipped_faq())
    token = faq.git_token.get_secret_value()
    return FaqRepository(faq.git, faq.git_ref, settings.state / "faq-git", folder=faq.git_folder, token=token)


def model_in(folder: Path) -> Embedder:
    """The sentence model in a folder, without a memory on disk. Raises ConfigurationError."""
    return OnnxEmbedder(folder)


def _embedder(settings: Settings) -> Embedder | None:
    if settings.faq.semantic_model is None:
        return None
    model = OnnxEmbedder(settings.faq.semantic_model, sha256=settings.faq.semantic_sha256)
    return CachedEmbedder(model, settings.state / "faq-vectors")


def _hooks(settings: FaqSettings, clock: Clock) -> dict[str, ReloadHook]:
    secret = settings.webhook_secret.get_secret_value()
    return {WEBHOOK_PATH: ReloadHook(secret, clock.soon, max_body=MAX_BODY)} if secret else {}


def shipped_faq() -> Path:
    """The FAQ that comes with the bot: in the checkout beside the package, or inside the installed package."""
    package = Path(str(resources.files("bot")))
    checkout = package.parent / "faq"
    return checkout if checkout.is_dir() else package / "_faq"


def link_table(settings: Settings) -> LinkTable:
    """The table of links, for the command line. Raises ConfigurationError."""
    engine = open_database(open_state(settings.state))
    return LinkTable(engine, audit_of(settings, engine))


def audit_table(settings: Settings) -> AuditTable:
    """The audit, for the command line. Raises ConfigurationError."""
    return audit_of(settings, open_database(open_state(settings.state)))


def audit_of(settings: Settings, engine: Engine) -> AuditTable:
    """The audit in a database, with its key. Raises ConfigurationError."""
    return AuditTable(engine, audit_key(settings.audit.key_file or settings.state / "audit.key", engine))


def _check_secrets(settings: Settings, *, http: bool) -> None:
    if settings.azure.sign_in == "interactive":
        raise ConfigurationError(
            "azure.sign_in is interactive, but nobody sits at the bot's browser. Use service_principal or "
            "managed_identity to serve; `aml-bot doctor` can sign in as you."
        )
    if http and not settings.slack.signing_secret.get_secret_value():
        raise ConfigurationError("slack.signing_secret is missing: without it nobody could tell Slack from a stranger.")
    if not http and not settings.slack.app_token.get_secret_value():
        raise ConfigurationError(
            "slack.app_token is missing: Socket Mode needs an app-level token (xapp-...). "
            "With `serve --http` it isn't needed, but slack.signing_secret is."
        )


def azure(settings: Settings) -> tuple[AzureMLWorkspace, AzureRoles]:
    """The ways to the workspace and to its roles; nothing is asked yet. Raises ConfigurationError."""
    # A command's children live beside those of a bot that may be running.
    config = _azure(settings.azure, settings.state)
    config = replace(config, home=settings.state / "azureml-command", readers=1)
    return AzureMLWorkspace(config), AzureRoles(config)


def _azure(settings: AzureSettings, state: Path) -> AzureMLConfig:
    if settings.ca_bundle is not None and not settings.ca_bundle.is_file():
        raise ConfigurationError(f"The file {settings.ca_bundle} doesn't exist. Correct azure.ca_bundle.")
    return AzureMLConfig(
        subscription_id=settings.subscription_id,
        resource_group=settings.resource_group,
        workspace=settings.workspace,
        sign_in=_sign_in(settings, state),
        proxy=settings.proxy,
        ca_bundle=str(settings.ca_bundle or ""),
        home=state / "azureml",
        read_deadline=settings.read_deadline,
        submit_deadline=settings.submit_deadline,
        outages=settings.outages,
        pause=settings.outage_pause,
    )


def _sign_in(settings: AzureSettings, state: Path) -> SignIn:
    match settings.sign_in:
        case "managed_identity":
            return ManagedIdentity(settings.client_id or None)
        case "interactive":
            cache = str(state / "azureml" / "sign-in.json")
            return Interactive(settings.tenant_id, cache, *([settings.client_id] if settings.client_id else []))
        case "service_principal":
            if settings.client_certificate is None:
                secret = settings.client_secret.get_secret_value()
                return ServicePrincipal(settings.tenant_id, settings.client_id, secret)
            try:
                certificate_of(str(settings.client_certificate))
            except ValueError as error:
                raise ConfigurationError(
                    f"The file {settings.client_certificate} can't be used: {error}. It must hold the certificate and "
                    "its private key as PEM, without a password; correct azure.client_certificate."
                ) from error
            return Certificate(settings.tenant_id, settings.client_id, str(settings.client_certificate))


def _project(name: str, settings: ProjectSettings) -> Project:
    if settings.git and not shutil.which("git"):
        raise ConfigurationError(f"Project “{name}” is in Git (projects.{name}.git), but git isn't installed here.")
    if settings.folder is not None and not settings.folder.is_dir():
        raise ConfigurationError(
            f"The folder {settings.folder} of project “{name}” doesn't exist. Correct projects.{name}.folder."
        )
    return Project(
        name=name,
        folder=str(settings.folder or ""),
        script=settings.script,
        experiment=settings.experiment,
        environment=settings.environment,
        compute=settings.compute,
        arguments=settings.arguments,
        git=settings.git,
        git_ref=settings.git_ref,
        git_folder=settings.git_folder.strip("/"),
        git_any_ref=settings.git_any_ref,
    )


def _source_url(settings: FaqSettings, source: FaqSource) -> SourceUrl | None:
    if not settings.source_url:
        return None
    base = settings.source_url.rstrip("/")

    def url(section: Section) -> str:
        return f"{base.replace('{commit}', source.commit)}/{quote(section.file)}#{section.anchor}"

    return url
