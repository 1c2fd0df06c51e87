"""The FAQ's recipes run as they are printed, each in a fresh process against a sandbox."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.sandbox.azureml import baselayer, seed
from tests.sandbox.azureml.conftest import ROOT, SandboxProcess
from tests.sandbox.azureml.wheels import pip_settings, wheel

LAUNCHER = Path(__file__).with_name("recipe_launcher.py")


def blocks(file: str, *headings: str) -> list[str]:
    """The Python blocks below a heading, in order; further headings lead further down."""
    found: list[str] = []
    path: list[str] = []
    tokens = MarkdownIt().parse((ROOT / "faq" / file).read_text())
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            level = int(token.tag[1:]) - 2
            path = [*path[:level], following.content] if level >= 0 else []
        elif token.type == "fence" and token.info == "python" and path[: len(headings)] == list(headings):
            found.append(token.content)
    assert found, f"{file} has no Python below {headings}"
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox whose package index has what the recipes ask for, and stand-ins for another Python's base layer."""
    index = tmp_path_factory.mktemp("index")
    wheel(index, "scikit-learn", "1.5.2")
    wheel(index, "xgboost", "2.1.3")
    for text in baselayer.requirements():
        name, _, version = text.partition(";")[0].partition("==")
        wheel(index, name.strip(), version or "1.0")
    state = tmp_path_factory.mktemp("recipes") / "state"
    process = SandboxProcess(state, "--unconfined", "--any-python", env=pip_settings(index))
    yield process
    process.stop()


def follow(workspace: SandboxProcess, folder: Path, code: list[str]) -> str:
    """Run a recipe's blocks in `folder`; what it printed."""
    recipe = folder / "recipe.py"
    recipe.write_text("\n".join(code))
    (folder / "home").mkdir()
    ended = subprocess.run(
        [sys.executable, str(LAUNCHER), str(workspace.state / "azureml.json"), str(recipe)],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "HTTPS_PROXY": workspace.info["proxy"],
            "REQUESTS_CA_BUNDLE": workspace.info["ca_bundle"],
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def script(folder: Path, text: str, **more: str) -> None:
    """What a reader has in scripts/."""
    for name, content in {"train.py": text, **more}.items():
        path = folder / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def newest(workspace: SandboxProcess) -> dict[str, Any]:
    found: dict[str, Any] = workspace.control("GET", "runs")["runs"][0]
    workspace.ended(found["id"])
    return workspace.run(found["id"])


def metrics(workspace: SandboxProcess, run_id: str) -> list[str]:
    path = f"/metric/v2.0{seed.WORKSPACE_SCOPE}/runs/{run_id}/list"
    found = workspace.call("POST", seed.DATA_HOST, path, json={}).json()["value"]
    return [metric["metricKey"]["name"] for metric in found]


SUBMIT = "How do I submit a training run?"


def test_a_notebook_logs_to_a_run_of_its_own(workspace: SandboxProcess, tmp_path: Path) -> None:
    printed = follow(workspace, tmp_path, blocks("submitting-runs.md", SUBMIT, "From a notebook: log while you work"))

    run = newest(workspace)
    assert (run["experiment"], run["status"]) == ("churn-exploration", "Completed")
    assert set(metrics(workspace, run["id"])) == {"rows", "mean price"}
    assert run["id"] in printed


def test_a_script_is_submitted_and_logs_to_its_run(workspace: SandboxProcess, tmp_path: Path) -> None:
    submit, train = blocks("submitting-runs.md", SUBMIT, "From a script: submit it to a compute target")
    script(tmp_path, train)

    printed = follow(workspace, tmp_path, [submit])

    run = newest(workspace)
    assert (run["experiment"], run["status"]) == ("churn", "Completed")
    assert set(metrics(workspace, run["id"])) == {"loss", "epochs"}
    assert run["id"] in printed


def test_additional_files_travel_with_the_script(workspace: SandboxProcess, tmp_path: Path) -> None:
    submit, part = blocks("submitting-runs.md", "How do I include additional files?")
    script(
        tmp_path,
        f"{part}\nprint('cleaned', clean(open('assets/regions.csv').read()))\n",
        **{"assets/__init__.py": "", "assets/utils.py": "clean = str.strip\n", "assets/regions.csv": " north "},
    )

    follow(workspace, tmp_path, [submit])

    run = newest(workspace)
    assert run["status"] == "Completed", workspace.log(run["id"])
    assert "cleaned north" in workspace.log(run["id"])


def test_packages_are_installed_for_the_script(workspace: SandboxProcess, tmp_path: Path) -> None:
    script(tmp_path, "import scikit_learn, xgboost\nprint('has', scikit_learn.__version__, xgboost.__version__)\n")

    follow(workspace, tmp_path, blocks("submitting-runs.md", "How do I install a package for training?"))

    run = newest(workspace)
    assert run["status"] == "Completed", workspace.log(run["id"])
    assert "has 1.5.2 2.1.3" in workspace.log(run["id"])


def test_an_own_wheel_is_installed_for_the_script(workspace: SandboxProcess, tmp_path: Path) -> None:
    wheel(tmp_path / "dist", "churn-features", "0.1.0")
    script(tmp_path, "import churn_features\nprint('own', churn_features.__version__)\n")

    follow(workspace, tmp_path, blocks("submitting-runs.md", "How do I install my own package?"))

    run = newest(workspace)
    assert run["status"] == "Completed", workspace.log(run["id"])
    assert "own 0.1.0" in workspace.log(run["id"])


def test_the_files_of_a_deployment_are_found_by_its_entry_script(
    workspace: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration, score, _ = blocks("deploying-models.md", "How do I include additional files?")
    scoring = tmp_path / "scoring"
    scoring.mkdir()
    (scoring / "score.py").write_text(score)
    (scoring / "regions.csv").write_text("code,name\nN,north\n")

    follow(workspace, tmp_path, [configuration])

    monkeypatch.setenv("AZUREML_MODEL_DIR", str(tmp_path))
    asked = json.dumps({"codes": ["N", "?"]})
    code = f"import score; score.init(); print(score.run({asked!r}))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=scoring, capture_output=True, text=True, check=True)
    assert "['north', 'unknown']" in ended.stdout
