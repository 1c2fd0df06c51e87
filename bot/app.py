"""The Bolt app: our listeners behind Bolt's own checks, and a last net for what they let through."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

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
        # Without the token: Bolt would warn at each start that `authorize` makes it superfluous.
        client=WebClient(base_url=client.base_url, timeout=client.timeout),
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
    with _refused(client, "bot token", "Copy it anew from the app's page “OAuth & Permissions” (xoxb-...)"):
        answer = client.auth_test()
    return AuthorizeResult(
        enterprise_id=answer.get("enterprise_id"),
        team_id=answer["team_id"],
        bot_user_id=answer["user_id"],
        bot_id=answer.get("bot_id"),
        bot_token=client.token,
    )


def check_app_token(client: WebClient, app_token: str) -> None:
    """Ask for a Socket Mode address once: its client would try a wrong token again and again.

    Raises:
        ConfigurationError: Slack refuses the app-level token or can't be reached.
    """
    where = "Make one with the scope connections:write on the app's page “Basic Information” (xapp-...)"
    with _refused(client, "app token", where):
        client.apps_connections_open(app_token=app_token)


@contextmanager
def _refused(client: WebClient, token: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        code = error.response.get("error")
        setting = f"slack.{token.replace(' ', '_')}"
        raise ConfigurationError(f"Slack refuses the {token} ({code}). {remedy} and set {setting}.") from error
    except (SlackClientError, OSError) as error:
        raise ConfigurationError(
            f"Slack can't be reached at {client.base_url} ({type(error).__name__}). "
            "Check the network, or slack.base_url where it was changed."
        ) from error
