"""`ports.RoleService` on Azure Resource Manager: assignments, definitions and deny assignments, asked fresh each time.

An answer that isn't whole is no answer. An assignment without its principal, role or scope refuses the lot: its group
would be missing where deny assignments are matched. So does a deny assignment that doesn't say whom or what it denies.
What a deny assignment excepts counts only where it is said. A role definition that doesn't say what it allows and what
it takes out again is left out, which can only make roles smaller: an assignment of an unknown role counts nowhere.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import requests
import structlog

from bot.adapters.azureml.config import AzureMLConfig
from bot.adapters.azureml.redaction import redacted, shortened
from bot.adapters.azureml.signin import ARM, Tokens
from bot.domain.access import DenyAssignment, Permission, RoleAssignment, RoleDefinition, short_id
from bot.domain.errors import InvalidRequest, Unavailable

log = structlog.get_logger(__name__)

Item = TypeVar("Item")

_ARM_SCOPE = f"{ARM}/.default"
_API_VERSION = "2022-04-01"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EVERYONE = "00000000-0000-0000-0000-000000000000"
_AT_OR_ABOVE = "atScope()"
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_PAUSE_SECONDS = 0.3
_ATTEMPTS = 2


class AzureRoles:
    """Role data at the workspace of `config`, read as the bot's own identity.

    One look-up takes at most `deadline` seconds and the rest of the request that is under way then (10 s). Safe to use
    from many threads. The vendor's packages are imported by the first look-up.
    """

    def __init__(self, config: AzureMLConfig, deadline: float = 15.0) -> None:
        self.scope = config.scope
        self._config = config
        self._deadline = deadline
        self._lock = threading.Lock()
        self._session = Session(config.proxy, config.ca_bundle)
        self._made: Any = None

    def assignments_of(self, object_id: str) -> tuple[RoleAssignment, ...]:
        """Assignments that reach the principal at the workspace: inherited ones and those through groups included.

        Raises:
            InvalidRequest: `object_id` isn't a GUID; it never reaches Azure.
        """
        wanted = _assigned_to(object_id)
        return self._all(
            "role assignments",
            lambda client: client.role_assignments.list_for_scope(self.scope, filter=wanted),
            _assignment,
        )

    def assignments(self) -> tuple[RoleAssignment, ...]:
        """All assignments at the workspace and above it."""
        return self._all(
            "role assignments",
            lambda client: client.role_assignments.list_for_scope(self.scope, filter=_AT_OR_ABOVE),
            _assignment,
        )

    def definitions(self) -> tuple[RoleDefinition, ...]:
        """All role definitions that can be assigned here, but for incomplete ones.

        Raises:
            Unavailable: also when one id stands for two different roles.
        """
        conditions: dict[tuple[str, int], str] = {}

        def read(response: Any) -> None:
            if response.http_response.status_code == 200:
                conditions.update(_conditions(json.loads(response.http_response.text())))

        found = self._all(
            "role definitions",
            lambda client: client.role_definitions.list(self.scope, raw_response_hook=read),
            lambda item: _definition(item, conditions),
        )
        by_id: dict[str, RoleDefinition] = {}
        for definition in found:
            if definition and by_id.setdefault(short_id(definition.id), definition) != definition:
                raise _incomplete("role definition")
        return tuple(by_id.values())

    def denials(self, object_id: str) -> tuple[DenyAssignment, ...]:
        """Deny assignments at the workspace and above it, also those that no lower scope inherits.

        Asked twice: which there are, and which of them reach the principal. Only the service knows the groups in which
        somebody holds no role; whether its answer about a person names the denials for everyone, it doesn't document.

        Raises:
            InvalidRequest: `object_id` isn't a GUID; it never reaches Azure.
        """
        wanted = _assigned_to(object_id)
        found = {denial.id.lower(): denial for denial in self._denials(_AT_OR_ABOVE)}
        for denial in self._denials(wanted):
            found[denial.id.lower()] = replace(denial, reaches=True)
        return tuple(found.values())

    def _denials(self, wanted: str) -> tuple[DenyAssignment, ...]:
        return self._all(
            "deny assignments",
            lambda client: client.deny_assignments.list_for_scope(self.scope, filter=wanted),
            _denial,
        )

    def token(self) -> str:
        """The bot's own access token. Raises Unavailable: the sign-in failed."""
        return str(Credential(self._config, self._session).get_token().token)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _all(self, what: str, ask: Callable[[Any], Any], convert: Callable[[Any], Item]) -> tuple[Item, ...]:
        from azure.core.exceptions import AzureError, DecodeError, HttpResponseError

        give_up_at = time.monotonic() + self._deadline
        for attempt in count(1):
            try:
                return tuple(convert(item) for page in self._pages(what, ask, give_up_at) for item in page)
            except (DecodeError, TypeError, ValueError, AttributeError, RecursionError) as error:
                raise self._garbage(what, error) from error
            except HttpResponseError as error:
                if not self._again(attempt, give_up_at, error.status_code):
                    raise self._refusal(what, error) from error
            except AzureError as error:
                if not self._again(attempt, give_up_at, None):
                    raise _no_answer(what, self._clean(error)) from error
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("counting never ends")

    def _pages(self, what: str, ask: Callable[[Any], Any], give_up_at: float) -> Iterator[Any]:
        for page in ask(self._client()).by_page():
            if time.monotonic() > give_up_at:
                raise _no_answer(what, f"more than {self._deadline} s allow")
            yield page

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                from azure.core.pipeline.transport import RequestsTransport
                from azure.mgmt.authorization import AuthorizationManagementClient

                self._made = AuthorizationManagementClient(
                    Credential(self._config, self._session),
                    self._config.subscription_id,
                    api_version=_API_VERSION,
                    base_url=ARM,
                    transport=RequestsTransport(session=self._session, session_owner=False),
                    connection_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    # Its own repetitions obey any Retry-After, however long: we repeat ourselves.
                    retry_total=0,
                    logging_enable=False,
                )
            return self._made

    @staticmethod
    def _again(attempt: int, give_up_at: float, status: int | None) -> bool:
        return (
            attempt < _ATTEMPTS and (status is None or status >= 500) and time.monotonic() + _PAUSE_SECONDS < give_up_at
        )

    def _refusal(self, what: str, error: Any) -> Unavailable:
        detail = self._clean(error)
        if error.status_code in {401, 403}:
            return Unavailable(
                f"My own identity may not read {what} in Azure, so I can't tell who may do what, and nothing was done. "
                "An administrator must give the bot's identity a role that may read them at the workspace; Reader is "
                "enough.",
                detail=detail,
            )
        return _no_answer(what, detail)

    def _garbage(self, what: str, error: Exception) -> Unavailable:
        return Unavailable(
            f"Azure's answer about {what} made no sense to me, so nothing was done. Try again in a minute.",
            detail=f"{what}: {self._clean(error)}",
        )

    def _clean(self, error: Exception) -> str:
        return shortened(redacted(f"{type(error).__name__}: {error}", self._config.secrets), 1000)


