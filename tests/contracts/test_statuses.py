"""The statuses of runs, as the SDK knows them."""

from typing import Any

import pytest

from bot.domain.runs import RunStatus

# Named by the reference of `Run.get_status`, in the order in which runs go through them.
DOCUMENTED = (
    "NotStarted", "Starting", "Provisioning", "Preparing", "Queued", "Running", "Finalizing", "CancelRequested",
    "Completed", "Failed", "Canceled", "NotResponding",
)  # fmt: skip


@pytest.fixture(scope="module")
def sdk() -> Any:
    """The SDK's own list."""
    from azureml._restclient import constants

    return constants.RunStatus


@pytest.mark.parametrize("name", DOCUMENTED)
def test_each_of_the_twelve_is_known_by_its_name(name: str, sdk: Any) -> None:
    assert RunStatus.of(name).value == name
    assert name in sdk.list()


def test_we_know_no_other_ones_and_agree_on_which_are_final(sdk: Any) -> None:
    ours = set(RunStatus) - {RunStatus.UNKNOWN}
    going_on = {*sdk.get_running_statuses(), *sdk.get_post_processing_statuses()}

    assert {status.value for status in ours} == set(DOCUMENTED)
    assert {status.value for status in ours if not status.is_final} <= going_on
    assert not {status.value for status in ours if status.is_final} & going_on


def test_a_word_that_nobody_told_us_is_unknown_and_not_an_end() -> None:
    assert RunStatus.of("Paused") is RunStatus.UNKNOWN
    assert RunStatus.of("completed") is RunStatus.UNKNOWN
    assert not RunStatus.UNKNOWN.is_final
