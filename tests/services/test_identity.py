"""From a Slack person to a principal: whatever is unclear is nobody, and audited."""

import pytest

from bot.domain.commands import SUBMIT
from bot.domain.errors import NotFound, NotLinked, Unavailable
from bot.domain.policy import Link, Policy
from bot.ports import Person
from bot.services.guard import Guard
from bot.services.identity import Identity
from tests.services.fakes import ADA, FakeAudit, FakeLinks, FakePeople, FakePolicies, FakeRoles

OID = "00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-00000000000b"
LINK = Link(ADA.team, ADA.user, OID)


class House:
    """An identity service with its fakes."""

    def __init__(self, person: Person | None, *links: Link, in_policy: tuple[Link, ...] = ()) -> None:
        self.audit = FakeAudit()
        self.people = FakePeople({ADA.user: person} if person else {})
        policies = FakePolicies(Policy(1, in_policy, ()))
        guard = Guard(FakeRoles(), policies, self.audit)
        self.identity = Identity(self.people, FakeLinks(*links), policies, guard)


def test_a_linked_person_is_their_azure_identity() -> None:
    found = House(Person("ada"), LINK).identity.principal(ADA, SUBMIT)

    assert (found.object_id, found.caller, found.name) == (OID, ADA, "ada")


def test_a_link_in_the_policy_counts_and_the_same_one_twice_is_one() -> None:
    again = Link(ADA.team, ADA.user, OID.upper())

    assert House(Person("ada"), in_policy=(LINK,)).identity.principal(ADA, SUBMIT).object_id == OID
    assert House(Person("ada"), LINK, in_policy=(again,)).identity.principal(ADA, SUBMIT).object_id == OID


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person("ada", is_guest=True), "guest"),
        (Person("ada", is_stranger=True), "stranger"),
        (Person("ada", is_bot=True), "bot or deactivated"),
        (Person("ada", is_deactivated=True), "bot or deactivated"),
    ],
)
def test_guests_strangers_bots_and_who_left_are_nobody_even_when_linked(person: Person, reason: str) -> None:
    house = House(person, LINK)

    with pytest.raises(NotLinked):
        house.identity.principal(ADA, SUBMIT)

    (row,) = house.audit.rows
    assert (row.result, row.user, row.object_id, row.command) == ("refused", ADA.user, "", "submit")
    assert reason in row.reason


def test_who_is_not_linked_is_told_the_command_that_links() -> None:
    house = House(Person("ada"), Link("TOTHER", ADA.user, OID), Link(ADA.team, "UBOB", OID))

    with pytest.raises(NotLinked, match=f"aml-bot link {ADA.team} {ADA.user}"):
        house.identity.principal(ADA, SUBMIT)

    assert house.audit.results == [("decision", "refused")]


def test_two_identities_for_one_person_are_none() -> None:
    house = House(Person("ada"), LINK, in_policy=(Link(ADA.team, ADA.user, OTHER),))

    with pytest.raises(NotLinked, match="two Azure identities"):
        house.identity.principal(ADA, SUBMIT)


@pytest.mark.parametrize("error", [Unavailable("No answer.", detail="timeout"), KeyError("user")])
def test_who_can_not_be_looked_up_is_nobody(error: Exception) -> None:
    house = House(Person("ada"), LINK)
    house.people.broken = error

    with pytest.raises(type(error)):
        house.identity.principal(ADA, SUBMIT)

    assert house.audit.results == [("decision", "refused")]


def test_whom_slack_does_not_know_is_nobody() -> None:
    with pytest.raises(NotFound):
        House(None, LINK).identity.principal(ADA, SUBMIT)
