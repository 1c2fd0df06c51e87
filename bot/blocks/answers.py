"""Answers from the FAQ: an entry with its source, a choice of entries, or an honest "I don't know"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.blocks import markdown, mrkdwn
from bot.blocks.layout import MAX_SPOKEN, Layout, button, json_value
from bot.blocks.message import Message
from bot.domain.faq import Answer, Hit, Outcome, Passage, Referred, Section

SHOWN_CHOICES = 3
_FIRST_SENTENCE = 160
_BELOW = " \u203a "  # a single angle bracket, between a heading and the one below it
SourceUrl = Callable[[Section], str]


def answer(
    key: str, found: Sequence[Answer], *, source_url: SourceUrl | None = None, can_call_human: bool = False
) -> Message:
    """What the FAQ says to the questions of a message, in their order; each stands above its answer if there are more
    than one. `key` is the message's: every button carries it.

    `source_url` gives the web address of an entry; without it the source is named but not linked.
    """
    draw = _Drawing(key, source_url, can_call_human=can_call_human, several=len(found) > 1)
    layout = Layout()
    for each in found:
        draw.answer(layout, each)
    if any(each.outcome is Outcome.CONFIDENT and each.hits for each in found):
        draw.verdict(layout)
    elif can_call_human:
        layout.buttons(_ask_human(key))
    message = layout.message()
    if len(found) < 2:
        return message
    return replace(message, text=_spoken_in_turn([draw.answer(Layout(), each).message().text for each in found]))


def section(
    key: str,
    section: Section,
    referred: tuple[Referred, ...] = (),
    *,
    source_url: SourceUrl | None = None,
    can_call_human: bool = False,
) -> Message:
    """A whole entry, the one that somebody chose, and what it sends its readers to."""
    draw = _Drawing(key, source_url, can_call_human=can_call_human)
    layout = Layout().header(section.title or section.file)
    markdown.add(layout, section.body or section.prose, section.links)
    layout.context(_source(section, section.line, source_url))
    draw.referred(layout, referred, Passage(section.body, section.file, section.body_line, truncated=False))
    return draw.verdict(layout).message()


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Puts answers into a layout. `several`: the message has more than one, and the questions are their titles."""

    key: str
    source_url: SourceUrl | None
    can_call_human: bool = False
    several: bool = False

    def answer(self, layout: Layout, answer: Answer) -> Layout:
        if self.several:
            layout.header(answer.query.replace(mrkdwn.FENCE, " "))  # a title has no lines that a fence could hold
        if answer.topic:
            layout.text(f"About {_title(answer.topic)}:", keep=True)
        hits = answer.hits[:SHOWN_CHOICES]
        if answer.outcome is Outcome.CONFIDENT and hits:
            return self._confident(layout, hits[0])
        if answer.outcome is Outcome.CHOICES and hits:
            return self._choices(layout, hits)
        return self._unknown(layout, hits)

    def referred(self, layout: Layout, referred: tuple[Referred, ...], shown: Passage) -> Layout:
        """The entries that a shown passage points to; what it tells of them itself isn't repeated."""
        told = ""
        for each in referred:
            layout.text(f"From {_title(each.section)}:")
            if each.told != told and not _has(shown, each.told):
                markdown.add(layout, each.told)
                told = each.told
            layout.text(
                "\n".join(f"{mrkdwn.code(pair.replaced)} \u2192 {mrkdwn.code(pair.by)}" for pair in each.substitutions)
            )
            self._passage(layout, each.section, each.passage, keep=False)
            layout.context(_source(each.section, each.passage.line, self.source_url), keep=False)
        return layout

    def verdict(self, layout: Layout) -> Layout:
        return layout.buttons(
            button("Helpful", "feedback_helpful", self.key, says="This answer was helpful"),
            button("Not helpful", "feedback_not_helpful", self.key, says="This answer was not helpful"),
            _ask_human(self.key) if self.can_call_human else None,
        )

    def _confident(self, layout: Layout, hit: Hit) -> Layout:
        if self.several:
            layout.text(_title(hit.section), keep=True)
        else:
            layout.header(hit.section.title or hit.section.file)
        self._passage(layout, hit.section, hit.passage, keep=True)
        layout.context(f"{_source(hit.section, hit.passage.line, self.source_url)}\n{_confidence(hit.score)}")
        return self.referred(layout, hit.referred, hit.passage)

    def _passage(self, layout: Layout, section: Section, passage: Passage, *, keep: bool) -> None:
        markdown.add(layout, passage.markdown, section.links)
        if passage.truncated:
            value = json_value(key=self.key, file=section.file, anchor=section.anchor)
            more = button("More", "show_choice", value, says=f"Show the whole entry: {section.title}")
            rest = "" if more else "; its source has the rest"
            layout.text(f"This is a part of the entry{rest}.", button=more, keep=keep)

    def _choices(self, layout: Layout, hits: tuple[Hit, ...]) -> Layout:
        count = "one of these entries" if len(hits) > 1 else "this entry"
        layout.text(f"I'm not sure what you mean. Is it {count} of the FAQ?", keep=True)
        for number, hit in enumerate(hits, start=1):
            value = json_value(key=self.key, file=hit.section.file, anchor=hit.section.anchor)
            show = button("Show", "show_choice", value, says=f"Show entry {number}: {hit.section.title}")
            layout.text(_entry(number, hit.section), button=show, keep=True)
        return layout

    def _unknown(self, layout: Layout, hits: tuple[Hit, ...]) -> Layout:
        layout.text("I don't know: I found no entry of the FAQ that answers this.", keep=True)
        if hits:
            nearest = "\n".join(
                f"• {_path(hit.section)} — {_place(hit.section, hit.section.line, self.source_url)}" for hit in hits
            )
            layout.text(f"The nearest that it has:\n{nearest}", keep=True)
        if self.can_call_human:
            return layout.text("Put it in other words, or ask a human.", keep=True)
        return layout.text("Put it in other words, with the name of the thing or the error's text.", keep=True)


def _spoken_in_turn(texts: Sequence[str]) -> str:
    """What several answers say; where that is too long, each has its share."""
    between = "\n\n"
    whole = between.join(texts)
    if len(whole) <= MAX_SPOKEN:
        return whole
    share = (MAX_SPOKEN - len(between) * (len(texts) - 1)) // len(texts)
    return between.join(mrkdwn.cut(text, share) for text in texts)


def _has(passage: Passage, told: str) -> bool:
    """Whether these sentences of an entry are in a passage of it; all of them are in the whole entry."""
    return not passage.truncated or " ".join(told.split()) in " ".join(passage.markdown.split())


def _ask_human(key: str) -> dict[str, object] | None:
    return button("Ask a human", "ask_human", key, says="Ask the people on call to answer this question")


def _title(section: Section) -> str:
    return mrkdwn.bold(section.title, 120) or mrkdwn.line(section.file, 120)


def _entry(number: int, section: Section) -> str:
    lines = [f"{number}. {_title(section)}"]
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
