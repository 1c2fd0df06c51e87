"""Access tokens and the signatures of blob addresses: issued here, and verified at every use."""

import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import jwt

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.errors import ServiceError
from bot.sandbox.azureml.wire import Caller, Request

ARM_AUDIENCES: Final = ("https://management.azure.com", "https://management.core.windows.net")
DATA_AUDIENCES: Final = (*ARM_AUDIENCES, "https://ml.azure.com")
GRAPH_AUDIENCES: Final = ("https://graph.microsoft.com",)
RUN_AUDIENCE: Final = "urn:aml-sandbox:run"
LIFETIME: Final = 3600
RUN_LIFETIME: Final = 12 * 3600
_SAS_LIFETIME: Final = 6 * 3600
_ALGORITHM: Final = "HS256"


class Tokens:
    """Signs with a key of the state directory, so tokens of another sandbox are refused."""

    def __init__(self, key: str) -> None:
        self._key = key

    def issue(self, audience: str, *, lifetime: int = LIFETIME) -> str:
        """An access token of the bot's service principal for `audience`."""
        claims = {"aud": audience, "appid": seed.BOT_CLIENT_ID, "oid": seed.BOT_OBJECT_ID, "idtyp": "app"}
        return self._sign(claims, lifetime)

    def issue_for_run(self, run_id: str) -> tuple[str, int]:
        """The token that a training script gets, and its expiry in epoch seconds."""
        claims = {"aud": RUN_AUDIENCE, "oid": seed.BOT_OBJECT_ID, "run_id": run_id}
        return self._sign(claims, RUN_LIFETIME), int(time.time()) + RUN_LIFETIME

    def _sign(self, claims: dict[str, Any], lifetime: int) -> str:
        issued = int(time.time())
        standard = {
            "iss": f"https://sts.windows.net/{seed.TENANT_ID}/",
            "tid": seed.TENANT_ID,
            "iat": issued,
            "nbf": issued,
            "exp": issued + lifetime,
        }
        return jwt.encode(standard | claims, self._key, algorithm=_ALGORITHM)

    def caller(self, request: Request, audiences: tuple[str, ...]) -> Caller:
        """Who the request's bearer token says it is from.

        Raises:
            ServiceError: 401: no token, not ours, expired, or for another service.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("The request has no bearer token.")
        try:
            claims = jwt.decode(
                token.strip(),
                self._key,
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "tid", "oid", "aud"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise _unauthorized("The access token has expired.") from error
        except jwt.InvalidTokenError as error:
            raise _unauthorized("The access token is not valid: its signature or its claims are wrong.") from error
        audience = str(claims["aud"]).rstrip("/")
        if audience == RUN_AUDIENCE and audiences == DATA_AUDIENCES:
            return Caller(str(claims["oid"]), f"run {claims['run_id']}", str(claims["run_id"]))
        if audience not in audiences:
            raise _unauthorized(f"The access token is for '{audience}', not for this service.")
        return Caller(str(claims["oid"]), seed.BOT_NAME)

    def blob_url(self, name: str, permissions: str) -> str:
        """The address of a blob (`container/path`) with a signature for `permissions` (of "rcw")."""
        expiry = datetime.fromtimestamp(int(time.time()) + _SAS_LIFETIME, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"sv": "2021-08-06", "sr": "b", "sp": permissions, "se": expiry}
        query["sig"] = self._signature(name, permissions, expiry)
        return f"https://{seed.BLOB_HOST}/{quote(name)}?{urlencode(query)}"

    def blob_permissions(self, name: str, query: dict[str, str]) -> str:
        """What a blob address allows; empty when its signature is wrong or its time is over."""
        permissions, expiry = query.get("sp", ""), query.get("se", "")
        if not hmac.compare_digest(query.get("sig", "").encode(), self._signature(name, permissions, expiry).encode()):
            return ""
        return permissions if datetime.fromisoformat(expiry) > datetime.now(UTC) else ""

    def _signature(self, name: str, permissions: str, expiry: str) -> str:
        text = f"{name}\n{permissions}\n{expiry}"
        return hmac.new(self._key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _unauthorized(message: str) -> ServiceError:
    return ServiceError(
        401,
        "InvalidAuthenticationToken",
        message,
        headers=(("WWW-Authenticate", f'Bearer authorization_uri="https://{seed.LOGIN_HOST}/{seed.TENANT_ID}"'),),
    )
