"""Answers from the FAQ, and the humans behind it. Open to everyone: no principal, no Azure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from bot.domain.errors import NotFound
from bot.domain.faq import Answer, Outcome, Referred, Section
from bot.domain.help import Escalation, Question, Verdict
from bot.ports import HelpDesk
from bot.search import Faq
from bot.services.doors import open_to_everyone
from bot.services.faq_source import FaqSource

TOPIC_LASTS = timedelta(minutes=30)
"""How long the last answer is what a direct message may go on from. A thread keeps its topic."""

_SUREST_FIRST = (Outcome.CONFIDENT, Outcome.CHOICES, Outcome.UNKNOWN)


class Help:
    """`on_call` are the Slack ids (users or user groups) that a call for a human mentions."""

    def __init__(self, faq: FaqSource, desk: HelpDesk, on_call: tuple[str, ...]) -> None:
        self._faq = faq
        self._desk = desk
        self._on_call = on_call

    @property
    @open_to_everyone("asking, feedback and calling a human need no principal")
    def can_call_human(self) -> bool:
        """Whether somebody is on call at all."""
        return bool(self._on_call)

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def ask(self, question: Question) -> tuple[Answer, ...]:
        """Answer what a message asks, one to three questions in its order, and remember it; the same key again is
        answered again but remembered once. The outcome that is remembered is that of the least sure answer."""
        faq = self._faq.current()
        answers = faq.ask_all(question.text, self._topic(faq, question))
        sure = [answer.hits[0].section for answer in answers if answer.outcome is Outcome.CONFIDENT and answer.hits]
        self._desk.asked(
            question,
            str(max((answer.outcome for answer in answers), key=_SUREST_FIRST.index)),
            tuple(dict.fromkeys(hit.section.title for answer in answers for hit in answer.hits)),
            sure[-1].location if sure else "",
        )
        return answers

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def suggestions(self, limit: int) -> tuple[str, ...]:
        """Questions to begin with: titles of entries that are surely found by them, those of different topics first."""
        faq = self._faq.current()
        asked = [section for section in faq.sections if section.title.rstrip().endswith("?")]
        first = {section.file: section.title for section in reversed(asked)}
        titles = dict.fromkeys((*reversed(first.values()), *(section.title for section in asked)))
        sure = (title for title in titles if faq.ask(title).outcome is Outcome.CONFIDENT)
        return tuple(islice(sure, limit))

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def entry(self, key: str, file: str, anchor: str) -> tuple[Section, tuple[Referred, ...]]:
        """An entry that was offered for the question `key`, and what it sends its readers to.

        Raises:
            NotFound: the FAQ has changed since it was offered.
        """
        faq = self._faq.current()
        section = faq.section(file, anchor)
        if section is None:
            raise NotFound("FAQ entry", anchor, hint="The FAQ has changed since; ask again.")
        known = self._desk.question(key)
        # What fits of the other entries depends on what was asked; where that doesn't lead here, on the title.
        for text in (known[0].text, section.title) if known else (section.title,):
            for hit in (hit for answer in faq.ask_all(text) for hit in answer.hits):
                if hit.section == section:
                    return section, hit.referred
        return section, ()

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def feedback(self, key: str, user: str, verdict: Verdict) -> None:
        """Remember what `user` says of the answer to the question `key`; the last word counts."""
        self._desk.feedback(key, user, verdict)

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def asked(self, key: str) -> Question:
        """The question `key`. Raises NotFound."""
        known = self._desk.question(key)
        if known is None:
            raise NotFound("question", key, hint="Ask it again, then call a human.")
        return known[0]

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def escalate(self, key: str, user: str, job: str) -> Escalation:
        """Call whoever is on call for the question `key`; the same request `job` may do so again.

        Raises:
            NotFound: the question isn't known any more, or nobody is on call.
        """
        known = self._desk.question(key)
        if known is None:
            raise NotFound("question", key, hint="Ask it again, then call a human.")
        if not self._on_call:
            raise NotFound("person", "on call", hint="An administrator can name one in the settings (help.on_call).")
        question, tried = known
        first = self._desk.escalated(key, user, job)
        return Escalation(question, self._on_call, tried, first)

    @open_to_everyone("asking, feedback and calling a human need no principal")
    def take_back(self, key: str, job: str) -> None:
        """Forget the call that the request `job` made: it reached nobody, and somebody may call again."""
        self._desk.not_escalated(key, job)

    def _topic(self, faq: Faq, question: Question) -> Section | None:
        """The entry that the conversation is about, as far as the FAQ still has it."""
        location = self._desk.last_answered_by(question) if question.thread_ts else ""
        if not location and question.channel.startswith("D"):
            # Also for a thread that begins at an answer outside of it: nothing was asked in there yet.
            since = datetime.now(UTC) - TOPIC_LASTS
            location = self._desk.last_answered_by(replace(question, thread_ts=""), since)
        file, has_anchor, anchor = location.rpartition("#")
        return faq.section(file, anchor) if has_anchor else faq.section(location, "")
