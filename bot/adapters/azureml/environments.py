"""Environments on azureml-core: listed, read, made. A part of `sdk.Sdk`; imported by the child only."""

import re
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azureml._restclient.artifacts_client import ArtifactsClient
from azureml._restclient.environment_client import EnvironmentClient
from azureml._restclient.run_client import RunClient
from azureml.core import Environment
from azureml.core.conda_dependencies import CondaDependencies

from bot.adapters.azureml import content
from bot.adapters.azureml.translation import (
    detail_of,
    failed,
    message_of,
    refused_or_unknown,
    status_of,
    unknown,
)
from bot.domain.environments import (
    DEFAULT_PYTHON,
    EnvironmentDetail,
    EnvironmentDraft,
    EnvironmentName,
    EnvironmentUse,
    MadeEnvironment,
    conda_name,
    pip_name,
)
from bot.domain.errors import InvalidRequest, NotFound, Unavailable
from bot.domain.runs import Run

WHEELS = ("Environment", "azureml-private-packages")
"""Origin and container of the artifacts that are private wheels, as `Environment.add_private_pip_wheel` names them."""

_VERSIONS = 10
_AT_ONCE = 8
_REMEMBERED = 1000
_CONTENT = ("python", "environmentVariables", "docker", "spark", "r", "inferencingStackVersion")


