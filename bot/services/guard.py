"""The one door to Azure: every guarded command is decided and audited here, and it fails closed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from bot.domain.access import Access, Caller, Decision, Principal, RoleDefinition, Settled, decide, smallest_role
from bot.domain.audit import AuditEntry, Phase
from bot.domain.commands import Command
from bot.domain.errors import BotError, OutcomeUnknown, PermissionDenied, Unavailable
from bot.domain.policy import Policy
from bot.ports import Audit, Policies, RoleService
from bot.services.doors import open_to_everyone

log = structlog.get_logger(__name__)

MAX_CACHE_SECONDS = 60.0


@dataclass(slots=True)
class Attempt:
    """One allowed attempt while it is carried out; `detail` goes into the audit's outcome row (ids, no free text)."""

    detail: str = ""


class Guard:
    """Azure RBAC and the bot's policy must both allow a command; the audit must have taken the decision first.

    Role data is looked up fresh or at most `cache_seconds` (never more than 60) old.
    """

    def __init__(
        self,
        roles: RoleService,
        policies: Policies,
        audit: Audit,
        *,
        cache_seconds: float = MAX_CACHE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roles = roles
        self._policies = policies
        self._audit = audit
        self._keep = min(cache_seconds, MAX_CACHE_SECONDS)
        self._clock = clock
        self._cache: dict[str, tuple[float, Access]] = {}
        self._lock = threading.Lock()

    @property
    @open_to_everyone("it is the guard")
    def scope(self) -> str:
        """The scope that everything is decided at: the workspace."""
        return self._roles.scope

    @open_to_everyone("it is the guard")
    @contextmanager
    def allow(self, principal: Principal, command: Command) -> Iterator[Attempt]:
        """Carry out `command` inside this context, if `principal` may.

        The decision is audited before the body runs and the outcome after it.

        Raises:
            PermissionDenied: Azure or the policy says no; names what is missing.
            Unavailable: roles or policy can't be looked up, or the audit can't be written: nothing is done.
        """
        caller = principal.caller
        try:
            decision, access, policy = self._decide(principal, command)
        except Exception as error:
            # Unavailable, or an answer that nobody foresaw: in either case nothing is done, and the audit has it.
            reason = f"look-up failed: {cause_of(error)}"
            self._write(caller, command, Phase.DECISION, "refused", reason, principal.object_id)
            raise
        verdict = "allowed" if decision.allowed else "refused"
        self._write(caller, command, Phase.DECISION, verdict, decision.settled_by, principal.object_id)
        if not decision.allowed:
            raise self._denial(command, decision, access, policy)
        attempt = Attempt()
        result, reason = "failed", "unexpected error"
        try:
            yield attempt
            result, reason = "done", attempt.detail
        except OutcomeUnknown as error:
            result, reason = "unknown", error.detail or attempt.detail
            raise
        except BotError as error:
            reason = f"{type(error).__name__} {error.detail}".strip()
            raise
        finally:
            self._write_outcome(principal, command, result, reason)

    @open_to_everyone("it is the guard")
    def may(self, principal: Principal, command: Command) -> bool:
        """Whether `principal` would be allowed; not an attempt, so not audited. Raises Unavailable."""
        return self._decide(principal, command)[0].allowed

    @open_to_everyone("it is the guard")
    def access(self, object_id: str) -> Access:
        """Role data of a principal at the workspace, at most the cache's age old. Raises Unavailable."""
        now = self._clock()
        with self._lock:
            cached = self._cache.get(object_id)
        if cached is not None and 0 <= now - cached[0] < self._keep:
            return cached[1]
        found = Access(
            object_id=object_id,
            scope=self._roles.scope,
            assignments=self._roles.assignments_of(object_id),
            definitions=self._roles.definitions(),
            denials=self._roles.denials(object_id),
        )
        with self._lock:
            self._cache = {key: entry for key, entry in self._cache.items() if now - entry[0] < self._keep}
            self._cache[object_id] = (now, found)
        return found

    @open_to_everyone("it is the guard")
    def refused(self, caller: Caller, command: Command, *, reason: str) -> None:
        """Audit a refusal that came before there was a principal."""
        self._write(caller, command, Phase.DECISION, "refused", reason, "")

    @open_to_everyone("it is the guard")
    def resumed(self, caller: Caller, command: Command, detail: str) -> None:
        """Audit the outcome of an attempt that was cut off after the deed and before its outcome row."""
        self._write(caller, command, Phase.OUTCOME, "done", detail, "")

    @open_to_everyone("it is the guard")
    def settled(self, caller: Caller, command: Command, result: str, detail: str) -> None:
        """Audit what became of an outcome that was unknown."""
        self._write(caller, command, Phase.SETTLED, result, detail, "")

    def _decide(self, principal: Principal, command: Command) -> tuple[Decision, Access, Policy | None]:
        """The decision, with the role data and the policy that it was made by; None where the policy wasn't asked."""
        access = self.access(principal.object_id)
        decision = Decision(True, "no Azure action needed", Settled.POLICY)
        if command.action is not None:
            decision = decide(access, command.action)
            if not decision.allowed:
                return decision, access, None
        policy = self._policies.current()
        held = access.role_names()
        if not policy.allows(command.name, held):
            reason = f"policy {policy.digest}: no rule allows {command.name} to {', '.join(held) or 'no role'}"
            return Decision(False, reason, Settled.POLICY), access, policy
        return replace(decision, settled_by=f"{decision.settled_by}; policy {policy.digest}"), access, policy

    def _denial(self, command: Command, decision: Decision, access: Access, policy: Policy | None) -> PermissionDenied:
        if policy is not None:
            return self._not_in_policy(command, policy.roles_for(command.name))
        return self._missing_action(command, command.action or "", decision, access.definitions)

    def _missing_action(
        self, command: Command, action: str, decision: Decision, definitions: tuple[RoleDefinition, ...]
    ) -> PermissionDenied:
        role = smallest_role(action, definitions)
        if decision.kind is Settled.DENIAL:
            what = f"In Azure the deny assignment “{decision.denial}” forbids what “{command.name}” needs."
            role, advice = "", "It overrides every role; an owner of the workspace can tell you why it is there."
        elif role:
            what = _no_role(command, decision)
            advice = f"The smallest role that allows it is {role}; an owner of the workspace can assign it to you."
        else:
            what = _no_role(command, decision)
            advice = "No role here allows it; an owner of the workspace would have to create one."
        return PermissionDenied(f"{what} {advice}", missing=action, role=role, scope=self.scope)

    def _not_in_policy(self, command: Command, roles: tuple[str, ...]) -> PermissionDenied:
        if roles:
            advice = f"It lets holders of these roles use it: {', '.join(roles)}."
        else:
            advice = "It lets nobody use it. An administrator of the bot can change that in the policy file."
        return PermissionDenied(
            f"This bot's policy doesn't let you use “{command.name}”. {advice}",
            missing=f"a policy rule that allows {command.name}",
            scope=self.scope,
        )

    def _write_outcome(self, principal: Principal, command: Command, result: str, reason: str) -> None:
        try:
            self._write(principal.caller, command, Phase.OUTCOME, result, reason, principal.object_id)
        except Unavailable as error:
            # The deed is done and its decision row stands; to say "nothing was done" now would be a lie.
            reference = principal.caller.reference
            log.exception("audit_outcome_not_written", reference=reference, result=result, cause=error.detail)

    def _write(self, caller: Caller, command: Command, phase: Phase, result: str, reason: str, object_id: str) -> None:
        self._audit.write(
            AuditEntry(
                key=caller.key,
                phase=phase,
                command=command.name,
                team=caller.team,
                user=caller.user,
                object_id=object_id,
                channel=caller.channel,
                action=command.action or "",
                scope=self.scope,
                result=result,
                reason=reason,
                reference=caller.reference,
                delivery=caller.delivery,
            )
        )


def _no_role(command: Command, decision: Decision) -> str:
    if decision.kind is Settled.CONDITION:
        return (
            f"Your Azure role {decision.role} allows “{command.name}” only under a condition, and I can't tell whether "
            "you meet it."
        )
    return f"None of your Azure roles allows “{command.name}”."


def cause_of(error: Exception) -> str:
    """What the audit says of an error: its detail where it was foreseen, else no more than its kind."""
    return (error.detail or error.title) if isinstance(error, BotError) else type(error).__name__
