"""The audit's table: each row once, sealed, and nothing that was done to it afterwards goes unseen."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.database import open_database, open_state
from bot.adapters.store import LinkTable
from bot.domain.audit import COLUMNS, AuditEntry, Head, Phase, Wanted
from bot.domain.errors import ConfigurationError, InvalidRequest, Unavailable
from bot.domain.policy import Link

ROWS = 6


def entry(key: str = "c:1", result: str = "allowed", reason: str = "") -> AuditEntry:
    """A row of Ada's."""
    return AuditEntry(
        key=key,
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
        reference="1A2B",
        delivery="Ev1",
        request="0123456789abcdef",
    )


def opened(state: Path) -> AuditTable:
    """The audit in a state folder."""
    engine = open_database(open_state(state))
    return AuditTable(engine, audit_key(state / "audit.key", engine))


@pytest.fixture
def audit(tmp_path: Path) -> AuditTable:
    """An empty audit."""
    return opened(tmp_path / "state")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Head]:
    """A state folder with a few rows, and its head."""
    state = tmp_path_factory.mktemp("written") / "state"
    audit = opened(state)
    for number in range(ROWS):
        audit.write(entry(f"c:{number}", reason=f"role Owner at /s{number}, “quoted”"))
    return state, audit.head()


@pytest.fixture(scope="session")
def copy(written: tuple[Path, Head], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], sqlite3.Connection]:
    """Makes a copy of the audit whose belt is off, for somebody to work on; its file is the main database."""

    def make() -> sqlite3.Connection:
        folder = tmp_path_factory.mktemp("copy")
        with sqlite3.connect(written[0] / "aml-bot.db") as source, sqlite3.connect(folder / "aml-bot.db") as target:
            source.backup(target)
        shutil.copy2(written[0] / "audit.key", folder / "audit.key")
        folder.chmod(0o700)
        database = sqlite3.connect(folder / "aml-bot.db")
        database.executescript("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete")
        return database

    return make


class AtWork:
    """Somebody who can write the database, and the check of what they did."""

    def __init__(self, database: sqlite3.Connection) -> None:
        (_, _, file) = database.execute("PRAGMA database_list").fetchone()
        database.commit()
        database.isolation_level = None
        database.execute("PRAGMA synchronous = OFF")
        self._database = database
        self.audit = opened(Path(file).parent)

    def get(self, number: int, column: str) -> bytes:
        """The bytes of a column of a row."""
        query = f'SELECT CAST("{column}" AS BLOB) FROM audit WHERE id = ?'  # noqa: S608 - our own names
        return bytes(self._database.execute(query, [number]).fetchone()[0])

    def put(self, number: int, column: str, value: bytes) -> None:
        """Change them."""
        statement = f'UPDATE audit SET "{column}" = CAST(? AS TEXT) WHERE id = ?'  # noqa: S608 - our own names
        self._database.execute(statement, [value, number])

    def swap(self, pair: list[int], columns: tuple[str, ...]) -> None:
        """Give two rows each other's columns."""
        first, second = pair
        kept = [(column, self.get(first, column), self.get(second, column)) for column in columns]
        self.put(first, "key", b"aside")
        for column, mine, theirs in kept:
            self.put(second, column, mine)
            self.put(first, column, theirs)


@pytest.fixture
def at_work(copy: Callable[[], sqlite3.Connection]) -> AtWork:
    """Somebody at work on a copy."""
    return AtWork(copy())


def problem(database: sqlite3.Connection, known: Head | None = None) -> str:
    """What the check says of a copy that was worked on."""
    database.commit()
    (_, _, file) = database.execute("PRAGMA database_list").fetchone()
    database.close()
    return opened(Path(file).parent).verify(known).problem


def test_a_job_that_runs_again_adds_no_second_row_that_says_the_same(audit: AuditTable) -> None:
    audit.write(entry())
    audit.write(entry())

    assert [row["result"] for row in audit.rows(Wanted())] == ["allowed"]


def test_a_second_try_that_comes_out_differently_is_not_hidden_by_the_first(audit: AuditTable) -> None:
    audit.write(entry(result="refused", reason="look-up failed"))
    audit.write(entry(reason="role Owner"))

    assert [row["result"] for row in audit.rows(Wanted())] == ["refused", "allowed"]


def test_an_audit_that_nobody_touched_is_whole(written: tuple[Path, Head]) -> None:
    state, head = written

    verdict = opened(state).verify(head)

    assert (verdict.rows, verdict.head, verdict.problem) == (ROWS, head, "")
    assert Head.of(str(head)) == head


