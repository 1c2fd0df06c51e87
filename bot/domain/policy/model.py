"""A policy file's content."""

from dataclasses import dataclass

from bot.domain.policy.matching import Asker
from bot.domain.policy.rules import AllowRule, ApprovalRule, DenyRule, Limit, Rule


@dataclass(frozen=True, slots=True)
class Link:
    """A Slack person (team and user id) and the Entra object id they act as."""

    team: str
    user: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Prices:
    """What an hour of one node costs, by compute target, in `currency`."""

    currency: str = ""
    node_hour: tuple[tuple[str, float], ...] = ()

    def of(self, compute: str) -> float | None:
        """An hour of one node of `compute`; None where nobody said."""
        wanted = compute.lower()
        return next((price for name, price in self.node_hour if name.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy file. `digest` identifies its content in the audit."""

    version: int
    links: tuple[Link, ...]
    rules: tuple[AllowRule, ...]
    digest: str = ""
    denials: tuple[DenyRule, ...] = ()
    limits: tuple[Limit, ...] = ()
    approvals: tuple[ApprovalRule, ...] = ()
    prices: Prices = Prices()

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Every rule, whatever it is for."""
        return (*self.denials, *self.rules, *self.limits, *self.approvals)

    @property
    def groups(self) -> frozenset[str]:
        """The groups that rules name."""
        approvers = (group for rule in self.approvals for group in rule.by_groups)
        return frozenset((*approvers, *(group for rule in self.all_rules for group in rule.groups)))

    @property
    def needs_versions(self) -> bool:
        """Whether a rule tells an environment's versions apart."""
        return any(":" in pattern for rule in self.all_rules for pattern in rule.environments)

    def roles_for(self, command: str) -> tuple[str, ...]:
        """The roles that rules name for `command`, in the file's order; for the sentence of a refusal."""
        roles = [role for rule in self.rules if rule.names(command) for role in rule.roles]
        return tuple(dict.fromkeys(roles))

    def approves(self, approver: Asker) -> bool:
        """Whether any rule makes `approver` one."""
        return any(rule.approvers.includes(approver) is True for rule in self.approvals)
