"""FAQ search: text in, hits out.

`load(folder)` reads a folder of Markdown and returns a `Faq`; `Faq.ask(question)` returns an `Answer` with the sections
that fit best, how sure it is, and what to do with them. Knows no Slack, no network and no model.
"""

from bot.search.confidence import Thresholds
from bot.search.engine import Faq, load

__all__ = ["Faq", "Thresholds", "load"]
