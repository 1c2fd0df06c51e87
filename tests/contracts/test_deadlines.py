"""No call to the workspace outlives its deadline, whatever the SDK does meanwhile."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLWorkspace
from bot.domain.errors import OutcomeUnknown, Unavailable
from bot.ports import Workspace
from tests.contracts.conftest import Sandbox, Specs
from tests.contracts.test_own_rights import NOT_CALLS, calls

DEADLINE = 1.0
START = 20.0  # a child is replaced after each call, on a busy machine


@pytest.fixture
def impatient(sandbox: Sandbox, tmp_path: Path) -> Iterator[AzureMLWorkspace]:
    """An adapter that goes on asking a service that is silent."""
    config = sandbox.config(tmp_path / "homes")
    adapter = AzureMLWorkspace(
        replace(config, readers=1, read_deadline=DEADLINE, submit_deadline=DEADLINE, outages=1000)
    )
    yield adapter
    sandbox.calm()
    adapter.close()


@pytest.fixture
def roles(sandbox: Sandbox, tmp_path: Path) -> Iterator[AzureRoles]:
    """The other port, whose look-ups have their deadlines tried in test_role_service."""
    service = AzureRoles(sandbox.config(tmp_path))
    yield service
    service.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_call_ends_in_time_while_the_service_hangs(
    impatient: AzureMLWorkspace, roles: AzureRoles, sandbox: Sandbox, specs: Specs
) -> None:
    sandbox.hold("", "/(history|execution|content|environment|rp|artifact|metric|model|asset|subscriptions)")
    made = calls(impatient, roles, specs, "aml-0123456789ab")
    names = {name for name in vars(Workspace) if not name.startswith("_")} - NOT_CALLS

    late, answered = {}, []
    for name in sorted(names):
        began = time.monotonic()
        with suppress(Unavailable, OutcomeUnknown):
            made[name]()
            answered.append(name)
        if (took := time.monotonic() - began) > DEADLINE + START:
            late[name] = took

    assert (answered, late) == ([], {})
