"""Which run somebody means who names none."""

import pytest

from bot.domain.errors import InvalidRequest
from bot.domain.runs import ANY_RUN, Run, RunFilter, RunStatus
from bot.services.finding import run_meant
from tests.services.fakes import ADA
from tests.services.workspace import FakeWorkspace

RUN = Run("aml-0123456789ab", "demo", RunStatus.RUNNING)


class OfAda(FakeWorkspace):
    """A workspace whose one run is Ada's."""

    def list_runs(self, limit: int, wanted: RunFilter = ANY_RUN) -> tuple[Run, ...]:
        return (self.run,) if wanted.submitted_by in {None, "", f"{ADA.team}/{ADA.user}"} else ()


def test_without_a_name_it_is_one_s_own_latest_run() -> None:
    assert run_meant(OfAda(RUN), "", ADA) == RUN


def test_who_started_none_is_told_how_to_name_one() -> None:
    bob = type(ADA)(ADA.team, "UBOB", ADA.channel, "c:2")

    with pytest.raises(InvalidRequest, match="I know of no run that you started"):
        run_meant(OfAda(RUN), "", bob)
