"""The whole bot: settings in, a running process out."""

import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import NoReturn, Protocol

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.adapters.approvals import ApprovalTable
from bot.adapters.database import lock_state, open_database, open_state
from bot.adapters.jobs import DbosJobs
from bot.adapters.policy_file import PolicyFile
from bot.adapters.projects import ProjectSources
from bot.adapters.slack_files import SlackFiles
from bot.adapters.slack_people import SlackPeople
from bot.adapters.store import HelpTables
from bot.app import build_app, check_app_token, who_am_i
from bot.bootstrap.faq import embedder, faq_origin, load_faq_in, source_url
from bot.bootstrap.policy import policy_source
from bot.bootstrap.tables import audit_of
from bot.bootstrap.workspaces import AtWorkspace, Shared, approval_workers, workspaces
from bot.domain.errors import ConfigurationError, Unavailable
from bot.domain.projects import Project
from bot.handlers.actions import Actions
from bot.handlers.assistant import Assistant
from bot.handlers.faq_source import FaqWatch
from bot.handlers.forms import Forms
from bot.handlers.home import HomeTab
from bot.handlers.messages import Messages
from bot.handlers.policy import PolicyWatch
from bot.handlers.replies import Replies
from bot.handlers.slash import Slash
from bot.handlers.workspaces import Workspaces
from bot.listeners.clock import Clock
from bot.listeners.http import MAX_BODY, HttpServer
from bot.listeners.slack import OPEN_TIMEOUT, Listeners
from bot.listeners.socket_mode import SocketMode
from bot.listeners.webhook import PATH as WEBHOOK_PATH
from bot.listeners.webhook import ReloadHook
from bot.ports import Job
from bot.services.faq_source import FaqSource
from bot.services.help import Help
from bot.services.projects import Projects
from bot.settings import FaqSettings, ProjectSettings, Settings

log = structlog.get_logger(__name__)

GRACE = 10.0
KEEP_REQUESTS = timedelta(days=7)
HOUSEKEEPING_SECONDS = 3600.0
_SLACK_TIMEOUT = 10
_GIVE_WAY = 0.0005  # seconds


class _Intake(Protocol):
    def start(self) -> None: ...
    def stop(self, grace: float) -> None: ...


class Bot:
    """A bot that is ready to start; made of settings that were checked.

    Raises (when made):
        ConfigurationError: the state folder, the policy, the FAQ, a project or Slack's token can't be used.
    """

    def __init__(self, settings: Settings, *, http: bool) -> None:
        PolicyFile(settings.policy).read()  # what is wrong in it is said before anything else is made
        known = {name: _project(name, project) for name, project in settings.projects.items()}
        _check_secrets(settings, http=http)
        folder = open_state(settings.state)
        self._lock = lock_state(folder)
        self._faq = FaqSource(
            faq_origin(settings), lambda folder: load_faq_in(folder, settings.faq, settings.state), embedder(settings)
        )
        engine = open_database(folder)
        self._audit = audit_of(settings, engine)
        policies = policy_source(settings.policy, self._audit)

        token, base_url = settings.slack.bot_token.get_secret_value(), settings.slack.base_url
        client, opener = _clients(token, base_url)
        me = _identified(client, "" if http else settings.slack.app_token.get_secret_value())
        team, bot_user = str(me.team_id), str(me.bot_user_id)

        tokens = {name: project.git_token.get_secret_value() for name, project in settings.projects.items()}
        self._sources = ProjectSources(settings.state / "projects", tokens)
        projects = Projects(known, self._sources)
        help_service = Help(self._faq, HelpTables(engine), settings.help.on_call)

        replies = Replies(client)
        self._jobs = DbosJobs(engine)
        entry_url = source_url(settings.faq, self._faq)
        help_channels = frozenset(settings.help.channels)
        workers: dict[str, Callable[[Job], None]] = {}
        names = settings.workspace_names()
        parts = workspaces(
            Shared(
                settings=settings,
                engine=engine,
                audit=self._audit,
                policies=policies,
                people=SlackPeople(client, team),
                files=SlackFiles(token, base_url),
                projects=projects,
                faq=self._faq,
                help_service=help_service,
                replies=replies,
                workers=workers,
                jobs=self._jobs,
                source_url=entry_url,
            )
        )
        default = parts[names.default]
        self._grants = default.grants
        chosen = Workspaces(names, {name: part.commands for name, part in parts.items()})
        slash, conversation = Slash(replies, chosen), Assistant(opener, help_service)
        forms = Forms(replies, {name: (part.identity, part.runs) for name, part in parts.items()}, names, projects)
        actions = Actions(
            replies,
            help_service,
            chosen,
            source_url=entry_url,
            help_channel=settings.help.channels[0] if settings.help.channels else "",
        )
        workers |= {
            "message": Messages(replies, chosen, bot_user, help_channels, conversation).work,
            "home": HomeTab(replies, default.home, default.runs).work,
            "conversation": conversation.work,
            "command": slash.work,
            "form": slash.work_form,
            "form_opened": forms.work_opened,
            "action": actions.work,
            **approval_workers(parts, default, ApprovalTable(engine, self._audit)),
        }
        _register(self._jobs, workers)
        self._faq_clock = Clock(
            FaqWatch(replies, self._faq, team=team, channel=settings.faq.report_channel).tick,
            settings.faq.reload_interval,
            name="faq-clock",
        )
        policy_watch = PolicyWatch(replies, policies, team=team, channel=settings.policy_report_channel)
        self._clocks = (
            Clock(policy_watch.tick, settings.policy_interval, name="policy-clock"),
            Clock(self._keep_house, HOUSEKEEPING_SECONDS, name="housekeeping"),
            self._faq_clock,
            *(Clock(part.role_requests.tick, settings.azure.grant_interval, name="grants") for part in parts.values()),
        )
        # Each workspace has its own, so that one that is silent keeps nobody elsewhere waiting.
        self._watching = tuple(clock for part in parts.values() for clock in _watching(part, settings))

        listeners = Listeners(
            self._jobs,
            team=team,
            bot_user=bot_user,
            help_channels=help_channels,
            projects=projects,
            workspaces=names,
            answer_strangers=settings.help.answer_strangers,
            opener=opener,
        )
        self._intake, self.address = self._way_in(settings, client, me, listeners, http=http)

    def _way_in(
        self, settings: Settings, client: WebClient, me: AuthorizeResult, listeners: Listeners, *, http: bool
    ) -> tuple[_Intake, str]:
        if http:
            secret = settings.slack.signing_secret.get_secret_value()
            app = build_app(client, me, listeners, signing_secret=secret)
            server = HttpServer(
                app, secret, settings.http.host, settings.http.port, others=_hooks(settings.faq, self._faq_clock)
            )
            return server, f"http://{settings.http.host}:{server.port}/slack/events"
        app = build_app(client, me, listeners)
        app_token, base_url = settings.slack.app_token.get_secret_value(), settings.slack.base_url
        return SocketMode(app, app_token, base_url, connections=settings.slack.connections), "Socket Mode"

    def start(self) -> None:
        """First what an earlier process left unfinished, then what Slack sends."""
        self._jobs.start()
        self._intake.start()
        for clock in (*self._watching, *self._clocks):
            clock.start()
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
        for part in (self._intake, *self._watching, self._jobs, *self._clocks):
            part.stop(max(1.0, end - time.monotonic()))
        self._log_audit_head()

    def _keep_house(self) -> None:
        self._jobs.forget(KEEP_REQUESTS)
        self._grants.forget()
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
    # What is being worked off must not keep acknowledgements waiting: by default a thread that computes gives way after
    # 5 ms, and storing a request gives way to it at every turn of the database.
    sys.setswitchinterval(_GIVE_WAY)
    # Where the drawing library keeps its list of fonts; otherwise it would be in the home folder.
    os.environ.setdefault("MPLCONFIGDIR", str(settings.state.absolute() / "matplotlib"))
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


