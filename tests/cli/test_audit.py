"""`aml-bot audit`: what an administrator reads, keeps and checks."""

import json
import sqlite3

import pytest

from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.database import open_database, open_state
from bot.domain.audit import AuditEntry, Phase
from tests.cli.conftest import GUID, Configuration


@pytest.fixture
def audited(configuration: Configuration) -> Configuration:
    """A configuration whose bot has decided a few things."""
    engine = open_database(open_state(configuration.state))
    audit = AuditTable(engine, audit_key(configuration.state / "audit.key", engine))
    for number, (command, user, result, reason) in enumerate(
        (
            ("submit", "U1", "allowed", "role Owner at /s"),
            ("submit", "U2", "refused", "no role\nallows it\t\x1b[31mred\x1b[0m"),
            ("cancel", "U1", "allowed", "role Owner at /s"),
        )
    ):
        audit.write(
            AuditEntry(
                key=f"c:{number}",
                phase=Phase.DECISION,
                command=command,
                team="T1",
                user=user,
                object_id=GUID,
                channel="C1",
                action="a/b/action",
                scope="/s",
                result=result,
                reason=reason,
                reference=f"REF{number}",
            )
        )
    return configuration


@pytest.mark.slow
def test_rows_are_listed_as_a_table_as_columns_and_as_json(audited: Configuration) -> None:
    table = audited.run("audit", "list")
    tsv = audited.run("audit", "list", "--format", "tsv")
    as_json = audited.run("audit", "list", "--format", "json", "--last", "2")

    assert len(table.out.splitlines()) == 4
    assert [line.split()[2] for line in table.out.splitlines()[1:]] == ["REF0", "REF1", "REF2"]
    columns, *rows = [line.split("\t") for line in tsv.out.splitlines()]
    assert [row[columns.index("command")] for row in rows] == ["submit", "submit", "cancel"]
    assert rows[1][columns.index("reason")] == "no role allows it \ufffd[31mred\ufffd[0m"
    assert [json.loads(line)["command"] for line in as_json.out.splitlines()] == ["submit", "cancel"]
    assert "\x1b" not in table.out + tsv.out + as_json.out


@pytest.mark.parametrize(
    ("filters", "references"),
    [
        (("--user", "U1"), ["REF0", "REF2"]),
        (("--user", GUID.upper(), "--command", "submit"), ["REF0", "REF1"]),
        (("--result", "refused"), ["REF1"]),
        (("--since", "today", "--last", "1"), ["REF2"]),
        (("--since", "2999-01-01T10:00"), []),
        (("--since", "24h"), ["REF0", "REF1", "REF2"]),
    ],
)
@pytest.mark.slow
def test_rows_can_be_chosen(audited: Configuration, filters: tuple[str, ...], references: list[str]) -> None:
    printed = audited.run("audit", "list", "--format", "json", *filters)

    assert [json.loads(line)["reference"] for line in printed.out.splitlines()] == references


def test_a_time_that_is_none_is_refused(configuration: Configuration) -> None:
    assert "is no time that I know" in configuration.refusal("audit", "list", "--since", "yesterdayish")


@pytest.mark.slow
def test_an_export_ends_with_a_head_that_finds_what_is_taken_off_later(audited: Configuration) -> None:
    *rows, last = [json.loads(line) for line in audited.run("audit", "export").out.splitlines()]
    head = last["head"]
    assert (len(rows), head) == (3, f"3-{rows[-1]['seal']}")
    assert audited.run("audit", "verify", "--head", head).out == f"All 3 rows are as they were written. Head: {head}\n"

    with sqlite3.connect(audited.state / "aml-bot.db") as database:
        database.executescript(
            "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE id = 3;"
            "DELETE FROM sqlite_sequence WHERE name = 'audit'"
        )

    found = audited.run("audit", "verify", "--head", head)
    assert (found.code, found.out) == (1, "")
    assert "ends at row 2" in found.err


@pytest.mark.slow
def test_who_is_linked_by_whom_is_audited(configuration: Configuration) -> None:
    configuration.run("link", "T024BE7LD", "U024BE7LH", GUID)
    configuration.run("unlink", "T024BE7LD", "U024BE7LH")

    rows = [json.loads(line) for line in configuration.run("audit", "list", "--format", "json").out.splitlines()]

    assert [(row["command"], row["phase"], row["user"]) for row in rows] == [
        ("link", "change", "U024BE7LH"),
        ("unlink", "change", "U024BE7LH"),
    ]
    assert all("on the command line, by " in row["reason"] for row in rows)


@pytest.mark.slow
def test_the_key_may_be_elsewhere_and_nothing_starts_without_it(audited: Configuration) -> None:
    (audited.state / "audit.key").rename(audited.folder / "elsewhere.key")
    refused = audited.refusal("link", "T024BE7LD", "U024BE7LH", GUID)

    with audited.settings.open("a", encoding="utf-8") as settings:
        settings.write('\n[audit]\nkey_file = "elsewhere.key"\n')

    assert "is missing, and there are 3 rows" in refused
    assert audited.run("audit", "verify").code == 0
