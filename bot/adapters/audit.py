"""`ports.Audit` in our database, and reading it back for `aml-bot audit`; the key of its seals in a file of its own."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import sqlalchemy as sa

from bot.adapters import database as db
from bot.adapters.tables import Tables, now
from bot.domain.audit import COLUMNS, NOTHING, AuditEntry, Head, Verdict, Wanted, sealed, verify
from bot.domain.errors import ConfigurationError

_KEY_BYTES = 32
_IS_EVENT = ("key", "command", "phase", "result", "reason", "object_id")


class AuditTable(Tables):
    """The audit, sealed with `key`. Several processes may write at once: each row waits for the one before it."""

    def __init__(self, engine: sa.Engine, key: bytes) -> None:
        super().__init__(engine)
        self._key = key

    def write(self, entry: AuditEntry) -> None:
        with self._transaction(alone=True) as connection:
            self.append(connection, entry)

    def append(self, connection: sa.Connection, entry: AuditEntry) -> None:
        """Write a row in a transaction of somebody's who writes more; it must have begun `alone`."""
        values = {field.name: str(getattr(entry, field.name)) for field in fields(entry)}
        same = [db.audit.c[name] == values[name] for name in _IS_EVENT]
        if connection.scalar(sa.select(db.audit.c.id).where(*same)) is not None:
            return
        before = _head(connection)
        row: dict[str, object] = {"id": before.id + 1, "at": now(), **values}
        connection.execute(db.audit.insert().values(**row, seal=sealed(self._key, before, row).seal))

    def head(self) -> Head:
        """The last row's id and seal, as they are stored."""
        with self._transaction() as connection:
            return _head(connection)

    def rows(self, wanted: Wanted) -> tuple[Mapping[str, str], ...]:
        """The rows that fit, oldest first."""
        known = db.audit.c
        query = sa.select(db.audit)
        same = ((known.command, wanted.command), (known.result, wanted.result), (known.reference, wanted.reference))
        for column, value in same:
            query = query.where(column == value) if value else query
        if wanted.run:
            named = (known.reason + " ").contains(f"run={wanted.run} ", autoescape=True)
            query = query.where(known.key.in_(sa.select(known.key).where(named)))
        if wanted.scope:
            query = query.where(known.scope.in_((wanted.scope, "")))
        if wanted.before:
            query = query.where(known.id < wanted.before)
        if wanted.user:
            query = query.where(sa.or_(known.user == wanted.user, known.object_id == wanted.user.lower()))
        if wanted.since:
            query = query.where(known.at >= wanted.since)
        with self._transaction() as connection:
            found = [
                dict(row._mapping) for row in connection.execute(query.order_by(known.id.desc()).limit(wanted.last))
            ]
        return tuple(reversed(found))

    def all(self) -> Iterator[dict[str, object]]:
        """Every row, oldest first, as it was at one time."""
        with self._transaction() as connection:
            for row in connection.execute(sa.select(db.audit).order_by(db.audit.c.id)):
                yield dict(row._mapping)

    def verify(self, known: Head | None = None) -> Verdict:
        """Whether all is as it was written, up to `known` at least."""
        # As bytes, so that text which is none any more is found and not stumbled over.
        texts = [sa.cast(db.audit.c[name], sa.LargeBinary).label(name) for name in (*COLUMNS[1:], "seal")]
        query = sa.select(db.audit.c.id, *texts).order_by(db.audit.c.id)
        with self._transaction(alone=True) as connection:
            highest = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")) or 0
            rows = (_decoded(dict(row._mapping)) for row in connection.execute(query))
            return verify(rows, self._key, known=known, highest=int(highest))


def audit_key(file: Path, engine: sa.Engine) -> bytes:
    """The key of the audit's seals, made on the first start (mode 0600).

    Raises:
        ConfigurationError: it can't be read or made, others may read it, or it is gone while there are rows.
    """
    try:
        if not file.exists():
            with engine.connect() as connection:
                written = connection.scalar(sa.select(sa.func.count()).select_from(db.audit))
            if written:
                raise ConfigurationError(
                    f"The audit's key {file} is missing, and there are {written} rows that were sealed with it. "
                    "Restore it from a backup, or name where it is in audit.key_file."
                )
            _make(file)
        if file.stat().st_mode & 0o077:
            raise ConfigurationError(f"Others may read the audit's key {file}. Take that away: chmod 600 {file}")
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The audit's key {file} can't be used ({getattr(error, 'strerror', None) or 'it is no key'}). Nothing is "
            "done without an audit; restore the file, or correct audit.key_file."
        ) from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"The audit's key {file} is cut off. Restore it from a backup.")
    return key


def _make(file: Path) -> None:
    # Complete before it has its name, so that a process that starts at the same time reads all of it or makes its own.
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(_KEY_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _head(connection: sa.Connection) -> Head:
    query = sa.select(db.audit.c.id, db.audit.c.seal).order_by(db.audit.c.id.desc()).limit(1)
    last = connection.execute(query).first()
    return Head(last.id, last.seal) if last is not None else NOTHING


def _decoded(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for name, value in row.items()
    }
