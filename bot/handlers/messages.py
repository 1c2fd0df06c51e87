"""Messages: a question in the help channel, a mention, a direct message."""

from dataclasses import replace

from bot.blocks import assistant, help  # noqa: A004 - the feature's name in every folder
from bot.domain.help import Question
from bot.domain.wheels import SharedFile
from bot.handlers.assistant import Assistant
from bot.handlers.callers import caller_of
from bot.handlers.commands import refuse_if_cut
from bot.handlers.replies import Replies
from bot.handlers.reply import Place, errors_shown_by
from bot.handlers.workspaces import Workspaces
from bot.parse import commands as parse
from bot.parse import requests
from bot.parse.questions import is_question
from bot.parse.text import plain, without_mention
from bot.ports import Job


class Messages:
    """Works off messages. In `help_channels` every question is answered, mentioned or not."""

    def __init__(
        self,
        replies: Replies,
        workspaces: Workspaces,
        bot_user: str,
        help_channels: frozenset[str],
        conversation: Assistant,
    ) -> None:
        self._replies = replies
        self._workspaces = workspaces
        self._conversation = conversation
        self._bot_user = bot_user
        self._help_channels = help_channels

    def work(self, job: Job) -> None:
        """Answer a message, or carry out the command that it is."""
        payload = job.payload
        direct = bool(payload["direct"])
        place = Place(
            team=payload["team"],
            user=payload["user"],
            channel=payload["channel"],
            # In a direct message everything is a conversation with us; elsewhere an answer stays in its thread.
            thread_ts=payload["thread_ts"] or ("" if direct else payload["ts"]),
            direct=direct,
        )
        reply = self._replies.to(job, place)
        with errors_shown_by(reply):
            asked, request = self._request(plain(payload["text"]), place)
            if isinstance(request, requests.Ask) and not is_question(request.question):
                reply.private(help.small_talk())
            elif request is not None:
                if isinstance(request, requests.AddWheel):
                    request = replace(request, files=tuple(SharedFile(**file) for file in payload.get("files", ())))
                refuse_if_cut(request, payload["text"])
                caller = caller_of(job, place)
                commands = self._workspaces.choose(asked, payload.get("workspace", ""), reply, request)
                words = assistant.ASKING_AZURE if request.command.guarded else assistant.LOOKING_IN_FAQ
                with self._conversation.status(place, payload["ts"], words):
                    commands.run(request, caller, reply, question=_question(job, place, request))

    def _request(self, text: str, place: Place) -> tuple[str, requests.Request | None]:
        """The workspace that the message names, and what it asks for."""
        mentioned = f"<@{self._bot_user}>" in text
        if mentioned or place.direct:
            asked, line = parse.workspace_of(without_mention(text, self._bot_user))
            return asked, parse.parse_mention(line)
        for_somebody_else = text.startswith("<@")
        if place.channel in self._help_channels and not for_somebody_else and is_question(text):
            return "", requests.Ask(text)
        return "", None


def _question(job: Job, place: Place, request: requests.Request) -> Question | None:
    if not isinstance(request, requests.Ask):
        return None
    return Question(job.key, place.team, place.channel, place.user, place.thread_ts, request.question)
