"""Finds the FAQ that comes with the bot, and an entry by what somebody calls it."""

from pathlib import Path

from rapidfuzz import fuzz, process, utils

import bot
from bot.authoring.cases import Entries
from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.faq import Problem, Section
from bot.search import Faq, folder

_NEAREST = 3


def shipped_faq() -> Path:
    """The folder of the FAQ that comes with the bot: of the checkout, else of the installed package."""
    package = Path(bot.__file__).parent
    checkout = package.parent / "faq"
    return checkout if checkout.is_dir() else package / "_faq"


def unread(path: Path) -> tuple[Problem, ...]:
    """The files of a FAQ folder that aren't read as they stand: left out, or with bytes that were replaced."""
    return tuple(folder.texts(folder.contents(path), strict=False).problems)


def entry(faq: Faq, name: str) -> Section:
    """The entry with this location (`file#anchor`), anchor, title or number of the title.

    Raises:
        NotFound: there is none; the error names the nearest.
        InvalidRequest: several are called so; the error names their locations.
    """
    found = Entries(faq.sections).named(name)
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(section.location for section in found)
        raise InvalidRequest(f"{len(found)} entries are called “{name}”. Name one by its place: {places}.")
    known = {section.title: section for section in faq.sections} | {each.location: each for each in faq.sections}
    near = process.extract(name, list(known), scorer=fuzz.WRatio, processor=utils.default_process, limit=_NEAREST * 2)
    sections = dict.fromkeys(known[key].location for key, score, _ in near if score >= 60)
    raise NotFound("entry", name, nearest=tuple(sections)[:_NEAREST], hint="Name a title, an anchor or file#anchor.")
