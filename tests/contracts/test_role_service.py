"""What every `ports.RoleService` must do, seen through the port."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import ServicePrincipal
from bot.domain import access
from bot.domain.errors import InvalidRequest, Unavailable
from bot.ports import RoleService
from tests.contracts.conftest import Sandbox

OLIVIA = "00000000-0000-4000-8000-0000000000a1"
DANA = "00000000-0000-4000-8000-0000000000a2"
RUI = "00000000-0000-4000-8000-0000000000a3"
CHEN = "00000000-0000-4000-8000-0000000000a5"
ONCALL = "00000000-0000-4000-8000-0000000000b1"
NOBODY = "00000000-0000-4000-8000-00000000ffff"

ASSIGNMENTS = "/roleAssignments$"
DEFINITIONS = "/roleDefinitions$"
DENIALS = "/denyAssignments$"
WHOLE = {"principalId": DANA, "roleDefinitionId": "/x/y", "scope": "/subscriptions/s"}


@pytest.fixture(scope="session")
def azure_roles(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureRoles]:
    adapter = AzureRoles(running_sandbox.config(tmp_path_factory.mktemp("unused")))
    yield adapter
    adapter.close()


@pytest.fixture
def roles(azure_roles: AzureRoles, sandbox: Sandbox) -> RoleService:
    """The port that the contract is about."""
    return azure_roles


def held(roles: RoleService, object_id: str) -> access.Access:
    """Everything the service says about one principal."""
    return access.Access(
        object_id, roles.scope, roles.assignments_of(object_id), roles.definitions(), roles.denials(object_id)
    )


def test_roles_are_found_at_the_workspace_above_it_and_through_groups(roles: RoleService) -> None:
    assert held(roles, OLIVIA).role_names() == ("Owner",)
    assert held(roles, RUI).role_names() == ("Reader",)
    assert held(roles, CHEN).role_names() == ("AzureML Data Scientist",)
    assert held(roles, NOBODY).role_names() == ()
    inherited, through_group = roles.assignments_of(OLIVIA)[0], roles.assignments_of(CHEN)[0]
    assert not inherited.scope.endswith("/ws-sandbox")
    assert (through_group.principal_id, through_group.principal_type) == (ONCALL, "Group")


def test_what_the_data_says_decides_who_may_submit(roles: RoleService) -> None:
    assert access.decide(held(roles, OLIVIA), access.RUN_SUBMIT).allowed
    assert access.decide(held(roles, DANA), access.RUN_SUBMIT).allowed
    assert not access.decide(held(roles, RUI), access.RUN_SUBMIT).allowed
    assert access.decide(held(roles, RUI), access.RUN_READ).allowed
    assert access.smallest_role(access.RUN_SUBMIT, roles.definitions()) == "AzureML Data Scientist"


def test_all_assignments_in_force_at_the_workspace_are_listed(roles: RoleService) -> None:
    principals = {assignment.principal_id for assignment in roles.assignments()}

    assert {OLIVIA, DANA, RUI, ONCALL} <= principals


def test_definitions_tell_built_in_roles_from_custom_ones(roles: RoleService) -> None:
    custom = {definition.name: definition.custom for definition in roles.definitions()}

    assert (custom["Reader"], custom["aml-bot"]) == (False, True)


def test_the_service_knows_the_built_in_roles_that_advice_is_taken_from(roles: RoleService) -> None:
    served = {access.short_id(role.id): role for role in roles.definitions() if not role.custom}

    for known in access.built_in_roles():
        role = served.pop(access.short_id(known.id))
        assert (role.name, role.description, role.permissions) == (known.name, known.description, known.permissions)
    assert not served


def test_a_deny_assignment_beats_the_role_that_allows(roles: RoleService, sandbox: Sandbox) -> None:
    name = sandbox.deny(name="freeze", actions=[access.RUN_SUBMIT], principals=[DANA])
    try:
        (denial,) = roles.denials(DANA)
        decision = access.decide(held(roles, DANA), access.RUN_SUBMIT)
    finally:
        sandbox.allow_again(name)

    assert (denial.name, denial.principal_ids, denial.everyone) == ("freeze", (DANA,), False)
    assert not decision.allowed
    assert roles.denials(DANA) == ()


def test_a_deny_assignment_reaches_through_a_group_that_holds_no_role(roles: RoleService, sandbox: Sandbox) -> None:
    name = sandbox.deny(actions=[access.RUN_SUBMIT], principals=[ONCALL])
    try:
        chen, dana = (roles.denials(who) for who in (CHEN, DANA))
    finally:
        sandbox.allow_again(name)

    assert [denial.reaches for denial in chen + dana] == [True, False]
    # Without any assignment that would tell of the group: the denial must count by itself.
    owner = access.RoleDefinition("/r/1", "owner", "", (access.Permission(("*",)),))
    own = access.RoleAssignment("/a", CHEN, "User", owner.id, roles.scope)
    assert not access.decide(access.Access(CHEN, roles.scope, (own,), (owner,), chen), access.RUN_SUBMIT).allowed


def test_a_deny_assignment_for_all_spares_only_who_is_excluded(roles: RoleService, sandbox: Sandbox) -> None:
    name = sandbox.deny(actions=[access.RUN_SUBMIT], exclude_principals=[OLIVIA])
    try:
        (denial,) = roles.denials(DANA)
        dana, olivia = (access.decide(held(roles, who), access.RUN_SUBMIT) for who in (DANA, OLIVIA))
    finally:
        sandbox.allow_again(name)

    assert denial.everyone
    assert (dana.allowed, olivia.allowed) == (False, True)


@pytest.mark.parametrize("object_id", ["", "dana", f"{DANA}') or ('1' eq '1", f"{DANA}\n"])
def test_what_is_no_object_id_never_reaches_azure(roles: RoleService, object_id: str) -> None:
    with pytest.raises(InvalidRequest):
        roles.assignments_of(object_id)
    with pytest.raises(InvalidRequest):
        roles.denials(object_id)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>a proxy's page</html>",
        "null",
        "[]",
        {},
        {"value": None},
        {"value": "many"},
        {"value": [None]},
        {"value": [{"id": "/a/1"}]},
        *({"value": [{"id": "/a/1", "properties": {**WHOLE, missing: None}}]} for missing in WHOLE),
        {"value": [{"id": "/a/1", "properties": WHOLE}, {"id": "/a/2", "properties": {}}]},
    ],
)
def test_a_partial_or_senseless_answer_about_assignments_is_no_answer(
    roles: RoleService, sandbox: Sandbox, body: Any
) -> None:
    sandbox.fault(path=ASSIGNMENTS, status=200, body=body)

    with pytest.raises(Unavailable):
        roles.assignments_of(DANA)


@pytest.mark.parametrize(
    "properties",
    [
        {"scope": "/", "principals": [{"id": DANA}], "permissions": []},
        {"scope": "/", "principals": [{"id": DANA}], "permissions": [{"notActions": []}]},
        {"scope": "/", "principals": [], "permissions": [{"actions": ["*"]}]},
        {"scope": "/", "principals": [{"type": "User"}], "permissions": [{"actions": ["*"]}]},
        {"principals": [{"id": DANA}], "permissions": [{"actions": ["*"]}]},
    ],
)
def test_a_partial_answer_about_deny_assignments_is_no_answer(
    roles: RoleService, sandbox: Sandbox, properties: dict[str, Any]
) -> None:
    sandbox.fault(path=DENIALS, status=200, body={"value": [{"id": "/d/1", "properties": properties}]})

    with pytest.raises(Unavailable):
        roles.denials(DANA)


def test_a_deny_assignment_that_stays_above_is_not_in_force_here(roles: RoleService, sandbox: Sandbox) -> None:
    def denial(scope: str) -> dict[str, Any]:
        return {
            "id": f"/d{scope}",
            "properties": {
                "scope": scope,
                "doNotApplyToChildScopes": True,
                "principals": [{"id": DANA}],
                "permissions": [{"actions": ["*"]}],
            },
        }

    owner = access.RoleDefinition("/r/1", "owner", "", (access.Permission(("*",)),))
    own = access.RoleAssignment("/a", DANA, "User", owner.id, roles.scope)
    for scope, allowed in (("/subscriptions", True), (roles.scope.upper(), False)):
        sandbox.fault(path=DENIALS, status=200, body={"value": [denial(scope)]})
        asked = access.Access(DANA, roles.scope, (own,), (owner,), roles.denials(DANA))
        sandbox.calm()
        assert access.decide(asked, access.RUN_SUBMIT).allowed is allowed


def test_a_role_that_does_not_say_what_it_takes_out_allows_nothing(roles: RoleService, sandbox: Sandbox) -> None:
    def role(name: str, **permission: Any) -> dict[str, Any]:
        return {"id": f"/r/{name}", "properties": {"roleName": name, "permissions": [permission]}}

    whole, partial = role("whole", actions=["*"], notActions=[]), role("partial", actions=["*"])
    sandbox.fault(path=DEFINITIONS, status=200, body={"value": [partial, whole, None, {"id": "/r/empty"}]})

    assert [definition.name for definition in roles.definitions()] == ["whole"]


def test_a_role_that_allows_under_a_condition_only_allows_nothing(roles: RoleService, sandbox: Sandbox) -> None:
    block = {"actions": ["*"], "notActions": []}
    blocks = [{**block, "condition": "@Resource[...] StringEquals 'x'"}]
    body = {"value": [{"id": "/r/careful", "properties": {"roleName": "careful", "permissions": blocks}}]}
    sandbox.fault(path=DEFINITIONS, status=200, body=body)

    (careful,) = roles.definitions()

    assert careful.permissions[0].condition
    assert not careful.allows(access.RUN_SUBMIT)


def test_one_id_for_two_roles_is_no_answer(roles: RoleService, sandbox: Sandbox) -> None:
    def role(name: str, action: str) -> dict[str, Any]:
        permissions = [{"actions": [action], "notActions": []}]
        return {"id": "/r/same", "properties": {"roleName": name, "permissions": permissions}}

    sandbox.fault(path=DEFINITIONS, status=200, body={"value": [role("a", "*"), role("b", "*/read")]})

    with pytest.raises(Unavailable):
        roles.definitions()


def test_a_condition_is_kept_so_that_the_assignment_is_not_counted(roles: RoleService, sandbox: Sandbox) -> None:
    properties = {**WHOLE, "condition": "@Resource[...] StringEquals 'x'"}
    sandbox.fault(path=ASSIGNMENTS, status=200, body={"value": [{"id": "/a/1", "properties": properties}]})

    (assignment,) = roles.assignments_of(DANA)

    assert assignment.condition


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}])
def test_one_failed_request_is_repeated(roles: RoleService, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.fault(path=ASSIGNMENTS, times=1, **fault)

    assert roles.assignments_of(DANA)


@pytest.mark.parametrize("status", [500, 429, 404])
def test_an_outage_is_told_and_nobody_is_let_in(roles: RoleService, sandbox: Sandbox, status: int) -> None:
    sandbox.fault(path="/Microsoft.Authorization/", status=status)

    asks: tuple[Callable[[], object], ...] = (
        lambda: roles.assignments_of(DANA), roles.assignments, roles.definitions, lambda: roles.denials(DANA),
    )  # fmt: skip
    for ask in asks:
        with pytest.raises(Unavailable):
            ask()


def test_a_bot_that_may_not_read_roles_says_who_can_help(roles: RoleService, sandbox: Sandbox) -> None:
    sandbox.fault(path=ASSIGNMENTS, status=403)

    with pytest.raises(Unavailable, match="administrator"):
        roles.assignments_of(DANA)


def test_more_pages_than_time_end_in_a_refusal(sandbox: Sandbox, tmp_path: Path) -> None:
    endless = {"value": [], "nextLink": "https://management.azure.com/x/roleAssignments?page=again"}
    sandbox.fault(path=ASSIGNMENTS, status=200, body=endless)
    adapter = AzureRoles(sandbox.config(tmp_path), deadline=1.0)

    with pytest.raises(Unavailable):
        adapter.assignments_of(DANA)
    adapter.close()


def test_a_wrong_secret_is_told_without_the_secret(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(tmp_path)
    assert isinstance(config.sign_in, ServicePrincipal)
    wrong = replace(config.sign_in, client_secret="not-the-secret-4711")
    adapter = AzureRoles(replace(config, sign_in=wrong))

    with pytest.raises(Unavailable) as refused:
        adapter.assignments_of(DANA)
    adapter.close()

    assert "AADSTS7000215" in refused.value.user_message
    assert "4711" not in refused.value.user_message + refused.value.detail


def test_an_unknown_tenant_and_a_dead_proxy_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(tmp_path)
    assert isinstance(config.sign_in, ServicePrincipal)
    elsewhere = replace(config, sign_in=replace(config.sign_in, tenant_id=NOBODY))
    nowhere = replace(config, proxy="http://127.0.0.1:9")

    for broken in (elsewhere, nowhere):
        adapter = AzureRoles(broken)
        with pytest.raises(Unavailable):
            adapter.definitions()
        adapter.close()
