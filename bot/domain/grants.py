"""Asking for the role that a refused request lacks, and taking the request up again once it is granted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.roles import Able


class RequestState(StrEnum):
    """OFFERED: refused, and nobody was asked. OPEN: people were asked. TOLD: it is granted, and the asker knows."""

    OFFERED = "offered"
    OPEN = "open"
    TOLD = "told"
    RESUMED = "resumed"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """A request of somebody's that was refused for want of `action`, which the role `role` would give at `scope`.

    `key`, `handler` and `payload` are those of the refused request: what is needed to do it again, as the same one.
    `refused` is when it was refused, `since` when it came into its `state` (UTC). `job` is the click that resumed it.
    """

    key: str
    handler: str
    payload: Mapping[str, Any]
    team: str
    user: str
    channel: str
    object_id: str
    command: str
    action: str
    role: str
    scope: str
    refused: datetime
    since: datetime
    state: RequestState = RequestState.OFFERED
    job: str = ""

    @property
    def id(self) -> str:
        """What buttons carry."""
        return id_of(self.key)


@dataclass(frozen=True, slots=True)
class Offer:
    """Who can grant what a refused request lacks. `id` is the request's, or "" where nobody can be asked through me."""

    id: str
    able: tuple[Able, ...]


def id_of(key: str) -> str:
    """The id of the role request for a refused request."""
    return hashlib.sha256(f"role request {key}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
