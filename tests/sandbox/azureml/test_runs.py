"""Submitting, following and ending runs with the unmodified SDK."""

import os

import pytest

from bot.sandbox.azureml import seed
from tests.sandbox.azureml.conftest import SandboxProcess, Sdk, SdkError, gone, until

TRAIN = """
import json, os, sys
sys.path.insert(0, "assets")
from utils import double
from azureml.core import Run

run = Run.get_context()
run.log("loss", 0.5)
run.log("loss", 0.25)
run.log("Sample size", double(21))
run.log_list("sizes", [1, 2, 3])
run.log_row("points", x=1, y=2)
run.tag("from", "inside")
print("arguments", sys.argv[1:])
with run.child_run("kid") as child:
    child.log("depth", 1)
run.upload_file("report.txt", "assets/utils.py")
with open("outputs/environment.json", "w") as file:
    json.dump(dict(os.environ), file)
os.symlink("/etc/passwd", "outputs/link.txt")
"""
SLEEP = "import time\nprint('started', flush=True)\ntime.sleep(120)\n"


def test_a_script_runs_with_its_helper_and_what_it_logs_writes_and_prints_is_read_back(
    sandbox: SandboxProcess, sdk: Sdk
) -> None:
    files = {"train.py": TRAIN, "assets/utils.py": "def double(x):\n    return 2 * x\n"}

    run_id = sdk.submit(files, run_id="whole-1", arguments=["--epochs", 3, "--rate", 0.1], tags={"who": "dana"})

    assert run_id == "whole-1"
    assert sdk.wait(run_id) == "Completed"
    found = sdk.details(run_id)
    assert found["metrics"] == {
        "loss": [0.5, 0.25],
        "Sample size": 42,
        "sizes": [1, 2, 3],
        "points": {"x": 1, "y": 2},
    }
    assert found["tags"] == {"who": "dana", "from": "inside"}
    assert {"outputs/environment.json", "report.txt", "user_logs/std_log.txt"} <= set(found["files"])
    assert "outputs/link.txt" not in found["files"]
    log = found["logs"]["user_logs/std_log.txt"]
    assert log.startswith("[sandbox] Environment 'unit' version Autosave_")
    assert "arguments ['--epochs', '3', '--rate', '0.1']" in log
    assert found["definition"]["arguments"] == ["--epochs", 3, "--rate", 0.1]
    assert found["started"] < found["ended"]
    assert len(found["children"]) == 1
    environment = sdk.download(run_id, "outputs/environment.json")
    assert '"TEAM": "vision"' in environment
    assert "very-secret" not in environment
    assert sandbox.info["client_secret"] not in environment
    assert sandbox.info["control_token"] not in environment


def test_a_failing_script_fails_its_run_with_the_exit_code_and_its_last_lines(sdk: Sdk) -> None:
    run_id = sdk.submit({"train.py": "def boom():\n    raise ValueError('no such column: age')\nboom()\n"})

    status = sdk.wait(run_id)

    assert status == "Failed"
    error = str(sdk.details(run_id)["error"])
    assert "exited with status code 1" in error
    assert "ValueError: no such column: age" in error
    assert "launcher" not in error


def test_the_exit_code_of_a_script_is_kept(sdk: Sdk) -> None:
    run_id = sdk.submit({"train.py": "import sys\nsys.exit(7)\n"})

    sdk.wait(run_id)

    assert "exited with status code 7" in str(sdk.details(run_id)["error"])


def test_a_command_runs_in_a_shell_and_its_python_keeps_the_metrics(sdk: Sdk) -> None:
    script = "from azureml.core import Run\nRun.get_context().log('n', 1)\n"

    run_id = sdk.submit({"train.py": script}, command="echo one && python train.py && echo two")

    assert sdk.wait(run_id) == "Completed"
    found = sdk.details(run_id)
    assert found["metrics"] == {"n": 1}
    assert "\none\n" in found["logs"]["user_logs/std_log.txt"]
    assert found["logs"]["user_logs/std_log.txt"].endswith("two\n")


def test_a_cancel_ends_the_script_with_its_grandchildren(sandbox: SandboxProcess, sdk: Sdk) -> None:
    grandchild = "import os, time; print('grandchild', os.getpid(), flush=True); time.sleep(120)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}], start_new_session=True)"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    run_id = sdk.submit({"train.py": script})
    pid = int(sandbox.printed(run_id, "grandchild").split()[1])

    sdk.cancel(run_id)

    assert sdk.wait(run_id) == "Canceled"
    until(lambda: gone(pid), "the grandchild's end")


def test_a_run_that_takes_longer_than_allowed_is_canceled_and_says_why(sdk: Sdk) -> None:
    run_id = sdk.submit({"train.py": SLEEP}, seconds=1)

    assert sdk.wait(run_id) == "Canceled"
    assert "maxRunDurationSeconds (1)" in str(sdk.details(run_id)["error"])


