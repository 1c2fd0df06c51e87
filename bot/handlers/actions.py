"""Clicks on buttons in the bot's messages."""

from collections.abc import Callable

from bot.blocks import answers, help  # noqa: A004 - the feature's name in every folder
from bot.blocks.approvals import APPROVE
from bot.domain.access import Caller
from bot.domain.errors import InvalidRequest
from bot.domain.help import Verdict
from bot.handlers.callers import caller_of
from bot.handlers.commands import Commands, SourceUrl
from bot.handlers.replies import Replies
from bot.handlers.reply import MessageRefused, Place, Posted, Reply, errors_shown_by
from bot.handlers.workspaces import Workspaces
from bot.parse import actions as parse
from bot.ports import Job
from bot.services.help import Help

_VERDICTS = {"feedback_helpful": Verdict.HELPFUL, "feedback_not_helpful": Verdict.NOT_HELPFUL}


class Actions:
    """Works off clicks. `help_channel` is where humans are called for somebody who asked in a direct message."""

    def __init__(
        self,
        replies: Replies,
        help_service: Help,
        workspaces: Workspaces,
        *,
        source_url: SourceUrl | None,
        help_channel: str,
    ) -> None:
        self._replies = replies
        self._help = help_service
        self._workspaces = workspaces
        self._source_url = source_url
        self._help_channel = help_channel

    def work(self, job: Job) -> None:
        """Do what the button stands for."""
        payload = job.payload
        place = Place(
            team=payload["team"],
            user=payload["user"],
            channel=payload["channel"],
            thread_ts=payload["thread_ts"],
            direct=payload["channel"].startswith("D"),
            response_url=payload["response_url"],
        )
        reply = self._replies.to(job, place)
        with errors_shown_by(reply):
            self._do(payload["action_id"], payload["value"], job, reply)

    def _do(self, action_id: str, value: str, job: Job, reply: Reply) -> None:
        place = reply.place
        caller = caller_of(job, place)
        if action_id in _VERDICTS:
            self._help.feedback(value, place.user, _VERDICTS[action_id])
            reply.private(help.feedback_thanks(_VERDICTS[action_id]))
        elif action_id == "ask_human":
            self._call_human(value, place.user, job.key, reply)
        elif action_id == "show_choice":
            self._show_choice(value, reply)
        else:
            self._do_in_azure(action_id, value, caller, job, reply)

    def _do_in_azure(self, action_id: str, value: str, caller: Caller, job: Job, reply: Reply) -> None:
        commands = self._workspaces.choose("", job.payload.get("workspace", ""), reply)
        if action_id == "resume_request":
            commands.role_requests.resume(value, caller, job, reply)
        elif (click := commands.reports.clicks().get(action_id)) is not None:
            in_public = not job.payload.get("ephemeral") and job.payload.get("ts")
            click(value, caller, reply, Posted(reply.place.channel, job.payload["ts"]) if in_public else None)
        elif (do := _clicks(commands).get(action_id)) is not None:
            do(value, caller, reply)

    def _show_choice(self, value: str, reply: Reply) -> None:
        chosen = parse.choice(value)
        section, referred = self._help.entry(chosen.key, chosen.file, chosen.anchor)
        reply.private(
            answers.section(
                chosen.key,
                section,
                referred,
                source_url=self._source_url,
                can_call_human=self._help.can_call_human,
            )
        )

    def _call_human(self, key: str, user: str, job: str, reply: Reply) -> None:
        asked = self._help.asked(key)
        direct = asked.channel.startswith("D")
        if direct and not self._help_channel:
            raise InvalidRequest("Nobody else can read this conversation. Ask in a channel, and I call somebody.")
        escalation = self._help.escalate(key, user, job)
        if not escalation.first:
            reply.private(help.already_called())
            return
        question = escalation.question
        # In the question's thread, where the human will answer. Nobody but the asker reads a direct message, and a
        # command can also come from where the bot can't post: then the humans are called in the help channel.
        try:
            posted = reply.public(
                help.escalation(escalation),
                part="human",
                channel=self._help_channel if direct else question.channel,
                thread_ts="" if direct else question.thread_ts,
                instead=self._help_channel,
                or_directly=False,
            )
        except MessageRefused as refusal:
            self._help.take_back(key, job)
            raise InvalidRequest(
                "I couldn't call anybody: Slack doesn't let me post where a human would read it. "
                "Ask in a channel that I'm a member of, or write to a colleague directly.",
                detail=str(refusal),
            ) from refusal
        if posted.channel != question.channel:
            reply.private(help.called_in(posted.channel))


def _clicks(commands: Commands) -> dict[str, Callable[[str, Caller, Reply], None]]:
    """What needs no more than the button's value and who clicked."""
    return {
        APPROVE: lambda value, caller, reply: commands.approvals.agree(parse.run_id(value), caller, reply),
        "ask_for_role": commands.role_requests.ask,
        "cancel_run": lambda value, caller, reply: commands.cancel(parse.run_id(value), caller, reply),
        "older_audit": lambda value, caller, reply: commands.audit.look(parse.older_audit(value), caller, reply),
        "more_environments": lambda value, caller, reply: commands.environments.list(
            parse.environments_page(value), caller, reply
        ),
        "more_roles": lambda value, caller, reply: commands.roles.list(parse.more_roles(value), caller, reply),
        "more_runs": lambda value, caller, reply: commands.list_runs(parse.more_runs(value), caller, reply),
    }
