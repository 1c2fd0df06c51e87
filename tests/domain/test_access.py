"""Azure RBAC: cases from its rules, and agreement with an evaluator that is too simple to be wrong."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import (
    Access,
    DenyAssignment,
    Permission,
    RoleAssignment,
    RoleDefinition,
    decide,
    matches,
    smallest_role,
    within,
)

ME, GROUP_ID, OTHER = "me", "my-group", "somebody"
RG = "/subscriptions/s/resourceGroups/rg"
WS = f"{RG}/providers/Microsoft.MachineLearningServices/workspaces/ws"
SUBMIT = "Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action"


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
    ],
)
def test_patterns(pattern: str, action: str, expected: bool) -> None:
    assert matches(pattern, action) is expected


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


# The naive evaluator: strings, loops, no regular expressions, nothing shared with the code under test.


def naive_match(pattern: str, action: str) -> bool:
    """Wildcards by trying every split."""
    if not pattern:
        return not action
    if pattern[0] == "*":
        return any(naive_match(pattern[1:], action[cut:]) for cut in range(len(action) + 1))
    return bool(action) and pattern[0].lower() == action[0].lower() and naive_match(pattern[1:], action[1:])


def naive_covers(permission: Permission, action: str) -> bool:
    """Some action fits and no exception does."""
    fits = [naive_match(pattern, action) for pattern in permission.actions]
    excepted = [naive_match(pattern, action) for pattern in permission.not_actions]
    return True in fits and True not in excepted


def naive_reaches(at: str, scope: str) -> bool:
    """The parts of `at` are the first parts of `scope`."""
    upper = [part.lower() for part in at.split("/") if part]
    lower = [part.lower() for part in scope.split("/") if part]
    return lower[: len(upper)] == upper


def naive_decision(access: Access, action: str) -> bool:
    """Denials first, then any role that counts."""
    me = {access.object_id.lower()} | {each.principal_id.lower() for each in access.assignments}
    for denial in access.denials:
        hit = denial.everyone or denial.reaches or bool(me & {each.lower() for each in denial.principal_ids})
        spared = bool(me & {each.lower() for each in denial.excluded_ids})
        covered = any(naive_covers(each, action) for each in denial.permissions)
        if hit and not spared and covered and naive_reaches(denial.scope, access.scope):
            return False
    for assignment, definition in itertools.product(access.assignments, access.definitions):
        same = assignment.role_definition_id.lower() == definition.id.lower()
        if same and not assignment.condition and naive_reaches(assignment.scope, access.scope):
            for permission in definition.permissions:
                if naive_covers(permission, action):
                    return True
    return False


ACTIONS = ("ml/runs/read", "ml/runs/write", "ML/Runs/Submit/Action", "auth/roles/read")
PATTERNS = st.sampled_from(("*", "*/read", "ml/*", "ML/runs/*", "ml/runs/write", "*/submit/*", "auth/roles/read", "ml"))
SCOPES = st.sampled_from(("/", "/subscriptions/s", RG, RG.upper(), f"{RG}x", WS, f"{WS}/onlineEndpoints/e"))
IDS = st.sampled_from((ME, ME.upper(), GROUP_ID, OTHER))
PERMISSIONS = st.builds(
    Permission, st.lists(PATTERNS, max_size=3).map(tuple), st.lists(PATTERNS, max_size=2).map(tuple)
)
DEFINITIONS = tuple(f"/roles/{letter}" for letter in "abc")
ASSIGNMENTS = st.builds(
    RoleAssignment,
    id=st.just("/a"),
    principal_id=st.sampled_from((ME, GROUP_ID)),
    principal_type=st.just("User"),
    role_definition_id=st.sampled_from((*DEFINITIONS, "/roles/C", "/roles/gone")),
    scope=SCOPES,
    condition=st.sampled_from(("", "", "", "@x")),
)
DENIALS = st.builds(
    DenyAssignment,
    id=st.just("/d"),
    name=st.just("freeze"),
    scope=SCOPES,
    permissions=st.lists(PERMISSIONS, max_size=2).map(tuple),
    principal_ids=st.lists(IDS, max_size=2).map(tuple),
    excluded_ids=st.lists(IDS, max_size=1).map(tuple),
    everyone=st.booleans(),
    condition=st.sampled_from(("", "@x")),
    reaches=st.booleans(),
)
ROLES = st.tuples(
    *[
        st.builds(
            RoleDefinition,
            st.just(each),
            st.just(each),
            st.just(""),
            st.lists(PERMISSIONS, min_size=1, max_size=2).map(tuple),
        )
        for each in DEFINITIONS
    ]
)
ACCESSES = st.builds(
    Access,
    object_id=st.just(ME),
    scope=st.just(WS),
    assignments=st.lists(ASSIGNMENTS, max_size=4).map(tuple),
    definitions=ROLES,
    denials=st.lists(DENIALS, max_size=2).map(tuple),
)


@given(ACCESSES, st.sampled_from(ACTIONS))
def test_a_decision_agrees_with_a_naive_evaluator(access: Access, action: str) -> None:
    assert decide(access, action).allowed is naive_decision(access, action)


@given(ACCESSES, DENIALS, st.sampled_from(ACTIONS))
def test_another_denial_never_allows_more(access: Access, denial: DenyAssignment, action: str) -> None:
    stricter = Access(access.object_id, access.scope, access.assignments, access.definitions, (*access.denials, denial))

    assert not (decide(stricter, action).allowed and not decide(access, action).allowed)


@given(st.text("ab*/A", max_size=8), st.text("abAB/", max_size=8))
def test_a_pattern_matches_as_a_naive_matcher_says(pattern: str, action: str) -> None:
    assert matches(pattern, action) is naive_match(pattern, action)
