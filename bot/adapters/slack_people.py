"""People of the Slack workspace, by `users.info`."""

import threading
import time
from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain.errors import NotFound, Unavailable
from bot.ports import Person

KEEP_SECONDS = 60.0


class SlackPeople:
    """`ports.People`. An answer is reused for a minute; a failed look-up is never an answer."""

    def __init__(self, client: WebClient, team: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._team = team
        self._clock = clock
        self._cache: dict[str, tuple[float, Person, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def person(self, team: str, user: str) -> Person:
        now = self._clock()
        with self._lock:
            self._cache = {key: entry for key, entry in self._cache.items() if now - entry[0] < KEEP_SECONDS}
            cached = self._cache.get(user)
        found, homes = cached[1:] if cached else self._look_up(user)
        with self._lock:
            self._cache.setdefault(user, (now, found, homes))
        if team not in homes and not found.is_stranger:
            return Person(found.name, is_stranger=True)
        return found

    def _look_up(self, user: str) -> tuple[Person, frozenset[str]]:
        try:
            answer = self._client.users_info(user=user)
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code in {"user_not_found", "user_not_visible"}:
                raise NotFound("person", user, detail=code) from error
            raise _unavailable(code) from error
        except (SlackClientError, OSError) as error:
            raise _unavailable(type(error).__name__) from error
        return self._person(answer["user"])

    def _person(self, user: dict[str, Any]) -> tuple[Person, frozenset[str]]:
        """The person, and the ids of workspaces and organisations that they are a member of."""
        # A field that is missing is read as the answer that opens less.
        grid = user.get("enterprise_user") or {}
        homes = frozenset(
            str(each) for each in (user.get("team_id"), grid.get("enterprise_id"), *(grid.get("teams") or ())) if each
        )
        return self._described(user, grid, homes), homes

    def _described(self, user: dict[str, Any], grid: dict[str, Any], homes: frozenset[str]) -> Person:
        return Person(
            name=str(user.get("name", "")),
            is_guest=bool(user.get("is_restricted", True) or user.get("is_ultra_restricted", True)),
            is_stranger=self._team not in homes,
            is_bot=bool(user.get("is_bot", True)) or user.get("id") == "USLACKBOT",
            is_deactivated=bool(user.get("deleted", True)),
            is_workflow=bool(user.get("is_workflow_bot", False)),
            email=str((user.get("profile") or {}).get("email") or ""),
            is_email_confirmed=user.get("is_email_confirmed") is True,
            enterprise=str(grid.get("enterprise_id") or ""),
            enterprise_user=str(grid.get("id") or ""),
        )


def _unavailable(code: str) -> Unavailable:
    return Unavailable(
        "Slack doesn't tell me who you are at the moment, so I did nothing. Try again in a minute.", detail=code
    )
