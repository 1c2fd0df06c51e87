"""`ports.RoleRequests` in our database."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bot.adapters import database as db
from bot.adapters.tables import Tables
from bot.domain.grants import RequestState, RoleRequest


class RoleRequestTable(Tables):
    """The table of refused requests for which a role at `scope` may be asked for."""

    def __init__(self, engine: sa.Engine, scope: str) -> None:
        super().__init__(engine)
        self._scope = scope

    def offer(self, request: RoleRequest) -> None:
        values = {name: getattr(request, name) for name in request.__slots__}
        values |= {"id": request.id, "payload": json.dumps(dict(request.payload)), "state": str(request.state)}
        values |= {name: getattr(request, name).astimezone(UTC).isoformat() for name in ("refused", "since")}
        row = insert(db.role_requests).values(**values)
        known = db.role_requests.c
        with self._transaction() as connection:
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["id"],
                    set_={name: row.excluded[name] for name in values if name != "id"},
                    where=known.state != RequestState.OPEN,
                )
            )

    def get(self, id: str) -> RoleRequest | None:  # noqa: A002 - the port's name
        with self._transaction() as connection:
            found = _requests(connection.execute(sa.select(db.role_requests).where(db.role_requests.c.id == id)))
        return found[0] if found else None

    def open(self) -> tuple[RoleRequest, ...]:
        known = db.role_requests.c
        here = known.scope == self._scope
        query = sa.select(db.role_requests).where(here, known.state == RequestState.OPEN).order_by(known.since)
        with self._transaction() as connection:
            return _requests(connection.execute(query))

    def move(self, request: RoleRequest, state: RequestState, since: datetime, *, job: str = "") -> bool:
        known = db.role_requests.c
        there = (known.id == request.id) & (known.state == str(request.state))
        now = since.astimezone(UTC).isoformat()
        change = sa.update(db.role_requests).where(there).values(state=str(state), since=now, job=job)
        with self._transaction() as connection:
            return connection.execute(change).rowcount == 1

    def forget(self, before: datetime) -> int:
        known = db.role_requests.c
        old = known.since < before.astimezone(UTC).isoformat()
        with self._transaction() as connection:
            done = connection.execute(sa.delete(db.role_requests).where(old, known.state != RequestState.OPEN))
            return int(done.rowcount)


def _requests(rows: Iterable[sa.Row[tuple[object, ...]]]) -> tuple[RoleRequest, ...]:
    found = []
    for row in rows:
        values = dict(row._mapping)
        del values["id"]
        values["payload"] = json.loads(values["payload"])
        values |= {name: datetime.fromisoformat(values[name]) for name in ("refused", "since")}
        values["state"] = RequestState(values["state"])
        found.append(RoleRequest(**values))
    return tuple(found)
