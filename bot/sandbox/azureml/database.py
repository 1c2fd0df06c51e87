"""The sandbox's tables: one SQLite file, one connection, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS role_assignments (
    name TEXT PRIMARY KEY, scope TEXT NOT NULL, principal_id TEXT NOT NULL, principal_type TEXT NOT NULL,
    role_id TEXT NOT NULL, created_utc TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deny_assignments (name TEXT PRIMARY KEY, scope TEXT NOT NULL, document TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS experiments (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, document TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, experiment_id TEXT NOT NULL,
    experiment TEXT NOT NULL, submitted INTEGER NOT NULL, snapshot_id TEXT, definition TEXT NOT NULL,
    document TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS metrics (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, name TEXT NOT NULL, columns TEXT NOT NULL,
    properties TEXT NOT NULL, value TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS metrics_by_run ON metrics (run_id, name);
CREATE TABLE IF NOT EXISTS artifacts (
    origin TEXT NOT NULL, container TEXT NOT NULL, path TEXT NOT NULL, created_utc TEXT NOT NULL,
    PRIMARY KEY (origin, container, path)) STRICT;
CREATE TABLE IF NOT EXISTS blobs (
    name TEXT PRIMARY KEY, file TEXT NOT NULL, content_type TEXT NOT NULL, etag TEXT NOT NULL,
    modified_utc TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS snapshots (
    id TEXT PRIMARY KEY, created_utc TEXT NOT NULL, tree TEXT NOT NULL, files TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS environments (
    name TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (name, version)) STRICT;
CREATE TABLE IF NOT EXISTS environment_labels (
    name TEXT NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, label)) STRICT;
CREATE TABLE IF NOT EXISTS environment_archive (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS environment_autosaves (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version TEXT NOT NULL, document TEXT NOT NULL,
    UNIQUE (name, version)) STRICT;
CREATE TABLE IF NOT EXISTS assets (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS models (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version INTEGER NOT NULL, document TEXT,
    UNIQUE (name, version)) STRICT;
"""


class Database:
    """SQLite behind a lock; every statement outside `transaction` is one of its own."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        found = self.rows(statement, *values)
        return found[0] if found else None

    def write(self, statement: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    @property
    def changes(self) -> int:
        """Grows with every row that is written."""
        with self._lock:
            return self._connection.total_changes

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; others wait. Inside another transaction it is part of that one."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def fact(self, name: str, default: str) -> str:
        """A value that is made once per state directory and kept."""
        with self.transaction():
            self.write("INSERT OR IGNORE INTO facts VALUES (?, ?)", name, default)
            found = self.row("SELECT value FROM facts WHERE name = ?", name)
        return str(found["value"]) if found else default

    def close(self) -> None:
        with self._lock:
            self._connection.close()
