"""No service method reaches Azure without the guard, and each of these tests would notice one that did."""

from pathlib import Path

import pytest

from bot.domain.errors import PermissionDenied, Unavailable
from bot.domain.policy import AllowRule, DenyRule, Policy
from tests.services.doors import DOORS, OWN, PACKAGES, House, public_methods, without_guard
from tests.services.fakes import SCIENTIST, FakePolicies, principal


def refused(house: House, door: str) -> None:
    """The behaviour of every door: who holds no role is refused before anything is asked, and the audit has it. What is
    somebody's own only an explicit deny of the policy refuses."""
    if door in OWN:
        house.policies = FakePolicies(Policy(2, (), (), denials=(DenyRule(people=("*",)),)))
    with pytest.raises(PermissionDenied):
        house.use(door)

    assert house.calls == []
    assert house.audit.results == [("decision", "refused")]


@pytest.mark.parametrize("door", DOORS)
def test_who_has_no_right_is_refused_before_anything_is_asked(door: str, tmp_path: Path) -> None:
    refused(House(tmp_path), door)


@pytest.mark.parametrize("door", DOORS)
def test_a_method_without_its_guard_would_be_noticed(door: str, tmp_path: Path) -> None:
    mutant, _source = without_guard(door)
    house = House(tmp_path, mutated=mutant)

    with pytest.raises((AssertionError, pytest.fail.Exception, Exception)) as noticed:
        refused(house, door)

    assert not isinstance(noticed.value, PermissionDenied)
    assert house.audit.results == []


def test_packages_for_a_run_need_the_right_to_create_environments_too(tmp_path: Path) -> None:
    def refused_for_its_packages(house: House) -> None:
        house.policies = FakePolicies(Policy(1, (), (AllowRule(("submit",), ("*",)),)))

        with pytest.raises(PermissionDenied, match="env-create"):
            house.runs.submit(principal(), PACKAGES)

        assert "create_environment" not in house.calls

    mutant, _source = without_guard("runs.Runs._made_of")

    refused_for_its_packages(House(tmp_path, SCIENTIST))
    with pytest.raises(Unavailable):
        refused_for_its_packages(House(tmp_path, SCIENTIST, mutated=mutant))


def test_every_public_method_is_a_door_or_open_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    methods = dict(public_methods())

    is_open = {name: method.open_because for name, method in methods.items() if hasattr(method, "open_because")}
    print("open to everyone:", *(f"  {name}: {because}" for name, because in is_open.items()), sep="\n")

    assert set(DOORS) | set(is_open) == set(methods), "mark it @open_to_everyone, or add it to tests/services/doors.py"
    assert not set(DOORS) & set(is_open)
    assert all(because.strip() for because in is_open.values())
