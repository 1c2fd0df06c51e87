"""What went wrong, what to do next, and the reference under which the log has more."""

from bot.blocks import grants, mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.errors import BotError, PermissionDenied
from bot.domain.grants import Offer


def error(error: BotError, reference: str = "", offer: Offer | None = None) -> Message:
    """A failure that was foreseen; `offer` is who can grant what is missing."""
    layout = Layout().text(f"{mrkdwn.bold(error.title)}\n{mrkdwn.prose(error.user_message)}", keep=True)
    if isinstance(error, PermissionDenied):
        layout.text(_what_would_help(error), keep=True)
    if offer is not None:
        grants.offered(layout, offer)
    return layout.context(_reference(reference)).message()


def bug(reference: str) -> Message:
    """A failure that nobody foresaw: the person can do nothing about it but pass the reference on."""
    return (
        Layout()
        .text(
            "*Something broke on my side*\nIt isn't your fault, and I have written it down. Please try again; if it "
            "happens again, give the reference to whoever runs me.",
            keep=True,
        )
        .context(_reference(reference))
        .message()
    )


def _what_would_help(denied: PermissionDenied) -> str:
    lines = []
    if denied.missing:
        lines.append(f"Missing: {mrkdwn.code(denied.missing)}")
    if denied.role:
        lines.append(f"Smallest role that would help: {mrkdwn.bold(denied.role)}")
    if denied.scope:
        lines.append(f"Scope: {mrkdwn.code(denied.scope)}")
    return "\n".join(lines)


def _reference(reference: str) -> str:
    return f"Reference: {mrkdwn.code(reference)}" if reference else ""
