"""Role look-ups about colleagues."""

import pytest

from bot.domain.errors import NotFound
from bot.domain.policy import Link
from bot.services.guard import Guard
from bot.services.identity import Identity
from bot.services.roles import Roles
from tests.services.fakes import (
    ADA,
    READER,
    SCIENTIST,
    FakeAudit,
    FakeLinks,
    FakePeople,
    FakePolicies,
    FakeRoles,
    assigned,
    principal,
)


def roles_with(*links: Link) -> Roles:
    """The service, for Ada who may read role assignments."""
    azure = FakeRoles(assigned(READER), assigned(SCIENTIST, to="oid-bob"))
    policies = FakePolicies()
    guard = Guard(azure, policies, FakeAudit())
    return Roles(azure, guard, Identity(FakePeople({}), FakeLinks(*links), policies, guard))


def test_a_colleagues_roles_are_those_of_their_azure_identity() -> None:
    found = roles_with(Link(ADA.team, "UBOB", "oid-bob")).of_person(principal(), "UBOB")

    assert [holding.role.name for holding in found.holdings] == ["AzureML Data Scientist"]
    assert "submit" in found.commands


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ((), "aml-bot link T1 UBOB"),
        ((Link("T2", "UBOB", "oid-bob"),), "aml-bot link T1 UBOB"),
        ((Link(ADA.team, "UBOB", "oid-bob"), Link(ADA.team, "UBOB", "oid-eve")), "There are two"),
    ],
)
def test_a_colleague_who_is_nobody_or_two_people_in_azure_is_said_so(links: tuple[Link, ...], said: str) -> None:
    with pytest.raises(NotFound, match=said):
        roles_with(*links).of_person(principal(), "UBOB")
