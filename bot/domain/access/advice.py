"""Which role would help."""

from collections.abc import Iterable

from bot.domain.access.built_in import built_in_roles
from bot.domain.access.model import RoleDefinition


def smallest_role(action: str, definitions: Iterable[RoleDefinition], *, data: bool = False) -> str:
    """Name of the smallest role that allows `action`: built-in ones from narrow to broad, then others by name.

    `definitions` are those that can be assigned; "" when none of them does.
    """
    able = {definition.name for definition in definitions if definition.allows(action, data=data)}
    built_in = (role.name for role in built_in_roles() if role.name in able)
    return next(built_in, "") or min(able, default="")
