"""What the SDK leaves behind is cleared away: the benchmark `tests.bench.azure_leaks`, in small."""

from pathlib import Path

import pytest

from tests.bench import azure
from tests.bench.azure_leaks import measured
from tests.contracts.conftest import Sandbox


@pytest.mark.slow
def test_submits_and_cancels_leave_no_threads_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    config = azure.config(sandbox.ready, tmp_path / "home")

    rows = [process for _, process in measured(config, azure.project(tmp_path / "project"), submits=20, cancels=10)]

    assert len(rows) > 5
    assert max(row.threads for row in rows[1:]) == rows[1].threads
    assert rows[-1].rss - rows[0].rss < 20
