"""Environments are really built: what is asked for is there, what can't be had fails the run before it starts."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.azureml import baselayer, pythons, seed
from tests.machine import needs_bubblewrap
from tests.sandbox.azureml.conftest import SandboxProcess, gone, until
from tests.sandbox.azureml.wheels import pip_settings, slow_source, wheel

BUILD_LOG = "azureml-logs/20_image_build_log.txt"
OWN = "{}.{}".format(*sys.version_info)


def environment(*pip: str, conda: tuple[str, ...] = (), python: str = OWN) -> dict[str, Any]:
    dependencies = [f"python={python}", *conda, {"pip": ["azureml-defaults", *pip]}]
    return {"name": "unit", "version": "1", "python": {"condaDependencies": {"dependencies": dependencies}}}


def error(sandbox: SandboxProcess, run_id: str) -> str:
    return str(sandbox.run(run_id)["error"])


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    wheel(folder, "churn-features", "1.4.2", "__version__ = '1.4.2'\ndef say():\n    print('said')\n")
    wheel(folder, "churn-features", "1.5.0")
    wheel(folder, "churn-models", "2.0", requires=("churn-features>=1.4",))
    slow_source(folder, "slow", "1.0")
    return folder


@pytest.fixture(scope="module")
def builds(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    state = tmp_path_factory.mktemp("builds") / "state"
    sandbox = SandboxProcess(state, "--unconfined", env=pip_settings(packages))
    yield sandbox
    sandbox.stop()


def test_conda_and_pip_packages_are_there_with_what_they_need(builds: SandboxProcess) -> None:
    script = (
        "import churn_features, churn_models, subprocess, azureml.core\n"
        "print(churn_features.__version__, churn_models.__version__, flush=True)\n"
        "subprocess.run(['churn_features-says'], check=True)\n"
    )

    builds.submit(script, "both-1", environment=environment("churn-models", conda=("churn-features=1.4",)))

    assert builds.ended("both-1") == "Completed", builds.log("both-1")
    log = builds.log("both-1")
    assert log.startswith("[sandbox] Environment 'unit' version 1: Python 3.")
    assert "churn-features==1.4.*, churn-models on the base layer" in log
    assert "\n1.4.2 2.0\nsaid\n" in log
    assert BUILD_LOG in builds.files("both-1")


def test_a_definition_is_built_once_and_used_again(builds: SandboxProcess) -> None:
    asked = environment("churn-features==1.5.0")
    for number in range(2):
        builds.submit("import churn_features\n", f"again-{number}", environment=asked)

    assert [builds.ended(f"again-{number}") for number in range(2)] == ["Completed"] * 2
    logs = [builds.log(f"again-{number}") for number in range(2)]
    assert sorted("built now" in log for log in logs) == [False, True]
    assert sum(BUILD_LOG in builds.files(f"again-{number}") for number in range(2)) == 1


def test_what_is_not_in_the_definition_is_not_there(builds: SandboxProcess) -> None:
    builds.submit("import azureml.core, slack_sdk\n", "bare-1", environment=environment())

    assert builds.ended("bare-1") == "Failed"
    assert "No module named 'slack_sdk'" in error(builds, "bare-1")


@pytest.mark.parametrize(
    ("number", "asked", "said"),
    [
        (1, environment("no-such-package==1.0"), "No matching distribution found for no-such-package==1.0"),
        (2, environment(conda=("cudatoolkit=11.3",)), "what only conda has can't be had"),
        (3, environment("-r /etc/passwd"), "options and files aren't taken"),
        (4, environment("own @ file:///etc/passwd"), "from the index, the workspace or an https address only"),
    ],
)
def test_what_can_not_be_had_fails_the_run_while_it_prepares(
    builds: SandboxProcess, number: int, asked: dict[str, Any], said: str
) -> None:
    run_id = f"missing-{number}"
    builds.submit("print('never')\n", run_id, environment=asked)

    assert builds.ended(run_id) == "Failed"
    run = builds.run(run_id)
    assert run["started"] is None
    assert run["error"].startswith("Image build failed: environment 'unit' version 1 could not be prepared.")
    assert said in run["error"]
    assert said in builds.log(run_id)
    assert (BUILD_LOG in builds.files(run_id)) is (number <= 2)
    assert "never" not in builds.log(run_id)


def test_a_private_wheel_is_fetched_from_the_storage_of_the_workspace(builds: SandboxProcess, tmp_path: Path) -> None:
    file = wheel(tmp_path, "private-features", "0.1.0", requires=("churn-features==1.4.2",))
    url = builds.upload("Environment/azureml-private-packages", file)

    script = "import churn_features, private_features\nprint('has', private_features.__version__)\n"
    builds.submit(script, "private-1", environment=environment(url))

    assert builds.ended("private-1") == "Completed", builds.log("private-1")
    assert "has 0.1.0" in builds.log("private-1")


def test_nothing_else_of_the_storage_is_given_to_an_environment(builds: SandboxProcess, tmp_path: Path) -> None:
    file = wheel(tmp_path, "stray", "1.0")
    url = builds.upload("LocalUpload/elsewhere", file)

    builds.submit("import stray\n", "stray-1", environment=environment(url))

    assert builds.ended("stray-1") == "Failed"
    assert "is not a private wheel of this workspace" in error(builds, "stray-1")


def test_storage_that_fails_fails_the_build_and_the_next_run_builds(builds: SandboxProcess, tmp_path: Path) -> None:
    url = builds.upload("Environment/azureml-private-packages", wheel(tmp_path, "late", "1.0"))
    builds.control("POST", "faults", {"method": "GET", "path": "late-1.0", "status": 503, "times": 1})

    for number in range(2):
        builds.submit("import late\n", f"late-{number}", environment=environment(url))
        assert builds.ended(f"late-{number}") == ("Failed", "Completed")[number]

    assert "The private wheel late-1.0-py3-none-any.whl could not be fetched: storage answered 503." in error(
        builds, "late-0"
    )


def test_a_python_that_is_not_installed_fails_the_run_and_both_versions_are_named(builds: SandboxProcess) -> None:
    builds.submit("pass\n", "old-1", environment=environment(python="3.4"))

    assert builds.ended("old-1") == "Failed"
    assert f"Python 3.4 was asked for and isn't installed on this machine; the sandbox has Python {OWN}." in error(
        builds, "old-1"
    )
    assert "--any-python" in error(builds, "old-1")


def test_with_any_python_the_substitution_is_in_the_log(start: Callable[..., SandboxProcess], packages: Path) -> None:
    sandbox = start("--unconfined", "--any-python", env=pip_settings(packages))

    sandbox.submit("pass\n", "old-1", environment=environment(python="3.4.10"))

    assert sandbox.ended("old-1") == "Completed"
    assert "[sandbox] Python 3.4 was asked for and isn't installed: this run uses Python 3." in sandbox.log("old-1")


@pytest.mark.slow
def test_another_python_that_is_installed_is_used(start: Callable[..., SandboxProcess], tmp_path: Path) -> None:
    other = pythons.find(lambda version: version < sys.version_info[:2] and version >= (3, 8))
    if other is None:
        pytest.skip("no older Python is installed here")
    for text in baselayer.requirements():  # stand-ins: nothing of an index is needed
        name, _, version = text.partition(";")[0].partition("==")
        wheel(tmp_path, name.strip(), version or "1.0")
    sandbox = start("--unconfined", env=pip_settings(tmp_path))
    asked = environment(python="{}.{}".format(*other.minor))

    script = "import sys, azureml_core\nprint('this is', sys.version_info[:3], flush=True)\n"
    sandbox.submit(script, "older-1", environment=asked)

    assert sandbox.ended("older-1") == "Completed", sandbox.log("older-1")
    assert f"this is {other.version}" in sandbox.log("older-1")


def building(sandbox: SandboxProcess, run_id: str) -> int:
    """The process that builds for a run, once there is one."""

    def find() -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(sandbox.state).encode() in command and b"get_requires_for_build_wheel" in command:
                found.append(int(entry.name))
        return found

    return int(until(find, f"the build of {run_id}")[0])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found through /proc")
def test_a_build_can_be_canceled_and_leaves_nothing(builds: SandboxProcess) -> None:
    builds.submit("pass\n", "slow-1", environment=environment("slow"))
    pid = building(builds, "slow-1")
    assert builds.run("slow-1")["status"] == "Preparing"

    builds.call("POST", seed.DATA_HOST, f"/execution/v1.0{seed.WORKSPACE_SCOPE}/experiments/plain/runId/slow-1/cancel")

    assert builds.ended("slow-1") == "Canceled"
    until(lambda: gone(pid), "the end of the build")
    assert not list((builds.state / "environments").glob("*.new-*"))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found through /proc")
def test_a_kill_while_building_leaves_no_half_environment(start: Callable[..., SandboxProcess], packages: Path) -> None:
    sandbox = start(env=pip_settings(packages))
    sandbox.submit("pass\n", "slow-1", environment=environment("slow"))
    pid = building(sandbox, "slow-1")

    sandbox.stop(signal.SIGKILL)

    again = start(state=sandbox.state, env=pip_settings(packages))
    assert again.run("slow-1")["status"] == "Failed"
    until(lambda: gone(pid), "the end of the build")
    assert not list((again.state / "environments").glob("*.new-*"))


CURIOUS = """
import pathlib, sys, churn_features, subprocess
for path in (churn_features.__file__, sys.prefix + "/written"):
    try:
        pathlib.Path(path).write_text("x")
        print("wrote", path)
    except OSError:
        print("kept from", path)
ended = subprocess.run([sys.executable, "-m", "pip", "download", "churn-models"], capture_output=True, text=True)
print("pip", ended.returncode, ended.stderr)
"""


def test_a_confined_script_reads_its_environment_and_changes_nothing_in_it(
    start: Callable[..., SandboxProcess], packages: Path
) -> None:
    needs_bubblewrap()
    sandbox = start("--port", "0", env=pip_settings(packages))

    sandbox.submit(CURIOUS, "curious-1", environment=environment("churn-features==1.4.2"))

    assert sandbox.ended("curious-1") == "Completed", sandbox.log("curious-1")
    log = sandbox.log("curious-1")
    assert log.count("kept from") == 2
    assert "pip 1" in log
    assert "No matching distribution found" in log
