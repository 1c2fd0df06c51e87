"""What a policy says of a command: denied by a rule, else allowed by a rule, else refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.commands import APPROVE
from bot.domain.policy.limits import Terms
from bot.domain.policy.matching import About, Asker
from bot.domain.policy.model import Policy
from bot.domain.policy.rules import AllowRule, ApprovalRule, Rule


class Ruled(StrEnum):
    """What settled it; only ALLOWED allows."""

    ALLOWED = "a rule allows it"
    DENIED = "a rule denies it"
    NO_RULE = "no rule allows it"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy says, and the rule that settled it. `unknown` are groups of which nobody can tell whether the asker
    is in them, and that might have made a difference."""

    kind: Ruled
    rule: Rule | None = None
    unknown: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether it may be done."""
        return self.kind is Ruled.ALLOWED

    @property
    def sentence(self) -> str:
        """What settled it, for the audit; names no person."""
        where = f" (line {self.rule.line})" if self.rule is not None and self.rule.line else ""
        groups = f"; unknown membership counts against the asker: {', '.join(self.unknown)}" if self.unknown else ""
        return f"{self.kind}{where}{groups}"


def judge(policy: Policy, command: str, asker: Asker, about: About | None = None) -> Ruling:
    """Whether `asker` may use `command`. With `about` None the run that it is about isn't known yet: it is left open
    whether the rules that depend on it allow that one."""
    for denial in policy.denials:
        if denial.names(command) and denial.denies(asker, about):
            return Ruling(Ruled.DENIED, denial, () if denial.fits(asker, about, wide=True) else _unknown(denial, asker))
    if command == APPROVE.name:
        return Ruling(Ruled.ALLOWED if policy.approves(asker) else Ruled.NO_RULE)
    near: tuple[str, ...] = ()
    for rule in policy.rules:
        if rule.names(command):
            if rule.allows(asker, about):
                return Ruling(Ruled.ALLOWED, rule)
            near = near or _missed_for(rule, asker, about)
    return Ruling(Ruled.NO_RULE, unknown=near)


def approvals_for(policy: Policy, command: str, asker: Asker, about: About, terms: Terms) -> tuple[ApprovalRule, ...]:
    """The rules whose approvers must all have agreed before `command` starts this run, in the file's order."""
    return tuple(
        rule for rule in policy.approvals if rule.wants(command, asker, about, hours=terms.hours, cost=terms.cost)
    )


def explain(policy: Policy, command: str, asker: Asker, about: About | None = None) -> Iterator[str]:
    """A line for each rule that names `command`, with what it says of `asker`; denials first, as they win."""
    for rule in (*policy.denials, *policy.rules):
        if rule.names(command):
            allows = isinstance(rule, AllowRule)
            verb = "allow" if allows else "deny"
            yield f"line {rule.line}, {verb}: {_why(rule, asker, about, gives=allows)}"


def _why(rule: Rule, asker: Asker, about: About | None, *, gives: bool) -> str:
    who = rule.who.includes(asker)
    if who is False:
        return "isn't about this person: none of its roles, people or groups fits"
    if who is None:
        effect = "so it doesn't help" if gives else "so it counts"
        return f"nobody can tell whether this person is in {', '.join(_unknown(rule, asker))}, {effect}"
    if not rule.fits(asker, None, wide=not gives):
        return f"is for the channels {', '.join(rule.channels)}" + ("" if asker.channel else "; name one")
    if about is None:
        return "fits, as far as it doesn't depend on the run" if rule.is_about_runs else "fits"
    fits = rule.fits(asker, about, wide=not gives)
    if fits is None:
        return "depends on the environment's version, which isn't settled"
    return "fits" if fits else "is about other projects, compute targets or environments"


def _missed_for(rule: Rule, asker: Asker, about: About | None) -> tuple[str, ...]:
    return _unknown(rule, asker) if rule.fits(asker, about, wide=False) is None else ()


def _unknown(rule: Rule, asker: Asker) -> tuple[str, ...]:
    if rule.who.includes(asker) is not None:
        return ()
    return tuple(group for group in rule.groups if asker.is_in(group) is None)
