"""graph.microsoft.com: the tenant's users and their groups, as far as looking a person up needs them.

Shapes: learn.microsoft.com, Microsoft Graph v1.0, "List users", "Get user" and "directoryObject: checkMemberGroups".
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.access import principals_of
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.GRAPH_HOST
_EQUALS: Final = re.compile(r"\s*(mail|userPrincipalName|id)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_FIELDS: Final = ("id", "displayName", "mail", "userPrincipalName")
_GROUPS_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class User:
    """A user of the tenant; a guest's `user_type` is Guest."""

    id: str
    displayName: str
    mail: str | None
    userPrincipalName: str
    accountEnabled: bool = True
    userType: str | None = "Member"


_ALL_FIELDS: Final = tuple(User.__slots__)


class Directory:
    """The seed's people and those that were added or changed since."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", _HOST, "/v1.0/users", self.users),
            route("GET", _HOST, "/v1.0/users/{id}", self.user),
            route("POST", _HOST, "/v1.0/users/{id}/checkMemberGroups", self.check_groups),
        )

    def put(self, document: dict[str, Any]) -> dict[str, Any]:
        """Add a user, or change the one with this `id`.

        Raises:
            ServiceError: a field that isn't one, or one that is missing.
        """
        try:
            known = {user.id: user for user in self._all()}.get(str(document.get("id")))
            before = _document(known) if known else {}
            user = User(**before | document)
        except TypeError as error:
            raise bad_request(f"This isn't a user: {error}.") from error
        self._database.write("INSERT OR REPLACE INTO users VALUES (?, ?)", user.id, json.dumps(_document(user)))
        return _document(user)

    def remove(self, user_id: str) -> None:
        """Forget a user that was added, or what was changed of one of the seed's."""
        self._database.write("DELETE FROM users WHERE id = ?", user_id)

    def users(self, request: Request) -> Response:
        condition = request.query_value("$filter")
        found = self._all()
        if condition:
            pairs = _alternatives(condition)
            found = [user for user in found if any(_has(user, *pair) for pair in pairs)]
        context = f"https://{_HOST}/v1.0/$metadata#users"
        top = request.query_value("$top") or "100"
        if not top.isdecimal() or not 1 <= int(top) <= 999:
            raise ServiceError(400, "Request_BadRequest", f"Invalid page size specified: '{top}'.")
        shown = [_document(user, _chosen(request)) for user in found[: int(top)]]
        more = {"@odata.nextLink": f"https://{_HOST}/v1.0/users?$skiptoken=more"} if len(found) > int(top) else {}
        return json_response({"@odata.context": context, **more, "value": shown})

    def user(self, request: Request) -> Response:
        user = self._named(request.values["id"])
        context = f"https://{_HOST}/v1.0/$metadata#users/$entity"
        return json_response({"@odata.context": context} | _document(user, _chosen(request)))

    def check_groups(self, request: Request) -> Response:
        """Those of the groups asked about that the user is in, also through other groups."""
        user = self._named(request.values["id"])
        asked = request.document().get("groupIds")
        if not isinstance(asked, list) or not 1 <= len(asked) <= _GROUPS_AT_ONCE:
            raise ServiceError(400, "Request_BadRequest", f"groupIds must have 1 to {_GROUPS_AT_ONCE} ids.")
        groups = {group.lower() for group in principals_of(user.id)} - {user.id.lower()}
        context = f"https://{_HOST}/v1.0/$metadata#Collection(Edm.String)"
        return json_response(
            {"@odata.context": context, "value": [each for each in asked if str(each).lower() in groups]}
        )

    def _all(self) -> list[User]:
        found = {each.object_id: User(each.object_id, each.name, each.mail, each.mail) for each in seed.PEOPLE}
        for row in self._database.rows("SELECT document FROM users ORDER BY id"):
            user = User(**json.loads(row["document"]))
            found[user.id] = user
        return list(found.values())

    def _named(self, name: str) -> User:
        wanted = name.lower()
        for user in self._all():
            if wanted in {user.id.lower(), user.userPrincipalName.lower()}:
                return user
        message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
        raise ServiceError(404, "Request_ResourceNotFound", message)


def _alternatives(condition: str) -> list[tuple[str, str]]:
    """The fields and values of `FIELD eq 'VALUE' or ...`; a quote in a value is doubled."""
    pairs: list[tuple[str, str]] = []
    at = 0
    while (match := _EQUALS.match(condition, at)) is not None:
        pairs.append((match[1].lower(), match[2].replace("''", "'").lower()))
        at = match.end()
        if at == len(condition):
            return pairs
        if not condition.startswith("or ", at):
            break
        at += len("or ")
    raise ServiceError(400, "Request_UnsupportedQuery", f"The filter '{condition}' is not supported.")


def _has(user: User, field: str, value: str) -> bool:
    held = {"id": user.id, "mail": user.mail or "", "userprincipalname": user.userPrincipalName}[field]
    return value == held.lower()


def _chosen(request: Request) -> tuple[str, ...]:
    chosen = request.query_value("$select")
    return tuple(name.strip() for name in chosen.split(",")) if chosen else _FIELDS


def _document(user: User, fields: tuple[str, ...] = _ALL_FIELDS) -> dict[str, Any]:
    return {name: getattr(user, name) for name in fields if name in _ALL_FIELDS}
