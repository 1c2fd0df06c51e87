"""How long a run may take, what that costs at most, and which limit it is beyond."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.policy.matching import About, Asker
from bot.domain.policy.model import Policy
from bot.domain.policy.rules import Limit

_SECONDS = 3600
SHORTEST_SECONDS = 60
"""A ceiling that pays for less than this refuses the run."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run can take at most: `hours` and `cost`, None where nothing limits or nobody can tell it. `runs` is how
    many the person may have at a time, by the rule `runs_by`."""

    hours: float | None = None
    cost: float | None = None
    currency: str = ""
    runs: int | None = None
    runs_by: Limit | None = None

    @property
    def seconds(self) -> int | None:
        """`hours` in whole seconds."""
        return None if self.hours is None else math.floor(round(self.hours * _SECONDS, 6))


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that a run is beyond: `allowed` and `asked` are for people, such as “2 nodes”."""

    allowed: str
    asked: str
    rule: Limit


def terms(policy: Policy, command: str, asker: Asker, about: About) -> Terms | Exceeded:
    """What the run may take, or the first limit that it is beyond: nodes, hours, cost.

    A run that nobody gave a length gets the longest one that is allowed and that the cost ceiling pays for, so that a
    limit always holds: Azure ML ends the run then.
    """
    holding = [limit for limit in policy.limits if limit.holds(command, asker, about)]
    nodes, length = _lowest(holding, "nodes"), _lowest(holding, "hours")
    if nodes and nodes.nodes is not None and about.nodes > nodes.nodes:
        return Exceeded(f"{_count(nodes.nodes, 'node')} for a run", _count(about.nodes, "node"), nodes)
    hours = about.hours
    if length and length.hours is not None:
        if hours is not None and hours > length.hours:
            return Exceeded(f"{length.hours:g} hours for a run", f"{hours:g} hours", length)
        hours = length.hours if hours is None else hours
    runs = _lowest(holding, "runs")
    price = policy.prices.of(about.compute)
    rate = None if price is None else price * about.nodes
    if (ceiling := _lowest(holding, "cost")) and ceiling.cost is not None:
        found = _within(ceiling, ceiling.cost, rate, hours, about, policy.prices.currency)
        if isinstance(found, Exceeded):
            return found
        hours = found
    cost = 0.0 if rate == 0 else (None if rate is None or hours is None else round(rate * hours, 4))
    return Terms(hours, cost, policy.prices.currency, runs.runs if runs else None, runs)


def _within(
    ceiling: Limit, most: float, rate: float | None, hours: float | None, about: About, currency: str
) -> float | Exceeded | None:
    """The hours that `most` pays for, or those asked for when it does."""
    allowed = f"{money(most, currency)} for a run"
    if rate is None:
        return Exceeded(allowed, f"a run on {about.compute}, of which the price table has no price", ceiling)
    if hours is not None and round(rate * hours, 4) > most:
        asked = f"{money(rate * hours, currency)}: {_count(about.nodes, 'node')} of {about.compute} for {hours:g} hours"
        return Exceeded(allowed, asked, ceiling)
    if hours is not None or rate == 0:
        return hours
    paid = math.floor(most / rate * _SECONDS)
    if paid < SHORTEST_SECONDS:
        asked = f"{_count(about.nodes, 'node')} of {about.compute}, which cost {money(rate, currency)} an hour"
        return Exceeded(allowed, asked, ceiling)
    return paid / _SECONDS


def money(amount: float, currency: str) -> str:
    """An amount for people."""
    return f"{amount:,.2f} {currency}".strip()


def _lowest(limits: Iterable[Limit], name: str) -> Limit | None:
    found = [limit for limit in limits if getattr(limit, name) is not None]
    return min(found, key=lambda limit: getattr(limit, name), default=None)


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
