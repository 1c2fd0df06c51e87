"""The bot's own policy: what no rule allows is refused, what a rule denies is refused whatever allows it."""

from dataclasses import replace

import pytest

from bot.domain.policy import (
    About,
    AllowRule,
    ApprovalRule,
    Asker,
    DenyRule,
    Exceeded,
    Limit,
    Policy,
    Prices,
    Ruled,
    Terms,
    approvals_for,
    explain,
    judge,
    terms,
)

RULES = (AllowRule(("envs", "runs"), ("*",)), AllowRule(("submit",), ("Owner", "AzureML Data Scientist")))
TEAM, LEADS, OTHERS = "group-team", "group-leads", "group-others"
ADA = Asker("T1", "U1", "oid-ada", ("AzureML Data Scientist",), "C1", frozenset({TEAM}), frozenset({OTHERS}))
RUN = About("churn", "cpu-cluster", "sklearn", "3")
EVERYBODY = AllowRule(people=("*",))
FREE = Prices()


def policy(*rules: AllowRule | DenyRule | Limit | ApprovalRule, prices: Prices = FREE) -> Policy:
    """A policy of these rules."""
    return Policy(
        2,
        (),
        tuple(rule for rule in rules if isinstance(rule, AllowRule)),
        "digest",
        tuple(rule for rule in rules if isinstance(rule, DenyRule)),
        tuple(rule for rule in rules if isinstance(rule, Limit)),
        tuple(rule for rule in rules if isinstance(rule, ApprovalRule)),
        prices,
    )


@pytest.mark.parametrize(
    ("command", "held", "expected"),
    [
        ("envs", ("Reader",), True),
        ("envs", (), False),
        ("submit", ("Reader",), False),
        ("submit", ("Reader", "azureml data scientist"), True),
        ("submit", ("Owner2",), False),
        ("cancel", ("Owner",), False),
    ],
)
def test_a_command_needs_a_rule_that_names_it_and_a_role_that_is_held(
    command: str, held: tuple[str, ...], expected: bool
) -> None:
    assert judge(Policy(1, (), RULES), command, replace(ADA, roles=held)).allowed is expected


def test_a_policy_without_rules_allows_nothing() -> None:
    assert judge(Policy(1, (), ()), "envs", ADA).kind is Ruled.NO_RULE


def test_a_rule_for_every_command_still_needs_a_role() -> None:
    everything = policy(AllowRule(("*",), ("*",)))

    assert judge(everything, "cancel", ADA).allowed
    assert not judge(everything, "cancel", replace(ADA, roles=())).allowed


def test_a_refusal_can_name_the_roles_that_the_rules_ask_for() -> None:
    assert Policy(1, (), RULES).roles_for("submit") == ("Owner", "AzureML Data Scientist")
    assert Policy(1, (), RULES).roles_for("cancel") == ()


@pytest.mark.parametrize(
    "denial",
    [
        DenyRule(("submit",), people=("T1/U1",)),
        DenyRule(("submit",), people=("oid-ada",)),
        DenyRule(("*",), people=("*",)),
        DenyRule(("submit",), ("AZUREML data scientist",)),
        DenyRule(("submit",), groups=(TEAM,)),
        DenyRule(("submit",), groups=(LEADS,)),
        DenyRule(("submit",), people=("*",), channels=("C1",)),
        DenyRule(("submit",), people=("*",), compute=("CPU-*",)),
        DenyRule(("submit",), people=("*",), environments=("sklearn:3",)),
        DenyRule(("submit",), people=("*",), projects=("churn",), compute=("*",), environments=("*",)),
    ],
)
def test_an_explicit_denial_wins(denial: DenyRule) -> None:
    ruling = judge(policy(EVERYBODY, denial), "submit", ADA, RUN)

    assert (ruling.kind, ruling.rule) == (Ruled.DENIED, denial)


@pytest.mark.parametrize(
    "denial",
    [
        DenyRule(("cancel",), people=("*",)),
        DenyRule(("submit",), people=("T2/U1", "oid-bob")),
        DenyRule(("submit",), groups=(OTHERS,)),
        DenyRule(("submit",), people=("*",), channels=("C2", "direct")),
        DenyRule(("submit",), people=("*",), compute=("gpu-*",)),
        DenyRule(("submit",), people=("*",), environments=("sklearn:4", "torch")),
        DenyRule(("submit",), people=("*",), projects=("churn",), compute=("gpu",)),
    ],
)
def test_a_denial_of_something_else_has_no_say(denial: DenyRule) -> None:
    assert judge(policy(EVERYBODY, denial), "submit", ADA, RUN).allowed


