"""Writers of one process take turns, acceptances first."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.adapters.database import open_database, open_state, schema_version
from bot.adapters.turns import Turns, take_turns
from tests.behaviours.team import eventually

SECONDS = 20.0
WRITERS = 30


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_database(open_state(tmp_path / "state"))


def waiting(turns: Turns, count: int) -> Callable[[], bool]:
    """Whether `count` threads wait for their turn."""
    return lambda: len(turns._changed._waiters) == count  # type: ignore[attr-defined]  # no other way to see it


def test_an_urgent_writer_comes_before_those_who_waited_longer(pool: ThreadPoolExecutor) -> None:
    turns, order = Turns(), list[str]()

    def write(name: str, *, urgent: bool) -> None:
        assert turns.take(SECONDS, urgent=urgent)
        order.append(name)
        turns.give()

    turns.take(SECONDS)
    jobs = [pool.submit(write, name, urgent=False) for name in ("first", "second")]
    eventually(waiting(turns, 2))
    jobs.append(pool.submit(write, "urgent", urgent=True))
    eventually(waiting(turns, 3))
    turns.give()

    for job in jobs:
        job.result(SECONDS)
    assert order[0] == "urgent"
    assert sorted(order[1:]) == ["first", "second"]


def test_an_urgent_writer_that_gives_up_keeps_nobody_waiting(pool: ThreadPoolExecutor) -> None:
    turns = Turns()
    turns.take(SECONDS)

    assert not pool.submit(turns.take, 0.05, urgent=True).result(SECONDS)
    other = pool.submit(turns.take, SECONDS)
    turns.give()

    assert other.result(SECONDS)


def test_whoever_has_the_turn_may_write_over_a_second_connection(engine: sa.Engine) -> None:
    turns = take_turns(engine)

    with turns.urgent(SECONDS) as came, engine.begin() as connection:
        connection.execute(schema_version.insert().values(version=10))

    assert came
    assert turns.take(0.0)


def test_transactions_that_write_take_turns_and_those_that_read_do_not(
    engine: sa.Engine, pool: ThreadPoolExecutor
) -> None:
    turns = take_turns(engine)
    versions = sa.select(schema_version.c.version).order_by(schema_version.c.version)

    def write(version: int) -> None:
        with engine.begin() as connection:
            connection.execute(schema_version.insert().values(version=version))

    def read() -> list[int]:
        with engine.begin() as connection:
            return list(connection.scalars(versions))

    with engine.begin() as connection:
        connection.execute(schema_version.insert().values(version=10))
        second: Future[None] = pool.submit(write, 11)
        eventually(waiting(turns, 1))
        assert pool.submit(read).result(SECONDS) == [1]
        assert not second.done()

    second.result(SECONDS)
    assert read() == [1, 10, 11]


def test_a_transaction_that_failed_gives_its_turn_back(engine: sa.Engine, pool: ThreadPoolExecutor) -> None:
    turns = take_turns(engine)

    for _ in range(3):
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(schema_version.insert().values(version=1))
    with engine.connect() as connection:
        connection.execute(schema_version.insert().values(version=10))
        connection.invalidate()

    assert pool.submit(turns.take, 0.0).result(SECONDS)


def test_many_writers_lose_nothing_and_keep_no_urgent_one_from_a_connection(engine: sa.Engine) -> None:
    turns = take_turns(engine)
    together = threading.Barrier(WRITERS + 1)

    def write(start: int) -> None:
        together.wait(SECONDS)
        for version in range(start, start + 5):
            with engine.begin() as connection:
                connection.execute(schema_version.insert().values(version=version))

    with ThreadPoolExecutor(WRITERS) as pool:
        with turns.urgent(SECONDS):
            jobs = [pool.submit(write, 100 * number) for number in range(1, WRITERS + 1)]
            together.wait(SECONDS)
            eventually(waiting(turns, WRITERS))
            with engine.begin() as connection:
                connection.execute(schema_version.insert().values(version=10))
        for job in jobs:
            job.result(SECONDS)

    with engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema_version)) == 2 + 5 * WRITERS
