"""graph.microsoft.com: the tenant's users, as far as looking a person up needs them."""

import re
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.errors import ServiceError
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.GRAPH_HOST
_EQUALS: Final = re.compile(r"\s*(mail|userPrincipalName|id)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_FIELDS: Final = ("id", "displayName", "mail", "userPrincipalName")


def routes() -> tuple[Route, ...]:
    return (
        route("GET", _HOST, "/v1.0/users", _users),
        route("GET", _HOST, "/v1.0/users/{id}", _user),
    )


def _users(request: Request) -> Response:
    condition = request.query_value("$filter")
    found = list(seed.PEOPLE)
    if condition:
        wanted = [_EQUALS.fullmatch(part) for part in re.split(r"\bor\b", condition)]
        if not all(wanted):
            raise ServiceError(400, "Request_UnsupportedQuery", f"The filter '{condition}' is not supported.")
        pairs = [(match[1].lower(), match[2].replace("''", "'").lower()) for match in wanted if match]
        found = [person for person in found if any(_has(person, *pair) for pair in pairs)]
    context = f"https://{_HOST}/v1.0/$metadata#users"
    return json_response({"@odata.context": context, "value": [_document(person, request) for person in found]})


def _user(request: Request) -> Response:
    wanted = request.values["id"].lower()
    for person in seed.PEOPLE:
        if wanted in {person.object_id, person.mail}:
            context = f"https://{_HOST}/v1.0/$metadata#users/$entity"
            return json_response({"@odata.context": context} | _document(person, request))
    message = (
        f"Resource '{request.values['id']}' does not exist or one of its queried reference-property objects are not "
        "present."
    )
    raise ServiceError(404, "Request_ResourceNotFound", message)


def _has(person: seed.Person, field: str, value: str) -> bool:
    return value == (person.object_id if field == "id" else person.mail)


def _document(person: seed.Person, request: Request) -> dict[str, Any]:
    everything = {
        "id": person.object_id,
        "displayName": person.name,
        "mail": person.mail,
        "userPrincipalName": person.mail,
        "accountEnabled": True,
    }
    chosen = request.query_value("$select")
    names = [name.strip() for name in chosen.split(",")] if chosen else list(_FIELDS)
    return {name: everything[name] for name in names if name in everything}
