"""Our tables behind the ports: links, questions and watched runs."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.adapters import database as db
from bot.adapters.audit import AuditTable
from bot.adapters.tables import Tables, now
from bot.domain.audit import AuditEntry, change
from bot.domain.help import Question, Verdict
from bot.domain.policy import Link
from bot.domain.reports import FollowedLog
from bot.domain.runs import WatchedRun


class LinkTable(Tables):
    """`ports.Links`, and the writing side that only the command line uses: it needs the audit."""

    def __init__(self, engine: sa.Engine, audit: AuditTable) -> None:
        super().__init__(engine)
        self._audit = audit

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
        with self._transaction(alone=True) as connection:
            connection.execute(sa.delete(db.links).where(db.links.c.team == link.team, db.links.c.user == link.user))
            connection.execute(
                db.links.insert().values(team=link.team, user=link.user, object_id=link.object_id, linked_at=now())
            )
            self._audit.append(connection, _changed("link", link, by))

    def unlink(self, team: str, user: str, by: str) -> bool:
        """Forget the person's identity; False when there was none. Audited with who did it."""
        with self._transaction(alone=True) as connection:
            forget = sa.delete(db.links).where(db.links.c.team == team, db.links.c.user == user)
            gone = connection.scalars(forget.returning(db.links.c.object_id)).all()
            for object_id in gone:
                self._audit.append(connection, _changed("unlink", Link(team, user, object_id), by))
            return bool(gone)


class HelpTables(Tables):
    """`ports.HelpDesk`."""

    def asked(self, question: Question, outcome: str, offered: tuple[str, ...], answered_by: str) -> None:
        values = {field: getattr(question, field) for field in question.__slots__}
        values |= {"outcome": outcome, "offered": json.dumps(offered), "answered_by": answered_by, "asked_at": now()}
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
        row = insert(db.feedback).values(key=key, user=user, verdict=str(verdict), given_at=now())
        with self._transaction() as connection:
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["key", "user"],
                    set_={"verdict": row.excluded.verdict, "given_at": row.excluded.given_at},
                )
            )

    def escalated(self, key: str, user: str, job: str) -> bool:
        row = insert(db.escalations).values(key=key, user=user, called_at=now(), job=job)
        with self._transaction() as connection:
            connection.execute(row.on_conflict_do_nothing())
            caller = connection.scalar(sa.select(db.escalations.c.job).where(db.escalations.c.key == key))
        return bool(caller == job)

    def not_escalated(self, key: str, job: str) -> None:
        mine = (db.escalations.c.key == key) & (db.escalations.c.job == job)
        with self._transaction() as connection:
            connection.execute(sa.delete(db.escalations).where(mine))


class WatchTable(Tables):
    """`ports.WatchList` of one workspace; the default's name here is ""."""

    def __init__(self, engine: sa.Engine, workspace: str = "") -> None:
        super().__init__(engine)
        self._workspace = workspace

    def add(self, watched: WatchedRun) -> None:
        values: dict[str, Any] = {"workspace": self._workspace}
        values |= {field: getattr(watched, field) for field in watched.__slots__}
        values |= {"since": watched.since.isoformat(), "unsettled": int(watched.unsettled)}
        row = insert(db.watched_runs).values(**values)
        place = {name: row.excluded[name] for name in ("channel", "ts", "thread_ts")}
        with self._transaction() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["run_id"], set_=place))

    def all(self) -> tuple[WatchedRun, ...]:
        columns = [column for column in db.watched_runs.c if column.name != "workspace"]
        here = db.watched_runs.c.workspace == self._workspace
        with self._transaction() as connection:
            found = connection.execute(sa.select(*columns).where(here).order_by(db.watched_runs.c.since))
            rows = [dict(row._mapping) for row in found]
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


class FollowTable(Tables):
    """`ports.FollowList` of one workspace; the default's name here is ""."""

    def __init__(self, engine: sa.Engine, workspace: str = "") -> None:
        super().__init__(engine)
        self._workspace = workspace

    def add(self, followed: FollowedLog) -> None:
        values = {field: getattr(followed, field) for field in followed.__slots__}
        values |= {"since": followed.since.isoformat(), "workspace": self._workspace}
        row = insert(db.followed_logs).values(**values)
        with self._transaction() as connection:
            connection.execute(row.on_conflict_do_nothing())

    def all(self) -> tuple[FollowedLog, ...]:
        columns = [column for column in db.followed_logs.c if column.name != "workspace"]
        here = db.followed_logs.c.workspace == self._workspace
        with self._transaction() as connection:
            found = connection.execute(sa.select(*columns).where(here).order_by(db.followed_logs.c.since))
            rows = [dict(row._mapping) for row in found]
        return tuple(FollowedLog(**row | {"since": datetime.fromisoformat(row["since"])}) for row in rows)

    def shown(self, key: str, digest: str) -> None:
        with self._transaction() as connection:
            connection.execute(sa.update(db.followed_logs).where(db.followed_logs.c.key == key).values(shown=digest))

    def remove(self, key: str) -> None:
        with self._transaction() as connection:
            connection.execute(sa.delete(db.followed_logs).where(db.followed_logs.c.key == key))


def _changed(what: str, link: Link, by: str) -> AuditEntry:
    reason = f"on the command line, by {by}"
    key = f"cli:{uuid.uuid4()}"
    return change(what, key, reason, team=link.team, user=link.user, object_id=link.object_id)
