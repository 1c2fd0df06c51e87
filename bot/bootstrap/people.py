"""The Slack workspace's people, for the command line."""

from slack_sdk import WebClient

from bot.adapters.slack_people import SlackPeople
from bot.app import who_am_i
from bot.ports import People
from bot.settings import Settings


def people(settings: Settings) -> People:
    """The people that the bot sees. Raises ConfigurationError: Slack refuses the bot token or can't be reached."""
    client = WebClient(token=settings.slack.bot_token.get_secret_value(), base_url=settings.slack.base_url, timeout=10)
    return SlackPeople(client, str(who_am_i(client).team_id))
