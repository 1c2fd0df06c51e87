"""Our tables behind the ports: links, audit, questions and watched runs."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.adapters import database as db
from bot.domain.audit import AuditEntry
from bot.domain.errors import Unavailable
from bot.domain.help import Question, Verdict
from bot.domain.policy import Link
from bot.domain.runs import WatchedRun


class _Tables:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise Unavailable(
                "My database doesn't take this at the moment, so nothing was done. Try again in a minute.",
                detail=f"{type(error).__name__}: {getattr(error, 'orig', '')}",
            ) from error


class LinkTable(_Tables):
    """`ports.Links`, and the writing side that only the command line uses."""

    def object_ids(self, team: str, user: str) -> frozenset[str]:
        query = sa.select(db.links.c.object_id).where(db.links.c.team == team, db.links.c.user == user)
        with self._transaction() as connection:
            return frozenset(connection.scalars(query))

    def all(self) -> tuple[Link, ...]:
        query = sa.select(db.links).order_by(db.links.c.team, db.links.c.user)
        with self._transaction() as connection:
            return tuple(Link(row.team, row.user, row.object_id) for row in connection.execute(query))

    def link(self, link: Link, by: str) -> None:
        """Let the person act as `object_id`, in place of any other identity; audited with who did it."""
        with self._transaction() as connection:
            connection.execute(sa.delete(db.links).where(db.links.c.team == link.team, db.links.c.user == link.user))
            connection.execute(
                db.links.insert().values(team=link.team, user=link.user, object_id=link.object_id, linked_at=_now())
            )
            connection.execute(_audited("link", link, by))

    def unlink(self, team: str, user: str, by: str) -> bool:
        """Forget the person's identity; False when there was none. Audited with who did it."""
        with self._transaction() as connection:
            forget = sa.delete(db.links).where(db.links.c.team == team, db.links.c.user == user)
            gone = connection.scalars(forget.returning(db.links.c.object_id)).all()
            for object_id in gone:
                connection.execute(_audited("unlink", Link(team, user, object_id), by))
            return bool(gone)


class AuditTable(_Tables):
    """`ports.Audit`, and reading it back for `aml-bot audit`."""

    def write(self, entry: AuditEntry) -> None:
        values = {field: str(getattr(entry, field)) for field in entry.__slots__}
        with self._transaction() as connection:
            connection.execute(insert(db.audit).values(at=_now(), **values).on_conflict_do_nothing())

    def latest(self, limit: int) -> tuple[dict[str, str], ...]:
        """The last `limit` rows, oldest first."""
        query = sa.select(db.audit).order_by(db.audit.c.id.desc()).limit(limit)
        with self._transaction() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return tuple(reversed(rows))


class HelpTables(_Tables):
    """`ports.HelpDesk`."""

    def asked(self, question: Question, outcome: str, offered: tuple[str, ...], answered_by: str) -> None:
        values = {field: getattr(question, field) for field in question.__slots__}
        values |= {"outcome": outcome, "offered": json.dumps(offered), "answered_by": answered_by, "asked_at": _now()}
        with self._transaction() as connection:
            connection.execute(insert(db.questions).values(**values).on_conflict_do_nothing())

    def last_answered_by(self, question: Question, since: datetime | None = None) -> str:
        known = db.questions.c
        place = (known.team, known.channel, known.thread_ts)
        here = [column == getattr(question, column.name) for column in place]
        query = sa.select(known.answered_by).where(*here, known.key != question.key, known.answered_by != "")
        if since is not None:
            query = query.where(known.asked_at > since.astimezone(UTC).isoformat())
        with self._transaction() as connection:
            return connection.scalar(query.order_by(known.asked_at.desc()).limit(1)) or ""

    def question(self, key: str) -> tuple[Question, tuple[str, ...]] | None:
        with self._transaction() as connection:
            row = connection.execute(sa.select(db.questions).where(db.questions.c.key == key)).first()
        if row is None:
            return None
        question = Question(row.key, row.team, row.channel, row.user, row.thread_ts, row.text)
        return question, tuple(json.loads(row.offered))

    def feedback(self, key: str, user: str, verdict: Verdict) -> None:
        row = insert(db.feedback).values(key=key, user=user, verdict=str(verdict), given_at=_now())
        with self._transaction() as connection:
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["key", "user"],
                    set_={"verdict": row.excluded.verdict, "given_at": row.excluded.given_at},
                )
            )

    def escalated(self, key: str, user: str, job: str) -> bool:
        row = insert(db.escalations).values(key=key, user=user, called_at=_now(), job=job)
        with self._transaction() as connection:
            connection.execute(row.on_conflict_do_nothing())
            caller = connection.scalar(sa.select(db.escalations.c.job).where(db.escalations.c.key == key))
        return bool(caller == job)

    def not_escalated(self, key: str, job: str) -> None:
        mine = (db.escalations.c.key == key) & (db.escalations.c.job == job)
        with self._transaction() as connection:
            connection.execute(sa.delete(db.escalations).where(mine))


class WatchTable(_Tables):
    """`ports.WatchList`."""

    def add(self, watched: WatchedRun) -> None:
        values = {field: getattr(watched, field) for field in watched.__slots__}
        values |= {"since": watched.since.isoformat(), "unsettled": int(watched.unsettled)}
        row = insert(db.watched_runs).values(**values)
        place = {name: row.excluded[name] for name in ("channel", "ts", "thread_ts")}
        with self._transaction() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["run_id"], set_=place))

    def all(self) -> tuple[WatchedRun, ...]:
        query = sa.select(db.watched_runs).order_by(db.watched_runs.c.since)
        with self._transaction() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return tuple(
            WatchedRun(**row | {"since": datetime.fromisoformat(row["since"]), "unsettled": bool(row["unsettled"])})
            for row in rows
        )

    def shown(self, run_id: str, digest: str) -> None:
        with self._transaction() as connection:
            connection.execute(
                sa.update(db.watched_runs).where(db.watched_runs.c.run_id == run_id).values(shown=digest)
            )

    def remove(self, run_id: str) -> None:
        with self._transaction() as connection:
            connection.execute(sa.delete(db.watched_runs).where(db.watched_runs.c.run_id == run_id))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _audited(command: str, link: Link, by: str) -> sa.Insert:
    return db.audit.insert().values(
        at=_now(),
        key=f"cli:{uuid.uuid4()}",
        phase="outcome",
        command=command,
        team=link.team,
        user=link.user,
        object_id=link.object_id,
        channel="",
        action="",
        scope="",
        result="done",
        reason=f"on the command line, by {by}",
        reference="",
    )
