"""Azure Resource Manager's role documents, given to `AzureRoles` where its HTTP would go out.

All that reads an answer is real (msal, azure-core, the management client); thousands of answers need no network.
"""

import io
import json
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLConfig, ServicePrincipal
from bot.domain.access import Access

GUID = "5c1c4ef7-1f4c-4c43-9f3a-6b0a4a4f9a11"
_LOGIN = f"https://login.microsoftonline.com/{GUID}"


class _Answers(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(self._body(str(request.url)).encode()),
            headers={"Content-Type": "application/json"},
            status=200,
            preload_content=False,
        )
        return self.build_response(request, raw)

    def _body(self, url: str) -> str:
        if "openid-configuration" in url:
            ends = {f"{name}_endpoint": f"{_LOGIN}/{name}" for name in ("authorization", "token")}
            return json.dumps(ends | {"issuer": f"{_LOGIN}/v2.0"})
        if url.startswith(_LOGIN):
            return json.dumps({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
        kind = url.partition("?")[0].rpartition("/")[2]
        if kind == "denyAssignments" and "assignedTo" in url:
            kind = "denyAssignmentsOfPrincipal"
        body = self.bodies[kind]
        return body if isinstance(body, str) else json.dumps(body)


class RoleDocuments:
    """`AzureRoles` at a workspace, with the answers that a test gives it."""

    def __init__(self) -> None:
        config = AzureMLConfig(
            subscription_id=GUID,
            resource_group="rg-team",
            workspace="ml-team",
            sign_in=ServicePrincipal(GUID, GUID, "a-secret"),
            proxy="",
            ca_bundle="",
            home=Path("unused"),
        )
        self.roles = AzureRoles(config)
        self._answers = _Answers()
        self.roles._session.mount("https://", self._answers)

    def answer(self, object_id: str, **bodies: Any) -> tuple[Any, ...]:
        """Assignments, definitions and denials of a principal, read from `bodies` (JSON by kind of list)."""
        self._answers.bodies = bodies
        return self.roles.assignments_of(object_id), self.roles.definitions(), self.roles.denials(object_id)

    def access(self, object_id: str, **bodies: Any) -> Access:
        """Everything the service says of a principal when it answers with `bodies`."""
        return Access(object_id, self.roles.scope, *self.answer(object_id, **bodies))
