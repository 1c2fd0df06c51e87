"""Refusals, in the body shape that the clients of each host can read."""

import json
from datetime import UTC, datetime
from typing import Any


class ServiceError(Exception):
    """An answer other than success.

    `code` and `message` go into the error body that Azure Resource Manager, the Azure ML data plane and Microsoft Graph
    have in common; `body` replaces it for the hosts that answer in another shape (sign-in, blob storage).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json; charset=utf-8",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.content_type, self.headers = content_type, headers
        self._body = body

    @property
    def body(self) -> bytes:
        if self._body is not None:
            return self._body
        return json.dumps(error_document(self.code, self.message)).encode()


def error_document(code: str, message: str) -> dict[str, Any]:
    """The error object of the Azure ML services, as the SDK parses it."""
    return {
        "error": {"code": code, "message": message, "details": []},
        "correlation": {},
        "environment": "sandbox",
        "location": "westeurope",
        "time": datetime.now(UTC).isoformat(),
    }


def not_found(what: str, name: str) -> ServiceError:
    return ServiceError(404, f"{what.replace(' ', '')}NotFound", f"{what} '{name}' was not found.")


def bad_request(message: str) -> ServiceError:
    return ServiceError(400, "UserError", message)


def not_implemented(what: str) -> ServiceError:
    """501, so that nobody takes the sandbox's gap for the service's answer."""
    return ServiceError(501, "NotImplemented", f"The sandbox doesn't have this: {what}.")
