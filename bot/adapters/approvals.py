"""`ports.ApprovalDesk` in our database: each change together with its row in the audit, or neither."""

from dataclasses import replace

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.sqlite import insert

from bot.adapters import database as db
from bot.adapters.audit import AuditTable
from bot.adapters.tables import Tables, now
from bot.domain.approvals import ApprovalMessage, ApprovalRequest, ApprovalState, Vote
from bot.domain.audit import AuditEntry
from bot.domain.errors import NotFound

_REQUEST: TypeAdapter[ApprovalRequest] = TypeAdapter(ApprovalRequest)
_FROM = {ApprovalState.STARTED: ApprovalState.APPROVED}


class ApprovalTable(Tables):
    """The table of a workspace's approvals (the default's name here is ""); `audit` is in the same database."""

    def __init__(self, engine: sa.Engine, audit: AuditTable, workspace: str = "") -> None:
        super().__init__(engine)
        self._workspace = workspace
        self._audit = audit

    def ask(self, request: ApprovalRequest, entry: AuditEntry) -> ApprovalRequest:
        with self._transaction(alone=True) as connection:
            known = _found(connection, self._workspace, request.run_id)
            if known is not None:
                return known
            content = _REQUEST.dump_json(request).decode()
            values = {"run_id": request.run_id, "state": str(request.state), "asked_at": now(), "content": content}
            values["workspace"] = self._workspace
            connection.execute(db.approvals.insert().values(**values, by="", reason="", shown=""))
            self._audit.append(connection, entry)
        return request

    def workspace_of(self, run_id: str) -> str:
        """The workspace that a request is for, of all that share the table; "" also for none."""
        query = sa.select(db.approvals.c.workspace).where(db.approvals.c.run_id == run_id)
        with self._transaction() as connection:
            return str(connection.scalar(query) or "")

    def find(self, run_id: str) -> ApprovalRequest | None:
        with self._transaction() as connection:
            return _found(connection, self._workspace, run_id)

    def all(self, *states: ApprovalState) -> tuple[ApprovalRequest, ...]:
        known = db.approvals.c
        query = (
            sa.select(known.run_id)
            .where(known.workspace == self._workspace, known.state.in_([str(state) for state in states]))
            .order_by(known.asked_at)
        )
        with self._transaction() as connection:
            found = [_found(connection, self._workspace, run_id) for run_id in connection.scalars(query).all()]
        return tuple(request for request in found if request is not None)

    def agree(self, run_id: str, vote: Vote, entry: AuditEntry) -> ApprovalRequest:
        with self._transaction(alone=True) as connection:
            request = _existing(connection, self._workspace, run_id)
            if not request.is_open or (vote.team, vote.user) in {(each.team, each.user) for each in request.votes}:
                return request
            values = {"team": vote.team, "user": vote.user, "object_id": vote.object_id, "voted_at": now()}
            connection.execute(db.approval_votes.insert().values(run_id=run_id, **values))
            self._audit.append(connection, entry)
            return replace(request, votes=(*request.votes, vote))

    def move(
        self, run_id: str, state: ApprovalState, entry: AuditEntry, *, by: str = "", reason: str = ""
    ) -> ApprovalRequest | None:
        with self._transaction(alone=True) as connection:
            request = _existing(connection, self._workspace, run_id)
            before = {ApprovalState.OPEN, ApprovalState.APPROVED} if state is ApprovalState.VOID else (
                {_FROM.get(state, ApprovalState.OPEN)}
            )  # fmt: skip
            if request.state not in before:
                return None
            change = sa.update(db.approvals).where(db.approvals.c.run_id == run_id)
            connection.execute(change.values(state=str(state), by=by or request.by, reason=reason or request.reason))
            self._audit.append(connection, entry)
            return _existing(connection, self._workspace, run_id)

    def unshown(self) -> tuple[tuple[ApprovalRequest, str], ...]:
        known = db.approvals.c
        wanted = sa.and_(known.workspace == self._workspace, known.shown != "", known.shown != known.state)
        query = sa.select(known.run_id, known.shown).where(wanted).order_by(known.asked_at)
        with self._transaction() as connection:
            rows = [
                (_existing(connection, self._workspace, row.run_id), row.shown)
                for row in connection.execute(query).all()
            ]
        return tuple(rows)

    def shown(self, run_id: str, what: str) -> None:
        with self._transaction() as connection:
            connection.execute(sa.update(db.approvals).where(db.approvals.c.run_id == run_id).values(shown=what))

    def posted(self, run_id: str, message: ApprovalMessage) -> None:
        values: dict[str, object] = {"run_id": run_id, "channel": message.channel, "ts": message.ts}
        values |= {"thread_ts": message.thread_ts, "asks": int(message.asks)}
        with self._transaction() as connection:
            connection.execute(insert(db.approval_messages).values(**values).on_conflict_do_nothing())

    def messages(self, run_id: str) -> tuple[ApprovalMessage, ...]:
        query = sa.select(db.approval_messages).where(db.approval_messages.c.run_id == run_id)
        with self._transaction() as connection:
            return tuple(
                ApprovalMessage(row.channel, row.ts, row.thread_ts, bool(row.asks)) for row in connection.execute(query)
            )


def _existing(connection: sa.Connection, workspace: str, run_id: str) -> ApprovalRequest:
    found = _found(connection, workspace, run_id)
    if found is None:
        raise NotFound("request for", run_id, hint="It may be from before my database was made anew.")
    return found


def _found(connection: sa.Connection, workspace: str, run_id: str) -> ApprovalRequest | None:
    here = (db.approvals.c.run_id == run_id, db.approvals.c.workspace == workspace)
    row = connection.execute(sa.select(db.approvals).where(*here)).first()
    if row is None:
        return None
    known = db.approval_votes.c
    given = sa.select(db.approval_votes).where(known.run_id == run_id).order_by(known.voted_at)
    votes = tuple(Vote(each.team, each.user, each.object_id) for each in connection.execute(given))
    request = _REQUEST.validate_json(row.content)
    return replace(request, state=ApprovalState(row.state), by=row.by, reason=row.reason, votes=votes)
