"""Which policy is in force, and what became of a change to its file."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy.model import Policy


@dataclass(frozen=True, slots=True)
class PolicyState:
    """The policy in force since `loaded` (UTC).

    `refused` says what is wrong with a newer content of its file, whose digest is `refused_digest`. `missing` says why
    the file can't be read, so that nothing is in force; both are empty when all is well.
    """

    policy: Policy
    loaded: datetime
    refused: tuple[str, ...] = ()
    refused_digest: str = ""
    missing: str = ""
