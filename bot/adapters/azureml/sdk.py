"""The calls themselves, on azureml-core. Imported by the child only; each instance serves one thread."""

from collections.abc import Mapping
from typing import Any

import requests
from azureml.core import ComputeTarget, Workspace
from azureml.core._portal import HasWorkspacePortal
from azureml.core.authentication import MsiAuthentication, ServicePrincipalAuthentication, TokenAuthentication
from pydantic import TypeAdapter

from bot.adapters.azureml import wire
from bot.adapters.azureml.config import (
    AzureMLConfig,
    Certificate,
    Interactive,
    ManagedIdentity,
    ServicePrincipal,
    SignIn,
)
from bot.adapters.azureml.runs import Effect, RunCalls
from bot.adapters.azureml.signin import Tokens, certificate_of
from bot.adapters.azureml.translation import detail_of, failed, status_of
from bot.domain.errors import Unavailable

# "AzureCloud" is said wherever the SDK lets us: without it, it asks Azure for the list of clouds, for up to 30 s.
_CLOUD = "AzureCloud"


class Sdk(RunCalls):
    """The workspace of `config`, signed in to at the first call."""

    def __init__(self, config: AzureMLConfig) -> None:
        super().__init__()
        self._config = config
        self._secrets = config.secrets
        self._connected: Any = None

    def call(self, method: str, arguments: Mapping[str, Any], effect: Effect) -> Any:
        """The answer to a parent's request, as plain JSON values; `effect` is called before a lasting change."""
        try:
            kind, answer = self._answer(method, dict(arguments), effect)
        except Exception as error:
            if status_of(error) == 401:
                # A token can be revoked, and a secret renewed, before it runs out.
                self._connected = None
            raise
        plain = kind.dump_python(answer, mode="json", warnings=False)
        # What the service sent may have been well-formed and make no sense all the same.
        kind.validate_python(plain)
        return plain

    def _answer(self, method: str, given: dict[str, Any], effect: Effect) -> tuple[TypeAdapter[Any], Any]:
        match method:
            case "submit":
                kind, answer = wire.RUN, self.submit(wire.SPEC.validate_python(given["spec"]), effect)
            case "cancel":
                kind, answer = wire.RUN, self.cancel(given["run_id"], effect)
            case _ if method in wire.CHANGES:
                given_kind, kind = wire.CHANGES[method]
                answer = getattr(self, method)(given_kind.validate_python(given["given"]), effect)
            case _ if method in wire.READS:
                kind, answer = wire.READS[method], getattr(self, method)(**given)
            case _:
                raise AssertionError(f"no such method: {method}")
        return kind, answer

    def list_compute_targets(self) -> tuple[str, ...]:
        """See `ports.Workspace.list_compute_targets`."""
        try:
            return tuple(sorted(target.name for target in ComputeTarget.list(self._workspace())))
        except Exception as error:
            raise failed(error, "list compute targets", self._secrets) from error

    def _workspace(self) -> Any:
        if self._connected is None:
            try:
                self._connected = self._connect()
            except Exception as error:
                if status_of(error) == 404:
                    raise self._no_workspace(error) from error
                raise failed(error, "read the workspace", self._secrets) from error
        return self._connected

    def _connect(self) -> Any:
        config = self._config
        auth = _authentication(config.sign_in)
        workspace = Workspace(config.subscription_id, config.resource_group, config.workspace, auth=auth)
        context = workspace.service_context
        for client in (
            context._get_run_history_restclient(),
            context._get_metrics_restclient(),
            context._get_artifacts_restclient(),
        ):
            client.config.retry_policy.retries = 1
            client.config.retry_policy.backoff_factor = 0.2
        self._portal = HasWorkspacePortal(workspace).get_portal_url()
        return workspace

    def _no_workspace(self, error: Exception) -> Unavailable:
        config = self._config
        return Unavailable(
            f"I don't see an Azure ML workspace “{config.workspace}” in the resource group “{config.resource_group}”, "
            "so nothing was done. An administrator must check the names in my settings and my identity's role there.",
            detail=detail_of(error, self._secrets),
        )


def _authentication(who: SignIn) -> Any:
    match who:
        case ServicePrincipal():
            return ServicePrincipalAuthentication(who.tenant_id, who.client_id, who.client_secret, cloud=_CLOUD)
        case Certificate():
            # Where the SDK is given the name of a file for a secret it takes the certificate in it. Read here first:
            # of a file that isn't there it would send the name.
            certificate_of(who.file)
            return ServicePrincipalAuthentication(who.tenant_id, who.client_id, who.file, cloud=_CLOUD)
        case Interactive():
            tokens = Tokens(who, requests.Session())
            return TokenAuthentication(lambda audience: _token(tokens, audience), cloud=_CLOUD)
        case ManagedIdentity():
            chosen = {"client_id": who.client_id} if who.client_id else None
            return MsiAuthentication(cloud=_CLOUD, identity_config=chosen)


def _token(tokens: Tokens, audience: str) -> str:
    answer = tokens.ask([f"{audience.rstrip('/')}/.default"])
    if "access_token" not in answer:
        raise ValueError(f"{answer.get('error')}: {answer.get('error_description')}")
    return str(answer["access_token"])
