"""What is sent to Slack."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """Blocks, and the same message as one text: screen readers and notifications read `text` and nothing else.

    Both are within Slack's limits; what had to be left out is marked with "… cut".
    """

    text: str
    blocks: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """The arguments of `chat.postMessage` and its relatives."""
        return {"text": self.text, "blocks": list(self.blocks)}
