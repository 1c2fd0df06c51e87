"""Our tables, for the bot and for the command line."""

from sqlalchemy import Engine

from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.database import open_database, open_state
from bot.adapters.policy_file import PolicyFile, valid_link
from bot.adapters.store import LinkTable
from bot.settings import Settings

__all__ = ["PolicyFile", "audit_of", "audit_table", "link_table", "open_state", "valid_link"]


def link_table(settings: Settings) -> LinkTable:
    """The table of links, for the command line. Raises ConfigurationError."""
    engine = open_database(open_state(settings.state))
    return LinkTable(engine, audit_of(settings, engine))


def audit_table(settings: Settings) -> AuditTable:
    """The audit, for the command line. Raises ConfigurationError."""
    return audit_of(settings, open_database(open_state(settings.state)))


def audit_of(settings: Settings, engine: Engine) -> AuditTable:
    """The audit in a database, with its key. Raises ConfigurationError."""
    return AuditTable(engine, audit_key(settings.audit.key_file or settings.state / "audit.key", engine))
