"""Who holds which role, what a role allows, and who can do what.

Other people are shown by their name in Slack, or by its id where the name isn't known: never by a mention, which would
call them.
"""

from collections.abc import Sequence

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout, button, json_value
from bot.blocks.message import Message
from bot.domain import commands
from bot.domain.access import Permission, Settled
from bot.domain.roles import Ability, Able, Holder, Holding, PersonRoles, RoleHolders, WhoCan, WorkspaceRoles

ACTIONS = 30
HOLDERS = 20


def whoami(roles: PersonRoles) -> Message:
    """The asker's own identity, roles and commands."""
    return _person("You", "You are", "You hold", "You may use", roles)


def person_roles(roles: PersonRoles) -> Message:
    """Another person's identity, roles and commands."""
    shown = _person_name(roles.name, roles.user)
    return _person(roles.name or "this person", f"{shown} is", f"{shown} holds", f"{shown} may use", roles)


def workspace_roles(roles: WorkspaceRoles) -> Message:
    """Everybody who holds a role at the workspace, by role; “More” shows the next ones."""
    layout = Layout().header("Roles at the workspace")
    if not roles.roles:
        layout.text("There are no more." if roles.start else "Nobody holds a role here that I can see.")
    count = 0
    for each in roles.roles:
        count += len(each.holders)
        layout.text("\n".join([mrkdwn.bold(each.role.name), *map(_holder, each.holders)]))
    if roles.more or roles.start:
        layout.context(f"Assignments {roles.start + 1} to {roles.start + count} of {roles.total}.")
    layout.context(f"Scope: {mrkdwn.code(roles.scope)}")
    if roles.more:
        value = json_value(start=str(roles.start + count))
        layout.buttons(button("More", "more_roles", value, says="Show more role assignments"))
    return layout.message()


def role(found: RoleHolders) -> Message:
    """What a role allows, in words and as actions, and who holds it."""
    role = found.role
    layout = Layout().header(role.name)
    kind = "A custom role." if role.custom else "A built-in role."
    layout.text(f"{kind} {mrkdwn.line(role.description, 600)}".strip(), keep=True)
    able = [command.name for command in commands.ALL if command.action and role.allows(command.action)]
    unable = [command.name for command in commands.ALL if command.action and not role.allows(command.action)]
    words = [f"By its Azure actions it is enough for: {', '.join(able) or 'none of my commands'}."]
    if able and unable:
        words.append(f"Not for: {', '.join(unable)}.")
    layout.text("\n".join(words), keep=True)
    if found.hidden:
        layout.text(
            f"Who holds it is shown to those who have {mrkdwn.code(commands.ROLES.action or '')} at the workspace."
        )
    else:
        layout.text(f"*Held by*\n{_holders(found.holders)}")
    for title, actions in _actions(role.permissions):
        layout.text(f"*{title}*").code("\n".join(actions))
    return layout.message()


def ability(found: Ability) -> Message:
    """Whether somebody can do something, and what settles it."""
    who = _person_name(found.name, found.user) if found.user else "you"
    what = _deed(found)
    decision = found.decision
    layout = Layout()
    if decision.allowed:
        layout.text(f"*Yes:* {who} can {what}.", keep=True)
    else:
        layout.text(f"*No:* {who} can't {what}.", keep=True)
    layout.text(f"Settled by: {mrkdwn.line(decision.settled_by, 600)}.", keep=True)
    if not decision.allowed and decision.kind is Settled.DENIAL:
        layout.text("A deny assignment overrides every role.", keep=True)
    elif not decision.allowed and decision.kind is not Settled.POLICY:
        help_ = f"Smallest role that would help: {mrkdwn.bold(found.role)}" if found.role else "No role here has it."
        layout.text(help_, keep=True)
    return layout.context(f"Scope: {mrkdwn.code(found.scope)}").message()


