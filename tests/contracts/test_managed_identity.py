"""Signing in as the machine's own identity: its token comes from an endpoint beside the bot."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLWorkspace, ManagedIdentity
from bot.domain.errors import Unavailable
from tests.contracts.conftest import Sandbox

CLIENT = "00000000-0000-4000-8000-0000000000c9"


@contextmanager
def endpoint(sandbox: Sandbox) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """The machine's token endpoint, which hands out tokens of the sandbox's service principal: the variables that name
    it, and what it was asked."""
    seen: list[dict[str, str]] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, form: str) -> None:
            seen.append({name: values[0] for name, values in parse_qs(form).items()})
            body = json.dumps(_token(sandbox)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}/token"
        yield {"MSI_ENDPOINT": where, "MSI_SECRET": "of-the-machine"}, seen
        server.shutdown()


@pytest.fixture
def asked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """What the machine's token endpoint was asked, which is there for this process."""
    with endpoint(sandbox) as (variables, seen):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield seen


def _token(sandbox: Sandbox) -> dict[str, Any]:
    ready = sandbox.ready
    response = requests.post(
        f"https://login.microsoftonline.com/{ready['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "scope": "https://management.azure.com/.default",
        },
        proxies={"https": ready["proxy"]},
        verify=ready["ca_bundle"],
        timeout=10,
    )
    response.raise_for_status()
    return {"access_token": response.json()["access_token"], "expires_on": "4102444800", "token_type": "Bearer"}


@pytest.mark.slow
def test_the_workspace_is_reached_as_the_machines_identity(
    sandbox: Sandbox, asked: list[dict[str, str]], tmp_path: Path
) -> None:
    workspace = AzureMLWorkspace(replace(sandbox.config(tmp_path), sign_in=ManagedIdentity(CLIENT), readers=1))

    targets = workspace.list_compute_targets()
    workspace.close()

    assert targets == ("cpu-cluster", "gpu-cluster")
    assert {request.get("client_id") for request in asked} == {CLIENT}


def test_roles_are_read_as_the_machines_identity(sandbox: Sandbox, asked: list[dict[str, str]], tmp_path: Path) -> None:
    roles = AzureRoles(replace(sandbox.config(tmp_path), sign_in=ManagedIdentity(CLIENT)))

    found = roles.definitions()
    roles.close()

    assert "Reader" in {definition.name for definition in found}
    assert asked[0]["clientid"] == CLIENT


@pytest.mark.slow
def test_a_machine_without_an_identity_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MSI_ENDPOINT", "http://127.0.0.1:9/token")
    monkeypatch.setenv("MSI_SECRET", "of-the-machine")
    config = replace(sandbox.config(tmp_path), sign_in=ManagedIdentity(), readers=1)
    roles, workspace = AzureRoles(config), AzureMLWorkspace(config)

    for ask in (roles.definitions, workspace.list_compute_targets):
        with pytest.raises(Unavailable):
            ask()
    roles.close()
    workspace.close()
