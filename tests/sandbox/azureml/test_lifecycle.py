"""Starting, stopping and dying: what is kept, what is lost and said so, and what never stays behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.azureml import seed
from tests.machine import needs_bubblewrap
from tests.sandbox.azureml.conftest import ROOT, WAIT, SandboxProcess, gone, until

SLEEP = "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(120)\n"
HISTORY = f"/history/v1.0{seed.WORKSPACE_SCOPE}"


def refused(*options: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "bot.sandbox.azureml", *options],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=WAIT, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stderr


def test_a_kill_loses_the_active_run_alone_and_the_next_start_says_so(start: Callable[..., SandboxProcess]) -> None:
    sandbox = start()
    assert sandbox.submit("print('done')\n", "done-1").status_code == 200
    assert sandbox.ended("done-1") == "Completed"
    sandbox.submit(SLEEP, "active-1")
    pid = int(sandbox.printed("active-1", "pid").split()[1])

    sandbox.stop(signal.SIGKILL)

    again = start(state=sandbox.state)
    assert again.info["client_secret"] == sandbox.info["client_secret"]
    assert again.run("done-1")["status"] == "Completed"
    lost = again.run("active-1")
    assert lost["status"] == "Failed"
    assert "sandbox stopped while this run was active" in lost["error"]
    until(lambda: gone(pid), "the script's end")
    assert again.submit("print('once more')\n", "active-1").status_code == 409


def test_a_restart_loses_a_scripts_child_run_and_leaves_the_run_of_a_notebook_alone(
    start: Callable[..., SandboxProcess],
) -> None:
    sandbox = start()
    sandbox.submit(SLEEP, "active-1")
    sandbox.printed("active-1", "pid")
    runs = f"{HISTORY}/experiments/plain/runs"
    for name, document in (("notebook-1", {}), ("child-1", {"parentRunId": "active-1"})):
        sandbox.call("PATCH", seed.DATA_HOST, f"{runs}/{name}", json={"runId": name} | document)
        event = {"name": "Microsoft.MachineLearning.Run.Start", "data": {}}
        sandbox.call("POST", seed.DATA_HOST, f"{runs}/{name}/events", json=event)

    sandbox.stop()

    again = start(state=sandbox.state)
    statuses = {name: again.run(name)["status"] for name in ("active-1", "child-1", "notebook-1")}
    assert statuses == {"active-1": "Failed", "child-1": "Failed", "notebook-1": "Running"}
    event = {"name": "Microsoft.MachineLearning.Run.Completed", "data": {}}
    again.call("POST", seed.DATA_HOST, f"{runs}/notebook-1/events", json=event)
    assert again.ended("notebook-1") == "Completed"


def test_no_run_takes_longer_than_the_sandbox_allows(start: Callable[..., SandboxProcess]) -> None:
    sandbox = start("--unconfined", "--run-limit", "0.5")

    sandbox.submit(SLEEP, "long-1", maxRunDurationSeconds=600)

    assert sandbox.ended("long-1") == "Canceled"
    assert "maxRunDurationSeconds (0.5)" in sandbox.run("long-1")["error"]


@pytest.mark.parametrize("politely", ["SIGTERM", "end of standard input"])
def test_a_polite_stop_ends_scripts_and_exits_with_0(start: Callable[..., SandboxProcess], politely: str) -> None:
    sandbox = start("--unconfined", "--exit-with-parent")
    sandbox.submit(SLEEP, "active-1")
    pid = int(sandbox.printed("active-1", "pid").split()[1])

    if politely == "SIGTERM":
        sandbox.process.send_signal(signal.SIGTERM)
    else:
        assert sandbox.process.stdin is not None
        sandbox.process.stdin.close()

    assert sandbox.process.wait(WAIT) == 0
    until(lambda: gone(pid), "the script's end")
    assert not (sandbox.state / "azureml.json").exists()


def test_what_is_secret_is_for_the_owner_only(sandbox: SandboxProcess) -> None:
    assert stat.S_IMODE(sandbox.state.stat().st_mode) == 0o700
    for name in ("azureml.json", "server-key.pem"):
        assert stat.S_IMODE((sandbox.state / name).stat().st_mode) == 0o600
    assert json.loads((sandbox.state / "azureml.json").read_text()) == sandbox.info


def test_two_sandboxes_do_not_share_a_directory(sandbox: SandboxProcess) -> None:
    code, words = refused("--state", str(sandbox.state), "--unconfined")

    assert code == 2
    assert "Another sandbox is running" in words


def test_a_taken_port_is_said(sandbox: SandboxProcess, tmp_path: Path) -> None:
    port = sandbox.info["proxy"].rpartition(":")[2]

    code, words = refused("--state", str(tmp_path / "other"), "--unconfined", "--port", port)

    assert code == 2
    assert f"port {port}" in words


def test_without_bubblewrap_it_refuses_to_run_scripts_with_your_rights(tmp_path: Path) -> None:
    code, words = refused("--state", str(tmp_path / "state"), env={"PATH": str(tmp_path)})

    assert code == 2
    assert "bubblewrap" in words
    assert "--unconfined" in words
    assert not (tmp_path / "state").exists()


CURIOUS = """
import os, pathlib, sys
from azureml.core import Run
for path in (sys.argv[1], os.path.expanduser("~root"), "/home"):
    try:
        print("sees", path, sorted(os.listdir(path))[:5])
    except OSError as error:
        print("sees", path, error)
