"""Domain results to Slack messages and views: pure functions that own escaping, limits and the spoken text.

Whatever a person, the FAQ or Azure supplied is escaped once, here; it can neither ping anyone nor forge a link.
"""

from bot.blocks.message import Message

__all__ = ["Message"]
