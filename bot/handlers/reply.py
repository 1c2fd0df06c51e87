"""How a handler talks back: in a thread, in private, or by editing a message it posted.

A reply carries its request's key in the message's metadata. A request that is worked off a second time looks for that
before it posts, so that people see one reply; only what is private to one person may repeat, as Slack keeps no record
of it that could be looked at.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.blocks import errors
from bot.blocks.message import Message
from bot.blocks.reports import Upload
from bot.blocks.workspaces import at_workspace
from bot.domain.access import reference_of
from bot.domain.errors import BotError, InvalidRequest, PermissionDenied, Unavailable

log = structlog.get_logger(__name__)

EVENT_TYPE = "aml_bot_reply"
_LOOK_BACK = 200
_PAGES_BACK = 10
# Slack's answers that mean "not here", whatever we try again; the last one has variants (restricted_action_...).
_NOT_HERE = {"not_in_channel", "channel_not_found", "is_archived", "user_not_in_channel"}
_NOT_HERE_PREFIX = "restricted_action"
# Its answers that mean "not now". Every other one is for good.
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_SERVER_ERROR = 500
# Answers that a workspace's own rules for uploads give.
_NO_SUCH_FILES = ("file_type_not_allowed", "file_upload_size_restricted", "file_uploads_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from: `thread_ts` "" is the top level; `direct` is a conversation with the bot alone."""

    team: str
    user: str
    channel: str
    thread_ts: str = ""
    direct: bool = False
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours in Slack."""

    channel: str
    ts: str


class Reply:
    """Replies to one request. `repeated`: an earlier try may have replied already. Where there are several workspaces,
    `workspace` is the name of the one that the messages are about, once that is known."""

    def __init__(self, client: WebClient, key: str, place: Place, *, repeated: bool) -> None:
        self._client = client
        self.repeated = repeated
        self.key = key
        self.place = place
        self.refusal: Callable[[PermissionDenied], Message] = lambda denied: errors.error(denied, reference_of(key))
        self.workspace = ""

    def public(
        self,
        message: Message,
        *,
        part: str = "",
        channel: str = "",
        thread_ts: str | None = None,
        instead: str = "",
        or_directly: bool = True,
    ) -> Posted:
        """Post for everyone at the place, once per key and `part`.

        Where the bot may not post it goes to the channel `instead`, or, if `or_directly`, to the asker alone. `channel`
        and `thread_ts` override the place ("" is the top level).

        Raises:
            Unavailable: Slack doesn't take it at the moment.
            MessageRefused: it never will, or not there and nobody but the asker would see it.
        """
        thread = self.place.thread_ts if thread_ts is None else thread_ts
        try:
            return self._post(channel or self.place.channel, thread, message, part)
        except SlackApiError as error:
            if not _is_not_here(error):
                raise _unavailable(error) from error
            log.info("reply_goes_elsewhere", reference=reference_of(self.key), cause=_code(error))
            if instead and instead != (channel or self.place.channel):
                return self.public(message, part=part, channel=instead, thread_ts="", or_directly=or_directly)
            if not or_directly:
                raise MessageRefused(_code(error)) from error
            return self.directly(self.place.user, message, part=part)
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error

    def private(self, message: Message, *, part: str = "private") -> None:
        """Show to the asker alone. Raises Unavailable, MessageRefused."""
        try:
            if self.place.response_url:
                self._respond(message)
            elif self.place.direct:
                self._post(self.place.channel, self.place.thread_ts, message, part)
            else:
                self._whisper(message)
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error

    def directly(self, user: str, message: Message, *, part: str) -> Posted:
        """Post to somebody's direct messages with the bot, once per key and `part`. Raises Unavailable,
        MessageRefused."""
        try:
            channel = self._client.conversations_open(users=user)["channel"]["id"]
            return self._post(channel, "", message, part)
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error

    def shown(self, message: Message) -> None:
        """Show where it was asked for: who typed a slash command asked in private, who mentioned the bot in front of
        everybody. Raises Unavailable, MessageRefused."""
        if self.place.response_url:
            self.private(message)
        else:
            self.public(message)

    def upload(self, file: Upload, *, beside: Posted | None = None) -> None:
        """Post a file for everyone at the place, once per key; in the thread of the message `beside` where one is
        given. Where the bot may not post it goes to the asker alone.

        Raises:
            Unavailable: Slack doesn't take it at the moment, or lets this app upload nothing.
            InvalidRequest: Slack takes no such file in this workspace.
            MessageRefused: it never will.
        """
        channel, thread = self.place.channel, self.place.thread_ts
        if beside is not None:
            here = beside.channel == channel and thread
            channel, thread = beside.channel, thread if here else beside.ts
        try:
            try:
                self._upload(channel, thread, file)
            except SlackApiError as error:
                if not _is_not_here(error):
                    raise
                log.info("reply_goes_elsewhere", reference=reference_of(self.key), cause=_code(error))
                self._upload(self._client.conversations_open(users=self.place.user)["channel"]["id"], "", file)
        except SlackApiError as error:
            raise _upload_refused(error) from error
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error

    def update(self, posted: Posted, message: Message, *, part: str = "") -> bool:
        """Edit a message of ours; False for one that is gone or can't be edited any more. Raises Unavailable,
        MessageRefused."""
        try:
            self._client.chat_update(
                channel=posted.channel, ts=posted.ts, metadata=self._metadata(part), **self._labelled(message).as_dict()
            )
        except SlackApiError as error:
            gone = {"message_not_found", "cant_update_message", "edit_window_closed"}
            if _is_not_here(error) or _code(error) in gone:
                log.info("message_cannot_be_edited", reference=reference_of(self.key), cause=_code(error))
                return False
            raise _unavailable(error) from error
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error
        return True

    def direct_channel(self, user: str) -> str:
        """The conversation with a person alone. Raises Unavailable, MessageRefused."""
        try:
            return str(self._client.conversations_open(users=user)["channel"]["id"])
        except (SlackClientError, OSError) as error:
            raise _unavailable(error) from error

    def _respond(self, message: Message) -> None:
        labelled = self._labelled(message)
        body: dict[str, Any] = {
            "text": labelled.text,
            "blocks": list(labelled.blocks),
            "response_type": "ephemeral",
            "replace_original": False,
        }
        if self.place.thread_ts:  # without it Slack shows the answer in the channel, not beside the button
            body["thread_ts"] = self.place.thread_ts
        answer = WebhookClient(self.place.response_url, timeout=10).send_dict(body)
        if answer.status_code != 200:
            # Used up or too old: the person still has to hear it.
            log.info("response_url_refused", reference=reference_of(self.key), status=answer.status_code)
            self._whisper(message)

    def _whisper(self, message: Message) -> None:
        try:
            self._client.chat_postEphemeral(
                channel=self.place.channel,
                user=self.place.user,
                thread_ts=self.place.thread_ts or None,
                **self._labelled(message).as_dict(),
            )
        except SlackApiError as error:
            if not _is_not_here(error):
                raise
            self.directly(self.place.user, message, part="private")

    def _post(self, channel: str, thread_ts: str, message: Message, part: str) -> Posted:
        earlier = self._posted_earlier(channel, thread_ts, part) if self.repeated else None
        if earlier is not None:
            return earlier
        answer = self._client.chat_postMessage(
            channel=channel,
            metadata=self._metadata(part),
            unfurl_links=False,
            unfurl_media=False,
            thread_ts=thread_ts or None,
            **self._labelled(message).as_dict(),
        )
        return Posted(answer["channel"], answer["ts"])

    def _upload(self, channel: str, thread_ts: str, file: Upload) -> None:
        # An upload takes no metadata: the reference in its text tells it from another one of the same file.
        where = f" Workspace: {self.workspace}." if self.workspace else ""
        said = f"{file.comment}{where} (reference {reference_of(self.key)})"
        if self.repeated and any(m.get("files") and m.get("text") == said for m in self._earlier(channel, thread_ts)):
            return
        self._client.files_upload_v2(
            channel=channel,
            thread_ts=thread_ts or None,
            content=file.content,
            filename=file.name,
            title=file.title,
            alt_txt=file.alt or None,
            initial_comment=said,
        )

    def _labelled(self, message: Message) -> Message:
        return at_workspace(message, self.workspace) if self.workspace else message

    def _posted_earlier(self, channel: str, thread_ts: str, part: str) -> Posted | None:
        for message in self._earlier(channel, thread_ts):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE and metadata.get("event_payload") == self._payload(part):
                return Posted(channel, message["ts"])
        return None

    def _earlier(self, channel: str, thread_ts: str) -> Iterator[dict[str, Any]]:
        """What was said at a place, a page at a time."""
        look: dict[str, Any] = {"channel": channel, "limit": _LOOK_BACK, "include_all_metadata": True}
        for _ in range(_PAGES_BACK):
            if thread_ts:
                answer = self._client.conversations_replies(ts=thread_ts, **look)
            else:
                answer = self._client.conversations_history(**look)
            yield from answer["messages"]
            look["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not look["cursor"]:
                break

    def _metadata(self, part: str) -> dict[str, Any]:
        return {"event_type": EVENT_TYPE, "event_payload": self._payload(part)}

    def _payload(self, part: str) -> dict[str, str]:
        return {"key": self.key, "part": part}


@contextmanager
def errors_shown_by(reply: Reply) -> Iterator[None]:
    """The one place where an error becomes words for the asker, and its cause a line in the log.

    An `Unavailable` that comes from telling them is left to the job engine, which tries again.
    """
    reference = reference_of(reply.key)
    try:
        yield
    except SlackUnavailable:
        raise
    except PermissionDenied as error:
        log.info("refused", reference=reference, error=type(error).__name__, cause=error.detail)
        _tell(reply, reply.refusal(error))
    except BotError as error:
        log.info("refused", reference=reference, error=type(error).__name__, cause=error.detail)
        _tell(reply, errors.error(error, reference))
    except Exception:
        log.exception("bug", reference=reference)
        _tell(reply, errors.bug(reference))


def _tell(reply: Reply, message: Message) -> None:
    try:
        # Not the part of an answer: a request that was refused may be done later, and answered then.
        reply.private(message, part="refusal")
    except MessageRefused as refusal:
        # Nothing that is said reaches them; doing the whole request again would not either.
        log.warning("asker_not_told", reference=reference_of(reply.key), cause=str(refusal))


class SlackUnavailable(Unavailable):
    """Slack itself doesn't take a reply; telling the person so by the same way would be futile."""


