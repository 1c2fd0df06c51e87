"""What every `ports.Workspace` must do with what runs report, seen through the port."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.reports import STANDARD_LOG, RunFile
from bot.domain.runs import RunStatus
from bot.ports import Workspace
from tests.contracts.conftest import Place, Specs, ended

SCRIPT = """\
from collections.abc import Callable
from pathlib import Path
from azureml.core import Run

Path("outputs/deep").mkdir(parents=True)
Path("outputs/model.bin").write_bytes(bytes(1000))
Path("outputs/deep/notes.txt").write_text("first\\nsecond\\n")
Path("outputs/notes.txt").write_text("third\\n")
run = Run.get_context()
for number in range(3):
    with run.child_run(f"fold{number}") as child:
        child.log("loss", number)
print("done")
"""


def test_a_run_s_files_children_and_recipe_are_told(
    workspace: Workspace, specs: Specs, place: Place, project: Path, tmp_path: Path
) -> None:
    (project / "keep.py").write_text(SCRIPT)
    spec = specs("keep.py", arguments=("--epochs", "3", "--name", "two words"))
    workspace.submit(spec)
    assert ended(workspace, spec.run_id).status is RunStatus.COMPLETED

    page = workspace.list_files(spec.run_id, 0, 100)
    paths = [file.path for file in page.files]
    assert page.total == len(paths)
    assert paths == sorted(paths)
    assert RunFile("outputs/model.bin", 1000) in page.files
    assert RunFile("outputs/deep/notes.txt", 13) in page.files
    assert STANDARD_LOG in paths
    some = workspace.list_files(spec.run_id, 1, 1)
    assert (some.files, some.start, some.total) == (page.files[1:2], 1, page.total)

    fetched = workspace.fetch_file(spec.run_id, "model.bin", tmp_path / "model.bin", 1000)
    assert fetched == RunFile("outputs/model.bin", 1000)
    assert (tmp_path / "model.bin").read_bytes() == bytes(1000)
    with pytest.raises(InvalidRequest, match="larger"):
        workspace.fetch_file(spec.run_id, "outputs/model.bin", tmp_path / "again.bin", 999)
    assert workspace.log_tail(spec.run_id, 1, "outputs/deep/notes.txt") == ("second",)
    assert "done" in workspace.log_tail(spec.run_id, 5, "std_log.txt")

    with pytest.raises(NotFound) as ambiguous:
        workspace.fetch_file(spec.run_id, "notes.txt", tmp_path / "notes.txt", 1000)
    assert set(ambiguous.value.nearest) == {"outputs/notes.txt", "outputs/deep/notes.txt"}
    with pytest.raises(NotFound) as missing:
        workspace.log_tail(spec.run_id, 5, "outputs/modle.bin")
    assert "outputs/model.bin" in missing.value.nearest

    children = workspace.list_children(spec.run_id, 2)
    assert len(children) == 2
    assert {child.parent for child in children} == {spec.run_id}
    assert len(workspace.list_children(spec.run_id, 10)) == 3
    assert {child.status for child in children} == {RunStatus.COMPLETED}
    assert spec.run_id in {run.id for run in workspace.list_runs(50)}
    assert not {child.id for child in children} & {run.id for run in workspace.list_runs(50)}

    recipe = workspace.recipe(spec.run_id)
    assert (recipe.script, recipe.arguments) == (spec.script, spec.arguments)
    assert (recipe.compute, recipe.environment) == (place.compute, place.environment)
    assert recipe.environment_version == workspace.environment(place.environment).version
    assert set(spec.tags) <= set(recipe.tags)


@pytest.mark.parametrize("read", ["list_files", "fetch_file", "log_tail", "list_children", "recipe"])
def test_a_run_that_is_not_there_is_not_found(workspace: Workspace, read: str, tmp_path: Path) -> None:
    reads: dict[str, Callable[[], object]] = {
        "list_files": lambda: workspace.list_files("nosuch", 0, 5),
        "fetch_file": lambda: workspace.fetch_file("nosuch", "a", tmp_path / "a", 5),
        "log_tail": lambda: workspace.log_tail("nosuch", 5),
        "list_children": lambda: workspace.list_children("nosuch", 5),
        "recipe": lambda: workspace.recipe("nosuch"),
    }

    with pytest.raises(NotFound, match="nosuch"):
        reads[read]()
