"""Runs that wait for consent: for those who may give it, and for whoever asked."""

import shlex
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject

from bot.blocks import mrkdwn
from bot.blocks.errors import error as error_message
from bot.blocks.layout import Layout, button, section
from bot.blocks.message import Message
from bot.domain.approvals import ApprovalRequest, ApprovalState, Requirement
from bot.domain.errors import BotError
from bot.domain.policy import money
from bot.domain.runs import RunSpec

APPROVE, REJECT = "approve_run", "reject_run"
REJECT_FORM = "reject_form"
REASON = "reason"
MAX_REASON = 500

_TITLES = {
    ApprovalState.APPROVED: "was approved and is being started",
    ApprovalState.STARTED: "was approved and started",
    ApprovalState.REJECTED: "was rejected",
    ApprovalState.EXPIRED: "has expired: nobody agreed in time",
    ApprovalState.VOID: "can't be started any more",
}


def approval_asked(request: ApprovalRequest) -> Message:
    """The request as approvers see it: all of what would be started, and buttons while it is open."""
    who, run = mrkdwn.mention(request.user), mrkdwn.code(request.run_id)
    title = f"{who} asks for your approval of run {run}" if request.is_open else f"Run {run} of {who} {_end(request)}"
    layout = _resolved(Layout().text(f"*{title}*", keep=True), request).text(_standing(request), keep=True)
    if request.is_open:
        layout.buttons(
            button("Approve", APPROVE, request.run_id, says=f"Approve run {request.run_id}", style="primary"),
            button("Reject", REJECT, request.run_id, says=f"Reject run {request.run_id}", style="danger"),
        )
    return layout.message()


def approval_waits(request: ApprovalRequest) -> Message:
    """The request as its asker sees it."""
    run = mrkdwn.code(request.run_id)
    title = f"*Run {run} waits for approval*" if request.is_open else f"*Run {run} {_end(request)}*"
    return _resolved(Layout().text(title, keep=True), request).text(_standing(request), keep=True).message()


def approval_news(request: ApprovalRequest) -> Message:
    """The notice to whoever asked that something has changed."""
    run = mrkdwn.code(request.run_id)
    by = _people(vote.user for vote in request.votes)
    if request.is_open:
        text = f"{by} approved run {run}. It still waits: more have to agree."
    elif request.state in {ApprovalState.APPROVED, ApprovalState.STARTED}:
        text = f"run {run} was approved by {by} and is being started."
    else:
        text = f"run {run} {_end(request)}. Nothing was started."
    return Layout().text(f"{mrkdwn.mention(request.user)}: {text}", keep=True).message()


def approval_delayed(request: ApprovalRequest, error: BotError) -> Message:
    """The notice to whoever asked that a run was approved and can't be started yet."""
    asker, run = mrkdwn.mention(request.user), mrkdwn.code(request.run_id)
    what = f"{asker}: run {run} was approved, but can't be started yet. I keep trying."
    return Layout().text(f"{what} {mrkdwn.prose(error.user_message)}", keep=True).message()


def approval_given(missing: int, run_id: str) -> Message:
    """To somebody who approved."""
    run = mrkdwn.code(run_id)
    if not missing:
        return Layout().text(f"You approved run {run}. It is being started.", keep=True).message()
    more = "1 more has" if missing == 1 else f"{missing} more have"
    return Layout().text(f"You approved run {run}. {more} to agree before it starts.", keep=True).message()


def approval_refused(run_id: str) -> Message:
    """To somebody who rejected."""
    return Layout().text(f"You rejected run {mrkdwn.code(run_id)}. Whoever asked is told why.", keep=True).message()


def reject_form(run_id: str, channel: str) -> dict[str, Any]:
    """The form that asks for a reason. It opens at once; whether one may use it is looked up meanwhile."""
    reason = InputBlock(
        block_id=REASON,
        label=PlainTextObject(text="Why not?", emoji=False),
        element=PlainTextInputElement(action_id="value", multiline=True, max_length=MAX_REASON),
        hint=PlainTextObject(text="Whoever asked is told this, and so are the other approvers.", emoji=False),
    )
    about = section(f"Run {mrkdwn.code(run_id)} won't be started.")
    return _modal([about, dict(reason.to_dict())], f"{run_id} {channel}", submit="Reject")


