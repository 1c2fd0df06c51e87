"""The bot's database: one SQLite file in the state folder, its tables, and the lock that keeps a second bot out.

Source of the rules here: SQLite's documentation on WAL and STRICT tables. Text, integers and nothing else, so that the
same schema can stand in PostgreSQL later.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from bot.domain.errors import ConfigurationError

SCHEMA_VERSION = 1

# From this SQLite on, unixepoch('subsec') exists. The job engine's tables use it from Python 3.12 on, whatever the
# SQLite; on an older one (Debian 12 has 3.40) it is NULL, and nothing could be stored.
_KNOWS_SUBSECONDS = (3, 42)

metadata = sa.MetaData()

schema_version = sa.Table(
    "schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True), sqlite_strict=True
)
links = sa.Table(
    "link",
    metadata,
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("linked_at", sa.Text, nullable=False),
    sqlite_strict=True,
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),  # see domain.audit
    # A job that runs again adds no second row for the same thing, and never hides that something else came of it.
    sa.UniqueConstraint("key", "command", "phase", "result", "reason", "object_id", name="one_row_per_event"),
    sqlite_strict=True,
    sqlite_autoincrement=True,  # the highest id ever given is kept
)
questions = sa.Table(
    "question",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("offered", sa.Text, nullable=False),  # JSON list of titles
    sa.Column("answered_by", sa.Text, nullable=False),  # location of the entry, "" where none was sure
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Index("question_by_place", "team", "channel", "thread_ts", "asked_at"),
    sqlite_strict=True,
)
# A belt: whoever really wants to change the audit drops these first, and is found by the seals.
for _verb in ("UPDATE", "DELETE"):
    _trigger = (
        f"CREATE TRIGGER IF NOT EXISTS audit_no_{_verb.lower()} BEFORE {_verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    )
    event.listen(audit, "after_create", sa.DDL(_trigger))  # type: ignore[no-untyped-call]  # it is untyped
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("given_at", sa.Text, nullable=False),
    sqlite_strict=True,
)
escalations = sa.Table(
    "escalation",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("called_at", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False, server_default=""),
    sqlite_strict=True,
)
role_requests = sa.Table(
    "role_request",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),  # JSON, as the refused request's job had it
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sqlite_strict=True,
)
watched_runs = sa.Table(
    "watched_run",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("ts", sa.Text, nullable=False),
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("unsettled", sa.Integer, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("workspace", sa.Text, nullable=False, server_default=""),  # "" is the default one
    sqlite_strict=True,
)
approvals = sa.Table(
    "approval",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON of the request as it was asked
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False),  # what its messages show
    sa.Column("workspace", sa.Text, nullable=False, server_default=""),
    sa.Index("approval_by_state", "state", "asked_at"),
    sqlite_strict=True,
)
approval_votes = sa.Table(
    "approval_vote",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("voted_at", sa.Text, nullable=False),
    sqlite_strict=True,
)
approval_messages = sa.Table(
    "approval_message",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("ts", sa.Text, primary_key=True),
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("asks", sa.Integer, nullable=False),
    sqlite_strict=True,
)

followed_logs = sa.Table(
    "followed_log",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("ts", sa.Text, nullable=False),
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("workspace", sa.Text, nullable=False, server_default=""),
    sqlite_strict=True,
)


def open_state(folder: Path) -> Path:
    """Make the state folder (mode 0700) where it is missing and return it.

    Raises:
        ConfigurationError: it can't be made, or it is readable by others.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode & 0o777
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {folder} can't be used ({error.strerror}). Set `state` to a folder that I may write to."
        ) from error
    if mode & 0o077:
        raise ConfigurationError(f"Others may read the state folder {folder}. Take that away: chmod 700 {folder}")
    return folder


def lock_state(folder: Path) -> int:
    """Hold the state folder for this process until it ends; returns the file descriptor that holds it.

    Raises:
        ConfigurationError: another bot holds it. Two would work off the same jobs twice.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigurationError(
            f"Another aml-bot works with the state folder {folder}. Stop it first, or give this one its own `state`."
        ) from error
    return descriptor


def open_database(folder: Path) -> sa.Engine:
    """The engine of the database in the state folder, its tables made where they are missing.

    What was acknowledged must survive a power cut: WAL with synchronous=FULL.

    Raises:
        ConfigurationError: the file can't be opened, or a newer aml-bot wrote it.
    """
    engine = sa.create_engine(
        f"sqlite:///{folder / 'aml-bot.db'}",
        connect_args={"timeout": 30},
        hide_parameters=True,
        # One for each thread if need be: who has its turn to write must not wait for one of those who wait for theirs.
        pool_size=20,
        max_overflow=-1,
    )
    event.listen(engine, "connect", _prepare)
    try:
        with engine.begin() as connection:
            # First of all, so that nothing of a newer schema is touched.
            schema_version.create(connection, checkfirst=True)
            version = connection.scalar(sa.select(sa.func.max(schema_version.c.version))) or 0
            if version <= SCHEMA_VERSION:
                _set_aside_unsealed(connection)
                metadata.create_all(connection)
                _add_missing(connection)
            if version == 0:
                connection.execute(schema_version.insert().values(version=SCHEMA_VERSION))
    except sa.exc.DBAPIError as error:
        raise ConfigurationError(
            f"The database in {folder} can't be opened ({error.orig}). Restore a backup or name another `state`."
        ) from error
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"A newer aml-bot wrote the database in {folder} (schema {version}; I know {SCHEMA_VERSION}). Upgrade."
        )
    return engine


def _set_aside_unsealed(connection: sa.Connection) -> None:
    # Rows that were written before there were these seals can't be vouched for; they stay to be read by hand.
    tables = sa.inspect(connection)
    if tables.has_table("audit") and not {"seal", "request"} <= {each["name"] for each in tables.get_columns("audit")}:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_unsealed")


_ADDED = (
    ("escalation", "job"),
    ("watched_run", "workspace"),
    ("followed_log", "workspace"),
    ("approval", "workspace"),
)


def _add_missing(connection: sa.Connection) -> None:
    # A column with a default disturbs no older aml-bot, so the schema's version stays.
    tables = sa.inspect(connection)
    for table, column in (
        ("escalation", "job"),
        ("watched_run", "workspace"),
        ("followed_log", "workspace"),
        ("approval", "workspace"),
    ):
        if column not in {each["name"] for each in tables.get_columns(table)}:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def _prepare(connection: Any, _record: Any) -> None:
    # Writers begin with BEGIN IMMEDIATE and queue up, instead of failing when they turn from readers into writers.
    # Set on the driver, as the job engine begins transactions of its own in its migrations.
    connection.isolation_level = "IMMEDIATE"
    if sqlite3.sqlite_version_info < _KNOWS_SUBSECONDS:
        connection.create_function("unixepoch", -1, _unixepoch)
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _unixepoch(*arguments: Any) -> float | int:
    """`unixepoch()` and `unixepoch('subsec')`, seconds since 1970 in UTC; the only forms that our tables use."""
    if arguments == ("subsec",):
        return round(time.time(), 3)
    if arguments in {(), ("now",)}:
        return int(time.time())
    raise ValueError("only the present time is known here")