class Session(requests.Session):
    """A session whose proxy and CA are its own where they are given: the environment, which may serve others, loses."""

    def __init__(self, proxy: str = "", ca_bundle: str = "") -> None:
        super().__init__()
        self._ours: dict[str, Any] = {}
        if proxy:
            self._ours["proxies"] = {"https": proxy}
        if ca_bundle:
            self._ours["verify"] = ca_bundle

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """As `requests.Session.request`, with what is ours and never without a timeout."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (_CONNECT_SECONDS, _READ_SECONDS)
        return super().request(*args, **(kwargs | self._ours))


class Credential:
    """The bot's identity as azure-core wants it: msal keeps the token until shortly before it runs out."""

    def __init__(self, config: AzureMLConfig, session: requests.Session) -> None:
        direct = Session()
        direct.trust_env = False
        self._tokens = Tokens(config.sign_in, session, direct, browser=True)
        self._secrets = config.secrets

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """A token for ARM; named and shaped by azure-core's `TokenCredential`.

        Raises:
            Unavailable: the sign-in failed.
        """
        from azure.core.credentials import AccessToken

        try:
            answer = self._tokens.ask(scopes or (_ARM_SCOPE,))
        except (requests.RequestException, ValueError) as error:
            # msal says ValueError where the tenant doesn't exist or the sign-in service's description can't be read.
            raise Unavailable(
                "I can't sign in to Azure: the sign-in service doesn't answer or doesn't know the tenant, so nothing "
                "was done. Try again in a minute; when it stays like this, an administrator must check my settings.",
                detail=shortened(redacted(f"{type(error).__name__}: {error}", self._secrets), 1000),
            ) from error
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            said = f"{answer.get('error')}: {answer.get('error_description')}"
            code = re.search(r"AADSTS\d+", said)
            raise Unavailable(
                f"I can't sign in to Azure{f' ({code[0]})' if code else ''}, so nothing was done. An administrator "
                "must check my identity in the settings: the secret may be wrong or have run out.",
                detail=shortened(redacted(said, self._secrets), 1000),
            )
        return AccessToken(token, int(time.time()) + seconds)


