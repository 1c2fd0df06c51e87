"""The bot's own policy, on top of Azure RBAC: who may use which command where, on what, how much, with whose consent.

What no rule allows is refused, and what a rule denies is refused whatever allows it.
"""

from bot.domain.policy.complaints import Complaint, InvalidPolicy
from bot.domain.policy.limits import Exceeded, Terms, money, terms
from bot.domain.policy.matching import ANY, DIRECT, About, Asker, Who
from bot.domain.policy.model import Link, Policy, Prices
from bot.domain.policy.rules import AllowRule, ApprovalRule, DenyRule, Limit, Rule
from bot.domain.policy.ruling import Ruled, Ruling, approvals_for, explain, judge
from bot.domain.policy.state import PolicyState

__all__ = [
    "ANY",
    "DIRECT",
    "About",
    "AllowRule",
    "ApprovalRule",
    "Asker",
    "Complaint",
    "DenyRule",
    "Exceeded",
    "InvalidPolicy",
    "Limit",
    "Link",
    "Policy",
    "PolicyState",
    "Prices",
    "Rule",
    "Ruled",
    "Ruling",
    "Terms",
    "Who",
    "approvals_for",
    "explain",
    "judge",
    "money",
    "terms",
]
