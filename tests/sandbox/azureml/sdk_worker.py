"""The unmodified azureml-core in a process of its own: reads one call a line, writes one answer a line.

The import costs most of a second, so a test session has one of these and not one a test. Started by `conftest.Sdk`.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azureml.core import Environment, Experiment, Model, Run, ScriptRunConfig, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication

ENDED = {"Completed", "Failed", "Canceled"}


class Calls:
    """What a test may ask for; results are plain data."""

    def __init__(self, info: dict[str, Any], folder: Path) -> None:
        self._info, self._folder = info, folder
        self._workspace = self._open(info["workspace"], info["client_secret"])
        self._projects = 0

    def _open(self, name: str, secret: str) -> Any:
        info = self._info
        auth = ServicePrincipalAuthentication(info["tenant_id"], info["client_id"], secret, cloud="AzureCloud")
        return Workspace(info["subscription_id"], info["resource_group"], name, auth=auth)

    def open_workspace(self, name: str, secret: str) -> str:
        return str(self._open(name, secret).location)

    def submit(
        self,
        files: dict[str, str],
        *,
        experiment: str = "demo",
        run_id: str | None = None,
        arguments: list[Any] | None = None,
        command: str | None = None,
        target: str = "cpu-cluster",
        tags: dict[str, str] | None = None,
        seconds: int | None = None,
    ) -> str:
        self._projects += 1
        project = self._folder / f"project-{self._projects}"
        for name, text in files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        environment = Environment("unit")
        environment.environment_variables = {"TEAM": "vision"}
        settings: dict[str, Any] = (
            {"command": command} if command else {"script": "train.py", "arguments": arguments or []}
        )
        config = ScriptRunConfig(
            str(project), compute_target=target, environment=environment, max_run_duration_seconds=seconds, **settings
        )
        run = Experiment(self._workspace, experiment).submit(config, run_id=run_id, tags=tags)
        return str(run.id)

    def status(self, run_id: str) -> str:
        return str(Run.get(self._workspace, run_id).get_status())

    def wait(self, run_id: str) -> str:
        """The final status, within 60 seconds."""
        limit = time.monotonic() + 60
        while (status := self.status(run_id)) not in ENDED and time.monotonic() < limit:
            time.sleep(0.1)
        return status

    def details(self, run_id: str) -> dict[str, Any]:
        run = Run.get(self._workspace, run_id)
        details = run.get_details_with_logs()
        return {
            "metrics": run.get_metrics(),
            "tags": run.get_tags(),
            "files": run.get_file_names(),
            "logs": details["logFiles"],
            "error": json.loads(json.dumps(details.get("error"), default=str)),
            "definition": details["runDefinition"],
            "children": [child.id for child in run.get_children()],
            "started": details.get("startTimeUtc"),
            "ended": details.get("endTimeUtc"),
        }

    def download(self, run_id: str, name: str) -> str:
        target = self._folder / "downloaded"
        Run.get(self._workspace, run_id).download_file(name, str(target))
        return target.read_text()

    def cancel(self, run_id: str) -> None:
        Run.get(self._workspace, run_id).cancel()

    def tag(self, run_id: str, key: str, value: str) -> None:
        Run.get(self._workspace, run_id).tag(key, value)

    def untag(self, run_id: str, key: str) -> None:
        Run.get(self._workspace, run_id).remove_tags([key])

    def runs(self, experiment: str, **conditions: Any) -> list[str]:
        return [run.id for run in Run.list(Experiment(self._workspace, experiment), **conditions)]

    def environments(self) -> list[str]:
        return list(Environment.list(self._workspace))

    def listed(self) -> list[tuple[str, str]]:
        return [(each.name, each.version) for each in Environment.list(self._workspace).values()]

    def packages(self, name: str, version: str | None = None) -> list[str]:
        found = Environment.get(self._workspace, name, version)
        return list(found.python.conda_dependencies.pip_packages)

    def register(self, name: str, packages: list[str]) -> str:
        environment = Environment(name)
        for package in packages:
            environment.python.conda_dependencies.add_pip_package(package)
        return str(environment.register(self._workspace).version)

    def add_wheel(self, size: int, name: str, *, exist_ok: bool) -> str:
        path = self._folder / name
        path.write_bytes(b"w" * size)
        return str(Environment.add_private_pip_wheel(self._workspace, str(path), exist_ok=exist_ok))

    def register_model(self, files: dict[str, str], name: str, tags: dict[str, str]) -> str:
        """From a local folder, which has to be below where the process is."""
        folder = self._folder / "local" / name
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        os.chdir(self._folder)
        return str(Model.register(self._workspace, f"local/{name}", name, tags=tags).id)

    def register_from_run(self, run_id: str, name: str, path: str) -> str:
        return str(Run.get(self._workspace, run_id).register_model(name, path).id)

    def models(self, **conditions: Any) -> list[str]:
        return [model.id for model in Model.list(self._workspace, **conditions)]

    def model(self, name: str) -> dict[str, Any]:
        """The newest version, and what it downloads to."""
        found = Model(self._workspace, name=name)
        target = self._folder / "models" / name
        found.download(str(target), exist_ok=True)
        files = {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()}
        return {"id": found.id, "tags": found.tags, "run": found.run_id, "files": files}

    def tag_model(self, name: str, tags: dict[str, str]) -> None:
        Model(self._workspace, name=name).add_tags(tags)

    def delete_model(self, name: str) -> None:
        Model(self._workspace, name=name).delete()

    def computes(self) -> dict[str, Any]:
        return {
            name: [target.vm_size, target.scale_settings.minimum_node_count, target.scale_settings.maximum_node_count]
            for name, target in self._workspace.compute_targets.items()
        }

    def datastore(self) -> str:
        return str(self._workspace.get_default_datastore().name)


def main() -> None:
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        calls = Calls(json.loads(sys.argv[1]), Path(sys.argv[2]))
        for line in sys.stdin:
            request = json.loads(line)
            method: Callable[..., Any] = getattr(calls, request["call"])
            try:
                answer = {"result": method(*request["positional"], **request["named"])}
            except Exception as error:  # noqa: BLE001 - the test gets it, whatever it is
                answer = {"error": f"{type(error).__name__}: {error}"}
            answers.write(json.dumps(answer, default=str) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
