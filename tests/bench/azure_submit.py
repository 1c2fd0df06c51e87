"""A submit through the bot's adapter against the SDK's own: `python -m tests.bench.azure_submit`.

The same project, changed before each submit, to the same sandbox, by turns: `Experiment.submit` in this process, and
`ports.Workspace.submit` on a warm child, which looks for the run first, checks names, and reads the run back. Prints
the medians and their ratio; exits with 1 where it is over 1.5.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace
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
                "bot": lambda run_id: adapter.submit(azure.spec(folder, run_id)),
            }
            taken: dict[str, list[float]] = {way: [] for way in ways}
            for number in range(rounds + 2):
                for way, submit in ways.items():
                    taken[way].append(seconds(submit, folder, f"bench-{way}-{os.getpid()}-{number}"))
            adapter.close()
    medians = {way: statistics.median(values[2:]) for way, values in taken.items()}
    ratio = medians["bot"] / medians["sdk"]
    print(f"Experiment.submit {medians['sdk'] * 1000:.0f} ms, through the adapter {medians['bot'] * 1000:.0f} ms")
    print(f"ratio {ratio:.2f} (at most {ALLOWED:g}), medians of {rounds}")
    return 0 if ratio <= ALLOWED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    sys.exit(main(parser.parse_args().rounds))
