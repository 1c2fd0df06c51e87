"""A workspace that has stopped answering is left alone for a while."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.azureml import AzureMLWorkspace
from bot.adapters.azureml.breaker import Breaker
from bot.domain.errors import BotError, NotFound, Unavailable
from tests.contracts.conftest import Sandbox, until

COMPUTES = "/computes$"
OUTAGES = 3
PAUSE = 1.0


@pytest.fixture
def workspace(sandbox: Sandbox, tmp_path: Path) -> Iterator[AzureMLWorkspace]:
    """An adapter of the test's own that gives up soon."""
    config = replace(sandbox.config(tmp_path / "homes"), readers=1, outages=OUTAGES, pause=PAUSE)
    adapter = AzureMLWorkspace(config)
    yield adapter
    adapter.close()


def asked(sandbox: Sandbox) -> int:
    """How often the sandbox was asked for the compute targets."""
    return sum(request["path"].endswith("/computes") for request in sandbox.requests())


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(BotError) as error:
        ask()
    return error.value.user_message


def test_after_some_outages_people_are_told_at_once_and_an_answer_ends_it(
    workspace: AzureMLWorkspace, sandbox: Sandbox
) -> None:
    workspace.list_compute_targets()
    sandbox.fault(path=COMPUTES, status=503)
    told = [refused(workspace.list_compute_targets) for _ in range(OUTAGES)]
    before = asked(sandbox)

    at_once = refused(workspace.list_environments)

    assert "doesn't answer" in told[-1]
    assert "hasn't answered since" in at_once
    assert "I try again in 1 second;" in at_once
    assert asked(sandbox) == before
    sandbox.calm()
    assert until(lambda: _answer(workspace)) == ("cpu-cluster", "gpu-cluster")


def _answer(workspace: AzureMLWorkspace) -> tuple[str, ...]:
    try:
        return workspace.list_compute_targets()
    except Unavailable:
        return ()


def test_what_the_service_says_of_requests_never_opens_it(workspace: AzureMLWorkspace, sandbox: Sandbox) -> None:
    for status in (400, 401, 403, 404, 409, 429):
        sandbox.fault(path=COMPUTES, status=status)
        told = [refused(workspace.list_compute_targets) for _ in range(OUTAGES)]
        sandbox.calm()

        assert "hasn't answered since" not in " ".join(told)


def test_a_dropped_connection_and_a_broken_body_are_told_and_nothing_sticks(
    workspace: AzureMLWorkspace, sandbox: Sandbox
) -> None:
    for fault in ({"drop": True}, {"status": 200, "body": "{broken"}):
        sandbox.fault(path=COMPUTES, **fault)
        assert "nothing was done" in refused(workspace.list_compute_targets)
        sandbox.calm()

    assert workspace.list_compute_targets() == ("cpu-cluster", "gpu-cluster")


@dataclass(slots=True)
class Clock:
    """Time that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def breaker(clock: Clock) -> Breaker:
    return Breaker(2, 10.0, monotonic=clock, now=lambda: datetime(2026, 1, 2, 9, 5, tzinfo=UTC))


def test_a_pause_doubles_with_each_probe_that_fails_and_one_answer_forgets_it() -> None:
    clock = Clock()
    circuit = breaker(clock)
    circuit.silent()
    circuit.admit()
    circuit.silent()

    assert "hasn't answered since 09:05 UTC, so nothing was done. I try again in 10 seconds;" in refused(circuit.admit)
    clock.seconds = 10.0
    circuit.admit()
    assert "I am trying again now" in refused(circuit.admit)
    circuit.silent()
    clock.seconds = 29.0
    assert "in 1 second;" in refused(circuit.admit)
    clock.seconds = 30.0
    circuit.admit()
    circuit.answered()
    circuit.admit()
    circuit.admit()
    circuit.silent()
    circuit.admit()


def test_the_pause_has_a_bound_and_late_failures_of_old_calls_do_not_make_it_longer() -> None:
    clock = Clock()
    circuit = breaker(clock)
    for _ in range(7):
        circuit.silent()
    assert "in 10 seconds" in refused(circuit.admit)

    for _ in range(9):
        clock.seconds += 121
        circuit.admit()
        circuit.silent()

    assert "in 2 minutes" in refused(circuit.admit)


def test_a_probe_that_never_reached_the_service_leaves_room_for_the_next() -> None:
    clock = Clock()
    circuit = breaker(clock)
    circuit.silent()
    circuit.silent()
    clock.seconds = 10.0
    circuit.admit()

    circuit.undecided()

    circuit.admit()
    circuit.answered()
    circuit.admit()


def test_an_answer_that_says_no_ends_an_outage(workspace: AzureMLWorkspace, sandbox: Sandbox) -> None:
    sandbox.fault(path="/history/", status=500)
    for _ in range(OUTAGES):
        refused(lambda: workspace.find_run("aml-nobody"))
    sandbox.calm()

    def not_found() -> bool:
        try:
            workspace.cancel("aml-nobody")
        except NotFound:
            return True
        except Unavailable:
            return False
        return False

    assert until(not_found)
    assert workspace.list_compute_targets()
