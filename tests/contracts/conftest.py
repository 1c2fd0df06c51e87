"""Where the contracts of a test process are tried: an Azure ML sandbox, and a real workspace where there is one.

A test that asks for `workspace` says what every `ports.Workspace` must do. It is tried through the adapter against the
sandbox, always, and in a real workspace when the environment names one. A test that asks for `sandbox` besides is about
trouble that only the sandbox can make, and stays there. For the real one:

- `CONTRACT_SETTINGS`: a settings file of the bot, of which `[azure]` is used (`make demo` leaves `.demo/aml-bot.toml`)
- `CONTRACT_COMPUTE`: a compute target that may be used; about 15 short runs come to it
- `CONTRACT_ENVIRONMENT`: a registered environment with azureml-core, packages of pip or conda, and a Python of its own

`make contracts` runs these tests alone. What they leave behind can't be deleted with the SDK's version 1: runs of
experiments called `contracts...`, `again-...` and `of-...`, environments `made-...`, models and wheels of a few bytes.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace, ServicePrincipal
from bot.bootstrap.azure import azure_config
from bot.domain.runs import Run, RunSpec
from bot.ports import Workspace
from bot.settings import load
from tests.bench import azure

Value = TypeVar("Value")

REAL = ("CONTRACT_SETTINGS", "CONTRACT_COMPUTE", "CONTRACT_ENVIRONMENT")
# A real compute target may have to be started first, which takes minutes.
PATIENCE = 1800.0 if os.environ.get(REAL[0]) else 60.0

TRAIN = """
import sys, time
from azureml.core import Run
from assets.utils import halved

run = Run.get_context()
print("arguments", sys.argv[1:])
for loss in halved(8.0, 3):
    run.log("loss", loss)
run.log("note", "fine")
run.log_row("curve", x=1, y=2.5)
print("done")
"""
UTILS = """
def halved(start, times):
    for _ in range(times):
        yield start
        start /= 2
"""
MANY = """
from azureml.core import Run

run = Run.get_context()
for number in reversed(range(60)):
    run.log(f"m{number:02}", number)
"""
WAIT = """
import time
print("waiting", flush=True)
time.sleep(300)
"""


def until(condition: Callable[[], Value], seconds: float = 30.0) -> Value:
    """The first true value of `condition`, looked at many times a second for at most `seconds`."""
    give_up_at = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < give_up_at, "what was waited for didn't happen"
        time.sleep(0.05)
    return value


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its ready line and its controls."""

    ready: dict[str, Any]

    def config(self, home: Path) -> AzureMLConfig:
        """The configuration of an adapter that keeps its state in `home`."""
        return AzureMLConfig(
            subscription_id=self.ready["subscription_id"],
            resource_group=self.ready["resource_group"],
            workspace=self.ready["workspace"],
            sign_in=ServicePrincipal(self.ready["tenant_id"], self.ready["client_id"], self.ready["client_secret"]),
            home=home,
            proxy=self.ready["proxy"],
            ca_bundle=self.ready["ca_bundle"],
        )

    def fault(self, **fault: Any) -> None:
        """Arm a fault; see the sandbox's control API."""
        self._control("POST", "faults", fault)

    def hold(self, method: str, path: str, when: str = "before") -> None:
        """Keep later requests that match open, before or after they are carried out."""
        self._control("POST", "hold", {"method": method, "path": path, "when": when})

    def held(self) -> list[dict[str, Any]]:
        """The requests that are kept open now."""
        return list(self._control("GET", "held")["held"])

    def calm(self) -> None:
        """Let everything go on and do no more harm."""
        self._control("DELETE", "faults")
        self.release()

    def release(self) -> None:
        """Let the requests that are kept open go on."""
        self._control("POST", "release", {})

    def all_runs(self) -> list[dict[str, Any]]:
        """Every run that the sandbox knows."""
        return list(self._control("GET", "runs")["runs"])

    def runs(self, run_id: str) -> list[dict[str, Any]]:
        """The runs the sandbox knows under this id."""
        return [run for run in self.all_runs() if run["id"] == run_id]

    def requests(self) -> list[dict[str, Any]]:
        """The latest requests to Azure's hosts, oldest first."""
        return list(self._control("GET", "requests")["requests"])

    def deny(self, **denial: Any) -> str:
        """Add a deny assignment and return its name."""
        return str(self._control("POST", "deny-assignments", denial)["name"])

    def allow_again(self, name: str) -> None:
        """Remove a deny assignment."""
        self._control("DELETE", f"deny-assignments/{name}")

    def _control(self, method: str, path: str, document: dict[str, Any] | None = None) -> Any:
        response = requests.request(
            method,
            f"{self.ready['control']}/{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.ready['control_token']}"},
            timeout=10,
        )
        response.raise_for_status()
        return response.json() if response.content else None


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("azure-sandbox")
    with azure.sandbox(state) as ready:
        yield Sandbox(ready)


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, calm before and after."""
    running_sandbox.calm()
    yield running_sandbox
    running_sandbox.calm()


@pytest.fixture(scope="session")
def azureml(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureMLWorkspace]:
    """One adapter for all tests that don't harm its children: an SDK costs a second to start."""
    adapter = AzureMLWorkspace(replace(running_sandbox.config(tmp_path_factory.mktemp("homes")), readers=1))
    yield adapter
    adapter.close()


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that the contract is tried in, and what of it the tests may use."""

    workspace: Workspace
    compute: str
    environment: str


def missing() -> list[str]:
    """What the environment would have to name besides, for the contract to be tried in a real workspace."""
    return [name for name in REAL if not os.environ.get(name)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try in both places what needs no control of the sandbox."""
    if "place" in metafunc.fixturenames:
        real = [] if missing() else [pytest.param("real", marks=pytest.mark.timeout(2 * PATIENCE))]
        only_here = "sandbox" in metafunc.fixturenames
        metafunc.parametrize("place", ["sandbox", *([] if only_here else real)], indirect=True, scope="session")


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> Place:
    """Where the test is tried."""
    if request.param == "sandbox":
        return Place(request.getfixturevalue("azureml"), "cpu-cluster", "demo-env")
    found: Place = request.getfixturevalue("real_place")
    return found


