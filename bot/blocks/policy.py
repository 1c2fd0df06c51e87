"""What is said in Slack of the policy file itself."""

from bot.blocks import mrkdwn
from bot.blocks.admin import complaints
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.policy import PolicyState


def refused(state: PolicyState) -> Message:
    """A change to the policy file that can't be used."""
    in_force = mrkdwn.code(state.policy.digest)
    return (
        Layout()
        .text(
            f"*The policy file has a content that I can't use; the policy before it (digest {in_force}) stays in "
            f"force*\n{complaints(state.refused)}",
            keep=True,
        )
        .context(f"{mrkdwn.code('aml-bot policy check FILE')} says the same before the file is in place.")
        .message()
    )


def missing(state: PolicyState) -> Message:
    """No policy is in force."""
    return (
        Layout()
        .text(
            "*My policy file is gone or can't be read, so I refuse all that needs a permission*\n"
            f"{mrkdwn.line(state.missing, 500)}",
            keep=True,
        )
        .message()
    )