def test_an_empty_audit_is_whole_and_has_a_head(audit: AuditTable) -> None:
    assert audit.verify(Head.of(str(audit.head()))).problem == ""
    audit.write(entry())
    assert audit.verify(Head.of("0-" + "0" * 64)).problem == ""


def test_another_byte_anywhere_in_any_row_is_found(at_work: AtWork) -> None:
    tried = 0
    for number in range(1, ROWS + 1):
        for column in (*COLUMNS[1:], "seal"):
            before = at_work.get(number, column)
            for at in range(len(before)):
                changed = bytearray(before)
                changed[at] ^= 1 << (at + number) % 8
                at_work.put(number, column, bytes(changed))
                assert at_work.audit.verify().problem.startswith(f"Row {number} "), (number, column, at)
                tried += 1
            at_work.put(number, column, before)

    assert tried == sum(len(at_work.get(n, each)) for n in range(1, ROWS + 1) for each in (*COLUMNS[1:], "seal"))
    assert at_work.audit.verify().problem == ""


@pytest.mark.parametrize("number", range(1, ROWS + 1))
@pytest.mark.parametrize("other", [0, -1, ROWS + 1, 10**9])
def test_another_id_of_any_row_is_found(copy: Callable[[], sqlite3.Connection], number: int, other: int) -> None:
    database = copy()
    database.execute("UPDATE audit SET id = ? WHERE id = ?", [other, number])

    assert problem(database)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_to_any_column_of_any_row_is_found(at_work: AtWork, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, ROWS), "row")
    column = data.draw(st.sampled_from([*COLUMNS[1:], "seal"]), "column")
    before = at_work.get(number, column)
    raw = bytearray(before)
    if raw and data.draw(st.booleans(), "in place"):
        at = data.draw(st.integers(0, len(raw) - 1), "byte")
        raw[at] ^= data.draw(st.integers(1, 255), "bits")
    else:
        at = data.draw(st.integers(0, len(raw)), "place")
        raw[at:at] = data.draw(st.binary(min_size=1, max_size=3), "more")

    at_work.put(number, column, bytes(raw))
    found = at_work.audit.verify().problem
    at_work.put(number, column, before)

    assert f"Row {number} " in found
    assert at_work.audit.verify().problem == ""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.lists(st.integers(1, ROWS), min_size=2, max_size=2, unique=True), whole=st.booleans())
def test_swapped_rows_are_found(at_work: AtWork, pair: list[int], whole: bool) -> None:
    columns = ("key", "reason", "at", "seal") if whole else ("key", "reason")

    at_work.swap(pair, columns)
    found = at_work.audit.verify().problem
    at_work.swap(pair, columns)

    assert f"Row {min(pair)} " in found
    assert at_work.audit.verify().problem == ""


@pytest.mark.parametrize("number", range(1, ROWS))
def test_a_row_taken_out_of_the_middle_is_found_also_when_the_rest_moves_up(
    copy: Callable[[], sqlite3.Connection], number: int
) -> None:
    gap, closed = copy(), copy()
    for database in (gap, closed):
        database.execute("DELETE FROM audit WHERE id = ?", [number])
    for after in range(number + 1, ROWS + 1):
        closed.execute("UPDATE audit SET id = id - 1 WHERE id = ?", [after])

    assert "rows are missing" in problem(gap)
    assert f"Row {number} " in problem(closed)


@pytest.mark.parametrize("left", range(ROWS))
def test_rows_taken_off_the_end_are_found_by_the_head(
    copy: Callable[[], sqlite3.Connection], written: tuple[Path, Head], left: int
) -> None:
    plain, careful = copy(), copy()
    for database in (plain, careful):
        database.execute("DELETE FROM audit WHERE id > ?", [left])
    careful.execute("DELETE FROM sqlite_sequence WHERE name = 'audit'")

    assert f"there was a row {ROWS} once" in problem(plain)
    assert "the head that you gave" in problem(careful, written[1])


def test_rows_that_came_after_a_known_head_are_fine_and_another_head_is_not(
    copy: Callable[[], sqlite3.Connection], written: tuple[Path, Head]
) -> None:
    state, head = written
    (second,) = copy().execute("SELECT seal FROM audit WHERE id = 2").fetchone()

    assert opened(state).verify(Head(2, second)).problem == ""
    assert "another seal" in opened(state).verify(Head(2, head.seal)).problem
    assert "head that you gave is of row 99" in opened(state).verify(Head(99, head.seal)).problem
    with pytest.raises(InvalidRequest):
        Head.of("2-xyz")


