"""Role documents by the thousand: what the bot decides is what a naive evaluator says, and garbage is refused.

`python -m tests.adapters.test_authorization_generated 10000` prints what was decided, and which lines of the evaluator
that reached.
"""

import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import pytest

from bot.domain.access import Access, Decision, Settled, decide, decision, patterns
from bot.domain.errors import Unavailable
from tests.adapters.role_documents import RoleDocuments
from tests.domain import naive_rbac
from tests.domain.rbac_cases import ME, Case, case

FAST, FULL = 2_000, 10_000
Lines = set[tuple[str, int]]


def bodies(asked: Case) -> dict[str, Any]:
    """The service's answers to the four questions that are asked about a principal."""
    return {
        "roleAssignments": {"value": asked.assignments},
        "roleDefinitions": {"value": asked.definitions},
        "denyAssignments": {"value": asked.denials},
        "denyAssignmentsOfPrincipal": {"value": asked.denials_of_principal},
    }


def naive(asked: Case) -> bool:
    """What the other evaluator says."""
    return naive_rbac.allowed(
        asked.principal, asked.scope, asked.assignments, asked.definitions, asked.denials, asked.denials_of_principal,
        asked.action, asked.universe, data=asked.data,
    )  # fmt: skip


def read(service: RoleDocuments, cases: list[Case]) -> Iterator[tuple[Any, ...]]:
    """Each case's assignments, definitions and denials, with the documents of all cases in one answer."""
    together: dict[str, Any] = {kind: {"value": []} for kind in bodies(cases[0])}
    for asked in cases:
        for kind, body in bodies(asked).items():
            together[kind]["value"] += body["value"]
    assignments, definitions, denials = (iter(found) for found in service.answer(ME, **together))
    for asked in cases:
        wanted = (assignments, asked.assignments), (definitions, asked.definitions), (denials, asked.denials)
        yield tuple(tuple(itertools.islice(found, len(documents))) for found, documents in wanted)


def decide_all(service: RoleDocuments, numbers: range, lines: Lines | None = None) -> Iterator[Decision]:
    """Each case's decision, after it was compared; `lines` gets those of the evaluator that were run."""
    for first in range(numbers.start, numbers.stop, 100):
        cases = [case(number) for number in range(first, min(first + 100, numbers.stop))]
        for asked, parts in zip(cases, read(service, cases), strict=True):
            with reached(lines):
                access = Access(ME, asked.scope, *parts)
                found = decide(access, asked.action, data=asked.data)
                nothing = decide(access, f"{asked.action}*", data=asked.data)
                held = [role.name for _, role in access.held()]
            assert nothing.kind is Settled.NO_ACTION
            assert set(held) == set(access.role_names())
            assert found.allowed is naive(asked), f"{found} for {asked}"
            assert found.allowed is (found.kind is Settled.ROLE)
            yield found


def check_shares(counted: Counter[Settled]) -> None:
    """A third is allowed, a third is refused, and each thing that can settle a decision has done so."""
    total = sum(counted.values())
    assert total / 3 <= counted[Settled.ROLE] <= total * 2 / 3, counted
    assert set(counted) == {Settled.ROLE, Settled.DENIAL, Settled.CONDITION, Settled.NO_ROLE}


@pytest.fixture(scope="module")
def service() -> RoleDocuments:
    """The adapter, with answers to be given."""
    return RoleDocuments()


def test_thousands_of_made_up_cases_are_decided_as_a_naive_evaluator_does(service: RoleDocuments) -> None:
    check_shares(Counter(found.kind for found in decide_all(service, range(FAST))))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_made_up_cases_are_decided_as_a_naive_evaluator_does(service: RoleDocuments) -> None:
    lines: Lines = set()

    check_shares(Counter(found.kind for found in decide_all(service, range(FAST, FAST + FULL), lines)))

    assert missing(lines) == [], "lines of the evaluator that nothing reached"


