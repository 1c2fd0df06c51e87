"""What all our tables share: transactions, and the time as rows have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.domain.errors import Unavailable


class Tables:
    """Tables of the database behind `engine`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def _transaction(self, *, alone: bool = False) -> Iterator[sa.Connection]:
        """A transaction. `alone`: nobody else writes from its beginning on, so that what is read in it stays so until
        it ends.

        Raises:
            Unavailable: the database doesn't take it; nothing was written.
        """
        try:
            with self._engine.begin() as connection:
                if alone:
                    # The driver by itself begins with the first statement that writes.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise Unavailable(
                "My database doesn't take this at the moment, so nothing was done. Try again in a minute.",
                detail=f"{type(error).__name__}: {getattr(error, 'orig', '')}",
            ) from error


def now() -> str:
    """The time: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
