"""The Home tab, drawn when it is opened: at once, then with what the person may do, then with their runs."""

from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.blocks import home
from bot.domain.access import Caller
from bot.domain.errors import BotError
from bot.domain.home import Standing
from bot.domain.runs import ANY_RUN, Run
from bot.handlers.callers import caller_of
from bot.handlers.replies import Replies
from bot.handlers.reply import Place
from bot.ports import Job
from bot.services.home import Home
from bot.services.runs import Runs

log = structlog.get_logger(__name__)
RUNS_SHOWN = 5


class HomeTab:
    """Works off opened Home tabs."""

    def __init__(self, replies: Replies, home_service: Home, runs_service: Runs) -> None:
        self._replies = replies
        self._home = home_service
        self._runs = runs_service

    def work(self, job: Job) -> None:
        """Draw the tab of the person who opened it. What takes Azure comes after what doesn't."""
        payload = job.payload
        caller = caller_of(job, Place(payload["team"], payload["user"], payload["channel"]))
        try:
            if payload["is_new"]:
                self._publish(caller, home.opening())
            standing = self._home.standing(caller)
            self._publish(caller, home.home(standing, None))
            if standing.principal is not None:
                latest, why = self._latest(standing)
                self._publish(caller, home.home(standing, latest, why))
        except SlackApiError as error:
            log.info("home_not_published", reference=caller.reference, cause=error.response.get("error"))
        except Exception:
            log.exception("bug", reference=caller.reference)
            self._publish(caller, home.failed(caller.reference))

    def _latest(self, standing: Standing) -> tuple[tuple[Run, ...], str]:
        if standing.principal is None:
            return (), ""
        try:
            page = self._runs.latest(standing.principal, ANY_RUN, start=0, limit=RUNS_SHOWN, mine=True)
        except BotError as error:
            return (), error.user_message
        return page.runs, ""

    def _publish(self, caller: Caller, view: dict[str, Any]) -> None:
        self._replies.client.views_publish(user_id=caller.user, view=view)
