"""The policy's second look: once it is known what exactly a run is, its rules, limits and wanted approvals."""

from dataclasses import dataclass

from bot.domain.access import Principal
from bot.domain.commands import Command
from bot.domain.errors import PermissionDenied
from bot.domain.policy import (
    About,
    ApprovalRule,
    Asker,
    Exceeded,
    Policy,
    Terms,
    approvals_for,
    judge,
    terms,
)
from bot.services.guard import Guard, denied_by_policy


@dataclass(frozen=True, slots=True)
class Admitted:
    """A run that the policy lets through: what it may take, and whose consent it still needs."""

    terms: Terms
    approvals: tuple[ApprovalRule, ...]
    asker: Asker
    policy: Policy


def admit(guard: Guard, principal: Principal, command: Command, about: About) -> Admitted:
    """What the policy says of the run that `principal` wants to start by `command`; to be asked inside the guard.

    Raises:
        PermissionDenied: a rule forbids it, none allows it, or it is beyond a limit; says which and what was asked.
        Unavailable: policy or roles can't be looked up.
    """
    policy, asker = guard.asker(principal)
    ruling = judge(policy, command.name, asker, about)
    if not ruling.allowed:
        raise denied_by_policy(command, ruling, policy, guard.scope, _run(about))
    found = terms(policy, command.name, asker, about)
    if isinstance(found, Exceeded):
        raise beyond(found, policy, guard.scope)
    return Admitted(found, approvals_for(policy, command.name, asker, about, found), asker, policy)


def beyond(exceeded: Exceeded, policy: Policy, scope: str) -> PermissionDenied:
    """The refusal of what is beyond a limit."""
    advice = exceeded.rule.reason or "Ask for less, or an administrator of the bot for a higher limit."
    return PermissionDenied(
        f"This bot's policy allows you {exceeded.allowed} at most, and you asked for {exceeded.asked}. {advice}",
        missing="",
        scope=scope,
        detail=f"policy {policy.digest}: limit (line {exceeded.rule.line})",
    )


def _run(about: About) -> str:
    version = f":{about.version}" if about.version else ""
    return f" for a run of project {about.project} on {about.compute} in environment {about.environment}{version}"
