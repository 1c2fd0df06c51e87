"""Made-up policy files with questions to them, each by its number: the same number, the same case."""

import json
import random
from dataclasses import dataclass
from typing import Any

from tests.domain.naive_policy import Question

GROUPS = [f"6f1c2a4e-0000-0000-0000-00000000000{number}" for number in range(4)]
IDS = [f"5a5a5a5a-0000-0000-0000-00000000000{number}" for number in range(3)]
PEOPLE = ["T0A/U0A", "T0A/U0B", "T0B/U0A", *IDS, IDS[0].upper(), "*"]
ROLES = ["Reader", "Owner", "AzureML Data Scientist", "owner", "READER", "*"]
CHANNELS = ["C0AA", "C0BB", "G0CC", "D0DD", "direct"]
PROJECTS = ["churn", "demo", "chu*", "*", "CHURN", "*r*n", "*z*n", "d**o"]
COMPUTE = ["cpu-cluster", "gpu-1", "gpu-*", "CPU-*", "*-*"]
ENVIRONMENTS = ["sklearn", "sklearn:1", "sklearn:*", "torch:2", "t*:1*", "*", "SKLEARN", "SKLEARN:1"]
COMMANDS = ["submit", "cancel", "envs", "env create", "approve", "*"]


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """A file and something that is asked of it."""

    text: str
    asked: Question


def policy_case(number: int) -> PolicyCase:
    """The case of this number."""
    chance = random.Random(number)  # noqa: S311 - made-up data
    return PolicyCase(_text(_document(chance), chance), _question(chance))


def _document(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.1:
        rules = [{"commands": _some(COMMANDS[:4], chance), "roles": _some(ROLES, chance)} for _ in range(3)]
        return {"version": 1, "allow": rules}
    document: dict[str, Any] = {"version": 2}
    document["allow"] = [_rule(chance) for _ in range(chance.randint(1, 5))]
    document["deny"] = [_rule(chance, rare=True) for _ in range(chance.choice((0, 0, 0, 1, 2)))]
    document["limit"] = [_limit(chance) for _ in range(chance.choice((0, 1, 2, 3)))]
    document["approval"] = [_approval(chance) for _ in range(chance.choice((0, 1, 2)))]
    if chance.random() < 0.7 or any("cost" in rule for rule in document["limit"]):
        prices: dict[str, Any] = {"cpu-cluster": chance.choice((0, 0.5, 1)), "GPU-1": chance.choice((0.25, 3, 4000))}
        if chance.random() < 0.3:
            del prices["GPU-1"]
        document["prices"] = {"currency": "EUR", "node_hour": prices}
    return document


def _rule(chance: random.Random, *, rare: bool = False) -> dict[str, Any]:
    of_runs = chance.random() < 0.5
    rule: dict[str, Any] = {"commands": ["submit"] if of_runs else _some(COMMANDS, chance)}
    rule |= _who(chance, rare=rare)
    if chance.random() < 0.2:
        rule["channels"] = _some(CHANNELS, chance)
    return rule | (_of_runs(chance) if of_runs else {})


def _who(chance: random.Random, *, rare: bool = False) -> dict[str, Any]:
    kinds = {"roles": ROLES[:-1] if rare else ROLES, "people": PEOPLE[:-1] if rare else PEOPLE, "groups": GROUPS}
    chosen = chance.sample(sorted(kinds), chance.choice((1, 2, 3)))
    return {kind: _some(kinds[kind], chance) for kind in chosen}


def _of_runs(chance: random.Random) -> dict[str, Any]:
    names = {"projects": PROJECTS, "compute": COMPUTE, "environments": ENVIRONMENTS}
    return {kind: _some(names[kind], chance) for kind in names if chance.random() < 0.3}


def _limit(chance: random.Random) -> dict[str, Any]:
    limits = {"nodes": (1, 2, 4), "runs": (1, 3), "hours": (1, 2.5, 24), "cost": (0, 0.004, 1, 20.5)}
    chosen = chance.sample(sorted(limits), chance.randint(1, 2))
    return _who(chance) | _of_runs(chance) | {kind: chance.choice(limits[kind]) for kind in chosen}


def _approval(chance: random.Random) -> dict[str, Any]:
    thresholds = {"nodes_over": (1, 3), "hours_over": (0, 2, 10), "cost_over": (0, 1, 30)}
    rule = _who(chance) | _of_runs(chance)
    rule |= {kind: chance.choice(values) for kind, values in thresholds.items() if chance.random() < 0.25}
    rule |= {f"by_{kind}": values for kind, values in _who(chance).items()}
    return rule | {"channel": "C0BB", "self": chance.random() < 0.5, "open_hours": chance.choice((0.5, 24))}


def _question(chance: random.Random) -> Question:
    run = (
        chance.choice(("churn", "demo", "other")),
        chance.choice(("cpu-cluster", "gpu-1", "GPU-1", "gpu-2")),
        chance.choice(("sklearn", "torch", "Sklearn")),
        chance.choice(("", "1", "2", "12")),
        chance.choice((1, 2, 3)),
        chance.choice((None, None, 0.5, 2, 8, 30)),
    )
    command = chance.choice(("submit", "submit", "submit", "cancel", "envs", "env-create", "approve"))
    known = {group: chance.choice((True, False, None)) for group in GROUPS}
    return Question(
        team=chance.choice(("T0A", "T0B")),
        user=chance.choice(("U0A", "U0B")),
        object_id=chance.choice(IDS),
        roles=tuple(chance.sample(["Reader", "Owner", "AzureML Data Scientist"], chance.choice((0, 1, 1, 2)))),
        channel=chance.choice(("C0AA", "C0BB", "D0EE", "D0DD", "")),
        inside=tuple(group for group, is_in in known.items() if is_in),
        outside=tuple(group for group, is_in in known.items() if is_in is False),
        command=command,
        run=run if command == "submit" and chance.random() < 0.85 else None,
    )


def _some(values: list[str], chance: random.Random) -> list[str]:
    return chance.sample(values, min(len(values), chance.choice((1, 1, 2, 3))))


def _text(document: dict[str, Any], chance: random.Random) -> str:
    """The document as people write one: in any order of tables, with comments, blank lines and broken lists."""
    lines = [f"version = {document['version']}"]
    tables = [(name, each) for name, found in document.items() if isinstance(found, list) for each in found]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for name, each in tables:
        by_name.setdefault(name, []).append(each)
    order = [name for name, _ in tables]
    chance.shuffle(order)
    for name in order:
        lines += [""] * chance.randint(0, 2) + ['# a comment = "with this"'] * chance.randint(0, 1)
        lines += [f"[[{name}]]{chance.choice(('', '  # [[deny]]'))}"]
        lines += [f"{key} = {_value(value, chance)}" for key, value in by_name[name].pop(0).items()]
    if "prices" in document:
        node_hour = document["prices"]["node_hour"]
        if chance.random() < 0.5:
            inline = ", ".join(f'"{name}" = {price}' for name, price in node_hour.items())
            lines += ["[prices]", 'currency = "EUR"', f"node_hour = {{ {inline} }}"]
        else:
            lines += ["[prices]", "currency = 'EUR'", "[prices.node_hour]"]
            lines += [f"{name} = {price}" for name, price in node_hour.items()]
    return chance.choice(("\n", "\n", "\r\n")).join(lines) + chance.choice(("", "\n"))


def _value(value: Any, chance: random.Random) -> str:
    if isinstance(value, list) and chance.random() < 0.3:
        return "[\n  " + ",  # ]\n  ".join(json.dumps(each) for each in value) + ",\n]"
    return json.dumps(value)
