"""Which role would help."""

from collections.abc import Iterable

from bot.domain.access.model import RoleDefinition

# From little to much, so that "the smallest role that would help" is the first that allows the action.
_BY_BREADTH = (
    "AzureML Metrics Writer (preview)",
    "AzureML Registry User",
    "Reader",
    "AzureML Compute Operator",
    "AzureML Data Scientist",
    "Azure AI Developer",
    "Role Based Access Control Administrator",
    "User Access Administrator",
    "Contributor",
    "Owner",
)


def smallest_role(action: str, definitions: Iterable[RoleDefinition], *, data: bool = False) -> str:
    """Name of the smallest role that allows `action`: built-in ones from narrow to broad, then custom ones by name.

    "" when none does.
    """
    able = {definition.name for definition in definitions if definition.allows(action, data=data)}
    for name in _BY_BREADTH:
        if name in able:
            return name
    return min(able, default="")
