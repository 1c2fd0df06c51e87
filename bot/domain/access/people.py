"""Who asks: a person in Slack, and the Azure identity that they act as."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind one request, as Slack names them. `key` identifies the request in audit and replies, `delivery`
    what Slack sent, `request` is a digest of what was asked; nothing is decided by any of them."""

    team: str
    user: str
    channel: str
    key: str
    delivery: str = ""
    request: str = ""

    @property
    def reference(self) -> str:
        """What a person quotes and an administrator searches for: the same in the message, the log and the audit."""
        return reference_of(self.key)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose Azure identity is known: the Entra `object_id` that role assignments name.

    `name` is the person's name in Slack, for the run's tag; nothing is decided by it.
    """

    object_id: str
    caller: Caller
    name: str = ""


def reference_of(key: str) -> str:
    """The reference id of a request key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8].upper()