def test_runs_beyond_the_nodes_of_a_target_wait_and_say_why(sandbox: SandboxProcess, sdk: Sdk) -> None:
    busy = [sdk.submit({"train.py": SLEEP}, target="gpu-cluster") for _ in range(2)]
    until(lambda: [sdk.status(run_id) for run_id in busy] == ["Running", "Running"], "both nodes to be busy")

    waiting = sdk.submit({"train.py": "print('at last')\n"}, target="gpu-cluster", run_id="waits-1")

    assert sdk.status(waiting) == "Queued"
    path = f"/history/v1.0{seed.WORKSPACE_SCOPE}/runs/{waiting}"
    until(lambda: sandbox.call("GET", seed.DATA_HOST, path).json().get("queueingInfo"), "the reason")
    reason = sandbox.call("GET", seed.DATA_HOST, path).json()["queueingInfo"]["message"]
    assert reason == "All 2 nodes of gpu-cluster are busy; the run starts when one is free."
    for run_id in busy:
        sdk.cancel(run_id)
    assert sdk.wait(waiting) == "Completed"


def test_a_run_shows_that_its_files_are_being_collected(sdk: Sdk) -> None:
    script = "for number in range(3000): open(f'outputs/{number}.txt', 'w').close()\n"

    run_id = sdk.submit({"train.py": script})

    until(lambda: sdk.status(run_id) == "Finalizing", "the files to be collected")
    assert sdk.wait(run_id) == "Completed"


def test_a_run_that_waits_can_be_canceled(sdk: Sdk) -> None:
    busy = [sdk.submit({"train.py": SLEEP}, target="gpu-cluster") for _ in range(2)]
    waiting = sdk.submit({"train.py": SLEEP}, target="gpu-cluster")

    sdk.cancel(waiting)

    assert sdk.wait(waiting) == "Canceled"
    for run_id in busy:
        sdk.cancel(run_id)
        assert sdk.wait(run_id) == "Canceled"


def test_a_repeated_run_id_does_not_run_twice(sandbox: SandboxProcess, sdk: Sdk) -> None:
    files = {"train.py": "print('ran')\n"}
    run_id = sdk.submit(files, run_id="once-1")
    assert sdk.wait(run_id) == "Completed"

    with pytest.raises(SdkError, match="Run once-1 already exists"):
        sdk.submit(files, run_id="once-1")

    assert [run["id"] for run in sandbox.control("GET", "runs")["runs"]].count("once-1") == 1
    assert sandbox.log("once-1").count("ran\n") == 1


def test_an_unknown_compute_target_is_refused_and_nothing_is_recorded(sandbox: SandboxProcess, sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="Unknown compute target 'no-such'"):
        sdk.submit({"train.py": "pass\n"}, target="no-such", run_id="nowhere-1")

    assert "nowhere-1" not in [run["id"] for run in sandbox.control("GET", "runs")["runs"]]


def test_the_target_local_is_named_as_missing(sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="local"):
        sdk.submit({"train.py": "pass\n"}, target="local")


def test_runs_are_found_by_tag_and_status_newest_first(sdk: Sdk) -> None:
    first = sdk.submit({"train.py": "pass\n"}, experiment="tagged", tags={"team": "vision"})
    second = sdk.submit({"train.py": "raise SystemExit(1)\n"}, experiment="tagged", tags={"team": "vision"})
    third = sdk.submit({"train.py": "pass\n"}, experiment="tagged", tags={"team": "speech"})
    for run_id in (first, second, third):
        sdk.wait(run_id)
    sdk.tag(third, "kept", "yes")

    assert sdk.runs("tagged") == [third, second, first]
    assert sdk.runs("tagged", tags={"team": "vision"}) == [second, first]
    assert sdk.runs("tagged", tags="kept") == [third]
    assert sdk.runs("tagged", tags={"team": "vision"}, status="Completed") == [first]
    sdk.untag(third, "kept")
    assert sdk.runs("tagged", tags="kept") == []


def test_compute_targets_and_the_default_datastore_are_listed(sdk: Sdk) -> None:
    assert sdk.computes() == {"cpu-cluster": ["STANDARD_DS3_V2", 0, 4], "gpu-cluster": ["STANDARD_NC6S_V3", 0, 2]}
    assert sdk.datastore() == "workspaceblobstore"


def test_only_changed_files_of_a_project_are_uploaded_again(sandbox: SandboxProcess, sdk: Sdk) -> None:
    files = {"train.py": "import helper\n", "helper.py": f"print('kept {os.getpid()}')\n"}
    assert sdk.wait(sdk.submit(files)) == "Completed"

    run_id = sdk.submit(files | {"train.py": "import helper\nprint('changed')\n"})

    assert sdk.wait(run_id) == "Completed"
    log = sandbox.log(run_id)
    assert f"kept {os.getpid()}" in log
    assert "changed" in log