def test_who_may_be_in_a_group_is_not_allowed_by_it_and_is_denied_by_it() -> None:
    allowed = judge(policy(AllowRule(groups=(LEADS,))), "submit", ADA)
    denied = judge(policy(EVERYBODY, DenyRule(groups=(LEADS,))), "submit", ADA)

    assert (allowed.kind, allowed.unknown) == (Ruled.NO_RULE, (LEADS,))
    assert (denied.kind, denied.unknown) == (Ruled.DENIED, (LEADS,))
    assert "unknown membership counts against the asker: group-leads" in denied.sentence
    assert judge(policy(AllowRule(groups=(TEAM,))), "submit", ADA).allowed
    assert judge(policy(AllowRule(groups=(OTHERS,))), "submit", ADA).unknown == ()


def test_what_gives_is_read_to_the_letter() -> None:
    rule = AllowRule(("submit",), people=("*",), compute=("cpu-*",), environments=("sklearn:3",))

    assert judge(policy(rule), "submit", ADA, RUN).allowed
    assert not judge(policy(rule), "submit", ADA, replace(RUN, compute="CPU-cluster")).allowed
    assert not judge(policy(rule), "submit", ADA, replace(RUN, version="4")).allowed
    assert not judge(policy(rule), "submit", ADA, replace(RUN, version="")).allowed


def test_before_the_run_is_known_rules_about_runs_leave_it_open() -> None:
    found = policy(
        AllowRule(("submit",), people=("*",), compute=("cpu-*",)), DenyRule(("submit",), people=("*",), projects=("*",))
    )

    assert judge(found, "submit", ADA).allowed
    assert judge(found, "submit", ADA, RUN).kind is Ruled.DENIED


def test_a_channel_that_is_not_known_helps_nobody() -> None:
    nowhere = replace(ADA, channel="")

    assert not judge(policy(AllowRule(people=("*",), channels=("C1",))), "submit", nowhere).allowed
    assert not judge(policy(EVERYBODY, DenyRule(people=("*",), channels=("C1",))), "submit", nowhere).allowed
    assert judge(policy(AllowRule(people=("*",), channels=("direct",))), "submit", replace(ADA, channel="D7")).allowed


PRICES = Prices("EUR", (("cpu-cluster", 0.5), ("Gpu-Cluster", 4.0), ("own", 0.0)))


@pytest.mark.parametrize(
    ("run", "limits", "expected"),
    [
        (RUN, (), Terms(None, None, "EUR")),
        (replace(RUN, nodes=2), (Limit(people=("*",), nodes=2),), Terms(None, None, "EUR")),
        (replace(RUN, hours=3), (Limit(people=("*",), hours=3),), Terms(3, 1.5, "EUR")),
        (RUN, (Limit(people=("*",), hours=8), Limit(people=("*",), hours=4)), Terms(4, 2.0, "EUR")),
        (RUN, (Limit(people=("*",), cost=5),), Terms(10, 5.0, "EUR")),
        (replace(RUN, compute="GPU-CLUSTER", nodes=2), (Limit(people=("*",), cost=4),), Terms(0.5, 4.0, "EUR")),
        (replace(RUN, compute="own"), (Limit(people=("*",), cost=0),), Terms(None, 0.0, "EUR")),
        (replace(RUN, hours=3), (Limit(("submit",), ("Owner",), hours=2),), Terms(3, 1.5, "EUR")),
        (replace(RUN, hours=3), (Limit(people=("*",), compute=("gpu*",), hours=2),), Terms(3, 1.5, "EUR")),
    ],
)
def test_a_run_within_its_limits_has_a_length_and_a_cost_where_they_can_be_told(
    run: About, limits: tuple[Limit, ...], expected: Terms
) -> None:
    assert terms(policy(*limits, prices=PRICES), "submit", ADA, run) == expected


@pytest.mark.parametrize(
    ("run", "limit", "allowed", "asked"),
    [
        (replace(RUN, nodes=3), Limit(people=("*",), nodes=2), "2 nodes for a run", "3 nodes"),
        (replace(RUN, hours=9.5), Limit(groups=(LEADS,), hours=8), "8 hours for a run", "9.5 hours"),
        (
            replace(RUN, nodes=2, hours=6),
            Limit(people=("*",), cost=5),
            "5.00 EUR for a run",
            "6.00 EUR: 2 nodes of cpu-cluster for 6 hours",
        ),
        (
            replace(RUN, compute="other", hours=1),
            Limit(people=("*",), cost=5),
            "5.00 EUR for a run",
            "a run on other, of which the price table has no price",
        ),
        (
            replace(RUN, compute="gpu-cluster"),
            Limit(people=("*",), cost=0.01),
            "0.01 EUR for a run",
            "1 node of gpu-cluster, which cost 4.00 EUR an hour",
        ),
    ],
)
def test_a_run_beyond_a_limit_is_told_what_is_allowed_and_what_was_asked(
    run: About, limit: Limit, allowed: str, asked: str
) -> None:
    found = terms(policy(limit, prices=PRICES), "submit", ADA, run)

    assert found == Exceeded(allowed, asked, limit)