class MessageRefused(Exception):
    """Slack will never take this message: a bug of ours, which is said like any other. Trying again can't help."""


def _unavailable(error: Exception) -> Exception:
    code = _code(error) if isinstance(error, SlackApiError) else type(error).__name__
    if isinstance(error, SlackApiError) and code not in _PASSING and not _is_broken(error):
        messages = error.response.get("response_metadata", {}).get("messages", [])
        log.error("slack_refused_a_message", code=code, messages=messages)
        return MessageRefused(code)
    return SlackUnavailable("Slack doesn't take my answer at the moment.", detail=code)


def _upload_refused(error: SlackApiError) -> Exception:
    code = _code(error)
    if code == "missing_scope":
        return Unavailable(
            "Slack doesn't let me upload files. An administrator must give the app the scope files:write (“aml-bot "
            "manifest” lists all of them) and install it again.",
            detail=code,
        )
    if code.startswith(_NO_SUCH_FILES):
        return InvalidRequest(
            "Your Slack workspace doesn't take this file. Download it in Azure Machine Learning studio instead.",
            detail=code,
        )
    return _unavailable(error)


def _code(error: SlackApiError) -> str:
    return str(error.response.get("error", "")) if error.response is not None else ""


def _is_not_here(error: SlackApiError) -> bool:
    return _code(error) in _NOT_HERE or _code(error).startswith(_NOT_HERE_PREFIX)


def _is_broken(error: SlackApiError) -> bool:
    # Behind a gateway's error page there is no code. Also of a 200 that isn't Slack's JSON nobody knows what it means.
    status = getattr(error.response, "status_code", 0)
    return status >= _SERVER_ERROR or " " in _code(error) or not _code(error)
