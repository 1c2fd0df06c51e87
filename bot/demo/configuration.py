"""The demo's settings file and policy."""

import json
from pathlib import Path
from typing import Any

from bot.sandbox.azureml import seed as azure_seed
from bot.sandbox.slack import seed as slack_seed

POLICY = """\
# Who may do what through the bot, on top of their Azure roles. What no rule allows is refused.
version = 1

[[allow]]
commands = ["whoami", "envs", "env", "env-diff", "models", "model", "model-snippet", "runs", "status", "logs",
            "metrics", "files", "roles", "role", "can", "who-can"]
roles = ["*"]

[[allow]]
commands = ["submit", "retry", "cancel", "env-create", "add-wheel", "model-register"]
roles = ["Owner", "Contributor", "AzureML Data Scientist"]

[[allow]]
commands = ["admin", "audit"]
roles = ["Owner"]
"""


def write_configuration(
    state: Path, *, slack: dict[str, Any], azure: dict[str, Any], project: Path, faq: Path | None
) -> Path:
    """Write policy and settings into `state` (mode 0600: there are secrets in them) and return the settings file.

    A policy that is there already is kept: it is yours to try things with.
    """
    policy = state / "policy.toml"
    if not policy.exists():
        policy.write_text(POLICY + _links(), encoding="utf-8")
    settings = state / "aml-bot.toml"
    settings.touch(mode=0o600)
    settings.write_text(_settings(state, slack, azure, project, faq), encoding="utf-8")
    return settings


def _links() -> str:
    links = ["\n# Which Slack person is whom in Azure. Gus is a guest and has no Azure identity."]
    for person in ("OLIVIA", "DANA", "RUI", "CHEN"):
        in_slack, in_azure = getattr(slack_seed, person), getattr(azure_seed, person)
        ids = f'team = "{slack_seed.TEAM_ID}"\nuser = "{in_slack.id}"\nobject_id = "{in_azure.object_id}"'
        links.append(f"[[links]]  # {in_azure.name}\n{ids}\n")
    return "\n".join(links)


def _settings(state: Path, slack: dict[str, Any], azure: dict[str, Any], project: Path, faq: Path | None) -> str:
    help_channel = next(room.id for room in slack_seed.CHANNELS if room.name == "ml-help")
    tables: dict[str, dict[str, Any]] = {
        "": {"state": str(state / "bot"), "policy": str(state / "policy.toml")},
        "slack": {
            "bot_token": slack["bot_token"],
            "app_token": slack["app_token"],
            "signing_secret": slack["signing_secret"],
            "base_url": slack["api"],
        },
        "azure": {
            "tenant_id": azure["tenant_id"],
            "client_id": azure["client_id"],
            "client_secret": azure["client_secret"],
            "subscription_id": azure["subscription_id"],
            "resource_group": azure["resource_group"],
            "workspace": azure["workspace"],
            "proxy": azure["proxy"],
            "ca_bundle": azure["ca_bundle"],
            "role_cache": 2,
            "watch_interval": 0.5,
            "grant_interval": 1,
        },
        "faq": {"folder": str(faq)} if faq else {},
        "help": {"channels": [help_channel], "on_call": [slack_seed.CHEN.id]},
        "projects.demo": {
            "folder": str(project),
            "environment": "demo-env",
            "compute": "cpu-cluster",
            "experiment": "demo",
        },
    }
    lines = ["# Written anew at each start of the demo; `aml-bot settings` explains every line."]
    for name, values in tables.items():
        lines += [f"\n[{name}]"] if name and values else []
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
