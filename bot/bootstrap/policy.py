"""The policy: its file, the one in force, and what explains it."""

from dataclasses import dataclass
from pathlib import Path

from bot.adapters.audit import AuditTable
from bot.adapters.authorization import AzureRoles
from bot.adapters.database import open_database, open_state
from bot.adapters.policy_file import PolicyFile, read_policy
from bot.adapters.store import LinkTable
from bot.bootstrap.azure import azure_config
from bot.bootstrap.tables import audit_of
from bot.domain.audit import Wanted
from bot.domain.errors import ConfigurationError, Unavailable
from bot.domain.policy import Link, Policy
from bot.services.guard import Guard
from bot.services.policy import CHANGE, PolicySource
from bot.settings import Settings

__all__ = ["policy_source", "read_policy", "what_decides"]


@dataclass(frozen=True, slots=True)
class WhatDecides:
    """What the bot decides by: its guard, and everybody's links."""

    policy: Policy
    guard: Guard
    links: tuple[Link, ...]


def policy_source(file: Path, audit: AuditTable) -> PolicySource:
    """The policy of a file, as the bot holds it. Raises ConfigurationError."""
    try:
        rows = audit.rows(Wanted(last=1, command=CHANGE))
    except Unavailable as error:
        raise ConfigurationError(error.user_message, detail=error.detail) from error
    return PolicySource(PolicyFile(file), audit, last_known=rows[0]["reason"] if rows else "")


def what_decides(settings: Settings) -> WhatDecides:
    """The same tables and role service as the bot's, beside one that may be running. Raises ConfigurationError."""
    policy = read_policy(settings.policy)
    engine = open_database(open_state(settings.state))
    audit = audit_of(settings, engine)
    guard = Guard(AzureRoles(azure_config(settings.azure, settings.state)), _Fixed(policy), audit)
    return WhatDecides(policy, guard, (*policy.links, *LinkTable(engine, audit).all()))


@dataclass(frozen=True, slots=True)
class _Fixed:
    policy: Policy

    def current(self) -> Policy:
        return self.policy