class EnvironmentCalls:
    """What `Sdk` does with environments."""

    _secrets: tuple[str, ...]

    def __init__(self) -> None:
        self._used: OrderedDict[str, tuple[str, str]] = OrderedDict()

    @abstractmethod
    def _workspace(self) -> Any:
        """The SDK's workspace, signed in."""

    @abstractmethod
    def list_runs(self, limit: int) -> tuple[Run, ...]:
        """See `ports.Workspace.list_runs`."""

    def list_environments(self) -> tuple[EnvironmentName, ...]:
        """See `ports.Workspace.list_environments`."""
        # Not Environment.list: it makes objects of all definitions, and loses what the service says beside them.
        try:
            found = EnvironmentClient(self._workspace().service_context)._list_definitions()
        except Exception as error:
            raise failed(error, "list environments", self._secrets) from error
        names = (content.environment_name(definition) for definition in found)
        return tuple(sorted((name for name in names if name), key=lambda name: name.name.lower()))

    def environment(self, name: str, version: str) -> EnvironmentDetail:
        """See `ports.Workspace.environment`."""
        return content.environment_detail(self._environment(name, version))

    def environment_versions(self, name: str) -> tuple[str, ...]:
        """See `ports.Workspace.environment_versions`. The SDK has no list: numbers below the latest are tried."""
        return tuple(str(each.version) for each in self._latest_versions(name))

    def environment_uses(self, name: str, last: int) -> tuple[EnvironmentUse, ...]:
        """See `ports.Workspace.environment_uses`. A run's definition never changes, so it is asked for once."""
        runs = self.list_runs(last)
        try:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                used = list(pool.map(self._environment_used, runs))
        except Exception as error:
            raise failed(error, "read runs", self._secrets) from error
        return tuple(
            EnvironmentUse(run, version)
            for run, (used_name, version) in zip(runs, used, strict=True)
            if used_name.lower() == name.lower()
        )

    def create_environment(self, draft: EnvironmentDraft, effect: Callable[[], None]) -> MadeEnvironment:
        """See `ports.Workspace.create_environment`."""
        wanted = self._composed(draft)
        if (there := self._same_content(wanted)) is not None:
            return MadeEnvironment(content.environment_detail(there), new=False)
        workspace = self._workspace()
        effect()
        try:
            made = wanted.register(workspace)
        except Exception as error:  # noqa: BLE001 - judged after a look-up
            return self._settled(wanted, error)
        return MadeEnvironment(content.environment_detail(made), new=True)

    def _settled(self, wanted: Any, failure: Exception) -> MadeEnvironment:
        # What the SDK says of a failure isn't the last word: the service may have taken it and the answer was lost.
        try:
            there = self._same_content(wanted)
        except Unavailable:
            there = None
        if there is not None:
            return MadeEnvironment(content.environment_detail(there), new=True)
        status = status_of(failure)
        if status is not None and status < 500:
            raise _refusal(failure, status, self._secrets) from failure
        raise unknown(failure, self._secrets) from failure

    def _composed(self, draft: EnvironmentDraft) -> Any:
        if draft.base:
            environment = self._environment(draft.base, draft.base_version).clone(draft.name)
            packages = environment.python.conda_dependencies
            if environment.python.user_managed_dependencies or packages is None:
                raise InvalidRequest(
                    f"Environment “{draft.base}” brings its own Python in its image, so I can't put packages into it. "
                    "Start from another one."
                )
        else:
            environment = Environment(draft.name)
            packages = CondaDependencies()
            environment.python.conda_dependencies = packages
        if draft.python or not draft.base:
            packages.set_python_version(draft.python or DEFAULT_PYTHON)
        for spec in draft.conda:
            _add_conda(packages, spec)
        for spec in (*draft.pip, *(self.wheel_address(wheel) for wheel in draft.wheels)):
            _add_pip(packages, spec)
        return environment

    def wheel_address(self, file: str) -> str:
        """The address, without a signature, of a wheel that the workspace keeps. Raises NotFound."""
        try:
            signed = ArtifactsClient(self._workspace().service_context).get_file_uri(*WHEELS, file)
        except Exception as error:
            if status_of(error) == 404:
                raise NotFound("wheel", file) from error
            raise failed(error, "read wheels", self._secrets) from error
        return str(signed).partition("?")[0]

    def _same_content(self, wanted: Any) -> Any:
        try:
            versions = self._latest_versions(str(wanted.name))
        except NotFound:
            return None
        return next((each for each in versions if _content(each) == _content(wanted)), None)

    def _latest_versions(self, name: str) -> list[Any]:
        latest = self._environment(name, "")
        number = str(latest.version or "")
        if not number.isdecimal():
            return [latest]
        earlier = range(int(number) - 1, max(0, int(number) - _VERSIONS), -1)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda each: self._version(name, str(each)), earlier))
        return [latest, *(each for each in found if each is not None)]

    def _version(self, name: str, version: str) -> Any:
        try:
            return Environment.get(self._workspace(), name, version)
        except Exception as error:
            if status_of(error) == 404:
                return None
            raise failed(error, "read environments", self._secrets) from error

    def _environment(self, name: str, version: str) -> Any:
        # A slash would make another address of it; no environment has one in its name.
        if re.fullmatch(r"[\w.-]+", name, re.ASCII) and re.fullmatch(r"[\w.-]*", version, re.ASCII):
            try:
                return Environment.get(self._workspace(), name, version or None)
            except Exception as error:
                if status_of(error) != 404:
                    raise failed(error, "read environments", self._secrets) from error
        known = {environment.name: environment.version for environment in self.list_environments()}
        if version and name in known:
            raise NotFound("environment", f"{name}:{version}", nearest=(f"{name}:{known[name]}",))
        raise NotFound("environment", name, nearest=content.nearest(name, known))

    def _environment_used(self, run: Run) -> tuple[str, str]:
        if run.id not in self._used:
            client = RunClient(self._workspace().service_context, run.experiment, run.id)
            self._used[run.id] = content.environment_used(client.get_runstatus())
            while len(self._used) > _REMEMBERED:
                self._used.popitem(last=False)
        return self._used[run.id]


def _add_conda(packages: Any, spec: str) -> None:
    name = conda_name(spec)
    for present in list(packages.conda_packages):
        if conda_name(str(present)) == name:
            packages.remove_conda_package(present)
    packages.add_conda_package(spec)


def _add_pip(packages: Any, spec: str) -> None:
    # The SDK replaces by name too, but by one that it cuts off at the first "=": `pandas>=2` would stay beside it.
    name = pip_name(spec)
    for present in list(packages.pip_packages):
        if pip_name(str(present)) == name:
            packages.remove_pip_package(present)
    packages.add_pip_package(spec)


def _content(environment: Any) -> dict[str, Any]:
    whole = Environment._serialize_to_dict(environment)
    return {key: whole.get(key) for key in _CONTENT}


def _refusal(failure: Exception, status: int, secrets: tuple[str, ...]) -> Exception:
    if status in {401, 403, 429}:
        return refused_or_unknown(failure, "write environments", secrets)
    return InvalidRequest(
        f"Azure Machine Learning refuses this: {message_of(failure, secrets)}", detail=detail_of(failure, secrets)
    )
