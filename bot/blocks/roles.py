"""Who holds which role, and what a role allows.

Other people are shown by display name where it is known (`names`, by Slack user id) and by mention where it isn't. A
mention calls the person, so these messages are for the asker alone: where nobody else sees it, it calls nobody.
"""

from collections.abc import Mapping, Sequence

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain import commands
from bot.domain.access import Permission, RoleDefinition
from bot.domain.roles import Holder, Holding, PersonRoles, WorkspaceRoles

ACTIONS = 30
HOLDERS = 20


def whoami(roles: PersonRoles) -> Message:
    """The asker's own identity, roles and commands."""
    return _person("You", "You are", "You hold", "You may use", roles)


def person_roles(roles: PersonRoles, name: str = "") -> Message:
    """Another person's identity, roles and commands; `name` is their display name."""
    shown = mrkdwn.line(name, 80) or mrkdwn.mention(roles.user) or mrkdwn.code(roles.user)
    return _person(name or "this person", f"{shown} is", f"{shown} holds", f"{shown} may use", roles)


def workspace_roles(roles: WorkspaceRoles, names: Mapping[str, str] | None = None) -> Message:
    """Everybody who holds a role at the workspace, by role."""
    layout = Layout().header("Roles at the workspace")
    if not roles.roles:
        layout.text("Nobody holds a role here that I can see.")
    for each in roles.roles:
        layout.text(f"{mrkdwn.bold(each.role.name)}\n{_holders(each.holders, names or {})}")
    return layout.context(f"Scope: {mrkdwn.code(roles.scope)}").message()


def role(role: RoleDefinition, holders: Sequence[Holder], names: Mapping[str, str] | None = None) -> Message:
    """What a role allows, in words and as actions, and who holds it."""
    layout = Layout().header(role.name)
    kind = "A custom role." if role.custom else "A built-in role."
    layout.text(f"{kind} {mrkdwn.line(role.description, 600)}".strip(), keep=True)
    able = [command.name for command in commands.ALL if command.action and role.allows(command.action)]
    unable = [command.name for command in commands.ALL if command.action and not role.allows(command.action)]
    words = [f"By its Azure actions it is enough for: {', '.join(able) or 'none of my commands'}."]
    if able and unable:
        words.append(f"Not for: {', '.join(unable)}.")
    layout.text("\n".join(words), keep=True)
    layout.text(f"*Held by*\n{_holders(holders, names or {})}")
    for title, actions in _actions(role.permissions):
        layout.text(f"*{title}*").code("\n".join(actions))
    return layout.message()


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


def _holders(holders: Sequence[Holder], names: Mapping[str, str]) -> str:
    if not holders:
        return "Nobody."
    lines = [_holder(holder, names) for holder in holders[:HOLDERS]]
    if len(holders) > HOLDERS:
        lines.append(f"• … and {len(holders) - HOLDERS} more")
    return "\n".join(lines)


def _holder(holder: Holder, names: Mapping[str, str]) -> str:
    kind = {"User": "user", "Group": "group", "ServicePrincipal": "service principal"}.get(holder.principal_type, "")
    entra = f"{kind or mrkdwn.line(holder.principal_type, 40)} {mrkdwn.code(holder.principal_id, 80)}"
    inherited = ", inherited" if holder.inherited else ""
    if not holder.user:
        return f"• {entra}{inherited}"
    person = mrkdwn.line(names.get(holder.user, ""), 80) or mrkdwn.mention(holder.user)
    return f"• {person or mrkdwn.code(holder.user, 80)} ({entra}){inherited}"


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
