"""Azure RBAC once more: too simple to be wrong, and far too slow to use.

Written from Microsoft's pages alone ("What is Azure role-based access control (Azure RBAC)?", "Understand Azure role
definitions", "Understand Azure deny assignments", "Azure custom roles", "Understand scope for Azure RBAC"), on the
documents that Azure Resource Manager sends. It shares nothing with the bot: permissions are plain sets of actions, out
of a universe that is written down, and `Actions - NotActions` is a subtraction of sets.
"""

from collections.abc import Iterable
from typing import Any

EVERYBODY = "00000000-0000-0000-0000-000000000000"

Document = dict[str, Any]


def matches(pattern: str, action: str) -> bool:
    """Letter by letter, with every place of the action that the pattern may have come to."""
    action = action.lower()
    places = {0}
    for letter in pattern.lower():
        if letter == "*":
            places = set(range(min(places), len(action) + 1))
        else:
            places = {place + 1 for place in places if action[place : place + 1] == letter}
        if not places:
            return False
    return len(action) in places


def readings(pattern: str) -> set[str]:
    """What a pattern may mean where Microsoft leaves it open: a `/*/` may stand for one slash as well."""
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    found, new = {pattern}, {pattern}
    while new:
        new = {
            each[:at] + "/" + each[at + 3 :] for each in new for at in range(len(each)) if each[at : at + 3] == "/*/"
        } - found
        found |= new
    return found


def actions_of(patterns: Iterable[str], universe: frozenset[str], *, every_reading: bool) -> frozenset[str]:
    """The actions out of `universe` that a list of patterns means."""
    read = {reading for pattern in patterns for reading in (readings(pattern) if every_reading else {pattern})}
    return frozenset(action for action in universe if any(matches(pattern, action) for pattern in read))


def reaches(at: str, scope: str) -> bool:
    """Scopes are parent and child: what is assigned at a parent is inherited by its children."""
    if at.lower().startswith("/providers/microsoft.management/managementgroups/"):
        return at.rstrip("/").count("/") == 4
    parent = [part.lower() for part in at.split("/") if part]
    child = [part.lower() for part in scope.split("/") if part]
    return at[:1] == "/" and child[: len(parent)] == parent


def same_place(one: str, other: str) -> bool:
    """Whether two spellings mean one scope."""
    return one.strip("/").lower() == other.strip("/").lower()


def last_part(resource_id: str) -> str:
    """The name at the end of an id."""
    return [part for part in resource_id.split("/") if part][-1].lower()


def allowed(
    principal: str,
    scope: str,
    assignments: list[Document],
    definitions: list[Document],
    denials: list[Document],
    denials_of_principal: list[Document],
    action: str,
    universe: frozenset[str],
    *,
    data: bool = False,
) -> bool:
    """Whether the principal may do `action` at `scope`.

    `assignments` and `denials_of_principal` are what the service answers for `assignedTo`, `denials` what it has for
    the scope whoever asks.
    """
    lists = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    mine = [
        each["properties"]
        for each in assignments
        if each["properties"]["principalId"].lower() == principal.lower()
        or each["properties"]["principalType"] == "Group"
    ]
    me = {principal.lower(), *(each["principalId"].lower() for each in mine)}
    denied = [each["properties"] for each in denials if is_for(each["properties"], me)]
    denied += [each["properties"] for each in denials_of_principal if not is_spared(each["properties"], me)]

    forbidden = {
        action
        for denial in denied
        if is_in_force(denial, scope)
        for block in denial["permissions"]
        for action in named(block, lists, universe, widest=True)
    }
    granted = {
        action
        for assignment in mine
        if not assignment.get("condition") and reaches(assignment["scope"], scope)
        for definition in definitions
        if last_part(definition["id"]) == last_part(assignment["roleDefinitionId"])
        for block in definition["properties"]["permissions"]
        if not block.get("condition")
        for action in named(block, lists, universe, widest=False)
    }
    return action in granted - forbidden


def named(block: Document, lists: tuple[str, str], universe: frozenset[str], *, widest: bool) -> frozenset[str]:
    """`Actions - NotActions`. What a role gives is its least, what a deny assignment takes away its most (`widest`)."""
    given, taken = (block.get(each) or [] for each in lists)
    return actions_of(given, universe, every_reading=widest) - actions_of(taken, universe, every_reading=not widest)


def is_for(denial: Document, me: set[str]) -> bool:
    """Whether a deny assignment names one of these ids, or everybody, and spares none of them."""
    whom = {each["id"].lower() for each in denial["principals"]}
    return bool(whom & {*me, EVERYBODY}) and not is_spared(denial, me)


def is_spared(denial: Document, me: set[str]) -> bool:
    """Whether one of these ids is excluded."""
    return bool({each["id"].lower() for each in denial.get("excludePrincipals") or []} & me)


def is_in_force(denial: Document, scope: str) -> bool:
    """At its own scope, and below it unless it says otherwise."""
    if same_place(denial["scope"], scope):
        return True
    return not denial.get("doNotApplyToChildScopes") and reaches(denial["scope"], scope)
