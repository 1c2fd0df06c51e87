"""Role requests: kept, asked for once audited, looked after until they are granted or their time is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.database import open_database, open_state
from bot.adapters.grants import RoleRequestTable
from bot.domain.access import ROLE_ASSIGNMENT_WRITE, Caller, Permission, RoleDefinition
from bot.domain.commands import SUBMIT
from bot.domain.errors import InvalidRequest, PermissionDenied, Unavailable
from bot.domain.grants import RequestState, RoleRequest
from bot.domain.policy import Link
from bot.ports import Person
from bot.services.grants import KEEP, Grants
from bot.services.guard import Guard
from bot.services.holders import Holders
from bot.services.identity import Identity
from tests.services.fakes import (
    ADA,
    READER,
    SCIENTIST,
    SCOPE,
    FakeAudit,
    FakeLinks,
    FakePeople,
    FakePolicies,
    FakeRoles,
    assigned,
    principal,
)

OWNER = RoleDefinition("/roles/owner", "Owner", "", (Permission(("*",)),))
BOB = Caller(ADA.team, "UBOB", "C1", "c:2")
PATIENCE = timedelta(hours=3)
PAYLOAD = {"text": "submit train.py"}


class House:
    """Ada is a reader, Bob an owner; both are linked."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 5, 1, tzinfo=UTC)
        self.audit = FakeAudit()
        self.azure = FakeRoles(assigned(READER), assigned(OWNER, to="oid-bob"))
        self.azure.known = (READER, SCIENTIST, OWNER)
        policies = FakePolicies()
        self.guard = Guard(self.azure, policies, self.audit, cache_seconds=0)
        people = FakePeople({ADA.user: Person("ada"), "UBOB": Person("bob")})
        links = FakeLinks(Link(ADA.team, ADA.user, "oid-ada"), Link(ADA.team, "UBOB", "oid-bob"))
        identity = Identity(people, links, policies, self.guard)
        self.table = RoleRequestTable(open_database(open_state(folder / "state")), SCOPE)
        self.grants = Grants(
            self.table,
            Holders(self.azure, self.guard, identity),
            self.guard,
            identity,
            patience=PATIENCE,
            clock=lambda: self.now,
        )

    def refused(self) -> PermissionDenied:
        """What Ada is told when she submits."""
        with pytest.raises(PermissionDenied) as denied, self.guard.allow(principal(), SUBMIT):
            pass
        return denied.value

    def offered(self) -> str:
        """The id of what Ada is offered then."""
        offer = self.grants.offer(ADA, self.refused(), "command", PAYLOAD)
        assert offer is not None
        return offer.id

    def asked(self) -> RoleRequest:
        """Ada has asked for it."""
        return self.grants.ask(ADA, self.offered())[0]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house."""
    return House(tmp_path)


def test_a_refusal_names_who_can_grant_it_and_asking_asks_them(house: House) -> None:
    offer = house.grants.offer(ADA, house.refused(), "command", PAYLOAD)
    assert offer is not None

    request, people = house.grants.ask(ADA, offer.id)

    assert [(each.holder.user, each.holder.name, each.role) for each in offer.able] == [("UBOB", "bob", "Owner")]
    assert people == offer.able
    assert (request.state, request.role, request.action) == (RequestState.OPEN, SCIENTIST.name, SUBMIT.action)
    assert (request.key, request.handler, request.payload) == (ADA.key, "command", PAYLOAD)
    row = house.audit.rows[-1]
    assert (row.phase, row.result, row.key, row.object_id, row.scope) == ("request", "asked", ADA.key, "oid-ada", SCOPE)
    assert "train.py" not in repr(house.audit.rows)


def test_without_its_row_in_the_audit_nobody_is_asked(house: House) -> None:
    request = house.offered()
    house.audit.full_after = len(house.audit.rows)

    with pytest.raises(Unavailable):
        house.grants.ask(ADA, request)

    assert house.grants.open() == ()


def test_only_the_asker_has_their_request(house: House) -> None:
    request = house.offered()

    for caller in (BOB, Caller("T2", ADA.user, "C1", "c:1")):
        with pytest.raises(InvalidRequest):
            house.grants.ask(caller, request)
        with pytest.raises(InvalidRequest):
            house.grants.resume(caller, request, "b:1")


def test_while_nobody_can_tell_it_stays_open(house: House) -> None:
    request = house.asked()
    house.azure.broken = Unavailable("No answer.")
    house.now += 10 * PATIENCE

    with pytest.raises(Unavailable):
        house.grants.look(request)

    assert house.grants.open() == (request,)


def test_it_is_told_when_it_is_granted_and_given_up_when_its_time_is_over(house: House) -> None:
    request = house.asked()
    assert house.grants.look(request) is RequestState.OPEN

    house.now += PATIENCE + timedelta(seconds=1)
    late = house.grants.look(request)
    house.azure.held.append(assigned(SCIENTIST))
    in_time = house.grants.look(request)

    assert (late, in_time) == (RequestState.GIVEN_UP, RequestState.TOLD)
    assert [row.result for row in house.audit.rows[-2:]] == ["given up", "granted"]


def test_a_granted_request_is_done_again_by_one_click_alone(house: House) -> None:
    request = house.asked()
    with pytest.raises(InvalidRequest):
        house.grants.resume(ADA, request.id, "b:1")
    house.grants.settle(request, RequestState.TOLD)

    resumed = house.grants.resume(ADA, request.id, "b:1")

    assert (resumed.key, resumed.payload) == (ADA.key, PAYLOAD)
    assert house.grants.resume(ADA, request.id, "b:1").key == ADA.key  # the same click, after a kill
    with pytest.raises(InvalidRequest, match="done once"):
        house.grants.resume(ADA, request.id, "b:2")


def test_nothing_is_offered_where_no_role_would_help_or_azure_does_not_tell(house: House) -> None:
    by_policy = PermissionDenied("No.", missing="a rule")
    denied = house.refused()
    house.azure.broken = Unavailable("No answer.")

    assert house.grants.offer(ADA, by_policy, "command", PAYLOAD) is None
    house.azure.held.clear()
    offer = house.grants.offer(ADA, denied, "command", PAYLOAD)
    assert offer is not None
    assert (offer.id, offer.able) == ("", ())


def test_an_open_request_stays_and_the_others_are_forgotten_in_time(house: House) -> None:
    request = house.asked()
    house.now += KEEP + timedelta(days=1)
    assert house.grants.forget() == 0
    house.grants.settle(request, RequestState.GIVEN_UP)
    house.now += KEEP + timedelta(days=1)

    assert house.grants.forget() == 1


def test_who_can_grant_it_is_who_may_write_role_assignments() -> None:
    assert ROLE_ASSIGNMENT_WRITE == "Microsoft.Authorization/roleAssignments/write"
