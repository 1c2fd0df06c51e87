"""What a button's value says. Values are ours; what doesn't parse is an old message's or not ours at all."""

import json
from dataclasses import dataclass

from bot.domain.errors import InvalidRequest
from bot.parse import names


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """The entry that somebody wants to see of an answer with choices; `key` is the question's."""

    key: str
    file: str
    anchor: str


def choice(value: str) -> ShownChoice:
    """The value of a "Show" button. Raises InvalidRequest."""
    try:
        found = json.loads(value)
        fields = (found["key"], found["file"], found["anchor"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRequest("I can't read this button any more: ask again.") from error
    if not all(isinstance(each, str) for each in fields):
        raise InvalidRequest("I can't read this button any more: ask again.")
    return ShownChoice(*fields)


def run_id(value: str) -> str:
    """The value of a "Cancel" button. Raises InvalidRequest."""
    return names.run_id(value)
