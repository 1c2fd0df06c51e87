"""Slack text and view state to domain values: decoded once, validated once. Pure: no Slack calls, no look-ups."""

from bot.parse.commands import parse, parse_mention
from bot.parse.questions import is_question
from bot.parse.text import plain, without_mention

__all__ = ["is_question", "parse", "parse_mention", "plain", "without_mention"]
