"""Azure's built-in roles, as Microsoft's pages showed them: for advice only. Decisions take what the service says."""

import tomllib
from functools import cache
from importlib import resources

from bot.domain.access.model import Permission, RoleDefinition


@cache
def built_in_roles() -> tuple[RoleDefinition, ...]:
    """The built-in roles that matter for a workspace, from those that allow little to those that allow much."""
    text = (resources.files("bot") / "azure_roles.toml").read_text(encoding="utf-8")
    return tuple(
        RoleDefinition(
            id=f"/providers/Microsoft.Authorization/roleDefinitions/{role['id']}",
            name=role["name"],
            description=role["description"],
            permissions=(
                Permission(
                    tuple(role["actions"]),
                    tuple(role.get("not_actions", ())),
                    tuple(role.get("data_actions", ())),
                    tuple(role.get("not_data_actions", ())),
                ),
            ),
        )
        for role in tomllib.loads(text)["roles"]
    )
