"""The SDK's exceptions as errors of ours. Runs in the child; knows the SDK's exceptions by what they carry.

One request that fails can come out of azureml-core as a ServiceException with a status, an msrest or requests error, an
exception whose text is JSON, or a bare Exception that says "Code: 404" somewhere; often one wrapped in another.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import requests

from bot.adapters.azureml.redaction import redacted, shortened
from bot.adapters.azureml.wire import CutOff, Garbled, NoAnswer
from bot.domain.errors import BotError, InvalidRequest, OutcomeUnknown, Unavailable

_STATUS = (
    re.compile(r'"status_code":\s*(\d{3})\b'),
    re.compile(r"\bCode: (\d{3})\b"),
    re.compile(r"\bResponse Code: (\d{3})\b"),
    re.compile(r"\bstatus code:? '?(\d{3})\b"),
)
_SIGN_IN = re.compile(r"\b(AADSTS\d+)\b")
_MESSAGE = re.compile(r'"[mM]essage":\s*("(?:[^"\\]|\\.)*")')
_ADDRESS = re.compile(r"\s*for url: \S+")
_MESSAGE_LIMIT = 300
_CHAIN_LIMIT = 8
# Client-side refusals carry no status: the SDK looked at what it was given and didn't like it.
_OWN_REFUSALS = (
    "UserErrorException",
    "ExperimentExecutionException",
    "SnapshotException",
    "RunConfigurationException",
    "PermissionError",
)


_SILENCE = (requests.RequestException, ConnectionError, TimeoutError)
# Of azure-core, msrest and the copies of them inside the SDK.
_NAMES_OF_SILENCE = ("ServiceRequestError", "ServiceResponseError", "ClientRequestError")


class Refused(Unavailable):
    """The service itself said no to a change: it certainly didn't happen. The parent sees a plain `Unavailable`."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first."""
    current: BaseException | None = error
    for _ in range(_CHAIN_LIMIT):
        if current is None:
            return
        yield current
        inner = getattr(current, "inner_exception", None)
        if not isinstance(inner, BaseException):
            inner = current.__cause__ or current.__context__
        current = inner


def status_of(error: BaseException) -> int | None:
    """The HTTP status the service answered with, or None when there was no answer (or the error doesn't say)."""
    for part in chain(error):
        response = getattr(part, "response", None)
        for value in (getattr(part, "status_code", None), getattr(response, "status_code", None)):
            if isinstance(value, int):
                return value
        text = _text(part)
        for pattern in _STATUS:
            if found := pattern.search(text):
                return int(found[1])
        if "Forbidden" in text and type(part).__name__ == "UserErrorException":
            return 403
        if type(part).__name__ == "ProjectSystemException" and "not found" in text:
            return 404
    return None


def is_outage(error: BaseException) -> bool:
    """Whether the service was silent or out of order, as against one that said something of this request."""
    status = status_of(error)
    if status is not None:
        return status >= 500
    return any(isinstance(part, _SILENCE) or type(part).__name__ in _NAMES_OF_SILENCE for part in chain(error))


def message_of(error: BaseException, secrets: tuple[str, ...]) -> str:
    """The service's own sentence in at most 300 characters; without it, the innermost text there is."""
    for part in chain(error):
        body = getattr(getattr(part, "error", None), "error", None)
        if isinstance(text := getattr(body, "message", None), str) and text:
            return shortened(redacted(text, secrets), _MESSAGE_LIMIT)
        answered = getattr(getattr(part, "response", None), "text", None)
        if text := _message_in(_text(part)) or _message_in(answered if isinstance(answered, str) else ""):
            return shortened(redacted(text, secrets), _MESSAGE_LIMIT)
    return shortened(redacted(_ADDRESS.sub("", _text(error)), secrets), _MESSAGE_LIMIT)


def detail_of(error: BaseException, secrets: tuple[str, ...]) -> str:
    """Everything for the log: status, type and text, without credentials."""
    text = f"{type(error).__name__} (status {status_of(error)}): {_text(error)}"
    return shortened(redacted(text, secrets), 2000)


def failed(error: Exception, doing: str, secrets: tuple[str, ...]) -> BotError:
    """The error of a call that changed nothing; `doing` completes "may not ..." ("read runs"). Ours stay."""
    if isinstance(error, BotError):
        return error
    detail = detail_of(error, secrets)
    for part in chain(error):
        if found := _SIGN_IN.search(_text(part)):
            return Unavailable(
                f"I can't sign in to Azure ({found[1]}), so nothing was done. An administrator must check the tenant "
                "id, the client id and the client secret in my settings: the secret may be wrong or have run out.",
                detail=detail,
            )
    status = status_of(error)
    if status == 401:
        return Unavailable(
            "Azure Machine Learning doesn't accept my sign-in, so nothing was done. Try again: I sign in anew for the "
            "next request. When it stays like this, an administrator must check my identity in the settings.",
            detail=detail,
        )
    if status == 403:
        return Unavailable(
            f"My own identity may not {doing} in this Azure ML workspace, so nothing was done. An administrator must "
            "give the bot's identity a role that allows it there; AzureML Data Scientist is enough.",
            detail=detail,
        )
    if status == 429:
        return Unavailable(
            "Azure Machine Learning is too busy for more requests, so nothing was done. Try again in a few minutes.",
            detail=detail,
        )
    kind = NoAnswer if is_outage(error) else Unavailable
    return kind(
        "Azure Machine Learning doesn't answer as it should, so nothing was done. Try again in a few minutes.",
        detail=detail,
    )


def refused_or_unknown(error: Exception, doing: str, secrets: tuple[str, ...]) -> BotError:
    """The error of a call that may have changed something, where a look-up doesn't show that it has."""
    status = status_of(error)
    if isinstance(error, BotError):
        return error
    if status in {401, 403, 429}:
        said = failed(error, doing, secrets)
        return Refused(said.user_message, detail=said.detail)
    own_refusal = status is None and type(error).__name__ in _OWN_REFUSALS
    if own_refusal or (status is not None and 400 <= status < 500 and status != 408):
        return InvalidRequest(
            f"Azure Machine Learning refuses this: {message_of(error, secrets)}", detail=detail_of(error, secrets)
        )
    return unknown(error, secrets)


def unknown(error: Exception, secrets: tuple[str, ...]) -> OutcomeUnknown:
    """The error of a call that may have changed something; the parent says what that was."""
    kind = CutOff if is_outage(error) else Garbled
    return kind("I can't say yet whether that happened.", detail=detail_of(error, secrets))


def _text(error: BaseException) -> str:
    # A ServiceException prints its headers too; its message is enough.
    message: Any = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error)


def _message_in(text: str) -> str:
    # The execution service's JSON comes wrapped as a JSON string inside JSON: unwrapped by one level where it is so.
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict) and isinstance(details := whole.get("error_details"), (str, dict)):
        text = details if isinstance(details, str) else json.dumps(details)
    found = _MESSAGE.search(text)
    return str(json.loads(found[1], strict=False)) if found else ""
