"""`ports.Directory` and `ports.Memberships` on Microsoft Graph: who has an e-mail address, and who is in which group.

Plain REST, v1.0: "List users" and "directoryObject: checkMemberGroups". The bot's identity needs the application
permissions User.Read.All, and GroupMember.Read.All for groups. No address gets into a log or a message of ours.
"""

import re
from typing import Any

import requests

from bot.adapters.authorization import Credential, Session
from bot.adapters.azureml.config import AzureMLConfig
from bot.domain.errors import Unavailable
from bot.ports import DirectoryUser

GRAPH = "https://graph.microsoft.com"
_SCOPE = f"{GRAPH}/.default"
_TIMEOUT = (5.0, 10.0)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GROUPS_AT_ONCE = 20
_ENOUGH = 5  # two are too many already


class GraphDirectory:
    """The tenant's users, read as the bot's own identity. Safe to use from many threads."""

    def __init__(self, config: AzureMLConfig) -> None:
        self._config = config
        self._session = Session(config.proxy, config.ca_bundle)
        self._credential = Credential(config, self._session)

    def users_with(self, email: str) -> tuple[DirectoryUser, ...]:
        """The users whose address or sign-in name is `email`."""
        quoted = email.replace("'", "''")
        answer = self._ask(
            "GET",
            "users",
            params={
                "$filter": f"mail eq '{quoted}' or userPrincipalName eq '{quoted}'",
                "$select": "id,mail,userPrincipalName,accountEnabled,userType",
                "$top": str(_ENOUGH),
            },
        )
        return tuple(_user(each, email) for each in _values(answer))

    def member_of(self, object_id: str, groups: frozenset[str]) -> frozenset[str]:
        """Those of `groups` that the principal is in, directly or through other groups."""
        if not _GUID.fullmatch(object_id):
            raise _garbage("an object id")
        wanted = sorted(each for each in groups if _GUID.fullmatch(each))
        found: set[str] = set()
        for start in range(0, len(wanted), _GROUPS_AT_ONCE):
            asked = {"groupIds": wanted[start : start + _GROUPS_AT_ONCE]}
            answer = _values(self._ask("POST", f"users/{object_id}/checkMemberGroups", json=asked))
            if not all(isinstance(each, str) for each in answer):
                raise _garbage("groups")
            found |= {each.lower() for each in answer}
        return frozenset(found) & groups

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        token = self._credential.get_token(_SCOPE).token
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = self._session.request(
                method, f"{GRAPH}/v1.0/{path}", headers=headers, timeout=_TIMEOUT, allow_redirects=False, **more
            )
        except requests.RequestException as error:
            raise _no_answer(type(error).__name__) from error
        if answer.status_code in {401, 403}:
            raise Unavailable(
                "My own identity may not look people up in Microsoft Graph, so I can't tell who you are in Azure, and "
                "nothing was done. An administrator must grant it User.Read.All, or link you with `aml-bot link`.",
                detail=f"Microsoft Graph: {answer.status_code}",
            )
        if answer.status_code != 200:
            raise _no_answer(str(answer.status_code))
        try:
            return answer.json()
        except ValueError as error:
            raise _garbage("no JSON") from error


def _values(answer: Any) -> list[Any]:
    found = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise _garbage("no list")
    return found


def _user(item: Any, email: str) -> DirectoryUser:
    if not isinstance(item, dict):
        raise _garbage("a user")
    object_id, enabled = item.get("id"), item.get("accountEnabled")
    names = {str(item.get(field) or "").casefold() for field in ("mail", "userPrincipalName")}
    # An answer about somebody else, or one that leaves open what counts, is none.
    if not isinstance(object_id, str) or not _GUID.fullmatch(object_id) or email.casefold() not in names:
        raise _garbage("a user")
    if not isinstance(enabled, bool):
        raise _garbage("accountEnabled")
    kind = item.get("userType")
    # Users that were made long ago have no type in the directory; those are members.
    return DirectoryUser(object_id.lower(), enabled, is_guest=kind is not None and str(kind).lower() != "member")


def _no_answer(detail: str) -> Unavailable:
    return Unavailable(
        "Microsoft Graph doesn't answer, so I can't tell who you are in Azure, and nothing was done. Try again in a "
        "few minutes.",
        detail=f"Microsoft Graph: {detail}",
    )


def _garbage(what: str) -> Unavailable:
    return Unavailable(
        "Microsoft Graph's answer made no sense to me, so I can't tell who you are in Azure, and nothing was done. Try "
        "again in a minute.",
        detail=f"Microsoft Graph: {what}",
    )
