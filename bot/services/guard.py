"""The one door to Azure: every guarded command is decided and audited here, and it fails closed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.access import Access, Caller, Decision, Principal, RoleDefinition, Settled, decide, smallest_role
from bot.domain.audit import AuditEntry, Phase
from bot.domain.commands import APPROVE, Command
from bot.domain.errors import BotError, OutcomeUnknown, PermissionDenied, Unavailable
from bot.domain.policy import Asker, Policy, Ruled, Ruling, judge
from bot.ports import Audit, Memberships, Policies, RoleService
from bot.services.doors import open_to_everyone

log = structlog.get_logger(__name__)

MAX_CACHE_SECONDS = 60.0


@dataclass(slots=True)
class Attempt:
    """One allowed attempt while it is carried out; `detail` goes into the audit's outcome row (ids, no free text)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked up about somebody `at` a time: role data, the groups that hold roles here at all, and whether
    they are in those groups that were asked about since."""

    at: float
    access: Access
    with_roles: frozenset[str]
    memberships: dict[str, bool] = field(default_factory=dict)


class Guard:
    """Azure RBAC and the bot's policy must both allow a command; the audit must have taken the decision first.

    Role data is looked up fresh or at most `cache_seconds` (never more than 60) old. `memberships` tell of groups that
    hold no role here; without them nobody can tell who is in those.
    """

    def __init__(
        self,
        roles: RoleService,
        policies: Policies,
        audit: Audit,
        *,
        memberships: Memberships | None = None,
        cache_seconds: float = MAX_CACHE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roles = roles
        self._memberships = memberships
        self._policies = policies
        self._audit = audit
        self._keep = min(cache_seconds, MAX_CACHE_SECONDS)
        self._clock = clock
        self._cache: dict[str, _Known] = {}
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
            decision, access, ruling = self._decide(principal, command)
        except Exception as error:
            # Unavailable, or an answer that nobody foresaw: in either case nothing is done, and the audit has it.
            reason = f"look-up failed: {cause_of(error)}"
            self._write(caller, command, Phase.DECISION, "refused", reason, principal.object_id)
            raise
        verdict = "allowed" if decision.allowed else "refused"
        self._write(caller, command, Phase.DECISION, verdict, decision.settled_by, principal.object_id)
        if not decision.allowed:
            raise self._denial(command, decision, access, ruling)
        attempt = Attempt()
        result, reason = "failed", "unexpected error"
        try:
            yield attempt
            result, reason = "done", attempt.detail
        except OutcomeUnknown as error:
            result, reason = "unknown", error.detail or attempt.detail
            raise
        except BotError as error:
            # A refusal in here is the policy's, once it was known what exactly was asked for.
            result = "refused" if isinstance(error, PermissionDenied) else "failed"
            reason = f"{type(error).__name__} {error.detail}".strip()
            raise
        finally:
            self._write_outcome(principal, command, result, reason)

    @open_to_everyone("it is the guard")
    def may(self, principal: Principal, command: Command) -> bool:
        """Whether `principal` would be allowed; not an attempt, so not audited. Raises Unavailable."""
        return self.explain(principal, command).allowed

    @open_to_everyone("it is the guard")
    def explain(self, principal: Principal, command: Command) -> Decision:
        """How an attempt of `principal` would be decided, and what settles it; not audited. Raises Unavailable."""
        return self._decide(principal, command)[0]

    @open_to_everyone("it is the guard")
    def access(self, object_id: str) -> Access:
        """Role data of a principal at the workspace, at most the cache's age old. Raises Unavailable."""
        return self._known(object_id).access

    @open_to_everyone("it is the guard")
    def asker(self, principal: Principal) -> tuple[Policy, Asker]:
        """The policy in force and what it can know of `principal`. Raises Unavailable."""
        policy = self._policies.current()
        known = self._known(principal.object_id)
        caller = principal.caller
        inside, outside = self._groups(known, policy.groups) if policy.groups else (frozenset(), frozenset())
        return policy, Asker(
            caller.team,
            caller.user,
            principal.object_id.lower(),
            known.access.role_names(),
            caller.channel,
            inside,
            outside,
        )

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

    @open_to_everyone("it is the guard")
    def requested(self, caller: Caller, command: Command, result: str, detail: str, object_id: str) -> None:
        """Audit what becomes of somebody's wish for the role that `command` needs."""
        self._write(caller, command, Phase.REQUEST, result, detail, object_id)

    def _known(self, object_id: str) -> _Known:
        now = self._clock()
        with self._lock:
            cached = self._cache.get(object_id)
        if cached is not None and 0 <= now - cached.at < self._keep:
            return cached
        with_roles = self._groups_with_roles()
        access = Access(
            object_id=object_id,
            scope=self._roles.scope,
            assignments=self._roles.assignments_of(object_id),
            definitions=self._roles.definitions(),
            denials=self._roles.denials(object_id),
        )
        found = _Known(now, access, with_roles)
        with self._lock:
            self._cache = {key: entry for key, entry in self._cache.items() if now - entry.at < self._keep}
            self._cache[object_id] = found
        return found

    def _groups_with_roles(self) -> frozenset[str]:
        """Groups that hold a role here: whose members' own role data names them, so that others aren't in them. Looked
        up before anybody's, so that a new assignment isn't taken for a group that somebody isn't in."""
        try:
            wanted = self._policies.current().groups
        except Unavailable:
            wanted = frozenset()  # the decision will say so
        if not wanted:
            return frozenset()
        return frozenset(each.principal_id.lower() for each in self._roles.assignments() if each.of_group)

    def _groups(self, known: _Known, wanted: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Those of `wanted` that the person is known to be in, and those that they are known not to be in."""
        inside = wanted & known.access.memberships
        outside = (wanted & known.with_roles) - inside
        rest = wanted - inside - outside - set(known.memberships)
        if rest and self._memberships is not None:
            try:
                found = self._memberships.member_of(known.access.object_id, rest)
                known.memberships.update({group: group in found for group in rest})
            except Unavailable as error:
                log.warning("memberships_unknown", cause=error.detail)
        told = {group: is_in for group, is_in in known.memberships.items() if group in wanted}
        return (
            inside | {group for group, is_in in told.items() if is_in},
            outside | {group for group, is_in in told.items() if not is_in},
        )

    def _decide(self, principal: Principal, command: Command) -> tuple[Decision, Access, Ruling | None]:
        """The decision, with the role data that it was made by, and the policy's word; None where it wasn't asked."""
        access = self.access(principal.object_id)
        decision = Decision(True, "no Azure action needed", Settled.POLICY)
        if command.action is not None:
            decision = decide(access, command.action)
            if not decision.allowed:
                return decision, access, None
        policy, asker = self.asker(principal)
        ruling = judge(policy, command.name, asker)
        said = f"policy {policy.digest}: {ruling.sentence}"
        if command.own and ruling.kind is Ruled.NO_RULE:
            return Decision(True, f"it is the asker's own; {said}", Settled.POLICY), access, ruling
        if not ruling.allowed:
            reason = f"{said}; roles held: {', '.join(asker.roles) or 'none'}"
            return Decision(False, reason, Settled.POLICY), access, ruling
        return replace(decision, settled_by=f"{decision.settled_by}; {said}"), access, ruling

    def _denial(self, command: Command, decision: Decision, access: Access, ruling: Ruling | None) -> PermissionDenied:
        if ruling is not None:
            return denied_by_policy(command, ruling, self._policies.current(), self.scope)
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
        asked_for = command.name if role else ""
        return PermissionDenied(f"{what} {advice}", missing=action, role=role, scope=self.scope, command=asked_for)

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
                request=caller.request,
            )
        )


def _no_role(command: Command, decision: Decision) -> str:
    if decision.kind is Settled.CONDITION:
        return (
            f"Your Azure role {decision.role} allows “{command.name}” only under a condition, and I can't tell whether "
            "you meet it."
        )
    return f"None of your Azure roles allows “{command.name}”."


def denied_by_policy(
    command: Command, ruling: Ruling, policy: Policy, scope: str, what_for: str = ""
) -> PermissionDenied:
    """The refusal that a ruling means, in words for the person who asked; `what_for` is the run, where it is known."""
    reason = ruling.rule.reason if ruling.rule is not None else ""
    if ruling.kind is Ruled.DENIED:
        what = f"This bot's policy forbids you to use “{command.name}”{what_for or ' here'}."
        advice = reason or "An administrator of the bot can tell you why."
    elif command == APPROVE:
        what = "This bot's policy doesn't let you approve or reject anything."
        advice = "The message says who may."
    else:
        what = f"This bot's policy doesn't let you use “{command.name}”{what_for}."
        roles = policy.roles_for(command.name)
        advice = "An administrator of the bot can change that in the policy file."
        if what_for:
            advice = "Other projects, compute targets or environments may be allowed."
        elif roles:
            advice = f"It lets holders of these roles use it: {', '.join(roles)}."
    groups = (
        f" I can't tell whether you are in the group {', '.join(ruling.unknown)}, and that counts against you."
        if ruling.unknown
        else ""
    )
    missing = "" if ruling.kind is Ruled.DENIED else f"a policy rule that allows {command.name}"
    detail = f"policy {policy.digest}: {ruling.sentence}"
    return PermissionDenied(f"{what} {advice}{groups}", missing=missing, scope=scope, detail=detail)


def cause_of(error: Exception) -> str:
    """What the audit says of an error: its detail where it was foreseen, else no more than its kind."""
    return (error.detail or error.title) if isinstance(error, BotError) else type(error).__name__