@pytest.fixture(scope="session")
def real_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The workspace that the environment names."""
    if missing():
        pytest.skip(f"no real workspace: {', '.join(missing())} not set (see tests/contracts/conftest.py)")
    file, compute, environment = (os.environ[name] for name in REAL)
    config = azure_config(load(Path(file)).azure, tmp_path_factory.mktemp("real"))
    adapter = AzureMLWorkspace(replace(config, readers=1))
    yield Place(adapter, compute, environment)
    adapter.close()


@pytest.fixture
def workspace(place: Place) -> Workspace:
    """The port that the contract is about."""
    return place.workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder: a script with a helper in a subfolder, and others that fail, chat, measure or don't end."""
    folder = tmp_path / "project"
    (folder / "assets").mkdir(parents=True)
    (folder / "train.py").write_text(TRAIN)
    (folder / "assets" / "__init__.py").touch()
    (folder / "assets" / "utils.py").write_text(UTILS)
    (folder / "fail.py").write_text('raise ValueError("the data has no column age")\n')
    (folder / "chatty.py").write_text('for line in range(20_000):\n    print("line", line, "." * 50)\n')
    (folder / "wait.py").write_text(WAIT)
    (folder / "many.py").write_text(MANY)
    return folder


@dataclass(slots=True)
class Specs:
    """Makes run specs of a project, each with an id of its own."""

    folder: Path
    name: str
    compute: str
    environment: str
    made: int = 0

    def __call__(self, script: str = "train.py", **changes: Any) -> RunSpec:
        """A spec that runs `script`, with `changes`."""
        self.made += 1
        spec = RunSpec(
            run_id=f"aml-{self.name}-{self.made}",
            experiment="contracts",
            folder=str(self.folder),
            script=script,
            arguments=(),
            compute=self.compute,
            environment=self.environment,
            environment_version="",
            tags=(("submitted_by", "U1"), ("project", "demo")),
            project="demo",
        )
        return replace(spec, **changes)


@pytest.fixture
def specs(project: Path, place: Place) -> Specs:
    """Specs with ids that no other test uses."""
    return Specs(project, os.urandom(6).hex(), place.compute, place.environment)


def misspelt(name: str) -> str:
    """`name` with its last two letters the other way round; where they are the same, without the last one."""
    turned = name[:-2] + name[-1] + name[-2]
    return turned if turned != name else name[:-1]


def ended(workspace: Workspace, run_id: str, seconds: float = PATIENCE) -> Run:
    """The run, once it has ended."""

    def look() -> Run | None:
        run = workspace.find_run(run_id)
        return run if run and run.status.is_final else None

    run = until(look, seconds)
    assert run
    return run
