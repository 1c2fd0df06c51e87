"""The listeners: each stores what it heard and acknowledges it, and does nothing else.

Stored first, then acknowledged, nothing after that. When storing fails, a person who waits for an answer is told so in
the acknowledgement; an event isn't acknowledged, so that Slack sends it again.
"""

import re
from typing import Any

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.blocks import approvals, errors, home, views
from bot.domain.access import reference_of
from bot.domain.errors import BotError
from bot.domain.runs import SubmitRequest
from bot.domain.workspaces import WorkspaceNames
from bot.listeners import delivery
from bot.parse import commands as parse
from bot.parse import views as parse_views
from bot.parse.requests import Request, SubmitForm
from bot.parse.text import plain
from bot.ports import Jobs
from bot.services.projects import Projects

log = structlog.get_logger(__name__)

# A modal must open within 3 s of the command, so this client gives up early and never tries twice.
OPEN_TIMEOUT = 1.5

_NOT_FOR_STRANGERS = "I only work for the people of my own workspace."

_BUTTONS = (
    approvals.APPROVE,
    "feedback_helpful",
    "feedback_not_helpful",
    "ask_for_role",
    "ask_human",
    "older_audit",
    "resume_request",
    "show_choice",
    "cancel_run",
    "get_file",
    "more_environments",
    "more_files",
    "more_roles",
    "more_runs",
    "whole_log",
)

_PEOPLE_S_SUBTYPES = (None, "file_share")


