"""The children behind `AzureMLWorkspace`: deadlines that hold, kills that lose nothing, secrets that stay inside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace, ServicePrincipal, wire
from bot.adapters.azureml.child import judged
from bot.adapters.azureml.translation import Refused
from bot.domain.errors import BotError, OutcomeUnknown, Unavailable
from tests.contracts.conftest import Sandbox, Specs, until

SUBMISSION = "/snapshotrun$"
COMPUTES = "/computes$"
IMPATIENT = 5.0

PARENT = """
import json, sys
from pathlib import Path
from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace, ServicePrincipal

given = json.loads(sys.stdin.readline())
given["sign_in"] = ServicePrincipal(**given["sign_in"])
given["home"] = Path(given["home"])
workspace = AzureMLWorkspace(AzureMLConfig(**given))
targets = workspace.list_compute_targets()
print(json.dumps({"targets": targets, "modules": sorted(sys.modules)}), flush=True)
workspace.list_environments()
"""


def children(of: int | None = None) -> set[int]:
    """The adapter's children of a process (this one for None), as the kernel lists them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == (of or os.getpid()) and b"bot.adapters.azureml.child" in command:
            found.add(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie doesn't)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> AzureMLConfig:
    """An adapter's configuration with one reader; patient, so that a busy machine changes nothing."""
    return replace(sandbox.config(tmp_path / "homes"), readers=1, read_deadline=60.0, submit_deadline=60.0)


@pytest.fixture
def before() -> set[int]:
    """Children that were there before the test: the shared adapter's."""
    return children()


@pytest.fixture
def impatient(before: set[int], config: AzureMLConfig, sandbox: Sandbox) -> Iterator[AzureMLWorkspace]:
    """As `workspace`, with deadlines that a test can wait for."""
    adapter = AzureMLWorkspace(replace(config, read_deadline=IMPATIENT, submit_deadline=IMPATIENT))
    yield adapter
    sandbox.calm()
    adapter.close()
    until(lambda: not children() - before)


@pytest.fixture
def workspace(before: set[int], config: AzureMLConfig, sandbox: Sandbox) -> Iterator[AzureMLWorkspace]:
    """An adapter of the test's own, whose children may be harmed."""
    adapter = AzureMLWorkspace(config)
    yield adapter
    sandbox.calm()
    adapter.close()
    until(lambda: not children() - before)


@pytest.fixture
def caller() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.mark.slow
def test_a_submit_cut_off_at_its_deadline_is_unknown_and_settled_by_a_look_up(
    impatient: AzureMLWorkspace, before: set[int], sandbox: Sandbox, specs: Specs, caller: ThreadPoolExecutor
) -> None:
    spec = specs("fail.py")
    impatient.list_compute_targets()
    sandbox.hold("POST", SUBMISSION, when="after")

    submitting = caller.submit(impatient.submit, spec)
    until(sandbox.held)
    read_meanwhile = impatient.list_compute_targets()
    late = children() - before
    with pytest.raises(OutcomeUnknown):
        submitting.result(60)

    assert read_meanwhile
    assert len(children() - before) == len(late) - 1
    sandbox.calm()
    found = impatient.find_run(spec.run_id)
    assert found
    again = impatient.submit(spec)
    assert again.id == found.id == spec.run_id
    assert again.submitted_by == "U1"
    assert len(sandbox.runs(spec.run_id)) == 1


@pytest.mark.slow
def test_a_submit_that_was_late_before_it_asked_for_anything_is_not_unknown(
    impatient: AzureMLWorkspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs("fail.py")
    sandbox.hold("GET", "/environments/demo-env")

    with pytest.raises(Unavailable):
        impatient.submit(spec)

    assert sandbox.runs(spec.run_id) == []


@pytest.mark.slow
def test_a_child_killed_in_a_submit_leaves_the_outcome_unknown(
    workspace: AzureMLWorkspace, before: set[int], sandbox: Sandbox, specs: Specs, caller: ThreadPoolExecutor
) -> None:
    spec = specs("fail.py")
    sandbox.hold("POST", SUBMISSION, when="after")
    submitting = caller.submit(workspace.submit, spec)
    until(sandbox.held)

    for child in children() - before:
        os.kill(child, signal.SIGKILL)
    with pytest.raises(OutcomeUnknown):
        submitting.result(60)
    sandbox.calm()

    assert workspace.submit(spec).id == spec.run_id
    assert len(sandbox.runs(spec.run_id)) == 1


@pytest.mark.slow
def test_a_child_killed_in_a_read_is_replaced_and_the_answer_comes(
    workspace: AzureMLWorkspace, before: set[int], sandbox: Sandbox, caller: ThreadPoolExecutor
) -> None:
    sandbox.hold("GET", COMPUTES)
    reading = caller.submit(workspace.list_compute_targets)
    until(sandbox.held)
    (first,) = children() - before

    os.kill(first, signal.SIGKILL)
    sandbox.calm()

    assert reading.result(60) == ("cpu-cluster", "gpu-cluster")
    assert first not in children()


@pytest.mark.slow
def test_an_idle_child_that_died_is_replaced_unnoticed(workspace: AzureMLWorkspace, before: set[int]) -> None:
    workspace.list_compute_targets()
    (first,) = children() - before
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))

    assert workspace.list_compute_targets()


