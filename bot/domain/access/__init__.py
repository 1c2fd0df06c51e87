"""Who may do what: principals, Azure role data, and the pure evaluation of Azure RBAC."""

from bot.domain.access.actions import (
    ARTIFACT_READ,
    ARTIFACT_WRITE,
    ENVIRONMENT_READ,
    ENVIRONMENT_WRITE,
    MODEL_READ,
    MODEL_WRITE,
    ROLE_ASSIGNMENT_READ,
    ROLE_ASSIGNMENT_WRITE,
    RUN_CANCEL,
    RUN_READ,
    RUN_SUBMIT,
)
from bot.domain.access.advice import smallest_role
from bot.domain.access.built_in import built_in_roles
from bot.domain.access.decision import Access, Decision, Settled, decide
from bot.domain.access.model import DenyAssignment, Permission, RoleAssignment, RoleDefinition, short_id, within
from bot.domain.access.patterns import Patterns
from bot.domain.access.people import Caller, Principal, reference_of

__all__ = [
    "ARTIFACT_READ",
    "ARTIFACT_WRITE",
    "ENVIRONMENT_READ",
    "ENVIRONMENT_WRITE",
    "MODEL_READ",
    "MODEL_WRITE",
    "ROLE_ASSIGNMENT_READ",
    "ROLE_ASSIGNMENT_WRITE",
    "RUN_CANCEL",
    "RUN_READ",
    "RUN_SUBMIT",
    "Access",
    "Caller",
    "Decision",
    "DenyAssignment",
    "Patterns",
    "Permission",
    "Principal",
    "RoleAssignment",
    "RoleDefinition",
    "Settled",
    "built_in_roles",
    "decide",
    "reference_of",
    "short_id",
    "smallest_role",
    "within",
]