for path in ("/etc/written", sys.argv[1] + "/written"):
    try:
        pathlib.Path(path).write_text("x")
        print("wrote", path)
    except OSError as error:
        print("kept from", path)
print("processes", len([name for name in os.listdir("/proc") if name.isdigit()]))
run = Run.get_context()
run.log("n", 1)
run.flush()
open("outputs/kept.txt", "w").write("kept")
print("ready", flush=True)
import time
time.sleep(120)
"""


def test_a_confined_script_sees_neither_secrets_nor_other_processes(start: Callable[..., SandboxProcess]) -> None:
    needs_bubblewrap()
    sandbox = start("--port", "0")

    sandbox.submit(CURIOUS, "curious-1", [str(sandbox.state)])

    assert sandbox.info["confined"] is True
    sandbox.printed("curious-1", "ready")
    log = sandbox.log("curious-1")
    assert "azureml.json" not in log
    assert "sandbox.db" not in log
    assert "wrote /etc" not in log
    assert not (sandbox.state / "written").exists()
    assert int(log.split("processes ")[1].split()[0]) < 6
    metrics = sandbox.call("POST", seed.DATA_HOST, f"/metric/v2.0{seed.WORKSPACE_SCOPE}/runs/curious-1/list", json={})
    assert [metric["metricKey"]["name"] for metric in metrics.json()["value"]] == ["n"]
    sandbox.call(
        "POST", seed.DATA_HOST, f"/execution/v1.0{seed.WORKSPACE_SCOPE}/experiments/plain/runId/curious-1/cancel"
    )
    assert sandbox.ended("curious-1") == "Canceled"


DIALLER = """
import os, socket, subprocess, sys, urllib.request
from azureml.core import Run
port = int(sys.argv[1])
for host in ("127.0.0.1", "localhost", "192.0.2.1"):
    try:
        socket.create_connection((host, port), 5)
        print("reached", host)
    except OSError as error:
        print("no way to", host, error)
try:
    socket.socket(socket.AF_UNIX).connect(chr(0) + sys.argv[2])
    print("reached", sys.argv[2])
except OSError as error:
    print("no way to", sys.argv[2], error)
try:
    urllib.request.urlopen(os.environ["HTTPS_PROXY"] + "/sandbox/runs", timeout=5)
except OSError as error:
    print("control", error.code)
