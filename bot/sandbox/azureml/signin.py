"""login.microsoftonline.com: OpenID discovery and the client-credentials token endpoint."""

import hmac
import json
import uuid
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.errors import ServiceError
from bot.sandbox.azureml.tokens import LIFETIME, Tokens
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, now, route

_HOST: Final = seed.LOGIN_HOST


class SignIn:
    """Knows one application: the bot's service principal."""

    def __init__(self, tokens: Tokens, client_secret: str) -> None:
        self._tokens, self._secret = tokens, client_secret

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", _HOST, "/common/discovery/instance", self.instance, anonymous=True),
            route("GET", _HOST, "/{tenant}/v2.0/.well-known/openid-configuration", self.configuration, anonymous=True),
            route("GET", _HOST, "/{tenant}/.well-known/openid-configuration", self.configuration, anonymous=True),
            route("POST", _HOST, "/{tenant}/oauth2/v2.0/token", self.token, anonymous=True),
            route("POST", _HOST, "/{tenant}/oauth2/token", self.token, anonymous=True),
        )

    def instance(self, _request: Request) -> Response:
        """Where a tenant's configuration is, for clients that ask before they trust an authority."""
        return json_response(
            {
                "tenant_discovery_endpoint": f"https://{_HOST}/{seed.TENANT_ID}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": _HOST, "preferred_cache": _HOST, "aliases": [_HOST]}],
            }
        )

    def configuration(self, request: Request) -> Response:
        tenant = self._tenant(request)
        base = f"https://{_HOST}/{tenant}"
        return json_response(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "issuer": f"{base}/v2.0",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "msgraph_host": seed.GRAPH_HOST,
            }
        )

    def token(self, request: Request) -> Response:
        self._tenant(request)
        form = dict(parse_qsl(request.body().decode("utf-8", "replace")))
        if form.get("grant_type") != "client_credentials":
            grant = form.get("grant_type", "")
            raise _refused(400, "unsupported_grant_type", 70003, f"The grant type '{grant}' is not supported here.")
        client = form.get("client_id", "")
        if client != seed.BOT_CLIENT_ID:
            message = f"Application with identifier '{client}' was not found in the directory '{seed.TENANT_ID}'."
            raise _refused(400, "unauthorized_client", 700016, message)
        if not hmac.compare_digest(form.get("client_secret", "").encode(), self._secret.encode()):
            message = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client}'."
            )
            raise _refused(401, "invalid_client", 7000215, message)
        audience = form.get("resource") or form.get("scope", "").partition(" ")[0].removesuffix("/.default")
        if not audience:
            raise _refused(400, "invalid_scope", 70011, "The request names no scope.")
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": self._tokens.issue(audience),
        }
        return json_response(answer, headers=(("Cache-Control", "no-store, no-cache"),))

    def _tenant(self, request: Request) -> str:
        tenant = request.values["tenant"]
        if tenant.lower() != seed.TENANT_ID:
            message = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            raise _refused(400, "invalid_tenant", 90002, message)
        return tenant


def _refused(status: int, error: str, number: int, message: str) -> ServiceError:
    trace = str(uuid.uuid4())
    document = {
        "error": error,
        "error_description": f"AADSTS{number}: {message} Trace ID: {trace} Timestamp: {now()}",
        "error_codes": [number],
        "timestamp": now(),
        "trace_id": trace,
        "correlation_id": str(uuid.uuid4()),
    }
    return ServiceError(status, error, message, body=json.dumps(document).encode())
