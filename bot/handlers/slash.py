"""What came by `/aml` or the form: the place it came from, the workspace it is for, and the request it is."""

from bot.domain.help import Question
from bot.domain.runs import SubmitRequest
from bot.handlers.callers import caller_of
from bot.handlers.commands import refuse_if_cut
from bot.handlers.replies import Replies
from bot.handlers.reply import Place, errors_shown_by
from bot.handlers.workspaces import Workspaces
from bot.parse import commands as parse
from bot.parse import requests
from bot.parse.text import plain
from bot.ports import Job


class Slash:
    """Works off slash commands and forms."""

    def __init__(self, replies: Replies, workspaces: Workspaces) -> None:
        self._replies = replies
        self._workspaces = workspaces

    def work(self, job: Job) -> None:
        """Work off a slash command."""
        payload = job.payload
        place = Place(
            team=payload["team"],
            user=payload["user"],
            channel=payload["channel"],
            response_url=payload["response_url"],
        )
        reply = self._replies.to(job, place)
        with errors_shown_by(reply):
            asked, text = parse.workspace_of(plain(payload["text"]))
            request = parse.parse(text)
            refuse_if_cut(request, payload["text"])
            commands = self._workspaces.choose(asked, payload.get("workspace", ""), reply, request)
            question = None
            if isinstance(request, requests.Ask):
                question = Question(job.key, place.team, place.channel, place.user, "", request.question)
            commands.run(request, caller_of(job, place), reply, question=question)

    def work_form(self, job: Job) -> None:
        """Work off a submitted form."""
        payload = job.payload
        place = Place(team=payload["team"], user=payload["user"], channel=payload["channel"] or payload["user"])
        reply = self._replies.to(job, place)
        with errors_shown_by(reply):
            fields = payload["request"] | {"arguments": tuple(payload["request"]["arguments"]), "packages": None}
            request = requests.Submit(SubmitRequest(**fields))
            commands = self._workspaces.choose("", payload.get("workspace", ""), reply, request)
            commands.run(request, caller_of(job, place), reply)
