"""Who the app is, and how it opens a Socket Mode connection."""

from bot.sandbox.slack import seed
from bot.sandbox.slack.methods.registry import Method
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError


def auth_test(sandbox: Sandbox, args: Args) -> Json:  # noqa: ARG001 - every method is called alike
    """The workspace and the bot that the token stands for."""
    return {
        "url": f"{sandbox.base_url}/",
        "team": seed.TEAM_NAME,
        "user": seed.BOT_NAME,
        "team_id": seed.TEAM_ID,
        "user_id": seed.BOT_USER_ID,
        "bot_id": seed.BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(sandbox: Sandbox, args: Args) -> Json:  # noqa: ARG001 - every method is called alike
    """A WebSocket address that works once."""
    address = sandbox.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={sandbox.sockets.ticket()}&app_id={seed.APP_ID}"}


def team_info(sandbox: Sandbox, args: Args) -> Json:  # noqa: ARG001 - every method is called alike
    """The workspace."""
    return {
        "team": {
            "id": seed.TEAM_ID,
            "name": seed.TEAM_NAME,
            "domain": seed.TEAM_NAME,
            "email_domain": "example.com",
            "url": f"{sandbox.base_url}/",
        }
    }


def bots_info(sandbox: Sandbox, args: Args) -> Json:  # noqa: ARG001 - every method is called alike
    """The bot; no other is known by a bot id."""
    if args.text("bot", seed.BOT_ID) != seed.BOT_ID:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": seed.BOT_ID,
            "deleted": False,
            "name": seed.BOT_NAME,
            "app_id": seed.APP_ID,
            "user_id": seed.BOT_USER_ID,
        }
    }


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, app_token=True),
    "team.info": Method(team_info),
    "bots.info": Method(bots_info),
}
