"""The front door: which hosts are served, who is let in, and what is said to the others."""

import socket
import time

import jwt
import pytest
import requests

from bot.sandbox.azureml import seed
from tests.sandbox.azureml.conftest import SandboxProcess, Sdk

EXPERIMENTS = f"/history/v1.0{seed.WORKSPACE_SCOPE}/experiments:query"


def test_the_sdk_signs_in_and_opens_the_workspace(sandbox: SandboxProcess, sdk: Sdk) -> None:
    assert sdk.open_workspace(seed.WORKSPACE, sandbox.info["client_secret"]) == "westeurope"


def test_another_workspace_is_not_found(sandbox: SandboxProcess) -> None:
    answer = sandbox.call("GET", seed.ARM_HOST, seed.WORKSPACE_SCOPE.replace(seed.WORKSPACE, "ws-other"))

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ResourceNotFound"


def test_a_wrong_secret_is_refused_as_entra_does(sandbox: SandboxProcess) -> None:
    answer = sandbox.sign_in("https://management.azure.com/.default", "wrong")

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.json()["error_description"].startswith("AADSTS7000215: ")


def forged(**changes: object) -> str:
    claims = {
        "aud": "https://management.azure.com",
        "oid": seed.BOT_OBJECT_ID,
        "tid": seed.TENANT_ID,
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims | changes, "another key that is long enough for HS256", algorithm="HS256")


@pytest.mark.parametrize("token", [None, "rubbish", forged(), forged(exp=1)], ids=["none", "rubbish", "foreign", "old"])
@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("GET", seed.ARM_HOST, "/subscriptions"),
        ("POST", seed.DATA_HOST, EXPERIMENTS),
        ("GET", seed.GRAPH_HOST, "/v1.0/users"),
        ("GET", seed.DATA_HOST, "/no/such/service"),
    ],
)
def test_a_token_that_is_not_ours_opens_nothing(
    sandbox: SandboxProcess, method: str, host: str, path: str, token: str | None
) -> None:
    answer = sandbox.call(method, host, path, token=token)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_token_for_another_service_is_refused(sandbox: SandboxProcess) -> None:
    for_graph = sandbox.token("https://graph.microsoft.com/.default")

    assert sandbox.call("GET", seed.ARM_HOST, "/subscriptions", for_graph).status_code == 401
    assert sandbox.call("GET", seed.GRAPH_HOST, "/v1.0/users", for_graph).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "pypi.org", "westeurope.api.azureml.ms.example.com", "127.0.0.1"])
def test_another_host_is_refused(sandbox: SandboxProcess, host: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        sandbox.call("GET", host, "/", token=None)


@pytest.mark.parametrize(
    "head",
    [
        "CONNECT management.azure.com:22 HTTP/1.1\r\nHost: management.azure.com:22\r\n\r\n",
        "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
    ],
    ids=["another port", "plain http"],
)
def test_the_proxy_is_for_tunnels_to_its_own_hosts(sandbox: SandboxProcess, head: str) -> None:
    port = int(sandbox.info["proxy"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(200).decode()

    assert answer.startswith("HTTP/1.1 403")


def test_a_tunnel_can_not_be_used_for_another_host(sandbox: SandboxProcess) -> None:
    answer = sandbox.call("GET", seed.ARM_HOST, "/subscriptions", headers={"Host": "graph.microsoft.com"})

    assert answer.status_code == 403


def test_what_is_missing_is_named(sandbox: SandboxProcess) -> None:
    answer = sandbox.call("POST", seed.DATA_HOST, f"/hyperdrive/v1.0{seed.WORKSPACE_SCOPE}/runs")

    assert answer.status_code == 501
    assert "hyperdrive" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/azureml/ExperimentRun/x", "/snapshots/x?sv=1&sp=rcw&se=2099-01-01T00:00:00Z&sig=0"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_blob_address_without_a_valid_signature_is_refused(sandbox: SandboxProcess, method: str, path: str) -> None:
    answer = sandbox.call(method, seed.BLOB_HOST, path, token=None)

    assert answer.status_code == 403
    assert answer.headers["x-ms-error-code"] == "AuthenticationFailed"


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("mail eq 'dana@example.com' or userPrincipalName eq 'dana@example.com'", ["Dana Diaz"]),
        ("mail eq 'gus@example.com'", []),
        ("mail eq 'DANA@example.com'", ["Dana Diaz"]),
    ],
)
def test_people_are_found_by_mail(sandbox: SandboxProcess, condition: str, names: list[str]) -> None:
    token = sandbox.token("https://graph.microsoft.com/.default")

    answer = sandbox.call("GET", seed.GRAPH_HOST, "/v1.0/users", token, params={"$filter": condition})

    assert [person["displayName"] for person in answer.json()["value"]] == names


def test_the_control_api_needs_its_own_token(sandbox: SandboxProcess) -> None:
    answer = requests.get(
        f"{sandbox.info['control']}/runs", headers={"Authorization": f"Bearer {sandbox.token()}"}, timeout=10
    )

    assert answer.status_code == 401
