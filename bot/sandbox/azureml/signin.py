"""login.microsoftonline.com: OpenID discovery and the client-credentials token endpoint, by secret or certificate."""

import base64
import binascii
import hmac
import json
import uuid
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.errors import ServiceError, bad_request, not_found, not_implemented
from bot.sandbox.azureml.tokens import LIFETIME, Tokens
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, now, route

_HOST: Final = seed.LOGIN_HOST
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class SignIn:
    """Knows one application: the bot's service principal. Its certificates are forgotten when the sandbox ends."""

    def __init__(self, tokens: Tokens, client_secret: str) -> None:
        self._tokens, self._secret = tokens, client_secret
        self._certificates: tuple[x509.Certificate, ...] = ()

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", _HOST, "/common/discovery/instance", self.instance, anonymous=True),
            route("GET", _HOST, "/{tenant}/v2.0/.well-known/openid-configuration", self.configuration, anonymous=True),
            route("GET", _HOST, "/{tenant}/.well-known/openid-configuration", self.configuration, anonymous=True),
            route("POST", _HOST, "/{tenant}/oauth2/v2.0/token", self.token, anonymous=True),
            route("POST", _HOST, "/{tenant}/oauth2/token", self.token, anonymous=True),
            route("PATCH", seed.GRAPH_HOST, "/v1.0/applications(appId='{client}')", self.change),
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
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
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
        if "client_assertion" in form:
            self._check_assertion(form)
        elif not hmac.compare_digest(form.get("client_secret", "").encode(), self._secret.encode()):
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

    def change(self, request: Request) -> Response:
        """Microsoft Graph: replace the application's certificates, as `az ad app credential` does.

        Source: learn.microsoft.com, "Update application", `keyCredentials`.
        """
        if request.values["client"].lower() != seed.BOT_CLIENT_ID:
            raise not_found("Application", request.values["client"])
        document = request.document()
        if set(document) != {"keyCredentials"}:
            raise not_implemented("changing anything of an application but keyCredentials")
        try:
            keys = [base64.b64decode(str(each["key"]), validate=True) for each in document["keyCredentials"]]
            self._certificates = tuple(x509.load_der_x509_certificate(key) for key in keys)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise bad_request(f"A key isn't a certificate as base64 of DER: {error}.") from error
        return Response(204)

    def _check_assertion(self, form: dict[str, str]) -> None:
        if form.get("client_assertion_type") != _ASSERTION:
            raise _refused(400, "invalid_request", 900144, f"The client assertion's type must be '{_ASSERTION}'.")
        assertion = form["client_assertion"]
        try:
            named = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError as error:
            raise _refused(401, "invalid_client", 50027, f"JWT token is invalid or malformed: {error}.") from error
        known = next((each for each in self._certificates if _is_named(each, named)), None)
        if known is None:
            message = (
                "A configuration issue is preventing authentication - check the error message from the server for "
                "details. The certificate with identifier used to sign the client assertion is not registered on "
                "application."
            )
            raise _refused(401, "invalid_client", 700027, message)
        try:
            jwt.decode(
                assertion,
                known.public_key(),  # type: ignore[arg-type]  # the kinds of key that jwt doesn't know it refuses
                algorithms=["RS256", "PS256"],
                audience=[f"https://{_HOST}/{seed.TENANT_ID}/oauth2/v2.0/token", f"https://{_HOST}/{seed.TENANT_ID}"],
                issuer=seed.BOT_CLIENT_ID,
                options={"require": ["exp", "sub", "jti"]},
            )
        except jwt.InvalidTokenError as error:
            message = f"Client assertion failed signature validation or isn't within its valid time range: {error}."
            raise _refused(401, "invalid_client", 700027, message) from error

    def _tenant(self, request: Request) -> str:
        tenant = request.values["tenant"]
        if tenant.lower() != seed.TENANT_ID:
            message = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            raise _refused(400, "invalid_tenant", 90002, message)
        return tenant


def _is_named(certificate: x509.Certificate, header: dict[str, Any]) -> bool:
    for name, kind in (("x5t", hashes.SHA1()), ("x5t#S256", hashes.SHA256())):  # noqa: S303 - a name, no protection
        if name in header:
            digest = base64.urlsafe_b64encode(certificate.fingerprint(kind)).decode().rstrip("=")
            return hmac.compare_digest(digest.encode(), str(header[name]).rstrip("=").encode())
    return False


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
