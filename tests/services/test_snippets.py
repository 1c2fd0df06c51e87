"""Which script of a project is the entry script is seen by reading, never by running."""

from pathlib import Path

import pytest

from bot.domain.access import RoleDefinition
from bot.domain.environments import EnvironmentDetail
from bot.domain.errors import InvalidRequest
from bot.domain.models import Model
from bot.domain.projects import Project, ProjectFiles
from bot.domain.runs import Run, RunStatus
from bot.domain.snippets import Snippet, SnippetRequest
from bot.services.guard import Guard
from bot.services.projects import Projects
from bot.services.snippets import Snippets
from tests.services.fakes import READER, FakeAudit, FakePolicies, FakeRoles, assigned, principal
from tests.services.workspace import FakeWorkspace

ENTRY = "raise SystemExit('it was run')\ndef init(): ...\nasync def run(data): ...\n"


class Workspace(FakeWorkspace):
    """Has the model `churn` in two versions."""

    def model_versions(self, name: str) -> tuple[Model, ...]:
        return (Model(name, "2"), Model(name, "1"))

    def environment(self, name: str, version: str = "") -> EnvironmentDetail:
        return EnvironmentDetail(name, version or "9", curated=False)


class Sources:
    """`ports.ProjectSources` over one folder, of a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files_of(self, project: Project, ref: str = "") -> ProjectFiles:
        return ProjectFiles(str(self.folder), "c" * 40, "main")

    def close(self) -> None:
        """Nothing is under way."""


def deployment(folder: Path, request: SnippetRequest, role: RoleDefinition = READER) -> Snippet:
    """The snippet that somebody with `role` gets."""
    project = Project("demo", "", environment="demo-env", git="https://git.example/demo", git_folder="code")
    guard = Guard(FakeRoles(assigned(role)), FakePolicies(), FakeAudit())
    workspace = Workspace(Run("aml-1", "demo", RunStatus.COMPLETED))
    return Snippets(workspace, guard, Projects({"demo": project}, Sources(folder))).deployment(principal(), request)


def test_the_only_script_with_init_and_run_is_the_entry_script(tmp_path: Path) -> None:
    for name, text in {
        "score.py": ENTRY,
        "train.py": "def init(): ...\n",
        "broken.py": "def init(:\n",
        "not-a-module.py": ENTRY,
        "inner.py": "class Scorer:\n    def init(self): ...\n    def run(self, data): ...\n",
    }.items():
        (tmp_path / name).write_text(text)

    found = deployment(tmp_path, SnippetRequest("churn"))

    assert (found.entry, found.model.version, found.environment, found.environment_version) == (
        "score.py", "2", "demo-env", "9",
    )  # fmt: skip
    assert f"# Run it in a checkout of project demo at commit {'c' * 40}, in code.\n" in found.code
    assert found.total == 5
    compile(found.code, "code", "exec")


@pytest.mark.parametrize(
    ("scripts", "says"),
    [((), "has no entry script"), (("score.py", "deep/other.py"), "There are: deep/other.py, score.py")],
)
def test_none_or_several_are_not_guessed(tmp_path: Path, scripts: tuple[str, ...], says: str) -> None:
    for name in scripts:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(ENTRY)

    with pytest.raises(InvalidRequest, match=says):
        deployment(tmp_path, SnippetRequest("churn"))
    if scripts:
        assert deployment(tmp_path, SnippetRequest("churn", entry="deep/other.py")).entry == "deep/other.py"
