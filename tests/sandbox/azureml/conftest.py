"""A real sandbox process, and the real SDK in another one."""

import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest
import requests

from bot.sandbox.azureml import seed

WAIT = 30.0
WORKER = Path(__file__).with_name("sdk_worker.py")
ROOT = Path(__file__).parents[3]


def until(condition: Callable[[], Any], what: str, seconds: float = WAIT) -> Any:
    """The first true value of `condition`; fails the test when there is none in time."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended (one that nobody has waited for yet counts as ended)."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def read_line(stream: IO[bytes], seconds: float = WAIT) -> str:
    """A line of a pipe that isn't buffered; empty at its end."""
    line = b""
    limit = time.monotonic() + seconds
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], max(0.0, limit - time.monotonic()))
        assert ready, f"nothing was written for {seconds} s; so far: {line!r}"
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            break
        line += chunk
    return line.decode()


class Client:
    """Whoever has a sandbox's ready line: requests as its services and its control API take them."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, host: str, path: str, token: str | None = "", **more: Any) -> requests.Response:
        """A request through the proxy; with the bot's own token unless another (or None) is given."""
        headers = more.pop("headers", {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token()}"
        return self.session.request(
            method,
            f"https://{host}{path}",
            headers=headers,
            proxies={"https": self.info["proxy"]},
            verify=self.info["ca_bundle"],
            timeout=WAIT,
            **more,
        )

    def token(self, scope: str = "https://management.azure.com/.default", secret: str | None = None) -> str:
        answer = self.sign_in(scope, secret or self.info["client_secret"])
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def sign_in(self, scope: str, secret: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.info["client_id"],
            "client_secret": secret,
            "scope": scope,
        }
        return self.call("POST", seed.LOGIN_HOST, f"/{self.info['tenant_id']}/oauth2/v2.0/token", token=None, data=form)

    def control(self, method: str, path: str, document: object = None) -> Any:
        answer = self.session.request(
            method,
            f"{self.info['control']}/{path}",
            headers={"Authorization": f"Bearer {self.info['control_token']}"},
            json=document,
            timeout=WAIT,
        )
        assert answer.ok, answer.text
        return answer.json()

    def submit(
        self,
        script: str,
        run_id: str,
        arguments: list[str] | None = None,
        *,
        environment: dict[str, Any] | None = None,
        **settings: Any,
    ) -> requests.Response:
        """What the SDK does for a project with a train.py, in the fewest requests, and without its import."""
        experiment = f"{seed.WORKSPACE_SCOPE}/experiments/plain"
        self.call("POST", seed.DATA_HOST, f"/history/v1.0{experiment}")
        snapshots = f"/content/v2.0{seed.WORKSPACE_SCOPE}/snapshots"
        places = self.call("POST", seed.DATA_HOST, f"{snapshots}/getblob", json={"FileNames": ["train.py"]})
        place = places.json()["fileNodes"][0]["blobUri"].removeprefix(f"https://{seed.BLOB_HOST}")
        headers = {"x-ms-blob-type": "BlockBlob"}
        self.call("PUT", seed.BLOB_HOST, place, token=None, data=script.encode(), headers=headers)
        tree = {"children": {"train.py": {"name": "train.py", "type": "File", "hash": run_id}}}
        nodes = [{"FullName": "train.py", "BlobUri": f"https://{seed.BLOB_HOST}{place}"}]
        snapshot = {"DirTreeNode": tree, "FileRevisionList": {"FileNodes": nodes}}
        name = str(uuid.uuid4())
        self.call("POST", seed.DATA_HOST, f"{snapshots}/{name}", json=snapshot)
        configuration = {"script": "train.py", "target": "cpu-cluster", "arguments": arguments or []} | settings
        if environment is not None:
            configuration["environment"] = environment
        return self.call(
            "POST",
            seed.DATA_HOST,
            f"/execution/v1.0{experiment}/snapshotrun?runId={run_id}",
            json={"Configuration": configuration, "SnapshotId": name},
        )

    def ended(self, run_id: str) -> str:
        """The final status of a run, once it has one."""
        until(lambda: self.run(run_id)["ended"], f"the end of {run_id}")
        return str(self.run(run_id)["status"])

    def files(self, run_id: str) -> list[str]:
        """The artifacts of a run."""
        path = f"/artifact/v2.0{seed.WORKSPACE_SCOPE}/artifacts/ExperimentRun/dcid.{run_id}"
        return [item["path"] for item in self.call("GET", seed.DATA_HOST, path).json()["value"]]

    def upload(self, container: str, file: Path) -> str:
        """Put a file into the workspace's storage as the SDK does; its address without the signature."""
        base = f"/artifact/v2.0{seed.WORKSPACE_SCOPE}/artifacts"
        document = {"paths": [{"path": file.name}]}
        places = self.call("POST", seed.DATA_HOST, f"{base}/batch/metadata/{container}", json=document).json()
        url = str(places["artifactContentInformation"][file.name]["contentUri"])
        place = url.removeprefix(f"https://{seed.BLOB_HOST}")
        headers = {"x-ms-blob-type": "BlockBlob"}
        answer = self.call("PUT", seed.BLOB_HOST, place, token=None, data=file.read_bytes(), headers=headers)
        assert answer.status_code == 201, answer.text
        return url.partition("?")[0]

    def run(self, run_id: str) -> dict[str, Any]:
        return next(run for run in self.control("GET", "runs")["runs"] if run["id"] == run_id)


class SandboxProcess(Client):
    """`python -m bot.sandbox.azureml` on a state directory."""

    def __init__(self, state: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.state = state
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.sandbox.azureml", "--state", str(state), *options],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        line = read_line(cast("IO[bytes]", self.process.stdout))
        assert line, cast("IO[bytes]", self.process.stderr).read().decode()
        super().__init__(json.loads(line))

    def log(self, run_id: str) -> str:
        """A run's log as it is on disk now."""
        number = [run["id"] for run in reversed(self.control("GET", "runs")["runs"])].index(run_id) + 1
        path = self.state / "runs" / str(number) / "user_logs" / "std_log.txt"
        return path.read_text() if path.exists() else ""

    def printed(self, run_id: str, word: str) -> str:
        """The line that a script prints beginning with `word`, once it is there in full."""

        def lines() -> list[str]:
            written = self.log(run_id).splitlines(keepends=True)
            return [line for line in written if line.startswith(word) and line.endswith("\n")]

        return str(until(lines, f"'{word}' in the log of {run_id}")[0]).strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(WAIT)
        finally:
            self.process.kill()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                cast("IO[bytes]", stream).close()


class Sdk:
    """Calls of `sdk_worker.Calls`, by name; an exception there is an `SdkError` here."""

    def __init__(self, info: dict[str, Any], folder: Path) -> None:
        home = folder / "home"
        home.mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), json.dumps(info), str(folder)],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "HTTPS_PROXY": info["proxy"],
                "REQUESTS_CA_BUNDLE": info["ca_bundle"],
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def ask(*positional: Any, **named: Any) -> Any:
            request = {"call": call, "positional": positional, "named": named}
            cast("IO[bytes]", self._process.stdin).write(json.dumps(request).encode() + b"\n")
            answer = json.loads(read_line(cast("IO[bytes]", self._process.stdout), 90))
            if "error" in answer:
                raise SdkError(answer["error"])
            return answer["result"]

        return ask

    def close(self) -> None:
        cast("IO[bytes]", self._process.stdin).close()
        try:
            self._process.wait(WAIT)
        finally:
            self._process.kill()
            cast("IO[bytes]", self._process.stdout).close()


