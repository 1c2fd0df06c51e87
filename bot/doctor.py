"""`aml-bot doctor`: tries everything the bot needs, step by step, and says of each what to do when it fails.

Nothing is changed but that the state folder is made. A step that another one needs is skipped when that one failed.
"""

import base64
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from slack_sdk import WebClient

from bot.app import check_app_token, who_am_i
from bot.bootstrap import azure, faq, tables
from bot.domain.access import Access, decide
from bot.domain.errors import BotError, ConfigurationError
from bot.domain.needs import needs
from bot.manifest import BOT_SCOPES, OPTIONAL_SCOPES
from bot.settings import AzureSettings, Settings, load

_SECONDS = 5.0
_Steps = tuple[tuple[str, str, Callable[[], str]], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How a step ended. `said` is a fact where it is ok, else what is wrong and what to do next."""

    step: str
    result: Literal["ok", "failed", "skipped"]
    said: str

    def __str__(self) -> str:
        return f"{self.result:7} {self.step}: {self.said}"


class _Skipped(Exception):
    """There is nothing to try."""


@dataclass(slots=True)
class Doctor:
    """Tries the steps in order. `file` is the settings file, as for `settings.load`."""

    file: Path | None
    _known: dict[str, Any] = field(default_factory=dict)
    _workspace: str = ""

    def examine(self) -> Iterator[Finding]:
        """Each step's finding, as soon as it is there."""
        before: _Steps = (
            ("settings", "", self._settings),
            ("state folder", "settings", self._state),
            ("policy", "settings", self._policy),
            ("FAQ", "settings", self._faq),
            ("Slack: bot token", "settings", self._bot_token),
            ("Slack: scopes", "Slack: bot token", self._scopes),
            ("Slack: app token", "settings", self._app_token),
        )
        azure: _Steps = (
            ("Azure: certificate authorities", "", self._authorities),
            ("Azure: proxy", "", self._proxy),
            ("Azure: sign-in", "", self._sign_in),
            ("Azure: role assignments", "Azure: sign-in", self._assignments),
            ("Azure: role definitions", "Azure: sign-in", self._definitions),
            ("Azure: deny assignments", "Azure: sign-in", self._denials),
            ("Azure: the bot's own rights", "Azure: role assignments", self._rights),
            ("Azure ML: compute targets", "Azure: sign-in", self._computes),
            ("Azure ML: environments", "Azure: sign-in", self._environments),
            ("Azure ML: runs", "Azure: sign-in", self._runs),
        )
        yield from self._try(before)
        if "settings" not in self._known:
            yield from (Finding(step, "skipped", "it needs “settings”") for step, _, _ in azure)
            return
        names = self._set.workspace_names()
        for name in names.all:
            self._workspace = name
            yield from self._try(azure, f"{name}: " if names.several else "")

    def _try(self, steps: _Steps, prefix: str = "") -> Iterator[Finding]:
        well: set[str] = {""}
        try:
            for step, needed, attempt in steps:
                if needed not in well:
                    yield Finding(prefix + step, "skipped", f"it needs “{needed}”")
                    continue
                finding = _finding(prefix + step, attempt)
                if finding.result == "ok":
                    well.add(step)
                yield finding
        finally:
            for name in ("workspace", "roles"):
                if name in self._known:
                    self._known.pop(name).close()
            for name in ("assignments", "definitions", "denials", "object_id"):
                self._known.pop(name, None)

    @property
    def _set(self) -> Settings:
        return self._known["settings"]  # type: ignore[no-any-return]  # steps share what they found

    @property
    def _azure(self) -> AzureSettings:
        return self._set.azures()[self._workspace]

    def _settings(self) -> str:
        self._known["settings"] = load(self.file)
        names = self._set.workspace_names()
        workspaces = "workspaces" if names.several else "workspace"
        return f"{workspaces} {', '.join(names.all)}, {len(self._set.projects)} projects"

    def _state(self) -> str:
        return str(tables.open_state(self._set.state))

    def _policy(self) -> str:
        policy = tables.PolicyFile(self._set.policy).read()
        return f"{self._set.policy}, {policy.digest}"

    def _faq(self) -> str:
        if self._set.faq.git:
            raise _Skipped("it comes from Git and is fetched when the bot starts")
        faq.load_faq(self._set.faq)
        return str(self._set.faq.folder or "the one that ships with the bot")

    def _client(self) -> WebClient:
        token = self._set.slack.bot_token.get_secret_value()
        return WebClient(token=token, base_url=self._set.slack.base_url, timeout=10)

    def _bot_token(self) -> str:
        me = who_am_i(self._client())
        return f"user {me.bot_user_id} of workspace {me.team_id}"

    def _scopes(self) -> str:
        # Slack sends them along with every answer. Source: docs.slack.dev, "Web API", "X-OAuth-Scopes".
        headers = {name.lower(): value for name, value in self._client().auth_test().headers.items()}
        if "x-oauth-scopes" not in headers:
            raise _Skipped("Slack doesn't say which scopes the token has")
        by_email = self._set.identity.by_email
        needed = {*BOT_SCOPES, *(OPTIONAL_SCOPES if by_email else ())}
        missing = sorted(needed - {scope.strip() for scope in str(headers["x-oauth-scopes"]).split(",")})
        if missing:
            command = "aml-bot manifest --email" if by_email else "aml-bot manifest"
            raise ConfigurationError(
                f"The bot token lacks {', '.join(missing)}. Paste the manifest (`{command}`) into the Slack app's "
                "settings again, and reinstall the app."
            )
        return f"all {len(needed)} that are needed"

    def _app_token(self) -> str:
        token = self._set.slack.app_token.get_secret_value()
        if not token:
            raise _Skipped("slack.app_token isn't set; only `serve --http` works without it")
        check_app_token(self._client(), token)
        return "Socket Mode may be opened"

    def _authorities(self) -> str:
        bundle = self._azure.ca_bundle
        if bundle is None:
            raise _Skipped("azure.ca_bundle isn't set; the usual ones are trusted")
        try:
            ssl.create_default_context(cafile=bundle)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"The file {bundle} can't be used ({type(error).__name__}). It must hold certificates as PEM; correct "
                "azure.ca_bundle."
            ) from error
        return str(bundle)

    def _proxy(self) -> str:
        if not self._azure.proxy:
            raise _Skipped("azure.proxy isn't set")
        where = urlsplit(self._azure.proxy)
        address = f"{where.hostname}:{where.port or 80}"
        try:
            socket.create_connection((where.hostname or "", where.port or 80), _SECONDS).close()
        except OSError as error:
            raise ConfigurationError(
                f"Nothing answers at {address} ({type(error).__name__}). Check azure.proxy and the network."
            ) from error
        return address

    def _sign_in(self) -> str:
        self._known["workspace"], self._known["roles"] = azure.azure(self._set, self._workspace)
        self._known["object_id"] = _object_id(self._known["roles"].token())
        return f"as {self._azure.sign_in}, object id {self._known['object_id']}"

    def _assignments(self) -> str:
        found = self._known["assignments"] = self._known["roles"].assignments_of(self._known["object_id"])
        return f"{len(found)} reach the bot's identity"

    def _definitions(self) -> str:
        found = self._known["definitions"] = self._known["roles"].definitions()
        return f"{len(found)} can be assigned here"

    def _denials(self) -> str:
        found = self._known["denials"] = self._known["roles"].denials(self._known["object_id"])
        return f"{len(found)} in force"

    def _rights(self) -> str:
        if not {"definitions", "denials"} <= set(self._known):
            raise _Skipped("it needs the role definitions and the deny assignments")
        access = Access(
            object_id=self._known["object_id"],
            scope=self._known["roles"].scope,
            assignments=self._known["assignments"],
            definitions=self._known["definitions"],
            denials=self._known["denials"],
        )
        missing = [need for need in needs() if not decide(access, need.action).allowed]
        if missing:
            listed = "; ".join(f"{need.action} ({need.why})" for need in missing)
            raise ConfigurationError(
                f"The bot's identity lacks {listed}. Assign it a role at the workspace that has them: `aml-bot "
                "manifest --azure` prints one."
            )
        return f"all {len(needs())} actions that are needed ({', '.join(access.role_names())})"

    def _computes(self) -> str:
        return ", ".join(self._known["workspace"].list_compute_targets()) or "there are none yet"

    def _environments(self) -> str:
        return f"{len(self._known['workspace'].list_environments())} listed"

    def _runs(self) -> str:
        latest = self._known["workspace"].list_runs(1)
        return f"the latest is {latest[0].id}" if latest else "there are none yet"


def _finding(step: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(step, "ok", attempt())
    except _Skipped as skipped:
        return Finding(step, "skipped", str(skipped))
    except BotError as error:
        return Finding(step, "failed", error.user_message)


def _object_id(token: str) -> str:
    # Only read, not trusted: Azure checks the token, we want to know whose it is.
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(claims["oid"])
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            "Azure's token doesn't say whose it is. Check azure.sign_in: it must be a service principal, a managed "
            "identity or a person of the tenant."
        ) from error