Run.get_context().log("n", 1)
code = "from azureml.core import Run; print('child of', Run.get_context().id)"
subprocess.run([sys.executable, "-c", code], check=True)
"""


def test_a_confined_script_reaches_the_services_and_nothing_else(start: Callable[..., SandboxProcess]) -> None:
    needs_bubblewrap()
    sandbox = start("--port", "0")
    abstract = f"aml-bot-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as near, socket.socket(socket.AF_UNIX) as nearer:
        nearer.bind(f"\0{abstract}")
        nearer.listen()
        for each in ("script-1", "script-2"):
            sandbox.submit(DIALLER, each, [str(near.getsockname()[1]), abstract])
        sandbox.submit("", "command-1", command="python -c 'from azureml.core import Run; Run.get_context()'")

        ended = [sandbox.ended(each) for each in ("script-1", "script-2", "command-1")]

    log = sandbox.log("script-1")
    assert ended == ["Completed"] * 3, log + sandbox.log("command-1")
    assert "reached" not in log
    assert log.count("no way to") == 4
    assert "control 403" in log
    assert "child of script-1" in log
    path = f"/metric/v2.0{seed.WORKSPACE_SCOPE}/runs/script-1/list"
    found = sandbox.call("POST", seed.DATA_HOST, path, json={}).json()["value"]
    assert [metric["metricKey"]["name"] for metric in found] == ["n"]


READER = """
import pathlib, sys
for path in sys.argv[1:]:
    try:
        print("read", pathlib.Path(path).read_text())
    except OSError as error:
        print("kept from", path)
pathlib.Path("outputs/kept.txt").write_text("kept")
print("ready", flush=True)
"""


def test_a_confined_script_reads_nothing_of_a_hidden_folder_and_still_writes_its_outputs(
    start: Callable[..., SandboxProcess],
) -> None:
    needs_bubblewrap()
    # Not where pytest keeps its folders: scripts see nothing of /tmp in any case.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        hidden, shown = Path(folder) / "hidden", Path(folder) / "shown"
        for each in (hidden, shown):
            each.mkdir()
            (each / "note.txt").write_text(f"words of {each.name}")
        sandbox = start("--hide", str(hidden), state=hidden / "azureml")

        sandbox.submit(READER, "reader-1", [str(hidden / "note.txt"), str(shown / "note.txt")])

        sandbox.printed("reader-1", "ready")
        log = sandbox.log("reader-1")
        assert "read words of shown" in log
        assert f"kept from {hidden / 'note.txt'}" in log
        assert sandbox.ended("reader-1") == "Completed"
        sandbox.stop()


def experiments(sandbox: SandboxProcess) -> Any:
    return sandbox.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments:query", json={})


def test_a_fault_is_met_as_often_as_asked_for(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "faults", {"path": "experiments:query", "status": 503, "body": "down", "times": 2})

    answers = [experiments(sandbox) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].text == "down"


@pytest.mark.parametrize(("kind", "carried_out"), [("drop", False), ("drop_response", True)])
def test_a_connection_is_closed_before_or_after_the_request_is_carried_out(
    sandbox: SandboxProcess, kind: str, carried_out: bool
) -> None:
    token = sandbox.token()
    sandbox.control("POST", "faults", {"method": "POST", "path": f"/experiments/{kind}-1$", kind: True})

    with pytest.raises(OSError, match=r"abort|closed|reset"):
        sandbox.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments/{kind}-1", token)

    sandbox.control("DELETE", "faults")
    names = [item["name"] for item in experiments(sandbox).json()["value"]]
    assert (f"{kind}-1" in names) is carried_out


def test_a_held_request_waits_until_it_is_released(start: Callable[..., SandboxProcess]) -> None:
    sandbox = start("--unconfined", "--hold", "POST experiments:query$")
    answers: list[int] = []
    token = sandbox.token()
    path = f"{HISTORY}/experiments:query"
    waiting = threading.Thread(
        target=lambda: answers.append(sandbox.call("POST", seed.DATA_HOST, path, token, json={}).status_code)
    )
    waiting.start()
    held = until(lambda: sandbox.control("GET", "held")["held"], "the held request")

    assert held[0]["path"].endswith("experiments:query")
    assert answers == []
    sandbox.control("POST", "release")
    waiting.join(WAIT)
    assert answers == [200]
    assert experiments(sandbox).status_code == 200


def test_the_request_log_has_no_secrets(sandbox: SandboxProcess) -> None:
    token = sandbox.token()
    sandbox.call("GET", seed.ARM_HOST, f"/subscriptions?sig=very-secret&marker={os.getpid()}", token)

    text = json.dumps(sandbox.control("GET", "requests"))

    assert '"path": "/subscriptions"' in text
    assert "very-secret" not in text
    assert token not in text
    assert sandbox.info["client_secret"] not in text
