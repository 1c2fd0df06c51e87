"""The audit's rows: who tried what, what was decided and how it ended. No message text, no tokens."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Every attempt has a decision; one that was allowed has an outcome; an unknown outcome is settled later."""

    DECISION = "decision"
    OUTCOME = "outcome"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row. `result` is allowed/refused for a decision and done/failed/unknown for an outcome.
    `reason` is what settled it.

    `key` is the request's. A job that runs again adds no second row that says the same, but one for what came out
    differently.
    """

    key: str
    phase: Phase
    command: str
    team: str
    user: str
    object_id: str
    channel: str
    action: str
    scope: str
    result: str
    reason: str
    reference: str = ""