class SdkError(Exception):
    """What the SDK raised, as text."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One for all tests of a worker; a test uses run ids and names of its own."""
    env = os.environ | {"SLACK_BOT_TOKEN": "xoxb-very-secret", "AML_BOT_SECRET": "very-secret"}
    process = SandboxProcess(tmp_path_factory.mktemp("azureml") / "state", "--unconfined", env=env)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def sdk(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    worker = Sdk(sandbox.info, tmp_path_factory.mktemp("sdk") / "work")
    yield worker
    worker.close()


@pytest.fixture
def roles_kept(sandbox: SandboxProcess) -> Iterator[None]:
    """Put the role assignments of the shared sandbox back as they were."""

    def listed() -> dict[str, dict[str, Any]]:
        return {item["name"]: item["properties"] for item in sandbox.control("GET", "role-assignments")["value"]}

    before = listed()
    yield
    after = listed()
    for name in after.keys() - before.keys():
        sandbox.control("DELETE", f"role-assignments/{name}")
    for name in before.keys() - after.keys():
        lost = before[name]
        document = {"principal_id": lost["principalId"], "role": lost["roleDefinitionId"], "scope": lost["scope"]}
        sandbox.control("POST", "role-assignments", document)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., SandboxProcess]]:
    """Start sandboxes of the test's own, for what the shared one would not survive; stopped at its end."""
    started: list[SandboxProcess] = []

    def begin(*options: str, state: Path | None = None, env: dict[str, str] | None = None) -> SandboxProcess:
        process = SandboxProcess(state or tmp_path / "state", *(options or ("--unconfined",)), env=env)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.stop()
