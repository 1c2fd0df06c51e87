"""Azure RBAC: cases from its rules. Thousands of made-up ones are in tests/adapters/test_authorization_generated.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import (
    Access,
    DenyAssignment,
    Patterns,
    Permission,
    RoleAssignment,
    RoleDefinition,
    Settled,
    built_in_roles,
    decide,
    smallest_role,
    within,
)
from tests.domain import naive_rbac

ME, GROUP_ID, OTHER = "me", "my-group", "somebody"
RG = "/subscriptions/s/resourceGroups/rg"
WS = f"{RG}/providers/Microsoft.MachineLearningServices/workspaces/ws"
SUBMIT = "Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action"


def matches(pattern: str, action: str) -> bool:
    """Whether a pattern that gives covers an action."""
    return Permission((pattern,)).gives(action)


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", SUBMIT, True),
        ("*/read", SUBMIT, False),
        ("*/action", SUBMIT, True),
        (SUBMIT.upper(), SUBMIT, True),
        ("Microsoft.MachineLearningServices/*/submit/*", SUBMIT, True),
        ("Microsoft.MachineLearningServices/workspaces", SUBMIT, False),
        ("MicrosoftXMachineLearningServices/*", SUBMIT, False),
        ("", SUBMIT, False),
        ("*/runs/read", "a/runs/read/x", False),
        ("a.b/[c]/read", "a.b/[c]/read", True),
        ("a/*/b/*/c", "a/1/b/2/b/3/c", True),
        ("a/*/b/*/c", "a/1/c/2/b", False),
        ("*aba*bab*", "abab", False),
        ("**/read", "x/read", True),
        ("a/\u212a/read", "a/k/read", False),
    ],
)
def test_patterns(pattern: str, action: str, expected: bool) -> None:
    assert matches(pattern, action) is expected


@pytest.mark.parametrize("pattern", ["a/*/write", "A/**/Write", "*/*/write", "a/*/*/write"])
def test_a_wildcard_between_slashes_is_nothing_where_that_allows_less(pattern: str) -> None:
    assert not Permission((pattern,)).gives("a/write")
    assert not Permission(("*",), (pattern,)).gives("a/write")
    assert Permission((pattern,)).takes("a/write")


def test_a_pattern_that_would_keep_a_regular_expression_busy_for_years_is_decided_at_once() -> None:
    action = "a" * 5_000 + "b"

    assert matches("*a" * 2_000 + "*c", action) is False
    assert matches("*a" * 2_000 + "*b", action) is True
    assert Patterns(("/*/" * 2_000 + "c",), wide=True).cover("/" * 5_000) is False


@pytest.mark.parametrize(
    ("scope", "at", "expected"),
    [
        (WS, WS, True),
        (WS, RG, True),
        (WS, RG.upper(), True),
        (WS, f"{RG}/", True),
        (WS, "/", True),
        (WS, "/providers/Microsoft.Management/managementGroups/all", True),
        (RG, WS, False),
        (WS, f"{RG}2", False),
        (WS, RG[:-1], False),
        (WS, "/subscriptions/other", False),
        (WS, "", False),
        (WS, WS[1:], False),
        (WS, "/providers/Microsoft.Management/managementGroups", False),
        (WS, "/providers/Microsoft.Management/managementGroups/all/providers/Microsoft.X/y/z", False),
    ],
)
def test_scopes(scope: str, at: str, expected: bool) -> None:
    assert within(scope, at) is expected


def test_what_one_role_excludes_another_may_give() -> None:
    narrow = RoleDefinition("/r/1", "narrow", "", (Permission(("*",), (SUBMIT,)),))
    wide = RoleDefinition("/r/2", "wide", "", (Permission((SUBMIT,)),))
    held = [RoleAssignment(f"/a/{r.name}", ME, "User", r.id, WS) for r in (narrow, wide)]

    assert not decide(Access(ME, WS, (held[0],), (narrow, wide)), SUBMIT).allowed
    assert decide(Access(ME, WS, tuple(held), (narrow, wide)), SUBMIT).allowed


def test_data_actions_allow_nothing_on_the_control_plane() -> None:
    role = RoleDefinition("/r/1", "data", "", (Permission((), (), ("*",)),))

    assert not decide(Access(ME, WS, (RoleAssignment("/a", ME, "User", role.id, WS),), (role,)), SUBMIT).allowed


def test_a_definition_is_recognised_however_its_id_is_spelt() -> None:
    role = RoleDefinition(
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/ABC", "r", "", (Permission(("*",)),)
    )
    spelt = RoleAssignment("/a", ME, "User", "/providers/Microsoft.Authorization/roleDefinitions/abc/", WS)

    assert decide(Access(ME, WS, (spelt,), (role,)), SUBMIT).allowed


def test_a_denial_reaches_members_of_a_group_but_not_whom_it_excludes() -> None:
    role = RoleDefinition("/r/1", "owner", "", (Permission(("*",)),))
    assignments = (RoleAssignment("/a", GROUP_ID, "Group", role.id, RG),)
    denial = DenyAssignment("/d", "freeze", RG, (Permission(("*",)),), (GROUP_ID.upper(),))
    spared = DenyAssignment("/d", "freeze", RG, (Permission(("*",)),), (GROUP_ID,), (ME.upper(),))

    assert not decide(Access(ME, WS, assignments, (role,), (denial,)), SUBMIT).allowed
    assert decide(Access(ME, WS, assignments, (role,), (spared,)), SUBMIT).allowed


def test_a_denial_whose_condition_can_not_be_evaluated_denies() -> None:
    role = RoleDefinition("/r/1", "owner", "", (Permission(("*",)),))
    denial = DenyAssignment("/d", "", RG, (Permission(("*",)),), (), everyone=True, condition="@Resource[x]")
    access = Access(ME, WS, (RoleAssignment("/a", ME, "User", role.id, RG),), (role,), (denial,))

    assert not decide(access, SUBMIT).allowed


def test_the_smallest_role_is_the_narrowest_built_in_one_then_a_custom_one() -> None:
    wide = [RoleDefinition(f"/r/{n}", n, "", (Permission(("*",)),)) for n in ("Owner", "Contributor", "Zeta", "Alpha")]

    assert smallest_role(SUBMIT, wide) == "Contributor"
    assert smallest_role(SUBMIT, wide[2:]) == "Alpha"
    assert smallest_role(SUBMIT, []) == ""


@pytest.mark.parametrize(
    ("action", "role"),
    [
        (SUBMIT, "AzureML Data Scientist"),
        ("Microsoft.MachineLearningServices/workspaces/experiments/runs/read", "Reader"),
        ("Microsoft.MachineLearningServices/workspaces/computes/start/action", "AzureML Compute Operator"),
        ("Microsoft.MachineLearningServices/workspaces/write", "Contributor"),
        ("Microsoft.MachineLearningServices/registries/assets/write", "AzureML Registry User"),
        ("Microsoft.Authorization/roleAssignments/read", "Reader"),
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Authorization/roleDefinitions/write", "User Access Administrator"),
        ("Microsoft.Authorization/elevateAccess/action", "User Access Administrator"),
    ],
)
def test_the_smallest_of_azures_own_roles(action: str, role: str) -> None:
    assert smallest_role(action, built_in_roles()) == role


OWNER = RoleDefinition("/r/owner", "Owner", "", (Permission(("*",)),))
READER = RoleDefinition("/r/reader", "Reader", "", (Permission(("*/read",)),))


def held(*assignments: RoleAssignment, denials: tuple[DenyAssignment, ...] = ()) -> Access:
    """My access with these assignments of Owner or Reader."""
    return Access(ME, WS, assignments, (OWNER, READER), denials)


def test_a_decision_names_the_assignment_that_settled_it() -> None:
    mine = RoleAssignment("/a/1", ME, "User", READER.id, RG)
    groups = RoleAssignment("/a/2", GROUP_ID, "Group", OWNER.id, WS)

    allowed = decide(held(mine, groups), SUBMIT)

    assert (allowed.kind, allowed.role, allowed.scope, allowed.assignment) == (Settled.ROLE, "Owner", WS, "/a/2")
    assert allowed.settled_by == f"role Owner at {WS}"


def test_a_decision_names_the_denial_that_settled_it() -> None:
    freeze = DenyAssignment("/d/1", "freeze", RG, (Permission(("*",)),), (), everyone=True, condition="@x")

    denied = decide(held(RoleAssignment("/a", ME, "User", OWNER.id, RG), denials=(freeze,)), SUBMIT)

    assert (denied.kind, denied.denial, denied.scope) == (Settled.DENIAL, "freeze", RG)
    assert "counts as met" in denied.settled_by


def test_a_role_under_a_condition_does_not_count_and_the_decision_says_so() -> None:
    sure = RoleAssignment("/a/1", ME, "User", READER.id, WS)
    perhaps = RoleAssignment("/a/2", ME, "User", OWNER.id, WS, condition="@Request[x] Exists")

    refused = decide(held(sure, perhaps), SUBMIT)

    assert (refused.allowed, refused.kind, refused.role) == (False, Settled.CONDITION, "Owner")
    assert "condition" in refused.settled_by
    assert decide(held(sure, perhaps), f"{SUBMIT}/read").role == "Reader"
    assert decide(held(sure), SUBMIT).kind is Settled.NO_ROLE


def test_the_same_role_twice_counts_where_it_has_no_condition() -> None:
    perhaps = RoleAssignment("/a/1", ME, "User", OWNER.id, WS, condition="@Request[x] Exists")
    sure = RoleAssignment("/a/2", ME, "User", OWNER.id, RG)

    assert decide(held(perhaps, sure), SUBMIT).assignment == "/a/2"


def test_an_assignment_of_another_person_does_not_count_though_the_service_listed_it() -> None:
    others = RoleAssignment("/a", OTHER, "User", OWNER.id, WS)
    robots = RoleAssignment("/a", OTHER, "ServicePrincipal", OWNER.id, WS)

    assert not decide(held(others, robots), SUBMIT).allowed
    assert held(others).memberships == {ME}


def test_a_denial_at_what_is_no_scope_denies() -> None:
    odd = DenyAssignment("/d", "", "", (Permission(("*",)),), (), everyone=True)

    assert not decide(held(RoleAssignment("/a", ME, "User", OWNER.id, WS), denials=(odd,)), SUBMIT).allowed


@pytest.mark.parametrize("action", ["", "*", "*/read", "Microsoft.Authorization/*", f" {SUBMIT}", f"{SUBMIT}\n"])
def test_what_is_no_action_is_allowed_to_nobody(action: str) -> None:
    owner = held(RoleAssignment("/a", ME, "User", OWNER.id, WS))

    assert (decide(owner, action).allowed, decide(owner, action).kind) == (False, Settled.NO_ACTION)


_COST = "Microsoft.CostManagement/exports"
_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers"
_QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues/messages"
_ML = "Microsoft.MachineLearningServices/workspaces"
_CONTRIBUTOR = Permission(
    ("*",),
    (
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
        "Microsoft.Blueprint/blueprintAssignments/write",
        "Microsoft.Blueprint/blueprintAssignments/delete",
    ),
)
_BLOB_CONTRIBUTOR = Permission(
    (f"{_BLOB}/delete", f"{_BLOB}/read", f"{_BLOB}/write"),
    (),
    (f"{_BLOB}/blobs/delete", f"{_BLOB}/blobs/read", f"{_BLOB}/blobs/move/action", f"{_BLOB}/blobs/write"),
)
_NO_COMPUTE = Permission(
    ("*",),
    (
        f"{_ML}/*/delete",
        f"{_ML}/write",
        f"{_ML}/computes/*/write",
        f"{_ML}/computes/*/delete",
        "Microsoft.Authorization/*/write",
    ),
)

# What Microsoft's pages say in so many words. (block, action, on data, expected)
DOCUMENTED = [
    # "Understand Azure role definitions", Actions: the table of action strings.
    (Permission(("*/read",)), "Microsoft.Compute/virtualMachines/read", False, True),
    (Permission(("*/read",)), "Microsoft.Compute/virtualMachines/write", False, False),
    (Permission(("Microsoft.Compute/*",)), "Microsoft.Compute/virtualMachines/start/action", False, True),
    (Permission(("Microsoft.Compute/*",)), "Microsoft.Network/virtualNetworks/read", False, False),
    (Permission(("Microsoft.Network/*/read",)), "Microsoft.Network/virtualNetworks/subnets/read", False, True),
    (Permission(("Microsoft.Network/*/read",)), "Microsoft.Network/virtualNetworks/write", False, False),
    (
        Permission(("Microsoft.Compute/virtualMachines/*",)),
        "Microsoft.Compute/virtualMachines/extensions/write",
        False,
        True,
    ),
    (Permission(("Microsoft.Compute/virtualMachines/*",)), "Microsoft.Compute/disks/write", False, False),
    (Permission(("microsoft.web/sites/restart/Action",)), "Microsoft.Web/sites/restart/action", False, True),
    # The same page, NotActions: effective permissions of Microsoft.CostManagement.
    *(
        (Permission((f"{_COST}/*",)), f"{_COST}/{verb}", False, True)
        for verb in ("action", "read", "write", "delete", "run/action")
    ),
    *(
        (Permission((f"{_COST}/*",), (f"{_COST}/delete",)), f"{_COST}/{verb}", False, verb != "delete")
        for verb in ("action", "read", "write", "delete", "run/action")
    ),
    # The same page, Contributor: "can manage everything", but not "manage access to resources".
    (_CONTRIBUTOR, "Microsoft.Compute/virtualMachines/write", False, True),
    (_CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/write", False, False),
    (_CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/delete", False, False),
    (_CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/read", False, True),
    (_CONTRIBUTOR, "Microsoft.Authorization/elevateAccess/action", False, False),
    (_CONTRIBUTOR, "Microsoft.Blueprint/blueprintAssignments/write", False, False),
    # The same page, data actions: Alice (Owner) "cannot perform data plane actions", Bob can do both.
    (Permission(("*",)), f"{_BLOB}/write", False, True),
    (Permission(("*",)), f"{_BLOB}/blobs/read", True, False),
    (_BLOB_CONTRIBUTOR, f"{_BLOB}/delete", False, True),
    (_BLOB_CONTRIBUTOR, f"{_BLOB}/blobs/write", True, True),
    (_BLOB_CONTRIBUTOR, f"{_BLOB}/blobs/write", False, False),
    (_BLOB_CONTRIBUTOR, "Microsoft.Storage/storageAccounts/write", False, False),
    # The same page, NotDataActions: effective permissions of Microsoft.Storage.
    (Permission((), (), (f"{_QUEUE}/*",)), f"{_QUEUE}/process/action", True, True),
    (Permission((), (), (f"{_QUEUE}/*",), (f"{_QUEUE}/delete",)), f"{_QUEUE}/delete", True, False),
    (Permission((), (), (f"{_QUEUE}/*",), (f"{_QUEUE}/delete",)), f"{_QUEUE}/add/action", True, True),
    # "Azure custom roles": "Permission strings are case-insensitive."
    (Permission(("microsoft.COSTmanagement/EXPORTS/*",)), f"{_COST}/run/action", False, True),
    # "Manage access to Azure Machine Learning workspaces", Data Scientist Custom: "Can run experiment but can't create
    # or delete compute."
    (_NO_COMPUTE, f"{_ML}/experiments/runs/submit/action", False, True),
    (_NO_COMPUTE, f"{_ML}/computes/write", False, False),
    (_NO_COMPUTE, f"{_ML}/computes/delete", False, False),
    (_NO_COMPUTE, f"{_ML}/write", False, False),
    (_NO_COMPUTE, "Microsoft.Authorization/roleAssignments/write", False, False),
]


@pytest.mark.parametrize(("block", "action", "data", "expected"), DOCUMENTED)
def test_a_documented_example_comes_out_as_documented(
    block: Permission, action: str, data: bool, expected: bool
) -> None:
    role = RoleDefinition("/r/1", "documented", "", (block,))
    access = Access(ME, WS, (RoleAssignment("/a", ME, "User", role.id, RG),), (role,))

    assert decide(access, action, data=data).allowed is expected


def test_roles_add_up_as_in_microsofts_example() -> None:
    """ "What is Azure RBAC?": Contributor at the subscription and Reader on a resource group is Contributor."""
    contributor = RoleDefinition("/r/c", "Contributor", "", (_CONTRIBUTOR,))
    above = RoleAssignment("/a/1", ME, "User", contributor.id, "/subscriptions/s")
    here = RoleAssignment("/a/2", ME, "User", READER.id, RG)

    assert decide(Access(ME, WS, (here, above), (contributor, READER)), f"{_ML}/write").role == "Contributor"


@given(st.text("ab*/A", max_size=8), st.text("abAB/", min_size=1, max_size=8))
def test_a_pattern_matches_as_a_naive_matcher_says(pattern: str, action: str) -> None:
    readings = naive_rbac.readings(pattern)

    assert Permission((pattern,)).gives(action) is naive_rbac.matches(pattern, action)
    assert Permission((pattern,)).takes(action) is any(naive_rbac.matches(each, action) for each in readings)


@given(st.lists(st.text("ab*/", max_size=6), max_size=6), st.text("ab/", min_size=1, max_size=8))
def test_a_list_of_patterns_covers_what_one_of_them_does(many: list[str], action: str) -> None:
    assert Permission(tuple(many)).gives(action) is any(Permission((each,)).gives(action) for each in many)
    assert Permission(tuple(many)).takes(action) is any(Permission((each,)).takes(action) for each in many)
