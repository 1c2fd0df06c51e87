"""What every `ports.Workspace` must do with models, seen through the port."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import NotFound
from bot.domain.models import ModelRequest
from bot.ports import Workspace
from tests.contracts.conftest import Sandbox, Specs, ended, misspelt

SCRIPT = """\
from pathlib import Path
Path("outputs").mkdir(exist_ok=True)
Path("outputs/m.pkl").write_text("weights")
"""


def test_a_model_is_registered_once_for_a_request(workspace: Workspace, specs: Specs, project: Path) -> None:
    (project / "keep.py").write_text(SCRIPT)
    spec = specs("keep.py")
    workspace.submit(spec)
    ended(workspace, spec.run_id)
    name = f"m{os.urandom(4).hex()}"
    asked = ModelRequest(spec.run_id, "outputs/m.pkl", name, key="k1", registered_by="dana")

    first, again = workspace.register_model(asked), workspace.register_model(asked)
    second = workspace.register_model(replace(asked, key="k2"))

    assert (first.version, first.run_id, first.registered_by) == ("1", spec.run_id, "dana")
    assert again == first
    assert workspace.model_versions(name) == (second, first)
    assert second in workspace.list_models()
    for path in ("outputs/m", "outputs/nosuch.pkl"):
        with pytest.raises(NotFound):
            workspace.register_model(ModelRequest(spec.run_id, path, name))
    with pytest.raises(NotFound):
        workspace.model_versions(misspelt(name))


def test_a_model_whose_answer_was_lost_is_not_registered_a_second_time(
    workspace: Workspace, sandbox: Sandbox, specs: Specs, project: Path
) -> None:
    (project / "keep.py").write_text(SCRIPT)
    spec = specs("keep.py")
    workspace.submit(spec)
    ended(workspace, spec.run_id)
    asked = ModelRequest(spec.run_id, "outputs/m.pkl", f"m{os.urandom(4).hex()}", key="k1", registered_by="dana")
    sandbox.fault(method="POST", path="/models$", drop_response=True, times=1)

    first, again = workspace.register_model(asked), workspace.register_model(asked)

    assert again == first
    assert workspace.model_versions(asked.name) == (first,)