def who_can(found: WhoCan) -> Message:
    """Everybody who can do something, and by which role."""
    what = _deed(found)
    layout = Layout().header(f"Who can {found.deed.name}")
    action = found.deed.command.action if found.deed.command else found.deed.action
    if not action:
        layout.text(
            f"To {what} no Azure role is needed; being linked and this bot's policy are what counts.", keep=True
        )
        return layout.message()
    if found.able:
        layout.text(f"By their Azure roles these can {what}:\n{able_people(found.able)}")
    else:
        layout.text(f"By their Azure roles nobody that I can see can {what}.")
    if found.unseen:
        layout.text(f"{found.unseen} more linked people weren't looked at.", keep=True)
    if found.limited:
        layout.context("This bot's policy has a say besides.")
    return layout.context(f"Action: {mrkdwn.code(action)}\nScope: {mrkdwn.code(found.scope)}").message()


def able_people(able: Sequence[Able], limit: int = HOLDERS) -> str:
    """A list of people and groups, and by which role they can do what it is about; "" of nobody."""
    lines = [_able(each) for each in able[:limit]]
    return "\n".join([*lines, *([f"• … and {len(able) - limit} more"] if len(able) > limit else [])])


def _deed(found: Ability | WhoCan) -> str:
    deed = found.deed
    return f"use {mrkdwn.code(f'/aml {deed.name}')}" if deed.command else f"do {mrkdwn.code(deed.action)}"


def _able(each: Able) -> str:
    return f"{_holder(each.holder)}, by the role {mrkdwn.bold(each.role)}"


def _person_name(name: str, user: str) -> str:
    return mrkdwn.line(name, 80) or mrkdwn.code(user, 80) or "this person"


def _person(title: str, is_linked: str, holds: str, may_use: str, roles: PersonRoles) -> Message:
    layout = Layout().header(f"Roles of {title}" if title != "You" else "Who you are")
    layout.text(f"{is_linked} linked to the Entra object id {mrkdwn.code(roles.object_id)}.", keep=True)
    if roles.holdings:
        layout.text("\n".join([f"{holds}:", *(_holding(holding) for holding in roles.holdings)]))
    else:
        layout.text(f"{holds} no role at this workspace.")
    usable = ", ".join(mrkdwn.line(name, 40) for name in roles.commands)
    layout.text(f"{may_use}: {usable}." if usable else f"{may_use} no command that needs a role.", keep=True)
    return layout.message()


def _holding(holding: Holding) -> str:
    where = "inherited from" if holding.inherited else "assigned at"
    group = ", through a group" if holding.through_group else ""
    condition = ", with a condition (so I don't count it)" if holding.assignment.condition else ""
    scope = mrkdwn.code(holding.assignment.scope) or "the workspace"
    return f"• {mrkdwn.bold(holding.role.name)}, {where} {scope}{group}{condition}"


def _holders(holders: Sequence[Holder]) -> str:
    if not holders:
        return "Nobody."
    lines = [_holder(holder) for holder in holders[:HOLDERS]]
    if len(holders) > HOLDERS:
        lines.append(f"• … and {len(holders) - HOLDERS} more")
    return "\n".join(lines)


def _holder(holder: Holder) -> str:
    kind = {"User": "user", "Group": "group", "ServicePrincipal": "service principal"}.get(holder.principal_type, "")
    entra = f"{kind or mrkdwn.line(holder.principal_type, 40)} {mrkdwn.code(holder.principal_id, 80)}"
    inherited = ", inherited" if holder.inherited else ""
    if not holder.user:
        return f"• {entra}{inherited}"
    return f"• {_person_name(holder.name, holder.user)} ({entra}){inherited}"


def _actions(permissions: Sequence[Permission]) -> list[tuple[str, list[str]]]:
    """The lists that aren't empty, with their titles; a role usually has one block of permissions."""
    groups = (
        ("Actions", [each for permission in permissions for each in permission.actions]),
        ("Except", [each for permission in permissions for each in permission.not_actions]),
        ("Data actions", [each for permission in permissions for each in permission.data_actions]),
        ("Data actions except", [each for permission in permissions for each in permission.not_data_actions]),
    )
    return [(title, _shown(actions)) for title, actions in groups if actions]


def _shown(actions: Sequence[str]) -> list[str]:
    shown = [mrkdwn.shorten(action, 200) for action in actions[:ACTIONS]]
    return [*shown, *([f"… and {len(actions) - ACTIONS} more"] if len(actions) > ACTIONS else [])]
