"""Snippets to take away. The bot deploys nothing."""

import ast
import os
from itertools import islice
from keyword import iskeyword
from pathlib import Path

from bot.domain.access import Principal
from bot.domain.commands import MODEL_SNIPPET
from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.models import Model
from bot.domain.snippets import Snippet, SnippetRequest
from bot.ports import Workspace
from bot.services.guard import Guard
from bot.services.projects import MOST_FILES, Projects, find_script

SHOWN = 15
_LARGEST_SCRIPT = 1 << 20
_LOOKED_AT = 500
_CALLED = {"init", "run"}
_ENTRY = "An entry script has an init() that is called once and a run(data) that is called for every request"


class Snippets:
    """What a registered model, a project and an environment make together."""

    def __init__(self, workspace: Workspace, guard: Guard, projects: Projects) -> None:
        self._workspace = workspace
        self._guard = guard
        self._projects = projects

    def deployment(self, principal: Principal, request: SnippetRequest) -> Snippet:
        """The code of a deployment's inference configuration; everything it names is there.

        Raises:
            PermissionDenied: `principal` may not use models.
            NotFound: there is no such model, version, project, script or environment.
            InvalidRequest: the project has no entry script, or several, and none was named; or it is left open which
                environment.
        """
        with self._guard.allow(principal, MODEL_SNIPPET):
            model = self._model(request)
            project = self._projects.find(request.project)
            name, _, version = project.environment.partition(":")
            if request.environment:
                name, version = request.environment, request.environment_version
            if not name:
                raise InvalidRequest(
                    f"Which environment? Project “{project.name}” has no default: add --env NAME (“envs” lists them)."
                )
            environment = self._workspace.environment(name, version)
            files = self._projects.files(project)
            folder = Path(files.folder)
            paths = _paths(folder)
            return Snippet(
                model=model,
                project=project,
                entry=_entry(folder, paths, request.entry, project.name),
                environment=environment.name,
                environment_version=environment.version,
                files=tuple(paths[:SHOWN]),
                total=len(paths),
                commit=files.commit,
            )

    def _model(self, request: SnippetRequest) -> Model:
        versions = self._workspace.model_versions(request.model)
        for model in versions:
            if request.version in {"", model.version}:
                return model
        near = f"{request.model}:{versions[0].version}"
        raise NotFound("model", f"{request.model}:{request.version}", nearest=(near,))


def _paths(folder: Path) -> list[str]:
    found = (Path(above, name) for above, _, names in os.walk(folder) for name in names)
    return sorted(
        path.relative_to(folder).as_posix()
        for path in islice(found, MOST_FILES)
        if not any(part in {".git", "__pycache__"} for part in path.parts)
    )


def _entry(folder: Path, paths: list[str], named: str, project: str) -> str:
    if named:
        entry = find_script(folder, named, project)
        if not _is_entry(folder / entry):
            raise InvalidRequest(f"“{entry}” of project “{project}” can't be an entry script. {_ENTRY}.")
        return entry
    scripts = (path for path in paths if path.endswith(".py"))
    entries = [path for path in islice(scripts, _LOOKED_AT) if _is_entry(folder / path)]
    if len(entries) == 1:
        return entries[0]
    if entries:
        raise InvalidRequest(f"Which entry script? Add --entry SCRIPT. There are: {', '.join(entries[:SHOWN])}.")
    raise InvalidRequest(
        f"Project “{project}” has no entry script. {_ENTRY}. Add one to the project; “ask What do init() and run() do "
        "in the entry script?” shows an example."
    )


def _is_entry(script: Path) -> bool:
    """Whether the SDK takes the script, and the server finds in it what it calls; looked at, never run."""
    try:
        if not script.stem.isidentifier() or iskeyword(script.stem) or script.stat().st_size > _LARGEST_SCRIPT:
            return False
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return defined >= _CALLED
