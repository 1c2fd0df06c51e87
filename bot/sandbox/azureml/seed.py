"""What every fresh sandbox holds: a subscription, a workspace, people, groups, compute targets and environments.

Public constants: tests, demos and the bot's seeded links name the same people by them.
"""

import os
import sys
from dataclasses import dataclass
from typing import Any, Final

LOCATION: Final = "westeurope"
LOGIN_HOST: Final = "login.microsoftonline.com"
ARM_HOST: Final = "management.azure.com"
GRAPH_HOST: Final = "graph.microsoft.com"
DATA_HOST: Final = f"{LOCATION}.api.azureml.ms"
STUDIO_HOST: Final = "ml.azure.com"
STORAGE_ACCOUNT: Final = "amlbotsandbox"
BLOB_HOST: Final = f"{STORAGE_ACCOUNT}.blob.core.windows.net"
HOSTS: Final = (LOGIN_HOST, ARM_HOST, GRAPH_HOST, DATA_HOST, STUDIO_HOST, BLOB_HOST)
"""The closed list: the proxy refuses every other host."""

TENANT_ID: Final = "00000000-0000-4000-8000-0000000000d1"
SUBSCRIPTION_ID: Final = "11111111-2222-4333-8444-555555555555"
RESOURCE_GROUP: Final = "rg-sandbox"
WORKSPACE: Final = os.environ.get("AML_SANDBOX_WORKSPACE", "ws-sandbox")
"""One workspace a sandbox: whoever wants several starts several, each with a name of its own in this variable."""
SUBSCRIPTION_SCOPE: Final = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP_SCOPE: Final = f"{SUBSCRIPTION_SCOPE}/resourceGroups/{RESOURCE_GROUP}"
WORKSPACE_SCOPE: Final = f"{GROUP_SCOPE}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the tenant."""

    object_id: str
    name: str
    mail: str


OLIVIA: Final = Person("00000000-0000-4000-8000-0000000000a1", "Olivia Ortiz", "olivia@example.com")
DANA: Final = Person("00000000-0000-4000-8000-0000000000a2", "Dana Diaz", "dana@example.com")
RUI: Final = Person("00000000-0000-4000-8000-0000000000a3", "Rui Reis", "rui@example.com")
CHEN: Final = Person("00000000-0000-4000-8000-0000000000a5", "Chen Cho", "chen@example.com")
PEOPLE: Final = (OLIVIA, DANA, RUI, CHEN)
"""The guest, Gus Grant, has no account in the tenant."""

ONCALL_GROUP_ID: Final = "00000000-0000-4000-8000-0000000000b1"
ML_TEAM_GROUP_ID: Final = "00000000-0000-4000-8000-0000000000b2"
GROUPS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    ONCALL_GROUP_ID: ("ml-oncall", (CHEN.object_id,)),
    ML_TEAM_GROUP_ID: ("ml-team", (DANA.object_id, ONCALL_GROUP_ID)),
}
"""Object id -> (name, members); a member may be a group."""

BOT_OBJECT_ID: Final = "00000000-0000-4000-8000-0000000000c1"
BOT_CLIENT_ID: Final = "00000000-0000-4000-8000-0000000000c2"
BOT_NAME: Final = "aml-bot"

SEEDED_ASSIGNMENTS: Final = (
    ("00000000-0000-4000-8000-0000000000e1", GROUP_SCOPE, OLIVIA.object_id, "User", "Owner"),
    ("00000000-0000-4000-8000-0000000000e2", WORKSPACE_SCOPE, DANA.object_id, "User", "AzureML Data Scientist"),
    ("00000000-0000-4000-8000-0000000000e3", WORKSPACE_SCOPE, RUI.object_id, "User", "Reader"),
    ("00000000-0000-4000-8000-0000000000e5", WORKSPACE_SCOPE, ONCALL_GROUP_ID, "Group", "AzureML Data Scientist"),
    ("00000000-0000-4000-8000-0000000000ec", WORKSPACE_SCOPE, BOT_OBJECT_ID, "ServicePrincipal", "aml-bot"),
)
"""(assignment name, scope, principal, kind of principal, role)."""


@dataclass(frozen=True, slots=True)
class ComputeTarget:
    """A cluster: runs beyond `max_nodes` wait."""

    name: str
    vm_size: str
    min_nodes: int
    max_nodes: int


COMPUTE_TARGETS: Final = (
    ComputeTarget("cpu-cluster", "STANDARD_DS3_V2", 0, 4),
    ComputeTarget("gpu-cluster", "STANDARD_NC6S_V3", 0, 2),
)


def _environment(
    name: str, version: str, image: str, python: str, packages: list[str], *, conda: list[str] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "environmentVariables": {},
        "python": {
            "userManagedDependencies": False,
            "interpreterPath": "python",
            "condaDependenciesFile": None,
            "baseCondaEnvironment": None,
            "condaDependencies": {
                "name": "project_environment",
                "channels": ["conda-forge"],
                "dependencies": [f"python={python}", *(conda or []), {"pip": packages}],
            },
        },
        "docker": {
            "enabled": True,
            "baseImage": image,
            "baseDockerfile": None,
            "sharedVolumes": True,
            "shmSize": "2g",
            "arguments": [],
            "baseImageRegistry": {"address": None, "username": None, "password": None, "registryIdentity": None},
            "platform": {"os": "Linux", "architecture": "amd64"},
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": True},
        "inferencingStackVersion": None,
        "r": None,
    }


ENVIRONMENTS: Final = (
    _environment(
        "AzureML-sklearn-1.5",
        "1",
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest",
        "3.10",
        ["azureml-defaults", "azureml-mlflow", "scikit-learn~=1.5.0", "pandas~=2.2.0", "matplotlib~=3.9.0"],
        conda=["numpy=1.26"],
    ),
    _environment(
        "AzureML-pytorch-2.2-cpu",
        "1",
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest",
        "3.10",
        ["azureml-defaults", "azureml-mlflow", "torch==2.2.2", "torchvision==0.17.2", "tensorboard~=2.16"],
    ),
    _environment(
        "demo-env",
        "1",
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest",
        "{}.{}".format(*sys.version_info),
        ["azureml-core", "pyyaml>=6", "tabulate>=0.9"],
    ),
)
