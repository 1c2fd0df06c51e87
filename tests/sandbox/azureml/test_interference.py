"""Trouble on request: what it looks like on the wire, and that it can be repeated."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.interference import fault_of, span
from tests.sandbox.azureml.conftest import SandboxProcess

QUERY = f"/history/v1.0{seed.WORKSPACE_SCOPE}/experiments:query"


@pytest.fixture
def quiet(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    yield sandbox
    sandbox.control("DELETE", "faults")
    sandbox.control("DELETE", "latency")


def ask(sandbox: SandboxProcess, token: str) -> requests.Response:
    return sandbox.call("POST", seed.DATA_HOST, QUERY, token, json={})


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("401", "InvalidAuthenticationToken"),
        ("403", "AuthorizationFailed"),
        ("404", "NotFound"),
        ("409", "Conflict"),
        ("429", "TooManyRequests"),
        ("503", "ServiceUnavailable"),
    ],
)
def test_a_status_comes_with_the_body_that_azure_gives_it(quiet: SandboxProcess, kind: str, code: str) -> None:
    token = quiet.token()
    quiet.control("POST", "faults", {"fail": f"POST experiments:query$={kind}:1"})

    answer = ask(quiet, token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (int(kind), code)
    assert ("Retry-After" in answer.headers) is (kind == "429")
    assert ask(quiet, token).status_code == 200


def test_storage_and_sign_in_fail_in_their_own_shapes(quiet: SandboxProcess) -> None:
    quiet.control("POST", "faults", {"fail": "/=5xx"})

    storage = quiet.call("GET", seed.BLOB_HOST, "/azureml/x", token=None)
    sign_in = quiet.sign_in("https://management.azure.com/.default", "x")

    assert storage.status_code in {500, 502, 503, 504}
    assert storage.text.endswith("</Error>")
    assert isinstance(sign_in.json()["error"], str)


def test_a_broken_answer_ends_before_its_announced_length(quiet: SandboxProcess) -> None:
    token = quiet.token()
    quiet.control("POST", "faults", {"fail": "experiments:query$=broken"})

    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        ask(quiet, token)


@pytest.mark.parametrize(("kind", "done"), [("drop", False), ("lost", True)])
def test_a_dropped_request_did_nothing_and_a_lost_answer_comes_after_the_deed(
    quiet: SandboxProcess, kind: str, done: bool
) -> None:
    token = quiet.token()
    path = f"/history/v1.0{seed.WORKSPACE_SCOPE}/experiments/fault-{kind}"
    quiet.control("POST", "faults", {"fail": f"POST experiments/fault-{kind}$={kind}"})

    with pytest.raises(requests.exceptions.ConnectionError):
        quiet.call("POST", seed.DATA_HOST, path, token)

    assert (quiet.call("GET", seed.DATA_HOST, path, token).status_code == 200) is done


def test_every_request_waits_while_there_is_latency(quiet: SandboxProcess) -> None:
    token = quiet.token()
    quiet.control("POST", "latency", {"seconds": "0.3-0.4"})

    assert ask(quiet, token).elapsed.total_seconds() >= 0.3


@pytest.mark.slow
def test_the_same_seed_takes_the_same_course(start: Callable[..., SandboxProcess], tmp_path: Any) -> None:
    courses = []
    for number, chosen in enumerate(("7", "7", "8")):
        sandbox = start(
            "--unconfined", "--seed", chosen, "--fail", "experiments:query$=5xx:0.5", state=tmp_path / str(number)
        )
        token = sandbox.token()
        courses.append([ask(sandbox, token).status_code for _ in range(20)])

    assert courses[0] == courses[1] != courses[2]
    assert {200} < set(courses[0])


@pytest.mark.parametrize("text", ["x", "x=200", "x=429:", "x=oops", "[=429", "=429", "x=5xx:1:2"])
def test_a_fault_that_can_not_be_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        fault_of(text)


def test_the_words_of_a_fault() -> None:
    assert fault_of("POST /a=b/=429:2") == {"path": "/a=b/", "method": "POST", "times": 2, "status": "429"}
    assert fault_of("runs=lost:.25") == {"path": "runs", "method": None, "probability": 0.25, "drop_response": True}
    assert (span("0.2-1.5"), span("2")) == ((0.2, 1.5), (2.0, 2.0))