def _identified(client: WebClient, app_token: str) -> AuthorizeResult:
    """Who we are in Slack; the app token is tried out, too, if there is one. Raises ConfigurationError."""
    me = who_am_i(client)
    if app_token:
        check_app_token(client, app_token)
    return me


def _clients(token: str, base_url: str) -> tuple[WebClient, WebClient]:
    """The way to Slack, and the one for what must be answered at once."""
    client = WebClient(token=token, base_url=base_url, timeout=_SLACK_TIMEOUT)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
    opener = WebClient(token=token, base_url=base_url, timeout=OPEN_TIMEOUT, retry_handlers=[])  # type: ignore[arg-type]  # a float is passed on to urllib as it is
    return client, opener


def _register(jobs: DbosJobs, work: Mapping[str, Callable[[Job], None]]) -> None:
    for name, handler in work.items():
        jobs.register(name, handler)


def _watching(part: AtWorkspace, settings: Settings) -> Iterator[Clock]:
    """What follows a workspace's runs, and starts those that were approved."""
    yield Clock(_in_turn(*part.ticks), settings.azure.watch_interval)
    approvals = Clock(part.approvals.tick, settings.azure.watch_interval, name="approvals-clock")
    part.approvals.when_approved(approvals.soon)
    yield approvals


def _in_turn(*ticks: Callable[[], None]) -> Callable[[], None]:
    def all_of_them() -> None:
        for tick in ticks:
            tick()

    return all_of_them


def _wait_for_parent(ended: threading.Event) -> None:
    # Not sys.stdin: a thread that sits in its lock makes the interpreter's shutdown fail.
    while os.read(0, 4096):
        pass
    ended.set()


def _hooks(settings: FaqSettings, clock: Clock) -> dict[str, ReloadHook]:
    secret = settings.webhook_secret.get_secret_value()
    return {WEBHOOK_PATH: ReloadHook(secret, clock.soon, max_body=MAX_BODY)} if secret else {}


def _check_secrets(settings: Settings, *, http: bool) -> None:
    for name, azure in settings.azures().items():
        if azure.sign_in == "interactive":
            setting = f"workspaces.{name}.sign_in" if name in settings.workspaces else "azure.sign_in"
            raise ConfigurationError(
                f"{setting} is interactive, but nobody sits at the bot's browser. Use service_principal or "
                "managed_identity to serve; `aml-bot doctor` can sign in as you."
            )
    if http and not settings.slack.signing_secret.get_secret_value():
        raise ConfigurationError("slack.signing_secret is missing: without it nobody could tell Slack from a stranger.")
    if not http and not settings.slack.app_token.get_secret_value():
        raise ConfigurationError(
            "slack.app_token is missing: Socket Mode needs an app-level token (xapp-...). "
            "With `serve --http` it isn't needed, but slack.signing_secret is."
        )


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
