"""What is offered to somebody who opens a conversation with the bot."""

from collections.abc import Sequence

from bot.blocks import mrkdwn

MOST = 4
TITLE = "Ask me about Azure Machine Learning, for instance:"
LOOKING_IN_FAQ = "is looking in the FAQ …"
ASKING_AZURE = "is asking Azure ML …"
_LENGTH = 150
_HELP = {"title": "What can you do?", "message": "help"}


def prompts(questions: Sequence[str]) -> list[dict[str, str]]:
    """At most four prompts: questions (values) that the FAQ answers, and what the bot can do."""
    asked = [{"title": mrkdwn.plain(each, _LENGTH), "message": mrkdwn.plain(each, _LENGTH)} for each in questions]
    return [*[each for each in asked if each["title"]][: MOST - 1], _HELP]
