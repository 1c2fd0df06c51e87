"""Asking for a role that is missing: to those who can grant it, and back to the one who lacks it."""

from collections.abc import Sequence
from datetime import datetime

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout, button
from bot.blocks.message import Message
from bot.blocks.roles import able_people
from bot.domain.grants import Offer, RoleRequest


def offered(layout: Layout, offer: Offer) -> None:
    """Add to a refusal who can grant what is missing, and a button that asks them."""
    if not offer.able:
        layout.text("I see nobody who could grant it there.", keep=True)
        return
    layout.text(f"Who can grant it there:\n{able_people(offer.able, 5)}", keep=True)
    if offer.id:
        layout.buttons(
            button("Ask them for it", "ask_for_role", offer.id, says="Ask those who can grant the role to do it")
        )


def request(asked: RoleRequest) -> Message:
    """To somebody who can grant a role: who lacks it, what for, and how to do it. It is in a direct message, where the
    mention calls nobody."""
    who = mrkdwn.mention(asked.user) or mrkdwn.code(asked.user)
    layout = Layout().text(f"*{who} asks for an Azure role that you can grant*", keep=True)
    layout.text(
        f"They were refused {mrkdwn.code(f'/aml {asked.command}')}, which needs {mrkdwn.code(asked.action)}.\n"
        f"Smallest role that would help: {mrkdwn.bold(asked.role)}\nScope: {mrkdwn.code(asked.scope)}\n"
        f"Entra object id: {mrkdwn.code(asked.object_id)}",
        keep=True,
    )
    layout.text(
        "If you agree: in the Azure portal, the workspace's “Access control (IAM)”, “Add role assignment”; or:",
        keep=True,
    )
    role = asked.role.replace('"', "")
    layout.code(
        f'az role assignment create --role "{role}" --assignee-object-id {asked.object_id} '
        f"--assignee-principal-type User --scope {asked.scope}"
    )
    return layout.context("If you don't, there is nothing to do. I tell them once it is granted.").message()


def asked(names: Sequence[str], missed: Sequence[str], until: datetime) -> Message:
    """To the one who lacks a role: who was asked, who couldn't be reached, and how long that is looked after."""
    layout = Layout()
    if names:
        layout.text(
            f"I asked {_listed(names)} in a direct message. Once it is granted I tell you, and you can go on with one "
            f"click; I look until {mrkdwn.moment(until)}.",
            keep=True,
        )
    if missed:
        layout.text(f"Slack didn't let me write to {_listed(missed)}.", keep=True)
    return layout.message()


def granted(request: RoleRequest) -> Message:
    """To the one who lacked a role: they may go on."""
    what = mrkdwn.code(f"/aml {request.command}")
    return (
        Layout()
        .text(
            f"*You may use {what} now*\nWhat you lacked for it has been granted to you: {mrkdwn.code(request.action)}. "
            "Your refused request can be done now, as you asked for it.",
            keep=True,
        )
        .buttons(button("Do it now", "resume_request", request.id, says="Do the refused request now", style="primary"))
        .message()
    )


def given_up(request: RoleRequest) -> Message:
    """To the one who lacks a role: nobody granted it in time."""
    what = mrkdwn.code(f"/aml {request.command}")
    return (
        Layout()
        .text(
            f"*Nobody has granted {mrkdwn.bold(request.role).strip('*')} to you yet*\nSo I stop looking, and your "
            f"request for {what} isn't done. When you still need it, ask an owner of the workspace, then type your "
            "command again.",
            keep=True,
        )
        .message()
    )


def resumed(channel: str) -> Message:
    """To the one who went on with a request; its own answer is where they asked it."""
    where = f"in {mrkdwn.channel(channel)}" if channel.startswith(("C", "G")) else "where you asked"
    return Layout().text(f"Taken up again; the answer is {where}.").message()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(mrkdwn.line(name, 80) for name in names)
