"""The bot's own policy: what no rule allows is refused."""

import pytest

from bot.domain.policy import AllowRule, Policy

RULES = (AllowRule(("envs", "runs"), ("*",)), AllowRule(("submit",), ("Owner", "AzureML Data Scientist")))


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
    assert Policy(1, (), RULES).allows(command, held) is expected


def test_a_policy_without_rules_allows_nothing() -> None:
    assert not Policy(1, (), ()).allows("envs", ("Owner",))


def test_a_rule_for_every_command_still_needs_a_role() -> None:
    policy = Policy(1, (), (AllowRule(("*",), ("*",)),))

    assert policy.allows("cancel", ("Reader",))
    assert not policy.allows("cancel", ())


def test_a_refusal_can_name_the_roles_that_the_rules_ask_for() -> None:
    assert Policy(1, (), RULES).roles_for("submit") == ("Owner", "AzureML Data Scientist")
    assert Policy(1, (), RULES).roles_for("cancel") == ()