@pytest.mark.parametrize("numbers", [range(200), pytest.param(range(200, 2_700), marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
def test_garbage_is_refused_and_never_allows_what_the_rest_of_it_would_not(
    service: RoleDocuments, numbers: range
) -> None:
    refused = allowed = 0
    for number in numbers:
        asked = case(number)
        documents = bodies(asked)
        spoil(documents, random.Random(number))  # noqa: S311 - made-up data
        try:
            found = decide(service.access(asked.principal, **documents), asked.action, data=asked.data)
        except Unavailable:
            refused += 1
            continue
        if found.allowed:
            allowed += 1
            assert allowed_by_the_rest(asked, documents), f"case {number}: {found} for {documents}"

    assert refused > len(numbers) / 10
    assert allowed > len(numbers) / 10


def spoil(documents: dict[str, Any], chance: random.Random) -> None:
    """Take one thing out of an answer, or put what doesn't belong there in its place."""
    nodes: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            nodes.append((node, key))
            if isinstance(node[key], dict | list):
                collect(node[key])

    collect(documents)
    holder, key = chance.choice(nodes)
    junk: tuple[Any, ...] = (None, "", 7, -1.5, True, [], {}, "*", ["*"], {"value": "*"}, [None], "\x00", "/", [[]])
    if isinstance(holder, dict) and holder is not documents and chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(junk)


def allowed_by_the_rest(asked: Case, documents: dict[str, Any]) -> bool:
    """Whether a generous reader who skips what makes no sense would still allow it.

    Such a reader takes text for text, however it is written, and a missing list for an empty one.
    """

    def texts(value: Any) -> list[str]:
        return [str(each) for each in value if each is not None] if isinstance(value, list) else []

    def text(value: Any) -> str:
        return str(value) if value is not None else ""

    def items(kind: str) -> list[dict[str, Any]]:
        answer = documents[kind]
        found = answer.get("value") if isinstance(answer, dict) else None
        return [each for each in found or [] if isinstance(each, dict) and isinstance(each.get("properties"), dict)]

    def block(given: Any) -> dict[str, Any]:
        names = ("actions", "notActions", "dataActions", "notDataActions")
        return {name: texts(given.get(name)) for name in names} | {"condition": given.get("condition")}

    def blocks(given: Any) -> list[dict[str, Any]]:
        return [block(each) for each in given if isinstance(each, dict)] if isinstance(given, list) else []

    def people(given: Any) -> list[dict[str, str]]:
        return [{"id": text(each.get("id"))} for each in given or [] if isinstance(each, dict)]

    assignments = [
        {"properties": {name: text(value) for name, value in each["properties"].items()}}
        for each in items("roleAssignments")
    ]
    definitions = [
        {"id": text(each.get("id")), "properties": {"permissions": blocks(each["properties"].get("permissions"))}}
        for each in items("roleDefinitions")
        if text(each.get("id")).strip("/")
    ]
    denials, of_principal = (
        [
            {
                "id": text(each.get("id")),
                "properties": {
                    "scope": text(each["properties"].get("scope")),
                    "permissions": blocks(each["properties"].get("permissions")),
                    "principals": people(each["properties"].get("principals")),
                    "excludePrincipals": people(each["properties"].get("excludePrincipals")),
                    "doNotApplyToChildScopes": each["properties"].get("doNotApplyToChildScopes") is True,
                },
            }
            for each in items(kind)
        ]
        for kind in ("denyAssignments", "denyAssignmentsOfPrincipal")
    )
    for each in assignments:
        each["properties"] = {"principalId": "", "principalType": "", "roleDefinitionId": "/", "scope": ""} | each[
            "properties"
        ]
    kept = [each for each in assignments if each["properties"]["roleDefinitionId"].strip("/")]
    return naive_rbac.allowed(
        asked.principal, asked.scope, kept, definitions, denials, of_principal, asked.action, asked.universe,
        data=asked.data,
    )  # fmt: skip


# Which lines of the evaluator were reached: in the interpreter's own words, as no tool for that is among our needs.

_MODULES = (decision, patterns)


@contextmanager
def reached(lines: Lines | None) -> Iterator[None]:
    """Add the lines of the evaluator that are run inside to `lines`."""
    if lines is None:
        yield
        return
    files = {str(module.__file__) for module in _MODULES}

    def on_line(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return on_line if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(before)


def missing(seen: Lines) -> list[str]:
    """Lines inside the evaluator's functions that were not reached, as they are written."""
    found = []
    for module in _MODULES:
        file = str(module.__file__)
        with open(file, encoding="utf-8") as source:  # noqa: PTH123 - a module's own file
            text = source.read()
        written = text.splitlines()
        missed = _lines(compile(text, file, "exec")) - {line for name, line in seen if name == file}
        found += [f"{module.__name__}:{number}: {written[number - 1].strip()}" for number in sorted(missed)]
    return found


def _lines(code: CodeType) -> set[int]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    own = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    is_function = code.co_flags & 0x02  # CO_NEWLOCALS: not a module or a class's body
    return (own if is_function else set()).union(*(_lines(each) for each in inner))


def main() -> None:
    """Print the decisions of so many cases, and the evaluator's lines that they didn't reach."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
    lines: Lines = set()
    counted = Counter(found.kind for found in decide_all(RoleDocuments(), range(count), lines))
    for kind, times in counted.most_common():
        print(f"{times:6} {times / count:6.1%}  {kind}")
    missed = missing(lines)
    print(f"{len(lines)} lines of the evaluator reached, {len(missed)} not:", *missed, sep="\n  ")


if __name__ == "__main__":
    main()
