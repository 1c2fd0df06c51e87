"""`ports.Directory` and `ports.Memberships` on Microsoft Graph, as the sandbox serves it, over real sockets."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.directory import GraphDirectory
from bot.domain.errors import Unavailable
from bot.sandbox.azureml import seed
from tests.contracts.conftest import Sandbox

USERS = "/v1.0/users$"
WHOLE = {"id": seed.DANA.object_id, "mail": seed.DANA.mail, "accountEnabled": True, "userType": "Member"}


@pytest.fixture(scope="session")
def graph(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphDirectory]:
    adapter = GraphDirectory(running_sandbox.config(tmp_path_factory.mktemp("unused")))
    yield adapter
    adapter.close()


@pytest.fixture
def directory(graph: GraphDirectory, sandbox: Sandbox) -> GraphDirectory:
    """The port that the contract is about."""
    return graph


def test_a_user_is_found_by_their_address_in_whatever_case(directory: GraphDirectory) -> None:
    (found,) = directory.users_with("Dana@Example.com")

    assert (found.object_id, found.enabled, found.is_guest) == (seed.DANA.object_id, True, False)


@pytest.mark.parametrize("email", ["nobody@example.com", "x' or mail eq 'dana@example.com", "o'neil@example.com", ""])
def test_nobody_has_an_address_that_nobody_has(directory: GraphDirectory, email: str) -> None:
    assert directory.users_with(email) == ()


def test_groups_are_those_that_somebody_is_in_also_through_others(directory: GraphDirectory) -> None:
    both = frozenset({seed.ONCALL_GROUP_ID, seed.ML_TEAM_GROUP_ID})
    many = both | {f"00000000-0000-4000-8000-0000000004{number:02d}" for number in range(45)}

    assert directory.member_of(seed.CHEN.object_id, many) == both
    assert directory.member_of(seed.DANA.object_id, both) == {seed.ML_TEAM_GROUP_ID}
    assert directory.member_of(seed.RUI.object_id, both | {"no id"}) == frozenset()


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        {"value": None},
        {"value": ["dana"]},
        {"value": [WHOLE | {"id": "1"}]},
        {"value": [WHOLE | {"mail": "rui@example.com"}]},
        {"value": [WHOLE | {"accountEnabled": None}]},
        {"value": [{key: value for key, value in WHOLE.items() if key != "accountEnabled"}]},
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(directory: GraphDirectory, sandbox: Sandbox, body: Any) -> None:
    sandbox.fault(path=USERS, status=200, body=body)

    with pytest.raises(Unavailable, match="made no sense"):
        directory.users_with(seed.DANA.mail)


@pytest.mark.parametrize("kind", ["Guest", "guest", "", "Something"])
def test_whoever_is_not_called_a_member_is_a_guest(directory: GraphDirectory, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(path=USERS, status=200, body={"value": [WHOLE | {"userType": kind}]})

    assert directory.users_with(seed.DANA.mail)[0].is_guest


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "doesn't answer"),
        ({"status": 429}, "doesn't answer"),
        ({"status": 302}, "doesn't answer"),
        ({"drop": True}, "doesn't answer"),
        ({"status": 401}, "User.Read.All"),
        ({"status": 403}, "User.Read.All"),
    ],
)
def test_without_an_answer_nothing_is_known(
    directory: GraphDirectory, sandbox: Sandbox, fault: dict[str, Any], said: str
) -> None:
    sandbox.fault(path="/v1.0/users", **fault)

    with pytest.raises(Unavailable, match=said) as failed:
        directory.users_with(seed.DANA.mail)
    with pytest.raises(Unavailable):
        directory.member_of(seed.DANA.object_id, frozenset({seed.ML_TEAM_GROUP_ID}))

    assert "dana" not in failed.value.user_message + failed.value.detail
