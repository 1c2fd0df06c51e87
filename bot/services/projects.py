"""Projects: which there are, and which scripts are in them."""

import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rapidfuzz import fuzz, process, utils

from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.projects import Project, ProjectFiles
from bot.ports import ProjectSources
from bot.services.doors import open_to_everyone

MOST_FILES = 20_000


class Projects:
    """The projects of the settings, by name; one alone is everybody's default."""

    def __init__(self, projects: Mapping[str, Project], sources: ProjectSources) -> None:
        self._projects = dict(projects)
        self._sources = sources

    @property
    @open_to_everyone("what the settings name as projects; submit asks the guard before it uses them")
    def names(self) -> tuple[str, ...]:
        """Names of the registered projects, sorted."""
        return tuple(sorted(self._projects))

    @property
    @open_to_everyone("what the settings name as projects; submit asks the guard before it uses them")
    def usual_script(self) -> str:
        """The only project's own script; "" where there are several, or none."""
        return next(iter(self._projects.values())).script if len(self._projects) == 1 else ""

    @open_to_everyone("what the settings name as projects; submit asks the guard before it uses them")
    def find(self, name: str) -> Project:
        """The project `name`; the only one for "".

        Raises:
            NotFound: there is none of this name (with the nearest), or none at all.
            InvalidRequest: there are several, and none was named.
        """
        if not self._projects:
            raise NotFound(
                "project", name or "any", hint="An administrator registers them in the settings ([projects])."
            )
        if not name and len(self._projects) == 1:
            return next(iter(self._projects.values()))
        if not name:
            raise InvalidRequest(f"Which project? Add --project NAME. There are: {', '.join(self.names)}.")
        if name not in self._projects:
            near = nearest(name, list(self._projects))
            raise NotFound("project", name, nearest=near, hint=f"There are: {', '.join(self.names)}.")
        return self._projects[name]

    @open_to_everyone("what the settings name as projects; submit asks the guard before it uses them")
    def files(self, project: Project, ref: str = "", commit: str = "") -> ProjectFiles:
        """The project's files; of one in Git those of `ref`, or of the settings' ref for "", or exactly those of the
        full hash `commit`, that `ref` once stood for.

        Raises:
            NotFound: there is no such branch, tag or commit.
            InvalidRequest: this project has no refs, or no others than its own; it is at another commit now, and may be
                submitted from its own ref only; it is too large.
            Unavailable: the repository doesn't answer.
        """
        if ref and not project.git:
            raise InvalidRequest(
                f"Project “{project.name}” is a folder, not a Git repository, so there is no “{ref}” of it. "
                "Leave out --ref."
            )
        if ref and ref != project.git_ref and not project.git_any_ref:
            raise InvalidRequest(
                f"Of project “{project.name}” only {project.git_ref} may be submitted; an administrator decided so in "
                "the settings (git_any_ref). Leave out --ref."
            )
        if not commit:
            return self._sources.files_of(project, ref)
        if project.git_any_ref:
            return replace(self._sources.files_of(project, commit), ref=ref or commit)
        files = self._sources.files_of(project, ref)
        if files.commit != commit:
            raise InvalidRequest(
                f"{project.git_ref} of project “{project.name}” isn't at the commit {commit[:12]} any more, and an "
                "administrator decided in the settings (git_any_ref) that nothing else may be submitted. Submit it as "
                f"it is now: submit SCRIPT --project {project.name}."
            )
        return files

    @open_to_everyone("what was let through before; Runs asks the guard again")
    def pinned(self, name: str, commit: str) -> ProjectFiles:
        """The files of a commit that was shown before, whatever refs may be named now; of a folder those that are there
        ("" for `commit`). Raises as `files`."""
        return self._sources.files_of(self.find(name), commit)

    @staticmethod
    @open_to_everyone("what the settings name as projects; submit asks the guard before it uses them")
    def check_at_hand(project: Project, script: str) -> None:
        """Look, without asking anybody, whether `script` is in the project. One in Git is looked into later.

        Raises:
            NotFound, InvalidRequest: as `find_script`.
        """
        if not project.git:
            find_script(Path(project.folder), script or project.script, project.name)


def find_script(folder: Path, script: str, project: str) -> str:
    """The script's path relative to the project's folder, with forward slashes.

    Raises:
        NotFound: there is no such file (with the nearest names).
        InvalidRequest: it lies outside the project (`..`, an absolute path, a link).
    """
    root = folder.resolve()
    target = (root / script).resolve()
    if Path(script).is_absolute() or ".." in Path(script).parts or not target.is_relative_to(root):
        raise InvalidRequest(
            f"“{script}” is outside the project “{project}”. Name a script inside its folder, such as train.py."
        )
    if not target.is_file():
        near = nearest(script, _scripts(root))
        raise NotFound("script", script, nearest=near, hint=f"I looked in the project “{project}”.")
    return target.relative_to(root).as_posix()


def nearest(name: str, names: list[str]) -> tuple[str, ...]:
    """Up to three of `names` that look like `name`, best first."""
    near = process.extract(name, names, scorer=fuzz.ratio, processor=utils.default_process, limit=3, score_cutoff=55)
    return tuple(match for match, _, _ in near)


def _scripts(root: Path) -> list[str]:
    found = (Path(folder, name) for folder, _, files in os.walk(root) for name in files)
    looked_at = islice(found, MOST_FILES)
    return [path.relative_to(root).as_posix() for path in looked_at if path.suffix == ".py"]
