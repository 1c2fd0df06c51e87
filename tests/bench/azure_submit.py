"""A submit through the bot against the SDK's own: `python -m tests.bench.azure_submit [--rounds 15]`.

The same project, changed before each submit, to the same sandbox, by turns: `Experiment.submit` in this process;
`ports.Workspace.submit` on a warm child, which looks for the run first, checks names, and reads the run back; and the
bot's service, `Runs.submit`, which besides decides by real role data (at most a minute old) and a policy file,
checks the project's files and writes two rows to the sealed audit. Prints the medians; exits with 1 where the service
takes more than 1.5 times what the SDK takes.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot.adapters.approvals import ApprovalTable
from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace
from bot.adapters.database import open_database, open_state
from bot.adapters.policy_file import PolicyFile
from bot.adapters.projects import ProjectSources
from bot.adapters.store import WatchTable
from bot.domain.access import Caller, Principal
from bot.domain.projects import Project
from bot.domain.runs import SubmitRequest
from bot.sandbox.azureml.seed import DANA
from bot.services.guard import Guard
from bot.services.policy import PolicySource
from bot.services.projects import Projects
from bot.services.runs import Runs
from tests.bench import azure

ALLOWED = 1.5


def sdk(config: AzureMLConfig, folder: Path) -> Callable[[str], None]:
    """Submits by the SDK alone, in this process."""
    os.environ |= {"HTTPS_PROXY": config.proxy, "REQUESTS_CA_BUNDLE": config.ca_bundle, "HOME": str(config.home)}
    from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
    from azureml.core.authentication import ServicePrincipalAuthentication

    who: Any = config.sign_in
    auth = ServicePrincipalAuthentication(who.tenant_id, who.client_id, who.client_secret, cloud="AzureCloud")
    workspace = Workspace(config.subscription_id, config.resource_group, config.workspace, auth=auth)

    environment = Environment.get(workspace, "demo-env")

    def submit(run_id: str) -> None:
        asked = ScriptRunConfig(str(folder), "train.py", compute_target="cpu-cluster", environment=environment)
        Experiment(workspace, "bench").submit(asked, tags={"submitted_by": "U1"}, run_id=run_id)

    return submit


def service(workspace: AzureMLWorkspace, config: AzureMLConfig, folder: Path, state: Path) -> Callable[[str], None]:
    """Submits by the bot's service, as somebody who may; everything behind it is the bot's own."""
    engine = open_database(open_state(state))
    policy = state / "policy.toml"
    policy.write_text('version = 1\n[[allow]]\ncommands = ["submit"]\nroles = ["AzureML Data Scientist"]\n')
    audit = AuditTable(engine, audit_key(state / "audit.key", engine))
    guard = Guard(AzureRoles(config), PolicySource(PolicyFile(policy), audit), audit)
    project = Project("bench", str(folder), "train.py", "bench", "demo-env", "cpu-cluster")
    projects = Projects({"bench": project}, ProjectSources(state / "projects"))
    runs = Runs(workspace, guard, WatchTable(engine), projects, ApprovalTable(engine, audit))

    def submit(run_id: str) -> None:
        dana = Principal(DANA.object_id, Caller("T1", "U1", "C1", f"c:{run_id}"), "dana")
        runs.submit(dana, SubmitRequest("train.py", project="bench"))

    return submit


def seconds(submit: Callable[[str], object], folder: Path, run_id: str) -> float:
    """How long one submit of a project that has changed takes."""
    (folder / "changed.txt").write_text(run_id)
    began = time.perf_counter()
    submit(run_id)
    return time.perf_counter() - began


def main(rounds: int) -> int:
    """Measure by turns and print; 0 when the ratio is met."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with azure.sandbox(root / "sandbox") as ready:
            config, folder = azure.config(ready, root / "home"), azure.project(root / "project")
            config.home.mkdir()
            adapter = AzureMLWorkspace(azure.config(ready, root / "homes"))
            ways = {
                "sdk": sdk(config, folder),
                "adapter": lambda run_id: adapter.submit(azure.spec(folder, run_id)),
                "service": service(adapter, config, folder, root / "state"),
            }
            taken: dict[str, list[float]] = {way: [] for way in ways}
            for number in range(rounds + 2):
                for way, submit in ways.items():
                    taken[way].append(seconds(submit, folder, f"bench-{way}-{os.getpid()}-{number}"))
            adapter.close()
    medians = {way: statistics.median(values[2:]) for way, values in taken.items()}
    ratio = medians["service"] / medians["sdk"]
    print(platform.platform(), f"{os.cpu_count()} cores, Python {platform.python_version()}", sep=", ")
    print(f"azureml-core {version('azureml-core')}; medians of {rounds}, the SDK's own being 1")
    for way, median in medians.items():
        print(f"{way:8} {median * 1000:6.0f} ms  {median / medians['sdk']:.2f}")
    print(f"The service takes {ratio:.2f} times what the SDK takes (at most {ALLOWED:g}).")
    return 0 if ratio <= ALLOWED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    sys.exit(main(parser.parse_args().rounds))