def _assigned_to(object_id: str) -> str:
    if not _GUID.fullmatch(object_id):
        raise InvalidRequest(
            "The Azure identity you are linked to isn't an Entra object id. An administrator must link you again."
        )
    return f"assignedTo('{object_id.lower()}')"


def _assignment(item: Any) -> RoleAssignment:
    return RoleAssignment(
        id=_needed(item, "id", "role assignment"),
        principal_id=_needed(item, "principal_id", "role assignment"),
        principal_type=str(item.principal_type or ""),
        role_definition_id=_needed(item, "role_definition_id", "role assignment"),
        scope=_scope(item, "role assignment"),
        condition=str(item.condition or ""),
    )


def _conditions(answer: Any) -> dict[tuple[str, int], str]:
    """The conditions of permission blocks, by role definition and place: newer than the client's model, which drops
    them. A role would allow without its condition then."""
    return {
        (str(item.get("id")), place): str(block["condition"])
        for item in answer.get("value") or ()
        if isinstance(item, dict)
        for place, block in enumerate((item.get("properties") or {}).get("permissions") or ())
        if isinstance(block, dict) and block.get("condition")
    }


def _definition(item: Any, conditions: Mapping[tuple[str, int], str]) -> RoleDefinition | None:
    identifier, name, permissions = (getattr(item, field, None) for field in ("id", "role_name", "permissions"))
    whole = isinstance(identifier, str) and isinstance(name, str) and permissions is not None
    whole = whole and all(
        block.actions is not None
        and block.not_actions is not None
        # Of data actions a role need not speak. If it names some, it must also say what it takes out again.
        and (not block.data_actions or block.not_data_actions is not None)
        and _all_texts(block)
        for block in permissions or ()
    )
    if not whole:
        log.warning("authorization.incomplete_role_definition", definition=str(identifier)[:200])
        return None
    return RoleDefinition(
        id=str(identifier),
        name=str(name),
        description=str(item.description or ""),
        permissions=tuple(
            _permission(permission, conditions.get((str(identifier), place), ""))
            for place, permission in enumerate(permissions or ())
        ),
        custom=str(item.role_type or "").lower() == "customrole",
    )


def _denial(item: Any) -> DenyAssignment:
    if not item.principals or not item.permissions:
        raise _incomplete("deny assignment")
    if any(part.actions is None or not _all_texts(part) for part in item.permissions):
        raise _incomplete("deny assignment")
    principals = tuple(_needed(principal, "id", "deny assignment") for principal in item.principals)
    return DenyAssignment(
        id=_needed(item, "id", "deny assignment"),
        name=str(item.deny_assignment_name or ""),
        scope=_scope(item, "deny assignment"),
        permissions=tuple(_permission(part, str(part.condition or "")) for part in item.permissions),
        principal_ids=principals,
        excluded_ids=tuple(str(excluded.id) for excluded in item.exclude_principals or () if excluded.id),
        everyone=_EVERYONE in principals,
        condition=str(item.condition or ""),
        stays=item.do_not_apply_to_child_scopes is True,
    )


def _permission(item: Any, condition: str) -> Permission:
    return Permission(
        actions=tuple(item.actions or ()),
        not_actions=tuple(item.not_actions or ()),
        data_actions=tuple(item.data_actions or ()),
        not_data_actions=tuple(item.not_data_actions or ()),
        condition=condition,
    )


def _all_texts(block: Any) -> bool:
    lists = (block.actions, block.not_actions, block.data_actions, block.not_data_actions)
    return all(isinstance(each, str) for patterns in lists for each in patterns or ())


def _scope(item: Any, what: str) -> str:
    scope = _needed(item, "scope", what)
    if not scope.startswith("/"):
        raise _incomplete(what)
    return scope


def _needed(item: Any, field: str, what: str) -> str:
    value = getattr(item, field, None)
    if not isinstance(value, str) or not value:
        raise _incomplete(what)
    return value


def _incomplete(what: str) -> Unavailable:
    return Unavailable(
        f"Azure's answer about a {what} was incomplete, so I can't tell who may do what, and nothing was done. Try "
        "again in a minute.",
        detail=f"incomplete {what}",
    )


def _no_answer(what: str, detail: str) -> Unavailable:
    return Unavailable(
        f"Azure doesn't answer about {what}, so I can't tell who may do what, and nothing was done. Try again in a few "
        "minutes.",
        detail=f"{what}: {detail}",
    )
