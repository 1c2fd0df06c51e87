"""What is wrong with entries beside their text: twins, claims on one question, owners, dates, questions they lose."""

from collections.abc import Iterable, Sequence
from datetime import date

from bot.authoring.cases import normal
from bot.authoring.findings import Finding
from bot.domain.faq import Case, Outcome, Section
from bot.search import Faq

_SHOWN = 3


def duplicates(sections: Sequence[Section]) -> list[Finding]:
    """Entries with the title and path of an earlier one: nobody can tell them apart."""
    first: dict[tuple[str, ...], Section] = {}
    found: list[Finding] = []
    for section in sections:
        earlier = first.setdefault(tuple(normal(title) or title for title in section.path), section)
        if earlier is not section:
            message = (
                f"“{section.title}” has the title and path of {_place(earlier)}. Join them, or say in the titles or in "
                "the headings above what each is about."
            )
            found.append(Finding(section.file, section.line, "duplicate", message))
    return found


def clashes(sections: Sequence[Section]) -> list[Finding]:
    """Questions that two entries claim as theirs, and those that one claims and another says nothing answers."""
    claimed: dict[str, Section] = {}
    titled: dict[str, Section] = {}
    found: list[Finding] = []
    for section in sections:
        titled.setdefault(normal(section.title), section)
    for section in sections:
        for question in dict.fromkeys((*section.metadata.alternates, *section.metadata.answers)):
            key = normal(question)
            other = claimed.setdefault(key, section)
            other = titled.get(key, section) if other is section else other
            if other is not section:
                message = f"“{question}” belongs to {_place(other)} as well. Leave it to one of them."
                found.append(Finding(section.file, section.line, "clash", message))
    for section in sections:
        for question in section.metadata.not_answers:
            claimant = claimed.get(normal(question)) or titled.get(normal(question))
            if claimant:
                message = f"“{question}” shall have no answer, but {_place(claimant)} claims it. Decide for one."
                found.append(Finding(section.file, section.line, "clash", message))
    return found


def upkeep(sections: Iterable[Section], today: date) -> list[Finding]:
    """Entries that nobody looks after, or that should have been looked at before `today`."""
    found: list[Finding] = []
    for section in sections:
        if not section.metadata.owner.strip():
            message = (
                f"“{section.title}” has no owner. Name who keeps it right: owner in the entry's or file's metadata."
            )
            found.append(Finding(section.file, section.line, "owner-missing", message))
        review = section.metadata.review
        if review and review < today:
            message = f"“{section.title}” was to be reviewed by {review}. Check it, then set a later date."
            found.append(Finding(section.file, section.line, "review-past", message))
    return found


def questions(faq: Faq, cases: Iterable[Case]) -> list[Finding]:
    """Entries whose own questions lead to another one or to none, one finding an entry; and questions without an answer
    that get one. An entry is found if it comes first or is offered as a choice. The FAQ is asked as it answers people,
    with all its cases known: words of a case that fit another entry better may still lead there. Questions of the split
    `test` aren't asked: what is found here shall be mended, and they are to measure with."""
    lost: dict[str, list[str]] = {}
    asked: dict[str, int] = {}
    found: list[Finding] = []
    for case in cases:
        if case.split == "test":
            continue
        answer = faq.ask(case.query)
        first = answer.best.section if answer.best else None
        if not case.gold and answer.outcome is Outcome.CONFIDENT and first:
            message = f"“{case.query}” shall have no answer, but this entry is given for it. Say what it is not about."
            found.append(Finding(first.file, first.line, "false-answer", message))
        for location in case.gold:
            asked[location] = asked.get(location, 0) + 1
            offered = [hit.section.location for hit in answer.hits] if answer.outcome is Outcome.CHOICES else []
            if first is None or not set(case.gold) & {first.location, *offered}:
                instead = f"finds {_place(first)}" if first else "finds nothing"
                lost.setdefault(location, []).append(f"“{case.query}” {instead}")
    by_location = {section.location: section for section in reversed(faq.sections)}
    for location, losses in lost.items():
        section = by_location.get(location)
        if section:
            found.append(_not_found(section, losses, asked[location]))
    return found


def _not_found(section: Section, losses: Sequence[str], asked: int) -> Finding:
    more = f"; and {len(losses) - _SHOWN} more" if len(losses) > _SHOWN else ""
    message = (
        f"{len(losses)} of {asked} questions to “{section.title}” don't find it: "
        f"{'; '.join(losses[:_SHOWN])}{more}. "
        "Put their words into its title, its alternates (also) or its first paragraph."
    )
    return Finding(section.file, section.line, "not-found", message)


def _place(section: Section) -> str:
    return f"{section.file}:{section.line} “{section.title}”"
