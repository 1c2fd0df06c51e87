"""Role definitions: the built-in ones that matter to Azure ML teams, with their real ids, and the bot's own.

Ids and actions are those of Azure's published built-in roles, as far as they touch what the sandbox serves.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bot.sandbox.azureml import seed

_ML: Final = "Microsoft.MachineLearningServices/workspaces"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A named set of actions. `id` is the GUID at the end of its resource id."""

    id: str
    name: str
    description: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    custom: bool = False

    def allows(self, action: str) -> bool:
        return any(matches(pattern, action) for pattern in self.actions) and not any(
            matches(pattern, action) for pattern in self.not_actions
        )

    @property
    def resource_id(self) -> str:
        return f"{seed.SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{self.id}"

    def document(self) -> dict[str, Any]:
        """The definition as Azure Resource Manager shows it."""
        return {
            "id": self.resource_id,
            "name": self.id,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": self.name,
                "type": "CustomRole" if self.custom else "BuiltInRole",
                "description": self.description,
                "assignableScopes": [seed.SUBSCRIPTION_SCOPE] if self.custom else ["/"],
                "permissions": [
                    {
                        "actions": list(self.actions),
                        "notActions": list(self.not_actions),
                        "dataActions": [],
                        "notDataActions": [],
                    }
                ],
            },
        }


def matches(pattern: str, action: str) -> bool:
    """Whether an action pattern (`*` stands for anything) covers an action; case doesn't matter.

    `a/*/read` covers `a/read` too: Azure's own AzureML Data Scientist allows `workspaces/*/write` and has to take
    `workspaces/write` back.
    """
    return _compiled(pattern).fullmatch(action) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(expression, re.IGNORECASE)


ROLES: Final = (
    RoleDefinition(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Owner",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        ("*",),
    ),
    RoleDefinition(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ),
    ),
    RoleDefinition(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Reader",
        "View all resources, but does not allow you to make any changes.",
        ("*/read",),
    ),
    RoleDefinition(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "Lets you manage user access to Azure resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    RoleDefinition(
        "f6c7c914-8db3-469d-8ca1-694a8f32e121",
        "AzureML Data Scientist",
        "Can perform all actions within an Azure Machine Learning workspace, except for creating or deleting compute "
        "resources and modifying the workspace itself.",
        (f"{_ML}/*/read", f"{_ML}/*/action", f"{_ML}/*/delete", f"{_ML}/*/write"),
        (
            f"{_ML}/delete",
            f"{_ML}/write",
            f"{_ML}/computes/*/write",
            f"{_ML}/computes/*/delete",
            f"{_ML}/computes/listKeys/action",
            f"{_ML}/listKeys/action",
            f"{_ML}/hubs/write",
            f"{_ML}/hubs/delete",
            f"{_ML}/featurestores/write",
            f"{_ML}/featurestores/delete",
        ),
    ),
    RoleDefinition(
        "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
        "AzureML Compute Operator",
        "Can access and perform CRUD operations on Machine Learning Services managed compute resources "
        "(including Notebook VMs).",
        (f"{_ML}/computes/*", f"{_ML}/notebooks/vm/*"),
    ),
    RoleDefinition(
        "00000000-0000-4000-8000-0000000000f1",
        "aml-bot",
        "What the Slack bot needs: submit and follow runs, environments, and reading who may do what.",
        (
            f"{_ML}/read",
            f"{_ML}/experiments/read",
            f"{_ML}/experiments/write",
            f"{_ML}/experiments/runs/read",
            f"{_ML}/experiments/runs/write",
            f"{_ML}/experiments/runs/submit/action",
            f"{_ML}/metadata/artifacts/read",
            f"{_ML}/metadata/artifacts/write",
            f"{_ML}/metadata/snapshots/read",
            f"{_ML}/metadata/snapshots/write",
            f"{_ML}/environments/read",
            f"{_ML}/environments/write",
            f"{_ML}/computes/read",
            f"{_ML}/datastores/read",
            f"{_ML}/models/read",
            "Microsoft.Authorization/roleAssignments/read",
            "Microsoft.Authorization/roleDefinitions/read",
            "Microsoft.Authorization/denyAssignments/read",
        ),
        custom=True,
    ),
)
BY_ID: Final = {role.id: role for role in ROLES}
BY_NAME: Final = {role.name.lower(): role for role in ROLES}


def find(name_or_id: str) -> RoleDefinition | None:
    """A role by its name, its GUID or its full resource id."""
    key = name_or_id.rstrip("/").rpartition("/")[2] if name_or_id.startswith("/") else name_or_id
    return BY_ID.get(key.lower()) or BY_NAME.get(key.lower())
