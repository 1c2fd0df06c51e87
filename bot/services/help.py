"""Answers from the FAQ, and the humans behind it. Open to everyone: no principal, no Azure."""

from bot.domain.errors import NotFound
from bot.domain.faq import Answer, Section
from bot.domain.help import Escalation, Question, Verdict
from bot.ports import HelpDesk
from bot.services.faq_source import FaqSource


class Help:
    """`on_call` are the Slack ids (users or user groups) that a call for a human mentions."""

    def __init__(self, faq: FaqSource, desk: HelpDesk, on_call: tuple[str, ...]) -> None:
        self._faq = faq
        self._desk = desk
        self._on_call = on_call

    @property
    def can_call_human(self) -> bool:
        """Whether somebody is on call at all."""
        return bool(self._on_call)

    def ask(self, question: Question) -> Answer:
        """Answer a question and remember both; the same key again is answered again but remembered once."""
        answer = self._faq.current().ask(question.text)
        self._desk.asked(question, str(answer.outcome), tuple(hit.section.title for hit in answer.hits))
        return answer

    def section(self, file: str, anchor: str) -> Section:
        """An entry that was offered as a choice.

        Raises:
            NotFound: the FAQ has changed since it was offered.
        """
        section = self._faq.current().section(file, anchor)
        if section is None:
            raise NotFound("FAQ entry", anchor, hint="The FAQ has changed since; ask again.")
        return section

    def feedback(self, key: str, user: str, verdict: Verdict) -> None:
        """Remember what `user` says of the answer to the question `key`; the last word counts."""
        self._desk.feedback(key, user, verdict)

    def escalate(self, key: str, user: str) -> Escalation:
        """Call whoever is on call for the question `key`.

        Raises:
            NotFound: the question isn't known any more, or nobody is on call.
        """
        known = self._desk.question(key)
        if known is None:
            raise NotFound("question", key, hint="Ask it again, then call a human.")
        if not self._on_call:
            raise NotFound("person", "on call", hint="An administrator can name one in the settings (help.on_call).")
        question, tried = known
        first = self._desk.escalated(key, user)
        return Escalation(question, self._on_call, tried, first)
