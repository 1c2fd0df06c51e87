"""The smallest custom role that the bot's identity needs, as `az role definition create` takes it."""

import json

from bot.domain.needs import Need, needs

PLACEHOLDER = "/subscriptions/SUBSCRIPTION-ID/resourceGroups/RESOURCE-GROUP"


def as_json(*scopes: str) -> str:
    """The role definition; it can be assigned at `scopes` (ARM ids, or a placeholder without any) and below them."""
    role = {
        "Name": "aml-bot",
        "IsCustom": True,
        "Description": "What the Slack bot needs: to submit and follow runs, and to read who may do what.",
        "Actions": [need.action for need in needs()],
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": list(dict.fromkeys(scopes)) or [PLACEHOLDER],
    }
    return json.dumps(role, indent=2)


def as_table(found: tuple[Need, ...] | None = None) -> str:
    """Each action with its reason, one a line."""
    rows = needs() if found is None else found
    width = max((len(row.action) for row in rows), default=0)
    return "\n".join(f"{row.action:{width}}  {row.why}" for row in rows)
