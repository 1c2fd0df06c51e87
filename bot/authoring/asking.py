"""An answer with its reasons, for those who write the FAQ."""

from bot.domain.faq import Answer, Hit, Outcome
from bot.search import Faq, confidence

_MEANS = {
    Outcome.CONFIDENT: "the first entry is the answer",
    Outcome.CHOICES: "these entries are offered as choices",
    Outcome.UNKNOWN: "the FAQ doesn't know; the nearest entries are named",
}


def answer(faq: Faq, question: str, *, explain: bool = False) -> str:
    """The outcome, the entries with their probabilities, and the passage of the first one."""
    found = faq.ask(question)
    parts = [
        f"{found.outcome}: {_MEANS[found.outcome]}",
        *(_hit(number, hit) for number, hit in enumerate(found.hits, 1)),
    ]
    if explain:
        parts += ["", *_explained(faq, found)]
    if found.best and found.outcome is not Outcome.UNKNOWN:
        passage = found.best.passage
        cut = ", a part of the entry" if passage.truncated else ""
        parts += ["", f"{passage.file}:{passage.line}{cut}", "", passage.markdown]
    return "\n".join(parts)


def _hit(number: int, hit: Hit) -> str:
    return (
        f"{number}. {hit.score:.2f}  {' > '.join(hit.section.path)}  ({hit.section.location}, line {hit.section.line})"
    )


def _explained(faq: Faq, found: Answer) -> list[str]:
    """What the probability of the first entry is made of."""
    if not found.hits:
        return ["No word of the question is in the FAQ."]
    evidence = faq.evidence(found.query)
    values = zip((*confidence.FEATURES, *confidence.NEARNESS)[: len(evidence)], evidence, strict=True)
    ranking = faq.ranking(found.query)
    scores = [f"{match.score:.2f} {faq.sections[match.document].location}" for match in ranking.matches[:5]]
    return [*(f"{name} {value:.2f}" for name, value in values), f"scores: {', '.join(scores)}"]
