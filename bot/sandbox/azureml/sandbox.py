"""A sandbox put together: its state directory, its parts, its server."""

import fcntl
import json
import os
import secrets
import uuid
from pathlib import Path
from typing import IO, Any, Final

from bot.sandbox.azureml import certificates, seed
from bot.sandbox.azureml.access import Access
from bot.sandbox.azureml.arm import ResourceManager
from bot.sandbox.azureml.artifacts import Artifacts
from bot.sandbox.azureml.builder import Builder
from bot.sandbox.azureml.confinement import Confinement
from bot.sandbox.azureml.control import Control
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.directory import Directory
from bot.sandbox.azureml.environments import Environments
from bot.sandbox.azureml.execution import Execution
from bot.sandbox.azureml.history import History
from bot.sandbox.azureml.interference import Interference
from bot.sandbox.azureml.metrics import Metrics
from bot.sandbox.azureml.models import Models
from bot.sandbox.azureml.page.doing import Doing
from bot.sandbox.azureml.page.door import Door
from bot.sandbox.azureml.page.looking import Looking, Parts
from bot.sandbox.azureml.page.routes import Page
from bot.sandbox.azureml.processes import Host
from bot.sandbox.azureml.runner import Runner
from bot.sandbox.azureml.runs import Runs
from bot.sandbox.azureml.server import Server
from bot.sandbox.azureml.service import Service
from bot.sandbox.azureml.signin import SignIn
from bot.sandbox.azureml.snapshots import Snapshots
from bot.sandbox.azureml.storage import BlobStore
from bot.sandbox.azureml.tokens import Tokens
from bot.sandbox.azureml.workspace import WorkspaceParts

READY_FILE: Final = "azureml.json"


class StateInUse(Exception):
    """Another sandbox has this state directory."""


class Sandbox:
    """Serving from construction of the socket on; `serve` blocks until `close` is called from another thread."""

    def __init__(self, state: Path, port: int, confinement: Confinement, *, any_python: bool, seed_number: int) -> None:
        """Open (or make) the state directory and bind the port (0: any free one).

        Raises:
            StateInUse: another sandbox runs on `state`.
            OSError: the port is taken or the directory can't be used.
        """
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o700)
        self._state = state.resolve()
        self._lock = _take(self._state / "lock")
        self._database = Database(self._state / "sandbox.db")
        self._secret = self._database.fact("client_secret", secrets.token_urlsafe(30))
        self._control_token = self._database.fact("control_token", secrets.token_urlsafe(30))
        self._confinement, self._any_python = confinement, any_python
        tls, self._bundle = certificates.server_context(self._state, seed.HOSTS)
        self.interference = Interference(seed_number)
        self._door = Door()
        self._server = Server(port, self._assemble(), seed.HOSTS, tls)
        self.runner.proxy = self.builder.proxy = self._door.base = f"http://127.0.0.1:{self._server.port}"
        self.runner.answer = self._server.answer_script

    def _assemble(self) -> Service:
        database = self._database
        # Made per state directory: the SDK keeps a cache of snapshots per workspace id in the caller's home.
        workspace_id = database.fact("workspace_id", str(uuid.uuid4()))
        tokens = Tokens(database.fact("signing_key", secrets.token_hex(32)))
        access, people = Access(database), Directory(database)
        blobs = BlobStore(database, self._state, tokens)
        artifacts = Artifacts(database, blobs)
        snapshots = Snapshots(database, blobs)
        runs = Runs(database)
        host = Host(self._state, self._bundle, workspace_id, self._confinement)
        host.prepare()
        self.builder = Builder(host, blobs, any_python=self._any_python)
        self.runner = Runner(runs, snapshots, artifacts, tokens, host, self.builder)
        self.runner.recover()
        metrics, environments, models = Metrics(database), Environments(database), Models(database)
        parts = Parts(database, runs, metrics, artifacts, environments, models, access, self.builder, self.runner)
        self._looking = Looking(parts)
        routes = (
            *SignIn(tokens, self._secret).routes(),
            *ResourceManager(access, workspace_id).routes(),
            *people.routes(),
            *WorkspaceParts(workspace_id, self.runner.busy, lambda: self._door.studio).routes(),
            *History(runs, artifacts, tokens, self.runner).routes(),
            *metrics.routes(),
            *Execution(runs, snapshots, environments, self.runner).routes(),
            *snapshots.routes(),
            *artifacts.routes(),
            *blobs.routes(),
            *environments.routes(),
            *models.routes(),
            *Control(self._control_token, access, runs, self.interference, self._looking.beside, people).routes(),
            *Page(self._door, self._looking, Doing(access, runs, self.runner)).routes(),
        )
        return Service(routes, tokens, access, self.interference)

    def announce(self) -> str:
        """Write the ready file (0600) and return its one line of JSON."""
        proxy = self.runner.proxy
        line = json.dumps(
            {
                "ready": True,
                "proxy": proxy,
                "ca_bundle": str(self._bundle),
                "control": f"{proxy}/sandbox",
                "control_token": self._control_token,
                "page": self._door.address,
                "tenant_id": seed.TENANT_ID,
                "client_id": seed.BOT_CLIENT_ID,
                "client_secret": self._secret,
                "object_id": seed.BOT_OBJECT_ID,
                "subscription_id": seed.SUBSCRIPTION_ID,
                "resource_group": seed.RESOURCE_GROUP,
                "workspace": seed.WORKSPACE,
                "confined": self._confinement.program is not None,
                "pid": os.getpid(),
            }
        )
        fresh = self._state / f"{READY_FILE}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(line + "\n")
        fresh.replace(self._state / READY_FILE)
        return line

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.5)

    def close(self) -> None:
        """Stop answering, end all scripts, and give the directory back."""
        self._server.shutdown()
        self._looking.close()
        self.interference.release(drop=True)
        self.runner.close()
        self._server.server_close()
        (self._state / READY_FILE).unlink(missing_ok=True)
        self._database.close()
        self._lock.close()


def _take(path: Path) -> IO[Any]:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StateInUse(f"Another sandbox is running on {path.parent}; stop it or choose another --state.") from error
    return file
