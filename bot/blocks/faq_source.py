"""What is said of a change to the FAQ that can't be used."""

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.faq_source import FaqState, RefusedChange


def refused(change: RefusedChange, state: FaqState) -> Message:
    """For the people who write the FAQ: what is wrong, and what answers instead."""
    layout = Layout().header("A change to the FAQ can't be used")
    if change.commit:
        layout.text(f"Commit {mrkdwn.code(change.commit[:12])}:", keep=True)
    layout.text(mrkdwn.line(change.reason, 1_500), keep=True)
    instead = f"commit {mrkdwn.code(state.commit[:12])}" if state.commit else "the version before"
    layout.context(f"Until it is put right I answer from {instead} ({state.sections} entries).")
    return layout.message()
