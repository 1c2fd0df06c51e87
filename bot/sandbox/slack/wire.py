"""The words both ends of the sandbox share: JSON objects, Slack's errors, and the arguments of a call."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
"""One JSON object as it goes over the wire."""

TRUE_WORDS = frozenset({"1", "true", "True"})


class SlackError(Exception):
    """A refusal with Slack's own error code.

    `messages` end up in `response_metadata.messages`; `extra` is put beside `error`; `status` is the HTTP status,
    200 for everything that Slack refuses, 501 for what Slack can do and this sandbox cannot.
    """

    def __init__(self, error: str, messages: Sequence[str] = (), *, status: int = 200, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = tuple(messages)
        self.status = status
        self.extra = extra

    def body(self) -> Json:
        """What the caller is sent."""
        body: Json = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


def not_in_the_sandbox(what: str) -> SlackError:
    """Slack does this and the sandbox does not: say so, rather than pretend."""
    return SlackError("not_implemented_in_sandbox", status=501, missing=what)


class ControlError(Exception):
    """A request to the control address that cannot be done; `str()` says why."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.status = status


class Args:
    """The arguments of one Web API call, from a form or a JSON body alike."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """The argument as a string; `default` where it is missing."""
        value = self.values.get(name)
        return default if value is None else value if isinstance(value, str) else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """The argument as true or false, in any of the spellings that Slack takes."""
        value = self.values.get(name)
        return default if value in (None, "") else value is True or str(value) in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        """The argument as a whole number.

        Raises:
            SlackError: `invalid_arguments`, when it is none.
        """
        value = self.values.get(name)
        if value in (None, ""):
            return default
        try:
            return int(str(value))
        except ValueError as error:
            raise SlackError("invalid_arguments", [f"[ERROR] must be an integer [json-pointer:/{name}]"]) from error

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """A structured argument: JSON text in a form, an object or array in a JSON body; None when missing.

        Raises:
            SlackError: `error`, when the text is not JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError as problem:
            raise SlackError(error) from problem

    def names(self, name: str) -> list[str]:
        """A comma separated list, or a JSON array."""
        value = self.values.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each.strip() for each in self.text(name).split(",") if each.strip()]
