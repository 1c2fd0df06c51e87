"""Policy files by the thousand: what the bot decides is what a naive evaluator says; garbage is refused by its line.

`python -m tests.adapters.test_policy_generated 10000` prints what was decided, and which parts of the evaluator that
reached.
"""

import random
import sys
import tomllib
from collections import Counter
from dataclasses import replace

import pytest

from bot.adapters.policy_file import policy_of
from bot.domain.policy import (
    About,
    Asker,
    Exceeded,
    InvalidPolicy,
    Policy,
    approvals_for,
    explain,
    judge,
    limits,
    matching,
    rules,
    ruling,
    terms,
)
from tests.domain import naive_policy
from tests.domain.naive_policy import Answer, Question
from tests.domain.policy_cases import policy_case
from tests.lines import Reached, missing, reached

FAST, FULL = 2_500, 10_000
MODULES = (matching, rules, ruling, limits)


def decided(policy: Policy, asked: Question) -> Answer:
    """What the bot's evaluator says, in the naive one's words."""
    asker = Asker(
        asked.team,
        asked.user,
        asked.object_id,
        asked.roles,
        asked.channel,
        frozenset(asked.inside),
        frozenset(asked.outside),
    )
    about = None if asked.run is None else About(*asked.run)
    found = judge(policy, asked.command, asker, about)
    assert list(explain(policy, asked.command, asker, about)) or asked.command == "approve" or not found.allowed
    assert found.sentence
    if not found.allowed or about is None or asked.command not in naive_policy.RUN_COMMANDS:
        return Answer(found.allowed, denied=found.kind is ruling.Ruled.DENIED)
    within = terms(policy, asked.command, asker, about)
    if isinstance(within, Exceeded):
        assert within.asked
        return Answer(allowed=True, beyond=True)
    wanted = approvals_for(policy, asked.command, asker, about, within)
    assert within.seconds is None or within.seconds >= 60 or asked.run is None or asked.run[5] is not None
    for rule in wanted:
        assert rule.accepts(asker, asked=asker) <= rule.oneself
        assert rule.accepts(asker, asked=replace(asker, user="U0Z", object_id="-")) >= rule.accepts(asker, asked=asker)
    places = tuple(place for place, rule in enumerate(policy.approvals) if rule in wanted)
    return Answer(True, hours=within.hours, cost=within.cost, runs=within.runs, approvals=places)


def kind_of(found: Answer) -> str:
    """What a decision comes to."""
    if not found.allowed:
        return "denied by a rule" if found.denied else "allowed by no rule"
    if found.beyond:
        return "beyond a limit"
    return "allowed, waits for consent" if found.approvals else "allowed"


def decide_all(numbers: range, seen: Reached | None = None) -> Counter[str]:
    """How often each kind of decision was made; each is compared."""
    counted: Counter[str] = Counter()
    for number in numbers:
        case = policy_case(number)
        policy = policy_of(case.text.encode())
        with reached(seen, MODULES):
            found = decided(policy, case.asked)
        assert found == naive_policy.answer(tomllib.loads(case.text), case.asked), (
            f"case {number}\n{case.text}\n{case.asked}"
        )
        counted[kind_of(found)] += 1
    return counted


def check_shares(counted: Counter[str]) -> None:
    """A third is allowed, a third is refused, and each way to be either happens."""
    total = sum(counted.values())
    allowed = sum(
        times for kind, times in counted.items() if kind.startswith("allowed") and kind != "allowed by no rule"
    )
    assert total / 3 <= allowed <= total * 2 / 3, counted
    assert len(counted) == 5, counted


def test_thousands_of_made_up_files_are_decided_as_a_naive_evaluator_does() -> None:
    check_shares(decide_all(range(FAST)))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_made_up_files_are_decided_so_and_reach_all_of_the_evaluator() -> None:
    seen: Reached = set()

    check_shares(decide_all(range(FAST, FAST + 2_000), seen) + decide_all(range(FAST + 2_000, FAST + FULL)))

    assert missing(seen, MODULES) == [], "parts of the evaluator that nothing reached"


@pytest.mark.parametrize("numbers", [range(1_000), pytest.param(range(1_000, 11_000), marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
def test_garbage_is_refused_by_its_line_and_what_is_left_means_what_it_says(numbers: range) -> None:
    refused = read = 0
    for number in numbers:
        case = policy_case(number)
        content = spoilt(case.text, random.Random(number))  # noqa: S311 - made-up data
        policy = read_or_refused(content)
        if policy is None:
            refused += 1
            continue
        read += 1
        document = tomllib.loads(content.decode())
        assert decided(policy, case.asked) == naive_policy.answer(document, case.asked), f"case {number}: {content!r}"

    assert refused > len(numbers) / 3
    assert read > len(numbers) / 20


def read_or_refused(content: bytes) -> Policy | None:
    """The policy, or None for one that was refused with lines that are there."""
    try:
        return policy_of(content)
    except InvalidPolicy as error:
        complaints = error.complaints
    assert complaints
    assert all(0 <= each.line <= content.count(b"\n") + 1 and each.text for each in complaints), complaints
    return None


def spoilt(text: str, chance: random.Random) -> bytes:
    """The file with something in it that doesn't belong there, or without something that does."""
    content = bytearray(text.encode())
    lines = text.splitlines()
    match chance.randint(0, 5):
        case 0:
            at = chance.randrange(len(content))
            content[at : at + chance.randint(1, 20)] = chance.randbytes(chance.randint(0, 3))
        case 1:
            del lines[chance.randrange(len(lines))]
            return "\n".join(lines).encode()
        case 2:
            lines.insert(chance.randrange(len(lines)), chance.choice(JUNK))
            return "\n".join(lines).encode()
        case 3:
            place = chance.randrange(len(lines))
            key = lines[place].partition(" = ")[0]
            lines[place] = f"{key} = {chance.choice(VALUES)}"
            return "\n".join(lines).encode()
        case 4:
            return text[: chance.randrange(len(text))].encode()
        case _:
            place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
            return "\n".join(lines).encode()
    return bytes(content)


JUNK = (
    "colour = 1",
    "[[rule]]",
    "]",
    '"',
    "[limit]",
    "allow = 3",
    "deny = []",
    "[[links]]",
    "[prices.node_hour.x]",
    "\x00",
    "'''",
)
VALUES = (
    "1",
    "-1",
    "0",
    "nan",
    "inf",
    "true",
    '""',
    '"*"',
    "[]",
    "[1]",
    '["*"]',
    "{}",
    "[[]]",
    '"\\u0000"',
    "1979-05-27",
    "99999999",
)


def test_each_rule_knows_the_line_that_it_begins_at() -> None:
    for number in range(200):
        text = policy_case(number).text
        lines = text.splitlines()
        policy = policy_of(text.encode())
        for name, found in (
            ("allow", policy.rules),
            ("deny", policy.denials),
            ("limit", policy.limits),
            ("approval", policy.approvals),
        ):
            headers = [line for line, written in enumerate(lines, 1) if written.startswith(f"[[{name}]]")]
            assert [rule.line for rule in found] == headers


def main() -> None:
    """Print the decisions of so many cases, and what of the evaluator they didn't reach."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
    seen: Reached = set()
    counted = decide_all(range(count), seen)
    for kind, times in counted.most_common():
        print(f"{times:6} {times / count:6.1%}  {kind}")
    missed = missing(seen, MODULES)
    print(f"{len(seen)} instructions of the evaluator reached, {len(missed)} lines with others:", *missed, sep="\n  ")


if __name__ == "__main__":
    main()