def test_a_row_that_was_added_without_the_key_is_found(copy: Callable[[], sqlite3.Connection]) -> None:
    database = copy()
    names = ", ".join((*COLUMNS[3:], "seal"))
    taken = f"SELECT {ROWS + 1}, at, 'c:x', {names} FROM audit WHERE id = {ROWS}"  # noqa: S608 - our own names
    database.execute(f"INSERT INTO audit (id, at, key, {names}) {taken}")

    assert f"Row {ROWS + 1} " in problem(database)


def test_the_table_itself_takes_neither_changes_nor_deletions(written: tuple[Path, Head]) -> None:
    with sqlite3.connect(written[0] / "aml-bot.db") as database:
        for statement in ("UPDATE audit SET result = 'allowed'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)


def test_writers_wait_for_each_other_so_that_the_chain_never_forks(tmp_path: Path) -> None:
    state = tmp_path / "state"
    tables = [opened(state) for _ in range(4)]
    failed: list[Exception] = []

    def write(number: int, table: AuditTable) -> None:
        try:
            for each in range(10):
                table.write(entry(f"c:{number}:{each}"))
        except Unavailable as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=pair) for pair in enumerate(tables)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not failed
    assert (tables[0].verify().rows, tables[0].verify().problem) == (40, "")


def test_a_link_and_its_row_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    state = tmp_path / "state"
    engine = open_database(open_state(state))
    audit = AuditTable(engine, audit_key(state / "audit.key", engine))
    links = LinkTable(engine, audit)
    link = Link("T1", "U1", "5c1c4ef7-1f4c-4c43-9f3a-6b0a4a4f9a11")

    links.link(link, "root")
    links.unlink("T1", "U1", "root")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"))
    with pytest.raises(Unavailable):
        links.link(link, "root")

    assert links.all() == ()
    rows = audit.rows(Wanted())
    assert [(row["command"], row["phase"], row["user"], row["object_id"]) for row in rows] == [
        ("link", "change", "U1", link.object_id),
        ("unlink", "change", "U1", link.object_id),
    ]


def test_the_key_is_made_once_for_its_owner_alone_and_must_stay(tmp_path: Path) -> None:
    state = tmp_path / "state"
    audit = opened(state)
    key = state / "audit.key"
    made = key.read_text(encoding="ascii")
    assert key.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in state.glob("audit.key*")] == ["audit.key"]
    audit.write(entry())

    assert opened(state).verify().problem == ""
    key.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        opened(state)
    key.unlink()
    with pytest.raises(ConfigurationError, match="is missing, and there are 1 rows"):
        opened(state)
    for content, said in (("", "cut off"), ("abcd", "cut off"), ("no key", "can't be used")):
        key.write_text(content, encoding="ascii")
        key.chmod(0o600)
        with pytest.raises(ConfigurationError, match=said):
            opened(state)
    key.write_text(made[::-1].strip(), encoding="ascii")
    assert opened(state).verify().problem.startswith("Row 1 ")


def test_the_rows_of_a_run_are_those_of_every_request_that_had_to_do_with_it(audit: AuditTable) -> None:
    audit.write(entry("c:1"))
    audit.write(entry("c:1", "done", "run=aml-1 project=demo"))
    audit.write(entry("c:2"))
    audit.write(entry("c:2", "done", "run=aml-12"))
    audit.write(entry("c:3", "done", "run=aml_1"))

    def keys(wanted: Wanted) -> list[str]:
        return [row["key"] for row in audit.rows(wanted)]

    assert keys(Wanted(run="aml-1")) == ["c:1", "c:1"]
    assert keys(Wanted(run="aml-1", before=2)) == ["c:1"]
    assert keys(Wanted(run="%")) == []
    assert keys(Wanted(scope="/other")) == []
    assert len(keys(Wanted(scope="/s", last=2))) == 2


def test_rows_from_before_there_were_seals_are_set_aside(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state")
    with sqlite3.connect(state / "aml-bot.db") as database:
        database.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL)")
        database.execute("INSERT INTO audit (at) VALUES ('2026-01-01')")

    audit = opened(state)
    audit.write(entry())

    assert (audit.verify().rows, audit.verify().problem) == (1, "")
    with sqlite3.connect(state / "aml-bot.db") as database:
        assert database.execute("SELECT count(*) FROM audit_unsealed").fetchone() == (1,)
