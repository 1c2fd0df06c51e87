"""The data plane's smaller parts: discovery, compute targets, datastores."""

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.arm import workspace_document
from bot.sandbox.azureml.errors import ServiceError
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.DATA_HOST
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_MADE: Final = "2026-01-05T08:00:00.000000Z"
_SERVICES: Final = (
    "api", "catalog", "experimentation", "history", "hyperdrive", "modelmanagement", "pipelines", "registry",
)  # fmt: skip


class WorkspaceParts:
    """Read-only: `busy` tells how many nodes of a compute target are in use, `studio` where people look at runs."""

    def __init__(self, workspace_id: str, busy: Callable[[str], int], studio: Callable[[], str]) -> None:
        self._workspace_id, self._busy, self._studio = workspace_id, busy, studio

    def routes(self) -> tuple[Route, ...]:
        computes = f"{_ML}/computes/read"
        stores = f"{_ML}/datastores/read"
        return (
            route("GET", _HOST, "/discovery", self.discovery, anonymous=True),
            route("GET", _HOST, "/discovery/{rest...}", self.discovery, anonymous=True),
            route("GET", _HOST, "/rp/workspaces{S}", self.workspace, action=f"{_ML}/read", run="*"),
            route("GET", _HOST, "/rp/workspaces{S}/computes", self.computes, action=computes),
            route("GET", _HOST, "/rp/workspaces{S}/computes/{name}", self.compute, action=computes),
            route("GET", _HOST, "/datastore/v1.0{S}/default", self.default_datastore, action=stores),
            route("GET", _HOST, "/datastore/v1.0{S}/datastores", self.datastores, action=stores),
            route("GET", _HOST, "/datastore/v1.0{S}/datastores/{name}", self.datastore, action=stores),
        )

    def discovery(self, _request: Request) -> Response:
        found = dict.fromkeys(_SERVICES, f"https://{_HOST}")
        return json_response(found | {"studio": self._studio()})

    def workspace(self, _request: Request) -> Response:
        return json_response(workspace_document(self._workspace_id))

    def computes(self, _request: Request) -> Response:
        return json_response({"value": [self._compute(target) for target in seed.COMPUTE_TARGETS]})

    def compute(self, request: Request) -> Response:
        name = request.values["name"]
        for target in seed.COMPUTE_TARGETS:
            if target.name.lower() == name.lower():
                return json_response(self._compute(target))
        message = f"The compute '{name}' was not found in workspace '{seed.WORKSPACE}'."
        raise ServiceError(404, "ComputeNotFound", message)

    def _compute(self, target: seed.ComputeTarget) -> dict[str, Any]:
        busy = self._busy(target.name)
        return {
            "id": f"{seed.WORKSPACE_SCOPE}/computes/{target.name}",
            "name": target.name,
            "type": f"{_ML}/computes",
            "location": seed.LOCATION,
            "tags": {},
            "properties": {
                "computeType": "AmlCompute",
                "computeLocation": seed.LOCATION,
                "description": None,
                "resourceId": None,
                "provisioningState": "Succeeded",
                "provisioningErrors": None,
                "createdOn": _MADE,
                "modifiedOn": _MADE,
                "isAttachedCompute": False,
                "properties": {
                    "vmSize": target.vm_size,
                    "vmPriority": "Dedicated",
                    "scaleSettings": {
                        "minNodeCount": target.min_nodes,
                        "maxNodeCount": target.max_nodes,
                        "nodeIdleTimeBeforeScaleDown": "PT120S",
                    },
                    "subnet": None,
                    "allocationState": "Steady",
                    "allocationStateTransitionTime": _MADE,
                    "currentNodeCount": busy,
                    "targetNodeCount": busy,
                    "nodeStateCounts": {
                        "idleNodeCount": 0,
                        "leavingNodeCount": 0,
                        "preemptedNodeCount": 0,
                        "preparingNodeCount": 0,
                        "runningNodeCount": busy,
                        "unusableNodeCount": 0,
                    },
                    "errors": None,
                },
            },
        }

    def default_datastore(self, _request: Request) -> Response:
        return json_response(_datastore())

    def datastores(self, _request: Request) -> Response:
        return json_response({"value": [_datastore()], "continuationToken": None})

    def datastore(self, request: Request) -> Response:
        if request.values["name"].lower() != "workspaceblobstore":
            raise ServiceError(404, "UserError", f"Could not find datastore: {request.values['name']}")
        return json_response(_datastore())


def _datastore() -> dict[str, Any]:
    """The workspace's own blob store; its data can't be reached (the SDK needs another package for that)."""
    return {
        "name": "workspaceblobstore",
        "dataStoreType": "AzureBlob",
        "hasBeenValidated": True,
        "isDefault": True,
        "tags": {},
        "azureStorageSection": {
            "accountName": seed.STORAGE_ACCOUNT,
            "containerName": "azureml-blobstore",
            "endpoint": "core.windows.net",
            "protocol": "https",
            "credentialType": "None",
            "credential": "",
            "isSas": False,
            "subscriptionId": seed.SUBSCRIPTION_ID,
            "resourceGroup": seed.RESOURCE_GROUP,
        },
    }
