"""Names for ids: principals, roles and scopes as people know them."""

from typing import Final

from bot.sandbox.azureml import roles, seed
from bot.sandbox.azureml.access import EVERYONE

SCOPES: Final = {
    seed.WORKSPACE_SCOPE: f"workspace {seed.WORKSPACE}",
    seed.GROUP_SCOPE: f"resource group {seed.RESOURCE_GROUP}",
    seed.SUBSCRIPTION_SCOPE: "subscription",
}
PRINCIPALS: Final = {
    **{person.object_id: (person.name, "Person") for person in seed.PEOPLE},
    **{group: (name, "Group") for group, (name, _) in seed.GROUPS.items()},
    seed.BOT_OBJECT_ID: (seed.BOT_NAME, "The bot's own identity"),
}
"""Object id -> (name, what it is)."""


def is_principal(object_id: str) -> bool:
    """Whether the tenant has this person, group or application."""
    return object_id in PRINCIPALS


def principal(object_id: str) -> str:
    """The name behind an object id; the id where nobody knows it."""
    return "Everyone" if object_id == EVERYONE else PRINCIPALS.get(object_id, (object_id, ""))[0]


def role(definition_id: str) -> str:
    """The name behind a role definition's resource id."""
    found = roles.find(definition_id)
    return found.name if found else definition_id


def scope(resource_id: str) -> str:
    """A scope in words."""
    known = {each.lower(): words for each, words in SCOPES.items()}
    return known.get(resource_id.lower(), resource_id)
