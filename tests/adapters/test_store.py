"""The tables, on a database of their own."""

from pathlib import Path

import pytest

from bot.adapters.database import open_database, open_state
from bot.adapters.store import AuditTable
from bot.domain.audit import AuditEntry, Phase


def _entry(result: str, reason: str = "") -> AuditEntry:
    return AuditEntry(
        key="c:1",
        phase=Phase.DECISION,
        command="submit",
        team="T1",
        user="U1",
        object_id="o1",
        channel="C1",
        action="a/submit/action",
        scope="/s",
        result=result,
        reason=reason,
    )


@pytest.fixture
def audit(tmp_path: Path) -> AuditTable:
    """An empty audit."""
    return AuditTable(open_database(open_state(tmp_path / "state")))


def test_a_job_that_runs_again_adds_no_second_row_that_says_the_same(audit: AuditTable) -> None:
    audit.write(_entry("allowed"))
    audit.write(_entry("allowed"))

    assert [row["result"] for row in audit.latest(10)] == ["allowed"]


def test_a_second_try_that_comes_out_differently_is_not_hidden_by_the_first(audit: AuditTable) -> None:
    audit.write(_entry("refused", "look-up failed"))
    audit.write(_entry("allowed", "role Owner"))

    assert [row["result"] for row in audit.latest(10)] == ["refused", "allowed"]
