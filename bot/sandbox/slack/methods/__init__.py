"""The Web API methods, by the name that Slack gives them."""

from bot.sandbox.slack.methods import app, assistant, chat, conversations, files, users, views
from bot.sandbox.slack.methods.registry import Method

METHODS: dict[str, Method] = {
    **app.METHODS,
    **assistant.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}
