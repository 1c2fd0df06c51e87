"""What the benchmarks of Azure ML share: a sandbox, a project, and what the kernel says of a process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.azureml import AzureMLConfig, ServicePrincipal
from bot.domain.runs import RunSpec


@contextmanager
def sandbox(state: Path) -> Iterator[dict[str, Any]]:
    """A sandbox of its own, and its ready line."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot.sandbox.azureml", "--state", str(state), "--unconfined", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


def config(ready: dict[str, Any], home: Path) -> AzureMLConfig:
    """The configuration of an adapter for a sandbox."""
    return AzureMLConfig(
        subscription_id=ready["subscription_id"],
        resource_group=ready["resource_group"],
        workspace=ready["workspace"],
        sign_in=ServicePrincipal(ready["tenant_id"], ready["client_id"], ready["client_secret"]),
        home=home,
        proxy=ready["proxy"],
        ca_bundle=ready["ca_bundle"],
    )


def project(folder: Path) -> Path:
    """A small project, whose script ends at once."""
    (folder / "assets").mkdir(parents=True)
    (folder / "train.py").write_text('print("done")\n')
    (folder / "wait.py").write_text("import time\ntime.sleep(600)\n")
    (folder / "assets" / "utils.py").write_text("HALF = 0.5\n" * 200)
    return folder


def spec(folder: Path, run_id: str, script: str = "train.py") -> RunSpec:
    """A run of the project."""
    return RunSpec(
        run_id=run_id,
        experiment="bench",
        folder=str(folder),
        script=script,
        arguments=(),
        compute="cpu-cluster",
        environment="demo-env",
        environment_version="",
        tags=(("submitted_by", "U1"), ("project", "bench")),
        project="bench",
    )


@dataclass(frozen=True, slots=True)
class Process:
    """What the kernel says of a process now: resident memory in megabytes, and threads."""

    rss: float
    threads: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Read from /proc."""
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        return cls(int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]))
