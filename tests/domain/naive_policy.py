"""A second evaluator of policies, written from docs/policy.md alone and as simply as it goes: it works on the document
that `tomllib` gives, and shares no code with the bot's.

What isn't known is settled once against the asker and once for a rule that takes: `sure` is the one, else the other.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

RUN_COMMANDS = ("submit",)


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody wants something. `inside` and `outside` are groups that they are known to be in, or not to be in;
    `run` is None where it isn't about a run: project, compute, environment, version, nodes, hours."""

    team: str
    user: str
    object_id: str
    roles: tuple[str, ...]
    channel: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    command: str
    run: tuple[str, str, str, str, int, float | None] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of it: allowed or not; beyond which kind of limit, or the terms; the approval rules by their place in
    the file."""

    allowed: bool
    denied: bool = False
    beyond: bool = False
    hours: float | None = None
    cost: float | None = None
    runs: int | None = None
    approvals: tuple[int, ...] = ()


def answer(document: dict[str, Any], asked: Question) -> Answer:
    """What a policy says."""
    for rule in document.get("deny", []):
        about_runs = any(name in rule for name in ("projects", "compute", "environments"))
        if about_runs and asked.run is None:
            continue
        if for_command(rule, asked.command) and fits(rule, asked, sure=False):
            return Answer(allowed=False, denied=True)
    if asked.command == "approve":
        return Answer(any(is_one(rule, asked, "by_", sure=True) for rule in document.get("approval", [])))
    if not any(for_command(r, asked.command) and fits(r, asked, sure=True) for r in document.get("allow", [])):
        return Answer(allowed=False)
    if asked.run is None or asked.command not in RUN_COMMANDS:
        return Answer(allowed=True)
    return limited(document, asked)


def limited(document: dict[str, Any], asked: Question) -> Answer:
    """What limits, prices and approvals say of a run that may be started."""
    assert asked.run is not None
    _, compute, _, _, nodes, hours = asked.run
    holding = [r for r in document.get("limit", []) if for_command(r, asked.command) and fits(r, asked, sure=False)]

    def lowest(name: str) -> Any:
        return min((rule[name] for rule in holding if name in rule), default=None)

    if lowest("nodes") is not None and nodes > lowest("nodes"):
        return Answer(allowed=True, beyond=True)
    if lowest("hours") is not None:
        if hours is not None and hours > lowest("hours"):
            return Answer(allowed=True, beyond=True)
        hours = lowest("hours") if hours is None else hours
    prices = document.get("prices", {}).get("node_hour", {})
    price = next((prices[name] for name in prices if name.lower() == compute.lower()), None)
    hours, cost, beyond = paid(price, nodes, hours, lowest("cost"))
    if beyond:
        return Answer(allowed=True, beyond=True)
    wanted = tuple(
        place
        for place, rule in enumerate(document.get("approval", []))
        if for_command(rule, asked.command)
        and fits(rule, asked, sure=False)
        and nodes > rule.get("nodes_over", 0)
        and ("hours_over" not in rule or hours is None or hours > rule["hours_over"])
        and ("cost_over" not in rule or cost is None or cost > rule["cost_over"])
    )
    return Answer(True, hours=hours, cost=cost, runs=lowest("runs"), approvals=wanted)


def paid(
    price: float | None, nodes: int, hours: float | None, most: float | None
) -> tuple[float | None, float | None, bool]:
    """How long a run may take for what it may cost, what that costs, and whether it is beyond."""
    if most is not None and price is None:
        return None, None, True
    if most is not None and price and hours is None:
        hours = math.floor(most / (price * nodes) * 3600) / 3600
        if hours * 3600 < 60:
            return None, None, True
    cost = 0.0 if price == 0 else None
    if price and hours is not None:
        cost = round(price * nodes * hours, 4)
    return hours, cost, most is not None and cost is not None and cost > most


def for_command(rule: dict[str, Any], command: str) -> bool:
    """Whether a rule is for a command."""
    named = [name.replace(" ", "-") for name in rule.get("commands", ["*"])]
    return command in named or "*" in named


def fits(rule: dict[str, Any], asked: Question, *, sure: bool) -> bool:
    """Whether a rule is about what was asked: surely, or possibly."""
    if not is_one(rule, asked, "", sure=sure):
        return False
    if not in_channel(rule.get("channels", []), asked.channel, sure=sure):
        return False
    if asked.run is None:
        return True
    project, compute, environment, version, _, _ = asked.run
    flags = 0 if sure else re.IGNORECASE
    of_project = any(like(each, project, flags) for each in rule.get("projects", ["*"]))
    on_compute = any(like(each, compute, flags) for each in rule.get("compute", ["*"]))
    in_environment = any(
        like_version(each, environment, version, flags, sure=sure) for each in rule.get("environments", ["*"])
    )
    return of_project and on_compute and in_environment


def in_channel(channels: list[str], channel: str, *, sure: bool) -> bool:
    """Whether a channel is among those of a rule."""
    if not channels:
        return True
    if not channel:
        return not sure
    return channel in channels or (channel.startswith("D") and "direct" in channels)


def is_one(rule: dict[str, Any], asked: Question, prefix: str, *, sure: bool) -> bool:
    """Whether the asker is one of those that a rule names."""
    people = rule.get(prefix + "people", [])
    if "*" in people or f"{asked.team}/{asked.user}" in people or asked.object_id in [p.lower() for p in people]:
        return True
    for role in rule.get(prefix + "roles", []):
        if role.lower() in [held.lower() for held in asked.roles] or (role == "*" and asked.roles):
            return True
    for group in rule.get(prefix + "groups", []):
        unknown = group.lower() not in asked.inside and group.lower() not in asked.outside
        if group.lower() in asked.inside or (unknown and not sure):
            return True
    return False


def like(pattern: str, text: str, flags: int) -> bool:
    """Whether a name is covered by a pattern with stars."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def like_version(pattern: str, name: str, version: str, flags: int, *, sure: bool) -> bool:
    """The same of an environment and its version, which may not be settled."""
    wanted_name, _, wanted = pattern.partition(":")
    if not like(wanted_name, name, flags):
        return False
    if wanted in {"", "*"}:
        return True
    return like(wanted, version, flags) if version else not sure