@pytest.mark.slow
def test_a_late_read_is_unavailable_and_those_who_waited_for_it_are_told(
    impatient: AzureMLWorkspace, before: set[int], sandbox: Sandbox, caller: ThreadPoolExecutor
) -> None:
    impatient.list_compute_targets()
    (late,) = children() - before
    sandbox.hold("GET", COMPUTES)
    began = time.monotonic()
    first = caller.submit(impatient.list_compute_targets)
    until(sandbox.held)
    os.kill(late, signal.SIGSTOP)
    second = caller.submit(impatient.list_compute_targets)

    for reading in (first, second):
        with pytest.raises(Unavailable):
            reading.result(60)

    assert time.monotonic() - began < 2 * IMPATIENT + 15
    assert not alive(late)


def test_a_wrong_secret_is_told_without_the_secret(config: AzureMLConfig, specs: Specs) -> None:
    assert isinstance(config.sign_in, ServicePrincipal)
    wrong = replace(config.sign_in, client_secret="not-the-secret-4711")
    workspace = AzureMLWorkspace(replace(config, sign_in=wrong))

    refusals: list[BotError] = []
    with capture_logs() as logged:
        asks: tuple[Callable[[], object], ...] = (workspace.list_environments, lambda: workspace.submit(specs()))
        for ask in asks:
            with pytest.raises(Unavailable, match="AADSTS7000215") as refused:
                ask()
            refusals.append(refused.value)
        workspace.close()

    told = [refusal.user_message + refusal.detail for refusal in refusals]
    assert "4711" not in repr(told) + repr(logged) + repr(wrong)


def test_a_wrong_workspace_name_is_told_with_the_names(config: AzureMLConfig) -> None:
    workspace = AzureMLWorkspace(replace(config, workspace="ws-typo"))

    asks: tuple[Callable[[], object], ...] = (
        workspace.list_environments,
        # Not "there is no such run", be it the first thing that is asked or a later one.
        lambda: workspace.find_run("aml-1"),
        lambda: workspace.cancel("aml-1"),
        lambda: workspace.log_tail("aml-1", 5),
    )
    for ask in reversed(asks):
        with pytest.raises(Unavailable, match=r"“ws-typo”.*“rg-sandbox”.*administrator"):
            ask()

    workspace.close()


def test_silence_after_the_effect_is_never_called_nothing_done() -> None:
    silence, refusal = Unavailable("silence", detail="status 503"), Refused("refusal")

    told = judged(silence, begun=True)

    assert isinstance(told, OutcomeUnknown)
    assert told.detail == "status 503"
    assert judged(silence, begun=False) is silence
    assert judged(refusal, begun=True) is refusal
    assert type(wire.error_from_wire(wire.error_to_wire(refusal))) is Unavailable


def test_children_get_neither_the_bots_tokens_nor_the_secret_in_the_open(
    config: AzureMLConfig, before: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(config.sign_in, ServicePrincipal)
    monkeypatch.chdir(config.home.parent)
    secret = config.sign_in.client_secret
    config = replace(config, home=Path(config.home.name), ca_bundle=os.path.relpath(config.ca_bundle))
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-in-the-environment")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "in-the-environment-too")
    workspace = AzureMLWorkspace(config)
    workspace.list_compute_targets()
    (child,) = children() - before

    seen = Path(f"/proc/{child}/environ").read_bytes() + Path(f"/proc/{child}/cmdline").read_bytes()
    workspace.close()

    assert b"in-the-environment" not in seen
    assert secret.encode() not in seen
    assert f"HOME={config.home.absolute()}/read-1".encode() in seen.split(b"\0")
    assert config.home.stat().st_mode & 0o777 == 0o700


def test_the_parent_never_imports_the_sdk_and_its_children_die_with_it(config: AzureMLConfig, sandbox: Sandbox) -> None:
    sandbox.hold("GET", "/environments/$")
    given: dict[str, Any] = {**asdict(config), "home": str(config.home), "read_deadline": 60.0}
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdin
            assert parent.stdout
            parent.stdin.write(json.dumps(given).encode() + b"\n")
            parent.stdin.flush()
            said = json.loads(next(line for line in iter(parent.stdout.readline, b"") if line.startswith(b"{")))
            until(sandbox.held)
            busy = children(parent.pid)
        finally:
            parent.kill()

    assert said["targets"] == ["cpu-cluster", "gpu-cluster"]
    assert [name for name in said["modules"] if name.split(".")[0] in {"azureml", "azure", "msal", "msrest"}] == []
    assert busy
    until(lambda: not any(alive(child) for child in busy))


def test_closing_ends_the_children_and_refuses_what_comes_later(
    config: AzureMLConfig, before: set[int], sandbox: Sandbox, caller: ThreadPoolExecutor
) -> None:
    workspace = AzureMLWorkspace(config)
    sandbox.hold("GET", COMPUTES)
    reading = caller.submit(workspace.list_compute_targets)
    until(sandbox.held)

    workspace.close()

    with pytest.raises(Unavailable):
        reading.result(30)
    with pytest.raises(Unavailable):
        workspace.list_compute_targets()
    assert children() - before == set()


def test_many_callers_share_the_children(
    workspace: AzureMLWorkspace, before: set[int], caller: ThreadPoolExecutor
) -> None:
    answers = list(caller.map(lambda _: workspace.list_compute_targets(), range(24)))

    assert set(answers) == {("cpu-cluster", "gpu-cluster")}
    assert len(children() - before) == 1


def test_nothing_is_started_before_the_first_call(config: AzureMLConfig, before: set[int]) -> None:
    workspace = AzureMLWorkspace(config)

    assert children() == before
    assert not config.home.exists()
    workspace.close()


def test_a_client_that_cannot_start_is_told(config: AzureMLConfig) -> None:
    workspace = AzureMLWorkspace(replace(config, start_deadline=0.01))

    with pytest.raises(Unavailable, match="didn't start"):
        workspace.list_compute_targets()

    workspace.close()
