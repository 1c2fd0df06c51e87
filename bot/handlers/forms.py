"""The submit form: filled with what only Azure knows, after Slack has opened it."""

from collections.abc import Mapping

import structlog
from slack_sdk.errors import SlackApiError

from bot.blocks import views
from bot.domain.access import reference_of
from bot.domain.commands import SUBMIT
from bot.domain.errors import BotError
from bot.domain.runs import SubmitRequest
from bot.domain.workspaces import WorkspaceNames
from bot.handlers.callers import caller_of
from bot.handlers.replies import Replies
from bot.handlers.reply import Place
from bot.ports import Job
from bot.services.identity import Identity
from bot.services.projects import Projects
from bot.services.runs import Runs

log = structlog.get_logger(__name__)


class Forms:
    """Works off opened forms; `services` are those of each workspace by its name."""

    def __init__(
        self,
        replies: Replies,
        services: Mapping[str, tuple[Identity, Runs]],
        names: WorkspaceNames,
        projects: Projects,
    ) -> None:
        self._replies = replies
        self._services = services
        self._names = names
        self._projects = projects

    def work_opened(self, job: Job) -> None:
        """Fill the choices of a form that was opened, or say in it why the person can't use it."""
        payload = job.payload
        caller = caller_of(job, Place(payload["team"], payload["user"], payload["channel"]))
        try:
            workspace = self._names.named(payload.get("workspace") or self._names.default)
            identity, runs = self._services[workspace]
            computes, environments = runs.choices(identity.principal(caller, SUBMIT))
        except BotError as error:
            log.info("refused", reference=caller.reference, error=type(error).__name__, cause=error.detail)
            view = views.submit_form_error(error, caller.reference)
        else:
            view = views.submit_form(
                self._projects.names,
                computes,
                environments,
                SubmitRequest(self._projects.usual_script),
                private_metadata=views.form_place(payload["channel"], workspace),
                workspace=workspace if self._names.several else "",
            )
        try:
            self._replies.client.views_update(view_id=payload["view_id"], view=view)
        except SlackApiError as error:
            # Closed or sent in the meantime: nobody is looking at it any more.
            log.info("form_not_filled", reference=reference_of(job.key), cause=error.response.get("error"))
