"""Which of several workspaces a message is about: for people to read, and for its buttons to know."""

from bot.blocks import mrkdwn
from bot.blocks.layout import MAX_BLOCKS, MAX_SPOKEN
from bot.blocks.message import Message
from bot.domain.workspaces import mark


def at_workspace(message: Message, name: str) -> Message:
    """`message` with the workspace's name below it, and in the ids of the blocks that hold buttons."""
    said = f"Workspace: {mrkdwn.line(name)}"
    blocks = [
        block | {"block_id": mark(name, number)} if block["type"] == "actions" or "accessory" in block else block
        for number, block in enumerate(message.blocks)
    ]
    if len(blocks) < MAX_BLOCKS:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": said}]})
    return Message(f"{mrkdwn.cut(message.text, MAX_SPOKEN - len(said) - 1)}\n{said}", tuple(blocks))
