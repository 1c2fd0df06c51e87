"""The execution service: accepting a run, once per run id, and canceling it."""

import re
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.environments import Environments
from bot.sandbox.azureml.errors import ServiceError, bad_request, not_implemented
from bot.sandbox.azureml.runner import Runner
from bot.sandbox.azureml.runs import Document, Runs
from bot.sandbox.azureml.snapshots import Snapshots
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.DATA_HOST
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_SUBMIT: Final = f"{_ML}/experiments/runs/submit/action"
_WRITE: Final = f"{_ML}/experiments/runs/write"
_RUN_ID: Final = re.compile(r"[a-zA-Z0-9][\w-]{0,255}", re.ASCII)
_LOCAL: Final = "local"


class Execution:
    """A run id that was used is refused with 409, whatever came of that run: nothing starts twice."""

    def __init__(self, runs: Runs, snapshots: Snapshots, environments: Environments, runner: Runner) -> None:
        self._runs, self._snapshots, self._environments, self._runner = runs, snapshots, environments, runner

    def routes(self) -> tuple[Route, ...]:
        base = "/execution/v1.0{S}/experiments/{experiment}"
        return (
            route("POST", _HOST, f"{base}/snapshotrun", self.submit, action=_SUBMIT),
            route("POST", _HOST, f"{base}/startrun", self.zipped, action=_SUBMIT),
            route("POST", _HOST, f"{base}/localrun", self.local, action=_SUBMIT),
            route("POST", _HOST, f"{base}/runId/{{run}}/cancel", self.cancel, action=_WRITE),
        )

    def zipped(self, _request: Request) -> Response:
        raise not_implemented("runs submitted as a zip file (startrun); snapshots are what it takes")

    def local(self, _request: Request) -> Response:
        raise not_implemented('runs with the compute target "local" (localrun)')

    def submit(self, request: Request) -> Response:
        document = request.document()
        configuration = document.get("Configuration")
        if not isinstance(configuration, dict):
            raise bad_request("The run definition has no Configuration.")
        run_id = request.query_value("runId") or ""
        if not _RUN_ID.fullmatch(run_id):
            raise bad_request(f"'{run_id}' is not a run id: letters, digits, _ and -, at most 256.")
        experiment = self._runs.experiment(request.values["experiment"])
        if experiment is None:
            raise ServiceError(404, "UserError", f"Experiment {request.values['experiment']} was not found.")
        target = _target(configuration)
        _check_supported(configuration)
        snapshot = str(document.get("SnapshotId") or "")
        if not self._snapshots.exists(snapshot):
            raise bad_request(f"Snapshot '{snapshot}' was not found.")
        asked = self._environments.named(configuration.get("environment") or {}, experiment["name"])
        configuration |= {"environment": asked}
        run = self._record(run_id, experiment, target, snapshot, configuration, document.get("ParentRunId"))
        self._runner.submit(run_id, run["runNumber"], target)
        return json_response({"runId": run_id})

    def _record(
        self,
        run_id: str,
        experiment: Document,
        target: str,
        snapshot: str,
        configuration: dict[str, Any],
        parent: str | None,
    ) -> Document:
        base = f"https://{_HOST}/execution/v1.0{seed.WORKSPACE_SCOPE}/experiments/{experiment['name']}"
        asked = configuration.get("environment") or {}
        return self._runs.create(
            run_id,
            experiment,
            status="Queued",
            submitted=True,
            snapshot_id=snapshot,
            definition=configuration,
            parentRunId=parent,
            runType="azureml.scriptrun",
            scriptName=configuration.get("script"),
            target=target,
            cancelUri=f"{base}/runId/{run_id}/cancel",
            properties={
                "_azureml.ComputeTargetType": "amlctrain",
                "ContentSnapshotId": snapshot,
                "azureml.runsource": "experiment",
                "AzureML.DerivedImageName": "",
                "Environment": str(asked.get("name") or ""),
            },
        )

    def cancel(self, request: Request) -> Response:
        run_id = request.values["run"]
        if self._runs.get(run_id) is None:
            raise ServiceError(404, "UserError", f"Run {run_id} was not found.")
        self._runner.cancel(run_id)
        return json_response({})


def _target(configuration: dict[str, Any]) -> str:
    asked = str(configuration.get("target") or "")
    if asked == _LOCAL:
        raise not_implemented('runs with the compute target "local"')
    for target in seed.COMPUTE_TARGETS:
        if target.name.lower() == asked.lower():
            if (configuration.get("nodeCount") or 1) > target.max_nodes:
                raise bad_request(
                    f"{configuration['nodeCount']} nodes were asked for; {target.name} has at most {target.max_nodes}."
                )
            return target.name
    raise bad_request(f"Unknown compute target '{asked}': workspace '{seed.WORKSPACE}' has no such compute.")


def _check_supported(configuration: dict[str, Any]) -> None:
    """Refuse by name what would otherwise be run as something else."""
    if (configuration.get("nodeCount") or 1) > 1:
        raise not_implemented("runs on more than one node")
    if str(configuration.get("framework") or "Python").lower() != "python":
        raise not_implemented(f"the framework {configuration['framework']}")
    if str(configuration.get("communicator") or "None").lower() != "none":
        raise not_implemented(f"the communicator {configuration['communicator']}")
    for name in ("data", "dataReferences", "outputData", "datacaches"):
        if configuration.get(name):
            raise not_implemented(f"run inputs and outputs in datastores ({name})")
    if not configuration.get("script") and not configuration.get("command"):
        raise bad_request("The run definition has neither a script nor a command.")