class Listeners:
    """`help_channels` are the channels where every question is answered; `projects` fill the form before Azure does."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        team: str,
        bot_user: str,
        help_channels: frozenset[str],
        projects: Projects,
        workspaces: WorkspaceNames,
        answer_strangers: bool,
        opener: WebClient,
    ) -> None:
        self._jobs = jobs
        self._team = team
        self._mention = f"<@{bot_user}>"
        self._help_channels = help_channels
        self._projects = projects
        self._workspaces = workspaces
        self._answer_strangers = answer_strangers
        self._opener = opener

    def register(self, app: App) -> None:
        """Let `app` call these listeners; the busiest first."""
        app.event("message")(self.message)
        app.event("app_mention")(self.message)
        app.command("/aml")(self.command)
        app.action(re.compile(f"^({'|'.join(_BUTTONS)})$"))(self.action)
        app.action(re.compile(f"^({home.REFRESH}|{home.SUBMIT})$"))(self.home_action)
        app.action(approvals.REJECT)(self.open_rejection)
        app.action(re.compile(".*"))(self.other)
        app.view(views.SUBMIT_FORM)(self.submit_form)
        app.view(approvals.REJECT_FORM)(self.rejection)
        app.event("app_home_opened")(self.opened)
        app.event("assistant_thread_started")(self.thread_started)
        app.event(re.compile(".*"))(self.other)

    def message(self, ack: Ack, event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
        """A message in a channel or direct message, or a mention."""
        if self._is_for_us(event):
            team = context.team_id or self._team
            payload = {
                **delivery.message(team, event),
                "delivery": delivery.of(body),
                "workspace": self._workspaces.at(event["channel"]),
            }
            # If this raises, Bolt answers with an error and Slack sends the event again.
            self._jobs.accept(delivery.message_key(team, event), "message", payload)
        ack()

    def command(self, ack: Ack, body: dict[str, Any]) -> None:
        """`/aml ...`"""
        request = _request(body.get("text", ""))
        if self._is_stranger(body["team_id"]) and not (request and request.command.guarded):
            ack(_NOT_FOR_STRANGERS)  # what is guarded goes on to its refusal, which is audited
            return
        key = delivery.command_key(body)
        with_ack = _Answer(ack, key)
        try:
            if isinstance(request, SubmitForm):
                self._open_form(body["trigger_id"], delivery.command(body))
            else:
                self._jobs.accept(key, "command", self._addressed(delivery.command(body)))
        except BotError as error:
            with_ack.refuse(error)
        except Exception:
            log.exception("command_not_accepted", reference=reference_of(key))
            with_ack.apologise()
        else:
            ack()

    def action(self, ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        """A button of ours in a message."""
        if self._is_stranger(body["user"].get("team_id") or self._team):
            ack()
            return
        key = delivery.action_key(body, action)
        try:
            self._jobs.accept(key, "action", self._addressed(delivery.action(body, action)))
        except Exception:
            # A click's acknowledgement carries no text: without one Slack shows that it failed.
            log.exception("action_not_accepted", reference=reference_of(key))
            raise
        ack()

    def opened(self, ack: Ack, event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
        """The Home tab, or the messages of the conversation with the bot."""
        team = context.team_id or self._team
        kind = {"home": "home", "messages": "conversation"}.get(event.get("tab", ""))
        if kind and not self._is_stranger(team):
            payload = {**delivery.opened(team, event), "delivery": delivery.of(body)}
            self._jobs.accept(delivery.opened_key(team, event), kind, payload)
        ack()

    def thread_started(self, ack: Ack, event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
        """A thread in the panel of an app that was made with the assistant_view of before 2026."""
        team, thread = context.team_id or self._team, event.get("assistant_thread") or {}
        if thread.get("user_id") and not self._is_stranger(team):
            place = {"user": thread["user_id"], "channel": thread["channel_id"], "thread_ts": thread["thread_ts"]}
            opened = {**place, "event_ts": event["event_ts"]}
            payload = {**delivery.opened(team, opened), "delivery": delivery.of(body)}
            self._jobs.accept(delivery.opened_key(team, opened), "conversation", payload)
        ack()

    def home_action(self, ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        """A button in the Home tab. What can't be accepted isn't acknowledged: Slack then tells the person."""
        team = body["user"].get("team_id") or body["team"]["id"]
        if not self._is_stranger(team):
            place = {"team": team, "user": body["user"]["id"], "channel": "", "delivery": delivery.of(body)}
            if action["action_id"] == home.SUBMIT:
                self._open_form(body["trigger_id"], place)
            else:
                opened = {**place, "thread_ts": "", "is_new": False}
                self._jobs.accept(delivery.action_key(body, action), "home", opened)
        ack()

    def open_rejection(self, ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        """The button that asks for a reason: the form opens at once, a handler looks whether it may be used."""
        payload = delivery.action(body, action)
        if self._is_stranger(payload["team"]):
            ack()
            return
        form = approvals.reject_form(payload["value"], payload["channel"])
        # If this raises, Slack shows that the click failed.
        view_id = self._opener.views_open(trigger_id=body["trigger_id"], view=form)["view"]["id"]
        fields = {name: payload[name] for name in ("team", "user", "channel", "delivery")}
        fields |= {"run_id": payload["value"], "view_id": view_id}
        self._jobs.accept(f"f:{view_id}", "rejection_opened", fields)
        ack()

    def rejection(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """The reason of a rejection: refused in place, or stored before the acknowledgement that closes the form."""
        key = delivery.view_key(view)
        found = parse_views.rejection(view)
        if isinstance(found, parse_views.ViewErrors):
            ack(response_action="errors", errors=dict(found.by_block))
            return
        payload = {
            "team": body["user"].get("team_id") or body["team"]["id"],
            "user": body["user"]["id"],
            "channel": found.channel,
            "delivery": delivery.of(body),
            "run_id": found.run_id,
            "reason": found.reason,
        }
        try:
            self._jobs.accept(key, "rejection", payload)
        except Exception:
            log.exception("rejection_not_accepted", reference=reference_of(key))
            sentence = f"That didn't work and nothing was rejected (reference {reference_of(key)}). Try again."
            ack(response_action="errors", errors={parse_views.REASON: sentence})
        else:
            ack()

    def submit_form(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """The submitted form: refused in place, or stored before the acknowledgement that closes it."""
        if self._is_stranger(body["user"].get("team_id") or self._team):
            ack(response_action="errors", errors={parse_views.SCRIPT: _NOT_FOR_STRANGERS})
            return
        key = delivery.view_key(view)
        block = parse_views.SCRIPT
        try:
            request = parse_views.submit_form(view)
            if isinstance(request, parse_views.ViewErrors):
                ack(response_action="errors", errors=dict(request.by_block))
                return
            # Of files on this machine only, so it takes no time; the handler checks everything again.
            block = parse_views.PROJECT
            project = self._projects.find(request.project)
            block = parse_views.SCRIPT
            self._projects.check_at_hand(project, request.script)
            payload = {
                "team": body["user"].get("team_id") or body["team"]["id"],
                "user": body["user"]["id"],
                **parse_views.form_place(view),
                "delivery": delivery.of(body),
                "request": {field: getattr(request, field) for field in request.__slots__},
            }
            self._jobs.accept(key, "form", payload)
        except BotError as error:
            ack(response_action="errors", errors={block: error.user_message})
        except Exception:
            log.exception("form_not_accepted", reference=reference_of(key))
            sentence = f"That didn't work and nothing was started (reference {reference_of(key)}). Try again."
            ack(response_action="errors", errors={parse_views.SCRIPT: sentence})
        else:
            ack()

    def other(self, ack: Ack) -> None:
        """What we subscribe to for others' sake (edits, joins, link buttons): heard, nothing to do."""
        ack()

    def _addressed(self, payload: dict[str, Any]) -> dict[str, Any]:
        # Noted now: what is taken up after a restart must not land in another workspace because settings were changed.
        return payload | {"workspace": payload.get("workspace") or self._workspaces.at(payload["channel"])}

    def _is_for_us(self, event: dict[str, Any]) -> bool:
        by_a_person = event.get("user") and not event.get("bot_id") and event.get("subtype") in _PEOPLE_S_SUBTYPES
        if not by_a_person or not event.get("ts") or not event.get("channel"):
            return False
        home = event.get("user_team") or event.get("source_team") or event.get("team") or self._team
        if self._is_stranger(home):
            return False
        if event.get("channel_type") == "im" or event.get("type") == "app_mention":
            return True
        if self._mention in event.get("text", ""):
            return True
        return event["channel"] in self._help_channels and not event.get("thread_ts")

    def _is_stranger(self, team: str) -> bool:
        return team != self._team and not self._answer_strangers

    def _open_form(self, trigger_id: str, place: dict[str, Any]) -> None:
        asked, _ = parse.workspace_of(plain(place.get("text", "")))
        workspace = self._workspaces.named(asked) if asked else self._workspaces.at(place["channel"])
        skeleton = views.submit_form_skeleton(
            self._projects.names,
            SubmitRequest(self._projects.usual_script),
            private_metadata=views.form_place(place["channel"], workspace),
        )
        try:
            opened = self._opener.views_open(trigger_id=trigger_id, view=skeleton)
        except (SlackClientError, OSError) as error:
            log.warning("form_not_opened", cause=type(error).__name__)
            raise BotError(
                "Slack didn't let me open the form. Type the command again, or name the script in it."
            ) from error
        view = opened["view"]
        payload = {**place, "view_id": view["id"], "workspace": workspace}
        self._jobs.accept(f"f:{view['id']}", "form_opened", payload)


class _Answer:
    """The acknowledgement of a slash command that could not be accepted."""

    def __init__(self, ack: Ack, key: str) -> None:
        self._ack = ack
        self._reference = reference_of(key)

    def refuse(self, error: BotError) -> None:
        """Say what is wrong; nothing was started."""
        log.warning("command_not_accepted", reference=self._reference, cause=error.detail)
        self._send(errors.error(error, self._reference).as_dict())

    def apologise(self) -> None:
        """A bug of ours; nothing was started."""
        self._send(errors.bug(self._reference).as_dict())

    def _send(self, message: dict[str, Any]) -> None:
        self._ack(response_type="ephemeral", text=message["text"], blocks=message["blocks"])


def _request(text: str) -> Request | None:
    try:
        return parse.parse(parse.workspace_of(plain(text))[1])
    except BotError:
        return None  # its handler says what is wrong with it
