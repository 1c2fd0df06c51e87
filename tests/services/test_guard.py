"""The guard: it lets through only what Azure and the policy both allow, and only once the audit has it."""

import pytest

from bot.domain.access import ROLE_ASSIGNMENT_READ, DenyAssignment, Permission
from bot.domain.commands import CAN, ENVS, ROLE, ROLES, SUBMIT, WHOAMI, Command
from bot.domain.errors import NotFound, OutcomeUnknown, PermissionDenied, Unavailable
from bot.domain.policy import AllowRule, DenyRule, Policy
from bot.ports import Audit
from bot.services.guard import Guard
from tests.services.fakes import (
    GROUP,
    ML,
    OPEN,
    READER,
    SCIENTIST,
    SCOPE,
    FakeAudit,
    FakePolicies,
    FakeRoles,
    assigned,
    principal,
)


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def attempt(guard: Guard, command: Command = SUBMIT, key: str = "c:1") -> bool:
    """Try `command`; True when it was carried out. Raises what the guard raises."""
    with guard.allow(principal(key=key), command):
        return True


def guard_of(roles: FakeRoles, audit: Audit, policy: Policy | None = OPEN) -> Guard:
    """A guard that caches nothing."""
    return Guard(roles, FakePolicies(policy), audit, cache_seconds=0)


def test_what_both_allow_is_done_between_two_audit_rows() -> None:
    audit = FakeAudit()
    guard = guard_of(FakeRoles(assigned(SCIENTIST)), audit)

    with guard.allow(principal(), SUBMIT) as made:
        assert audit.results == [("decision", "allowed")]
        made.detail = "run=aml-1"

    assert audit.results == [("decision", "allowed"), ("outcome", "done")]
    decision, outcome = audit.rows
    assert (decision.object_id, decision.action, decision.scope) == ("oid-ada", SUBMIT.action, SCOPE)
    assert "AzureML Data Scientist" in decision.reason
    assert "policy open" in decision.reason
    assert (outcome.reason, outcome.key, outcome.reference) == ("run=aml-1", decision.key, decision.reference)


@pytest.mark.parametrize("broken", [Unavailable("No answer.", detail="503"), KeyError("properties")])
def test_a_failed_look_up_refuses_and_is_audited(broken: Exception) -> None:
    roles, audit = FakeRoles(assigned(SCIENTIST)), FakeAudit()
    roles.broken = broken

    with pytest.raises(type(broken)):
        attempt(guard_of(roles, audit))

    assert audit.results == [("decision", "refused")]
    assert "look-up failed" in audit.rows[0].reason


def test_a_policy_that_can_not_be_read_refuses_and_is_audited() -> None:
    audit = FakeAudit()

    with pytest.raises(Unavailable):
        attempt(guard_of(FakeRoles(assigned(SCIENTIST)), audit, policy=None))

    assert audit.results == [("decision", "refused")]


def test_without_its_decision_in_the_audit_nothing_is_done() -> None:
    audit = FakeAudit(full_after=0)

    done: list[str] = []

    with (
        pytest.raises(Unavailable, match="audit"),
        guard_of(FakeRoles(assigned(SCIENTIST)), audit).allow(principal(), SUBMIT),
    ):
        done.append("submitted")

    assert done == []


def test_a_deed_stands_when_only_its_outcome_can_not_be_audited() -> None:
    audit = FakeAudit(full_after=1)

    assert attempt(guard_of(FakeRoles(assigned(SCIENTIST)), audit))
    assert audit.results == [("decision", "allowed")]


def test_a_role_that_lacks_the_action_is_refused_with_the_smallest_that_has_it() -> None:
    audit = FakeAudit()

    with pytest.raises(PermissionDenied) as denied:
        attempt(guard_of(FakeRoles(assigned(READER)), audit))

    assert (denied.value.missing, denied.value.role) == (SUBMIT.action, "AzureML Data Scientist")
    assert denied.value.scope == SCOPE
    assert audit.results == [("decision", "refused")]
    assert "roles held: Reader" in audit.rows[0].reason


@pytest.mark.parametrize(
    "policy",
    [
        Policy(1, (), ()),
        Policy(1, (), (AllowRule(("envs",), ("*",)),)),
        Policy(1, (), (AllowRule(("submit",), ("Owner",)),)),
    ],
)
def test_what_no_policy_rule_allows_is_refused(policy: Policy) -> None:
    audit = FakeAudit()

    with pytest.raises(PermissionDenied) as denied:
        attempt(guard_of(FakeRoles(assigned(SCIENTIST)), audit, policy))

    assert "policy" in denied.value.missing
    assert audit.results == [("decision", "refused")]


def test_the_policy_can_not_give_what_azure_does_not() -> None:
    with pytest.raises(PermissionDenied):
        attempt(guard_of(FakeRoles(assigned(READER)), FakeAudit(), OPEN))


