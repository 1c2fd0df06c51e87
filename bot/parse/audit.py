"""The command about the audit."""

from bot.domain.commands import Command
from bot.domain.errors import InvalidRequest
from bot.parse import names
from bot.parse.options import at_most, shown, unmarked, usage, valid
from bot.parse.requests import Audit, Request
from bot.parse.text import mentioned
from bot.parse.words import split

_TODAY = "today"


def audit(command: Command, rest: str) -> Request:
    """`audit`, `audit RUN`, `audit @PERSON` or `audit today`."""
    found = unmarked(split(rest))
    at_most(command, found, 1)
    if not found:
        return Audit()
    text = found[0].text
    if people := mentioned(text):
        return Audit(user_id=people[0])
    if text.startswith("@"):
        raise InvalidRequest(
            f"I can't tell who “{shown(text)}” is: choose the person from Slack's list while you type. {usage(command)}"
        )
    if text.lower() == _TODAY:
        return Audit(today=True)
    return Audit(run_id=valid(command, names.run_id, text))
