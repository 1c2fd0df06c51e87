"""Role assignments, as Azure Resource Manager lists them and as the sandbox itself obeys them."""

import uuid
from typing import Any

import pytest

from bot.sandbox.azureml import roles, seed
from tests.sandbox.azureml.conftest import SandboxProcess

ASSIGNMENTS = f"{seed.WORKSPACE_SCOPE}/providers/Microsoft.Authorization/roleAssignments"
EXPERIMENTS = f"/history/v1.0{seed.WORKSPACE_SCOPE}/experiments:query"
SUBMIT = "Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action"


def assigned(sandbox: SandboxProcess, condition: str) -> list[tuple[str, str]]:
    """(role, scope) of the assignments that a filter finds at the workspace."""
    answer = sandbox.call("GET", seed.ARM_HOST, ASSIGNMENTS, params={"api-version": "2022-04-01", "$filter": condition})
    assert answer.status_code == 200, answer.text
    found = []
    for item in answer.json()["value"]:
        properties = item["properties"]
        definition = sandbox.call("GET", seed.ARM_HOST, properties["roleDefinitionId"]).json()
        found.append((definition["properties"]["roleName"], properties["scope"]))
    return found


@pytest.mark.parametrize(
    ("person", "role", "scope"),
    [
        (seed.OLIVIA, "Owner", seed.GROUP_SCOPE),
        (seed.DANA, "AzureML Data Scientist", seed.WORKSPACE_SCOPE),
        (seed.RUI, "Reader", seed.WORKSPACE_SCOPE),
        (seed.CHEN, "AzureML Data Scientist", seed.WORKSPACE_SCOPE),
    ],
    ids=["inherited from the resource group", "direct", "reader", "through a group"],
)
def test_what_a_person_holds_at_the_workspace_is_found(
    sandbox: SandboxProcess, person: seed.Person, role: str, scope: str
) -> None:
    assert assigned(sandbox, f"atScope() and assignedTo('{person.object_id}')") == [(role, scope)]


def test_a_direct_filter_leaves_groups_out(sandbox: SandboxProcess) -> None:
    assert assigned(sandbox, f"principalId eq '{seed.CHEN.object_id}'") == []


def test_a_role_of_a_group_reaches_members_of_groups_in_it(sandbox: SandboxProcess, roles_kept: None) -> None:

    sandbox.control("POST", "role-assignments", {"principal_id": seed.ML_TEAM_GROUP_ID, "role": "Reader"})

    held = assigned(sandbox, f"assignedTo('{seed.CHEN.object_id}')")
    assert sorted(role for role, _ in held) == ["AzureML Data Scientist", "Reader"]


def test_definitions_carry_their_real_ids(sandbox: SandboxProcess) -> None:
    path = f"{seed.WORKSPACE_SCOPE}/providers/Microsoft.Authorization/roleDefinitions"

    found = sandbox.call("GET", seed.ARM_HOST, path).json()["value"]

    ids = {item["properties"]["roleName"]: item["name"] for item in found}
    assert ids["AzureML Data Scientist"] == "f6c7c914-8db3-469d-8ca1-694a8f32e121"
    named = sandbox.call("GET", seed.ARM_HOST, path, params={"$filter": "roleName eq 'Reader'"}).json()["value"]
    assert [item["name"] for item in named] == [ids["Reader"]]


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("Owner", SUBMIT, True),
        ("Contributor", SUBMIT, True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Reader", SUBMIT, False),
        ("Reader", "Microsoft.MachineLearningServices/workspaces/environments/read", True),
        ("AzureML Data Scientist", SUBMIT, True),
        ("AzureML Data Scientist", SUBMIT.upper(), True),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/write", False),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/read", True),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/computes/x/write", False),
        ("AzureML Compute Operator", SUBMIT, False),
        ("AzureML Compute Operator", "Microsoft.MachineLearningServices/workspaces/computes/start/action", True),
        ("User Access Administrator", "Microsoft.Authorization/roleAssignments/write", True),
        ("aml-bot", SUBMIT, True),
        ("aml-bot", "Microsoft.Authorization/roleAssignments/write", False),
    ],
)
def test_a_role_allows_what_it_allows_in_azure(role: str, action: str, allowed: bool) -> None:
    definition = roles.find(role)

    assert definition is not None
    assert definition.allows(action) is allowed


def assign(sandbox: SandboxProcess, name: str) -> Any:
    reader = roles.find("Reader")
    assert reader is not None
    properties = {"roleDefinitionId": reader.resource_id, "principalId": seed.DANA.object_id}
    return sandbox.call("PUT", seed.ARM_HOST, f"{ASSIGNMENTS}/{name}", json={"properties": properties})


def test_the_bot_may_hand_out_roles_only_once_it_has_a_role_for_that(sandbox: SandboxProcess, roles_kept: None) -> None:
    name = str(uuid.uuid4())
    refused = assign(sandbox, name)
    sandbox.control(
        "POST", "role-assignments", {"principal_id": seed.BOT_OBJECT_ID, "role": "User Access Administrator"}
    )

    allowed = assign(sandbox, name)

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "AuthorizationFailed"
    assert allowed.status_code == 201
    assert assign(sandbox, str(uuid.uuid4())).status_code == 409
    assert sandbox.call("DELETE", seed.ARM_HOST, f"{ASSIGNMENTS}/{name}").status_code == 200
    assert assigned(sandbox, f"assignedTo('{seed.DANA.object_id}')") == [
        ("AzureML Data Scientist", seed.WORKSPACE_SCOPE)
    ]


def test_a_caller_without_a_role_is_refused_with_the_action_it_lacks(sandbox: SandboxProcess, roles_kept: None) -> None:
    held = sandbox.control("GET", "role-assignments")["value"]
    bots = [item["name"] for item in held if item["properties"]["principalId"] == seed.BOT_OBJECT_ID]

    for name in bots:
        sandbox.control("DELETE", f"role-assignments/{name}")

    answer = sandbox.call("POST", seed.DATA_HOST, EXPERIMENTS, json={})
    assert answer.status_code == 403
    assert "Microsoft.MachineLearningServices/workspaces/experiments/read" in answer.json()["error"]["message"]
    assert sandbox.call("GET", seed.ARM_HOST, seed.WORKSPACE_SCOPE).status_code == 403


def test_a_deny_assignment_wins_over_a_role(sandbox: SandboxProcess, roles_kept: None) -> None:

    made = sandbox.control(
        "POST", "deny-assignments", {"actions": ["*/experiments/read"], "principals": [seed.BOT_OBJECT_ID]}
    )

    path = f"{seed.WORKSPACE_SCOPE}/providers/Microsoft.Authorization/denyAssignments"
    listed = sandbox.call("GET", seed.ARM_HOST, path, params={"$filter": f"assignedTo('{seed.BOT_OBJECT_ID}')"})
    assert [item["name"] for item in listed.json()["value"]] == [made["name"]]
    assert sandbox.call("POST", seed.DATA_HOST, EXPERIMENTS, json={}).status_code == 403
    sandbox.control("DELETE", f"deny-assignments/{made['name']}")
    assert sandbox.call("POST", seed.DATA_HOST, EXPERIMENTS, json={}).status_code == 200
