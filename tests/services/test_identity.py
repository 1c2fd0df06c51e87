"""From a Slack person to a principal: whatever is unclear is nobody, and audited."""

import pytest

from bot.domain.commands import SUBMIT
from bot.domain.errors import NotFound, NotLinked, Unavailable
from bot.domain.policy import Link, Policy
from bot.ports import DirectoryUser, Person
from bot.services.guard import Guard
from bot.services.identity import Identity
from tests.services.fakes import ADA, FakeAudit, FakeLinks, FakePeople, FakePolicies, FakeRoles

OID = "00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-00000000000b"
LINK = Link(ADA.team, ADA.user, OID)


class FakeDirectory:
    """`ports.Directory`: these users have the address."""

    def __init__(self, *users: DirectoryUser) -> None:
        self.users = users
        self.asked: list[str] = []
        self.broken: Exception | None = None

    def users_with(self, email: str) -> tuple[DirectoryUser, ...]:
        self.asked.append(email)
        if self.broken is not None:
            raise self.broken
        return self.users


class House:
    """An identity service with its fakes."""

    def __init__(
        self,
        person: Person | None,
        *links: Link,
        in_policy: tuple[Link, ...] = (),
        directory: FakeDirectory | None = None,
        domains: tuple[str, ...] = (),
    ) -> None:
        self.audit = FakeAudit()
        self.people = FakePeople({ADA.user: person} if person else {})
        policies = FakePolicies(Policy(1, in_policy, ()))
        guard = Guard(FakeRoles(), policies, self.audit)
        self.identity = Identity(self.people, FakeLinks(*links), policies, guard, directory=directory, domains=domains)


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
        (Person("ada", is_bot=True), "bot account"),
        (Person("ada", is_bot=True, is_workflow=True), "workflow account"),
        (Person("ada", is_deactivated=True), "deactivated account"),
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


MAILED = Person("ada", email="ada@example.com", is_email_confirmed=True)
MEMBER = DirectoryUser(OID, enabled=True, is_guest=False)


def test_by_a_confirmed_e_mail_address_somebody_without_a_link_is_found() -> None:
    directory = FakeDirectory(MEMBER)
    house = House(MAILED, directory=directory, domains=("@Example.com",))

    assert house.identity.principal(ADA, SUBMIT).object_id == OID
    assert house.identity.object_ids_of(ADA.team, ADA.user) == {OID}
    assert directory.asked == ["ada@example.com"] * 2


def test_a_link_goes_before_the_e_mail_address() -> None:
    directory = FakeDirectory(DirectoryUser(OTHER, enabled=True, is_guest=False))

    assert House(MAILED, LINK, directory=directory).identity.principal(ADA, SUBMIT).object_id == OID
    assert directory.asked == []


@pytest.mark.parametrize(
    ("person", "users", "links", "said", "reason"),
    [
        (Person("ada", is_email_confirmed=True), (MEMBER,), (), "tells me no e-mail address", "no e-mail address"),
        (Person("ada", email="ada@example.com"), (MEMBER,), (), "isn't confirmed in Slack", "not confirmed"),
        (
            Person("ada", email="ada@elsewhere.org", is_email_confirmed=True),
            (MEMBER,),
            (),
            "addresses of your domain",
            "domain",
        ),
        (MAILED, (), (), "Nobody in Entra has the e-mail address", "no match"),
        (MAILED, (MEMBER, DirectoryUser(OTHER, enabled=False, is_guest=False)), (), "More than one", "two matches"),
        (MAILED, (DirectoryUser(OID, enabled=True, is_guest=True),), (), "In Entra you are a guest", "guest in the"),
        (MAILED, (DirectoryUser(OID, enabled=False, is_guest=False),), (), "is switched off", "disabled"),
        (MAILED, (MEMBER,), (Link(ADA.team, "UBOB", OID),), "another Slack account", "somebody else's"),
    ],
)
def test_what_is_unclear_by_e_mail_is_nobody(
    person: Person, users: tuple[DirectoryUser, ...], links: tuple[Link, ...], said: str, reason: str
) -> None:
    house = House(person, *links, directory=FakeDirectory(*users), domains=("example.com",))

    with pytest.raises(NotLinked, match=said) as refused:
        house.identity.principal(ADA, SUBMIT)

    (row,) = house.audit.rows
    assert (row.result, row.object_id) == ("refused", "")
    assert reason in row.reason
    assert "@" not in refused.value.user_message + row.reason
    assert "@" not in repr(person)


def test_while_the_directory_does_not_answer_who_is_not_linked_is_nobody() -> None:
    directory = FakeDirectory(MEMBER)
    directory.broken = Unavailable("No answer.", detail="timeout")
    house = House(MAILED, directory=directory)

    with pytest.raises(Unavailable):
        house.identity.principal(ADA, SUBMIT)

    assert house.audit.results == [("decision", "refused")]


def test_in_an_organisation_a_link_of_its_own_ids_counts_and_two_different_ones_are_none() -> None:
    person = Person("ada", enterprise="E1", enterprise_user="WADA")
    of_the_organisation = Link("E1", "WADA", OID)

    assert House(person, of_the_organisation).identity.principal(ADA, SUBMIT).object_id == OID
    with pytest.raises(NotLinked, match="two Azure identities"):
        House(person, of_the_organisation, Link(ADA.team, ADA.user, OTHER)).identity.principal(ADA, SUBMIT)
