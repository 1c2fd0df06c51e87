"""The state of the FAQ and of the policy, for the people who look after them."""

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.faq_source import FaqState, Meaning
from bot.domain.policy import PolicyState

_COMPLAINTS = 5
_MODEL = {
    Meaning.OFF: "no sentence model is set: questions are matched by their words",
    Meaning.UNDER_WAY: "the sentence model isn't ready yet: questions are matched by their words",
    Meaning.READY: "questions are matched by their words and by the sentence model",
    Meaning.FAILED: "the sentence model failed, the log says why: questions are matched by their words",
}


def state(faq: FaqState, policy: PolicyState) -> Message:
    """Which versions are in use since when, how the FAQ is searched, and what is wrong."""
    layout = Layout()
    _faq(layout, faq)
    _policy(layout, policy)
    return layout.message()


def _policy(layout: Layout, state: PolicyState) -> None:
    layout.header("The policy that I go by")
    policy = state.policy
    rules = ", ".join(
        f"{_count(len(rules), one, many)}"
        for rules, one, many in (
            (policy.rules, "rule that allows", "rules that allow"),
            (policy.denials, "that denies", "that deny"),
            (policy.limits, "limit", "limits"),
            (policy.approvals, "that wants an approval", "that want an approval"),
        )
    )
    if state.missing:
        layout.text(f"*None is in force*, so I refuse all that needs one: {mrkdwn.line(state.missing, 500)}", keep=True)
        return
    since = mrkdwn.moment(state.loaded)
    layout.text(f"Digest {mrkdwn.code(policy.digest)} with {rules}, in use since {since}.", keep=True)
    if state.refused:
        layout.text(f"*Its file has a newer content that can't be used:*\n{complaints(state.refused)}", keep=True)


def complaints(sentences: tuple[str, ...]) -> str:
    """What is wrong in a policy file, a line each; the first few."""
    shown = [f"• {mrkdwn.line(sentence, 300)}" for sentence in sentences[:_COMPLAINTS]]
    if len(sentences) > _COMPLAINTS:
        shown.append(f"and {len(sentences) - _COMPLAINTS} more; {mrkdwn.code('aml-bot policy check')} lists all")
    return "\n".join(shown)


def _faq(layout: Layout, state: FaqState) -> None:
    layout.header("The FAQ that I answer from")
    version = (
        f"Commit {mrkdwn.code(state.commit[:12])}" if state.commit else f"Version {mrkdwn.code(state.version[:12])}"
    )
    layout.text(
        f"{version} with {_count(state.sections, 'entry', 'entries')}, in use since {mrkdwn.moment(state.loaded)}.",
        keep=True,
    )
    layout.text(f"*Search:* {_MODEL[state.meaning]}.\n*Confidence:* {_confidence(state)}.", keep=True)
    if state.refused is not None:
        which = f" (commit {mrkdwn.code(state.refused.commit[:12])})" if state.refused.commit else ""
        layout.text(f"*A newer version can't be used*{which}: {mrkdwn.line(state.refused.reason, 1_500)}", keep=True)
    if state.trouble:
        layout.text(f"*It can't be looked at now:* {mrkdwn.line(state.trouble, 1_500)}", keep=True)
    if state.problems:
        found = [f"• {mrkdwn.line(str(problem), 300)}" for problem in state.first_problems]
        more = state.problems - len(found)
        if more > 0:
            found.append(f"and {more} more; {mrkdwn.code('aml-bot faq check')} lists all")
        layout.text(f"*{_count(state.problems, 'problem', 'problems')} in its files*\n" + "\n".join(found), keep=True)
    elif state.refused is None and not state.trouble:
        layout.text("Nothing is wrong with it.", keep=True)


def _confidence(state: FaqState) -> str:
    learnt = state.confidence
    if learnt.learnt:
        return f"learnt from {learnt.cases} of its cases, calibration error {learnt.error:.3f}"
    why = "they teach nothing better" if learnt.cases >= 30 else "they are too few to learn from"
    return f"as shipped; it has {_count(learnt.cases, 'case', 'cases')}, {why}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
