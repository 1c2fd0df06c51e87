"""Answers from the FAQ: an entry with its source, a choice of entries, or an honest "I don't know"."""

from collections.abc import Callable

from bot.blocks import markdown, mrkdwn
from bot.blocks.layout import Layout, button, json_value
from bot.blocks.message import Message
from bot.domain.faq import Answer, Hit, Outcome, Section

SHOWN_CHOICES = 3
_FIRST_SENTENCE = 160
_BELOW = " \u203a "  # a single angle bracket, between a heading and the one below it
SourceUrl = Callable[[Section], str]


def answer(key: str, answer: Answer, *, source_url: SourceUrl | None = None, can_call_human: bool = False) -> Message:
    """What the FAQ says to a question. `key` is the question's: every button carries it.

    `source_url` gives the web address of an entry; without it the source is named but not linked.
    """
    best = answer.best
    if answer.outcome is Outcome.CONFIDENT and best:
        return _confident(key, best, source_url, can_call_human=can_call_human)
    if answer.outcome is Outcome.CHOICES and best:
        return _choices(key, answer.hits[:SHOWN_CHOICES], can_call_human=can_call_human)
    return _unknown(key, answer.hits[:SHOWN_CHOICES], source_url, can_call_human=can_call_human)


def section(
    key: str, section: Section, *, source_url: SourceUrl | None = None, can_call_human: bool = False
) -> Message:
    """A whole entry: the one that somebody chose."""
    layout = Layout().header(section.title or section.file)
    markdown.add(layout, section.body or section.prose)
    layout.context(_source(section, section.line, source_url))
    return _with_verdict(layout, key, can_call_human=can_call_human)


def _confident(key: str, hit: Hit, source_url: SourceUrl | None, *, can_call_human: bool) -> Message:
    layout = Layout().header(hit.section.title or hit.section.file)
    markdown.add(layout, hit.passage.markdown)
    if hit.passage.truncated:
        layout.context("This is a part of the entry; its source has the rest.")
    layout.context(f"{_source(hit.section, hit.passage.line, source_url)}\n{_confidence(hit.score)}")
    return _with_verdict(layout, key, can_call_human=can_call_human)


def _choices(key: str, hits: tuple[Hit, ...], *, can_call_human: bool) -> Message:
    count = "one of these entries" if len(hits) > 1 else "this entry"
    layout = Layout().text(f"I'm not sure what you mean. Is it {count} of the FAQ?", keep=True)
    for number, hit in enumerate(hits, start=1):
        value = json_value(key=key, file=hit.section.file, anchor=hit.section.anchor)
        show = button("Show", "show_choice", value, says=f"Show entry {number}: {hit.section.title}")
        layout.text(_entry(number, hit.section), button=show, keep=True)
    layout.buttons(_ask_human(key) if can_call_human else None)
    return layout.message()


def _unknown(key: str, hits: tuple[Hit, ...], source_url: SourceUrl | None, *, can_call_human: bool) -> Message:
    layout = Layout().text("I don't know: I found no entry of the FAQ that answers this.", keep=True)
    if hits:
        nearest = "\n".join(
            f"• {_path(hit.section)} — {_place(hit.section, hit.section.line, source_url)}" for hit in hits
        )
        layout.text(f"The nearest that it has:\n{nearest}", keep=True)
    if can_call_human:
        layout.text("Put it in other words, or ask a human.", keep=True).buttons(_ask_human(key))
    else:
        layout.text("Put it in other words, with the name of the thing or the error's text.", keep=True)
    return layout.message()


def _with_verdict(layout: Layout, key: str, *, can_call_human: bool) -> Message:
    return layout.buttons(
        button("Helpful", "feedback_helpful", key, says="This answer was helpful"),
        button("Not helpful", "feedback_not_helpful", key, says="This answer was not helpful"),
        _ask_human(key) if can_call_human else None,
    ).message()


def _ask_human(key: str) -> dict[str, object] | None:
    return button("Ask a human", "ask_human", key, says="Ask the people on call to answer this question")


def _entry(number: int, section: Section) -> str:
    lines = [f"{number}. {mrkdwn.bold(section.title, 120) or mrkdwn.line(section.file)}"]
    if len(section.path) > 1:
        lines.append(f"in {mrkdwn.line(_BELOW.join(section.path[:-1]), 150)}")
    if said := _first_sentence(section.prose):
        lines.append(said)
    return "\n".join(lines)


def _first_sentence(prose: str) -> str:
    text = " ".join(prose.split())
    for end in (". ", "? ", "! ", ": "):
        place = text.find(end)
        if 0 <= place < _FIRST_SENTENCE:
            return mrkdwn.line(text[: place + 1], _FIRST_SENTENCE)
    return mrkdwn.line(text, _FIRST_SENTENCE)


def _confidence(score: float) -> str:
    percent = round(100 * min(max(score, 0.0), 1.0))
    words = "I'm very sure" if percent >= 90 else "I'm fairly sure" if percent >= 70 else "I think this is it"
    return f"{words} ({percent}%)."


def _source(section: Section, line: int, source_url: SourceUrl | None) -> str:
    return f"Source: {_place(section, line, source_url)}"


def _place(section: Section, line: int, source_url: SourceUrl | None) -> str:
    """File, entry and line, as a link where there is an address."""
    named = f"{section.file}{_BELOW}{section.title}" if section.title else section.file
    shown = f"{mrkdwn.shorten(named, 130)} (line {line})"
    return mrkdwn.link(source_url(section), shown) if source_url else mrkdwn.line(shown)


def _path(section: Section) -> str:
    return mrkdwn.line(_BELOW.join(section.path) or section.title or section.file, 150)
