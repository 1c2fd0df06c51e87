"""The submit form: filled with what only Azure knows, after Slack has opened it."""

import structlog
from slack_sdk.errors import SlackApiError

from bot.blocks import views
from bot.domain.access import Caller, reference_of
from bot.domain.commands import SUBMIT
from bot.domain.errors import BotError
from bot.domain.runs import SubmitRequest
from bot.handlers.replies import Replies
from bot.ports import Job
from bot.services.identity import Identity
from bot.services.projects import Projects
from bot.services.runs import Runs

log = structlog.get_logger(__name__)


class Forms:
    """Works off opened forms."""

    def __init__(self, replies: Replies, identity: Identity, runs_service: Runs, projects: Projects) -> None:
        self._replies = replies
        self._identity = identity
        self._runs = runs_service
        self._projects = projects

    def work_opened(self, job: Job) -> None:
        """Fill the choices of a form that was opened, or say in it why the person can't use it."""
        payload = job.payload
        caller = Caller(payload["team"], payload["user"], payload["channel"], job.key, job.payload.get("delivery", ""))
        try:
            principal = self._identity.principal(caller, SUBMIT)
            computes, environments = self._runs.choices(principal)
        except BotError as error:
            log.info("refused", reference=caller.reference, error=type(error).__name__, cause=error.detail)
            view = views.submit_form_error(error, caller.reference)
        else:
            view = views.submit_form(
                self._projects.names,
                computes,
                environments,
                SubmitRequest(self._projects.usual_script),
                private_metadata=payload["channel"],
            )
        try:
            self._replies.client.views_update(view_id=payload["view_id"], view=view)
        except SlackApiError as error:
            # Closed or sent in the meantime: nobody is looking at it any more.
            log.info("form_not_filled", reference=reference_of(job.key), cause=error.response.get("error"))