def test_the_lowest_number_of_runs_at_a_time_holds() -> None:
    found = terms(policy(Limit(people=("*",), runs=4), Limit(roles=("*",), runs=2)), "submit", ADA, RUN)

    assert isinstance(found, Terms)
    assert found.runs == 2


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ApprovalRule(people=("*",)), True),
        (ApprovalRule(people=("*",), compute=("gpu-*",)), False),
        (ApprovalRule(people=("*",), nodes_over=1), True),
        (ApprovalRule(people=("*",), nodes_over=2), False),
        (ApprovalRule(people=("*",), nodes_over=1, cost_over=100), False),
        (ApprovalRule(people=("*",), cost_over=1), True),
        (ApprovalRule(people=("*",), hours_over=3), False),
        (ApprovalRule(groups=(LEADS,)), True),
        (ApprovalRule(groups=(OTHERS,)), False),
    ],
)
def test_an_approval_is_wanted_when_all_that_a_rule_says_may_hold(rule: ApprovalRule, expected: bool) -> None:
    run = replace(RUN, nodes=2, hours=3)
    found = policy(rule, prices=PRICES)
    within = terms(found, "submit", ADA, run)

    assert isinstance(within, Terms)
    assert approvals_for(found, "submit", ADA, run, within) == ((rule,) if expected else ())


def test_what_nobody_can_tell_wants_an_approval() -> None:
    rules = (ApprovalRule(people=("*",), hours_over=100), ApprovalRule(people=("*",), cost_over=1000))

    assert approvals_for(policy(*rules), "submit", ADA, RUN, Terms()) == rules


def test_who_asks_approves_only_where_the_rule_says_so_and_through_no_second_account() -> None:
    rule = ApprovalRule(people=("*",), by_people=("T1/U1", "oid-bob"))
    bob = Asker("T1", "U2", "oid-bob", ())
    ada_again = Asker("T9", "U9", "oid-ada", ())

    assert not rule.accepts(ADA, asked=ADA)
    assert replace(rule, oneself=True).accepts(ADA, asked=ADA)
    assert rule.accepts(bob, asked=ADA)
    assert not replace(rule, by_people=("*",)).accepts(ada_again, asked=ADA)
    assert not replace(rule, by_people=(), by_groups=(LEADS,)).accepts(bob, asked=ADA)


def test_approving_needs_no_rule_but_that_of_the_approval_and_can_be_denied() -> None:
    rule = ApprovalRule(people=("*",), by_roles=("Owner",))
    olivia = Asker("T1", "U2", "oid-olivia", ("Owner",))

    assert judge(policy(rule), "approve", olivia).allowed
    assert not judge(policy(rule), "approve", ADA).allowed
    assert not judge(policy(rule, DenyRule(("approve",), people=("*",))), "approve", olivia).allowed


def test_an_explanation_says_of_each_rule_why_it_does_or_does_not_help() -> None:
    found = policy(
        AllowRule(("submit",), ("Owner",), line=3),
        AllowRule(("submit",), groups=(LEADS,), line=7),
        AllowRule(("submit",), people=("*",), channels=("C2",), line=11),
        AllowRule(("submit",), people=("*",), compute=("gpu-*",), line=15),
        DenyRule(("submit",), groups=(LEADS,), line=19),
        DenyRule(("submit",), people=("*",), environments=("sklearn:2",), line=23),
        AllowRule(("cancel",), people=("*",), line=27),
    )

    assert list(explain(found, "submit", ADA, replace(RUN, version=""))) == [
        "line 19, deny: nobody can tell whether this person is in group-leads, so it counts",
        "line 23, deny: depends on the environment's version, which isn't settled",
        "line 3, allow: isn't about this person: none of its roles, people or groups fits",
        "line 7, allow: nobody can tell whether this person is in group-leads, so it doesn't help",
        "line 11, allow: is for the channels C2",
        "line 15, allow: is about other projects, compute targets or environments",
    ]
    assert next(iter(explain(policy(EVERYBODY), "submit", ADA))) == "line 0, allow: fits"
