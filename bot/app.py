"""The Bolt app: our listeners behind Bolt's own checks, and a last net for what they let through."""

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.domain.errors import ConfigurationError
from bot.listeners.slack import Listeners

log = structlog.get_logger(__name__)


def build_app(
    client: WebClient, me: AuthorizeResult, listeners: Listeners, *, signing_secret: str | None = None
) -> App:
    """A Bolt app that feeds `listeners`.

    A listener acknowledges after it has stored what it heard, and Bolt sends that when it returns
    (process_before_response): no polling for the acknowledgement, and none that an error can take back. `me` stands for
    every request, so that none of them costs a call to Slack. `signing_secret` None: deliveries come by Socket Mode.
    """
    app = App(
        client=client,
        name="aml-bot",
        authorize=lambda: me,
        signing_secret=signing_secret or "",
        process_before_response=True,
        request_verification_enabled=signing_secret is not None,
        token_verification_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    listeners.register(app)

    @app.error
    def not_accepted(error: Exception) -> BoltResponse:
        # Not acknowledged: Slack sends an event again, and tells a person who clicked that it failed.
        log.error("delivery_not_accepted", error=type(error).__name__, exc_info=error)
        return BoltResponse(status=503, body="")

    return app


def who_am_i(client: WebClient) -> AuthorizeResult:
    """Our own identity in Slack, by `auth.test`.

    Raises:
        ConfigurationError: Slack refuses the bot token or can't be reached.
    """
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        answer = client.auth_test()
    except SlackApiError as error:
        code = error.response.get("error")
        raise ConfigurationError(
            f"Slack refuses the bot token ({code}). Copy it anew from the app's page “OAuth & Permissions” "
            "(xoxb-...) into slack.bot_token."
        ) from error
    except (SlackClientError, OSError) as error:
        raise ConfigurationError(
            f"Slack can't be reached at {client.base_url} ({type(error).__name__}). "
            "Check the network, or slack.base_url where it was changed."
        ) from error
    return AuthorizeResult(
        enterprise_id=answer.get("enterprise_id"),
        team_id=answer["team_id"],
        bot_user_id=answer["user_id"],
        bot_id=answer.get("bot_id"),
        bot_token=client.token,
    )
