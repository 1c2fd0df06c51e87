"""The contract in a real workspace: whether it is tried there, and that it can be."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.demo.configuration import write_configuration
from tests.behaviours.team import PROJECT, clean_environment
from tests.bench import azure
from tests.contracts.conftest import REAL, Place, Sandbox

SUITE = ("workspace", "reports", "environments", "models", "wheels")


def test_the_contract_is_tried_in_a_real_workspace_too(real_place: Place) -> None:
    assert real_place.compute in real_place.workspace.list_compute_targets()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_settings_of_a_real_workspace_bring_the_whole_suite_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    nobody = {"bot_token": "xoxb-1", "app_token": "xapp-1", "signing_secret": "s", "api": "http://127.0.0.1:9/"}
    files = [str(Path(__file__).with_name(f"test_{name}.py")) for name in (*SUITE, "real_workspace")]

    with azure.sandbox(tmp_path / "azure") as ready:
        settings = write_configuration(tmp_path, slack=nobody, azure=ready, project=PROJECT, faq=None)
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "not slow", "-k", "real", *files],
            check=False,
            capture_output=True,
            text=True,
            env=clean_environment() | dict(zip(REAL, (str(settings), "gpu-cluster", "demo-env"), strict=True)),
        )
        runs = Sandbox(ready).all_runs()

    assert ended.returncode == 0, ended.stdout[-3000:]
    summary = ended.stdout.splitlines()[-1]
    assert "skipped" not in summary
    assert int(summary.split(" passed")[0].split()[-1]) > 25
    assert len(runs) > 10
    assert "gpu-cluster" in {run["target"] for run in runs}
    assert "cpu-cluster" not in {run["target"] for run in runs}