def test_somebody_without_any_role_may_ask_who_they_are_unless_the_policy_denies_it() -> None:
    audit, denying = FakeAudit(), Policy(2, (), (), denials=(DenyRule(("whoami",), people=("*",)),))

    assert attempt(guard_of(FakeRoles(), audit), WHOAMI)
    assert attempt(guard_of(FakeRoles(), FakeAudit(), Policy(1, (), ())), CAN)
    with pytest.raises(PermissionDenied):
        attempt(guard_of(FakeRoles(), FakeAudit(), denying), WHOAMI)
    with pytest.raises(PermissionDenied):
        attempt(guard_of(FakeRoles(assigned(READER)), FakeAudit(), Policy(1, (), ())), ROLE)

    assert "it is the asker's own" in audit.rows[0].reason


def test_a_deny_assignment_wins_over_every_role() -> None:
    roles, audit = FakeRoles(assigned(SCIENTIST)), FakeAudit()
    roles.denied.append(
        DenyAssignment("/deny/1", "freeze", GROUP, (Permission((f"{ML}/experiments/*",)),), (), everyone=True)
    )

    with pytest.raises(PermissionDenied):
        attempt(guard_of(roles, audit))

    assert "deny assignment freeze" in audit.rows[0].reason
    assert attempt(guard_of(roles, audit), ENVS)


def test_an_assignment_with_a_condition_does_not_count() -> None:
    roles = FakeRoles(assigned(SCIENTIST, condition="@Resource[...] StringEquals 'x'"))

    with pytest.raises(PermissionDenied):
        attempt(guard_of(roles, FakeAudit()))


def test_another_persons_role_does_not_count() -> None:
    with pytest.raises(PermissionDenied):
        attempt(guard_of(FakeRoles(assigned(SCIENTIST, to="oid-bob")), FakeAudit()))


@pytest.mark.parametrize(
    ("error", "result", "reason"),
    [
        (OutcomeUnknown("Cut off.", detail="deadline"), "unknown", "deadline"),
        (NotFound("script", "x.py"), "failed", "NotFound"),
        (ValueError("a bug"), "failed", "unexpected error"),
        (KeyboardInterrupt(), "failed", "unexpected error"),
    ],
)
def test_how_an_attempt_ended_is_audited(error: BaseException, result: str, reason: str) -> None:
    audit = FakeAudit()

    with pytest.raises(type(error)), guard_of(FakeRoles(assigned(SCIENTIST)), audit).allow(principal(), SUBMIT):
        raise error

    assert audit.results == [("decision", "allowed"), ("outcome", result)]
    assert audit.rows[1].reason == reason


def test_role_data_is_reused_for_a_while_but_never_for_longer_than_a_minute() -> None:
    roles, clock = FakeRoles(assigned(SCIENTIST)), Clock()
    guard = Guard(roles, FakePolicies(), FakeAudit(), cache_seconds=3600, clock=clock)
    attempt(guard)
    roles.held.clear()

    clock.now += 59.9
    assert attempt(guard)
    clock.now += 0.1
    with pytest.raises(PermissionDenied):
        attempt(guard)


def test_role_data_of_the_future_is_looked_up_again_when_the_clock_goes_back() -> None:
    roles, clock = FakeRoles(assigned(SCIENTIST)), Clock()
    guard = Guard(roles, FakePolicies(), FakeAudit(), clock=clock)
    attempt(guard)
    roles.held.clear()

    clock.now -= 500

    with pytest.raises(PermissionDenied):
        attempt(guard)


def test_a_failed_look_up_does_not_fall_back_to_old_role_data() -> None:
    roles, clock = FakeRoles(assigned(SCIENTIST)), Clock()
    guard = Guard(roles, FakePolicies(), FakeAudit(), cache_seconds=60, clock=clock)
    attempt(guard)
    roles.broken = Unavailable("No answer.")

    clock.now += 61

    with pytest.raises(Unavailable):
        attempt(guard)


def test_role_data_is_kept_apart_by_person() -> None:
    roles = FakeRoles(assigned(SCIENTIST, to="oid-bob"))
    guard = Guard(roles, FakePolicies(), FakeAudit())

    with guard.allow(principal("oid-bob"), SUBMIT):
        pass

    with pytest.raises(PermissionDenied), guard.allow(principal("oid-ada"), SUBMIT):
        pass


def test_looking_whether_somebody_may_is_no_attempt() -> None:
    audit = FakeAudit()
    guard = guard_of(FakeRoles(assigned(READER)), audit)

    assert guard.may(principal(), ENVS)
    assert not guard.may(principal(), SUBMIT)
    assert guard.may(principal(), ROLES) is READER.allows(ROLE_ASSIGNMENT_READ)
    assert audit.rows == []


def test_a_refusal_for_a_condition_or_a_denial_says_so() -> None:
    perhaps = FakeRoles(assigned(SCIENTIST, condition="@Resource[...] StringEquals 'x'"))
    frozen = FakeRoles(assigned(SCIENTIST))
    frozen.denied.append(DenyAssignment("/d", "freeze", GROUP, (Permission(("*/action",)),), (), everyone=True))

    with pytest.raises(PermissionDenied, match="AzureML Data Scientist allows “submit” only under a condition"):
        attempt(guard_of(perhaps, FakeAudit()))
    with pytest.raises(PermissionDenied, match="deny assignment “freeze” forbids"):
        attempt(guard_of(frozen, FakeAudit()))
