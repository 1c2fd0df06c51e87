"""Role definitions: the built-in ones that matter to Azure ML teams, with their real ids, and the bot's own.

The built-in ones are those of bot/azure_roles.toml, which names Microsoft's pages.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
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
    data_actions: tuple[str, ...] = ()

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
                        "dataActions": list(self.data_actions),
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


def _built_in() -> tuple[RoleDefinition, ...]:
    text = (resources.files("bot") / "azure_roles.toml").read_text(encoding="utf-8")
    return tuple(
        RoleDefinition(
            role["id"],
            role["name"],
            role["description"],
            tuple(role["actions"]),
            tuple(role.get("not_actions", ())),
            data_actions=tuple(role.get("data_actions", ())),
        )
        for role in tomllib.loads(text)["roles"]
    )


ROLES: Final = (
    *_built_in(),
    RoleDefinition(
        "00000000-0000-4000-8000-0000000000f1",
        "aml-bot",
        "What the Slack bot needs: submit and follow runs, environments, models, and reading who may do what.",
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
            f"{_ML}/models/write",
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