def reject_form_error(error: BotError, reference: str) -> dict[str, Any]:
    """What replaces the form for somebody who may not use it."""
    return _modal(list(error_message(error, reference).blocks), "")


def _modal(blocks: list[dict[str, Any]], private_metadata: str, submit: str = "") -> dict[str, Any]:
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": REJECT_FORM,
        "title": {"type": "plain_text", "text": "Reject a run", "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "private_metadata": private_metadata,
        "blocks": blocks,
    }
    return view | ({"submit": {"type": "plain_text", "text": submit, "emoji": False}} if submit else {})


def _end(request: ApprovalRequest) -> str:
    title = _TITLES[request.state]
    if request.state is ApprovalState.REJECTED:
        title += f" by {_person(request.by)}"
    if not request.reason:
        return title
    return f"{title}: {mrkdwn.line(request.reason, MAX_REASON)}"


def _resolved(layout: Layout, request: ApprovalRequest) -> Layout:
    """Everything that would be started. Arguments as a shell would be given them, so that each is told apart."""
    spec = request.spec
    environment = f"{spec.environment}:{spec.environment_version}" if spec.environment_version else spec.environment
    code = (
        f"Project: {mrkdwn.code(spec.project)}{_code_of(spec)}",
        f"Script: {mrkdwn.code(spec.script)}",
        f"Environment: {mrkdwn.code(environment)}",
    )
    means = (
        f"Compute: {mrkdwn.code(spec.compute)}, {spec.nodes} {'node' if spec.nodes == 1 else 'nodes'}",
        f"Runs for at most: {_length(request)}",
        f"Costs at most: {_cost(request)}",
        f"Experiment: {mrkdwn.code(spec.experiment)}",
    )
    layout.text("\n".join(code), keep=True).text("\n".join(means), keep=True)
    if spec.packages:
        layout.text("Packages:", keep=True).code(str(spec.packages))
    if not spec.arguments:
        return layout.text("Arguments: none", keep=True)
    return layout.text("Arguments:", keep=True).code(shlex.join(spec.arguments))


def _code_of(spec: RunSpec) -> str:
    if not spec.commit:
        return ", its folder as it is now"
    return f" at {mrkdwn.line(spec.ref, 100)}, commit {mrkdwn.code(spec.commit)}"


def _length(request: ApprovalRequest) -> str:
    return "nobody can tell" if request.hours is None else mrkdwn.span(timedelta(hours=request.hours))


def _cost(request: ApprovalRequest) -> str:
    if request.cost is None:
        return "nobody can tell: it has no price or no end"
    return mrkdwn.line(money(request.cost, request.currency), 60)


def _standing(request: ApprovalRequest) -> str:
    lines = [_wanted(requirement) for requirement in request.requirements]
    if request.votes:
        lines.append(f"Approved so far by {_people(vote.user for vote in request.votes)}.")
    if request.is_open:
        lines.append(f"Open until {mrkdwn.moment(request.until)}.")
    return "\n".join(lines)


def _wanted(requirement: Requirement) -> str:
    who = [f"holders of {mrkdwn.line(', '.join(requirement.roles), 300)}"] if requirement.roles else []
    who += [_person(person) for person in requirement.people]
    who += [f"members of group {mrkdwn.code(group)}" for group in requirement.groups]
    reason = f" {mrkdwn.line(requirement.reason, 300)}" if requirement.reason else ""
    number = "One of these must agree" if requirement.needed == 1 else f"{requirement.needed} of these must agree"
    return f"{number}: {', '.join(who)}.{reason}"


def _person(person: str) -> str:
    """A person as policies and rows name them."""
    if person == "*":
        return "everybody"
    _, slash, user = person.partition("/")
    return mrkdwn.mention(user) if slash else mrkdwn.code(person)


def _people(users: Iterable[str]) -> str:
    return ", ".join(mrkdwn.mention(user) for user in users)
