"""From what somebody asked for to exactly what is sent to Azure ML, within what the policy lets them have."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.domain.access import Caller, Principal
from bot.domain.approvals import ApprovalRequest
from bot.domain.commands import SUBMIT
from bot.domain.errors import InvalidRequest
from bot.domain.packages import Packages
from bot.domain.policy import About
from bot.domain.projects import Project, ProjectFiles
from bot.domain.runs import RunSpec, SubmitRequest, run_id_of
from bot.ports import Workspace
from bot.services.admission import Admitted, admit
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard
from bot.services.projects import MOST_FILES, Projects, find_script

_CHUNK = 1 << 20
_HOUR = 3600

MakeEnvironment = Callable[[Principal, Packages], tuple[str, str]]
"""Makes the environment that has exactly these packages; its name and version."""


class Specs:
    """Resolves requests; only to be asked inside the guard."""

    def __init__(self, workspace: Workspace, guard: Guard, projects: Projects) -> None:
        self._workspace = workspace
        self._guard = guard
        self._projects = projects

    @open_to_everyone("Runs asks the guard before it asks for this")
    def of(self, principal: Principal, request: SubmitRequest, made_of: MakeEnvironment) -> tuple[RunSpec, Admitted]:
        """Exactly what `request` means, and what the policy says of it. Of a run that waits for consent the version of
        its environment is settled, too.

        Raises:
            PermissionDenied: the policy forbids it, or it is beyond a limit.
            NotFound: the project, ref, script or environment doesn't exist.
            InvalidRequest: the script is outside the project, or something is left open that has no default.
        """
        project = self._projects.find(request.project)
        compute, environment = self._compute(project, request), self._environment(project, request)
        name, _, version = environment.partition(":")
        files = self._projects.files(project, request.ref, request.commit)
        script = find_script(Path(files.folder), request.script or project.script, project.name)
        if request.packages:
            name, version = request.packages.environment, ""
        elif not version and self._guard.asker(principal)[0].needs_versions:
            version = self._workspace.environment(name).version
        about = About(project.name, compute, name, version, request.nodes, request.hours)
        admitted = admit(self._guard, principal, SUBMIT, about)
        if request.packages:
            name, version = made_of(principal, request.packages)
        elif admitted.approvals and not version:
            version = self._workspace.environment(name).version
        spec = RunSpec(
            run_id=run_id_of(principal.caller.key),
            experiment=request.experiment or project.experiment or project.name,
            folder=files.folder,
            script=script,
            arguments=request.arguments if request.repeats else request.arguments or project.arguments,
            compute=compute,
            environment=name,
            environment_version=version,
            tags=(
                ("submitted_by", principal.name or principal.caller.user),
                *tags_of(principal.caller),
                ("project", project.name),
                *((("git_ref", files.ref), ("git_commit", files.commit)) if files.commit else ()),
                *((("retry_of", request.repeats),) if request.repeats else ()),
            ),
            project=project.name,
            commit=files.commit,
            ref=files.ref,
            repository=files.repository,
            packages=request.packages,
            nodes=request.nodes,
            seconds=admitted.terms.seconds,
        )
        return spec, admitted

    @open_to_everyone("Runs asks the guard before it asks for this")
    def again(self, principal: Principal, request: ApprovalRequest) -> tuple[RunSpec, Admitted]:
        """What was approved, its files in place, and what the policy says of it now.

        Raises:
            PermissionDenied: the policy doesn't let it through any more.
            InvalidRequest: the project's files aren't those that were shown.
        """
        spec = request.spec
        hours = None if spec.seconds is None else spec.seconds / _HOUR
        about = About(spec.project, spec.compute, spec.environment, spec.environment_version, spec.nodes, hours)
        admitted = admit(self._guard, principal, SUBMIT, about)
        files = self._projects.pinned(spec.project, spec.commit)
        find_script(Path(files.folder), spec.script, spec.project)
        if request.fingerprint and fingerprint(files) != request.fingerprint:
            raise InvalidRequest(
                f"The files of project “{spec.project}” have changed since this was asked for, so what was approved "
                "isn't there any more. Submit it again."
            )
        approved_by = ", ".join(f"{vote.team}/{vote.user}" for vote in request.votes)
        tags = (*spec.tags, ("approved_by_slack_id", approved_by))
        return replace(spec, folder=files.folder, tags=tags), admitted

    def _compute(self, project: Project, request: SubmitRequest) -> str:
        compute = request.compute or project.compute
        if not compute:
            raise InvalidRequest(
                f"Which compute target? Project “{project.name}” has no default, so add --compute NAME. "
                f"There are: {', '.join(self._workspace.list_compute_targets())}."
            )
        return compute

    @staticmethod
    def _environment(project: Project, request: SubmitRequest) -> str:
        environment = request.environment or project.environment
        if not environment and not request.packages:
            raise InvalidRequest(
                f"Which environment? Project “{project.name}” has no default, so add --env NAME (“envs” lists them) "
                "or the packages: --pip pandas,scikit-learn."
            )
        return environment


def fingerprint(files: ProjectFiles) -> str:
    """Names and content of all files, as one number; "" for those that a commit names."""
    if files.commit:
        return ""
    found = hashlib.sha256()
    root = Path(files.folder)
    count = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for file in (Path(folder, name) for name in sorted((*names, *folders))):
            count += 1
            if count > MOST_FILES:
                raise InvalidRequest(f"The project has more than {MOST_FILES} files; that many can't be approved.")
            _add(found, file, root)
    return found.hexdigest()


def _add(found: "hashlib._Hash", file: Path, root: Path) -> None:
    name = file.relative_to(root).as_posix()
    if file.is_symlink():
        found.update(f"{name}\0link\0{file.readlink()}\0".encode(errors="surrogateescape"))
    elif file.is_file():  # nothing else has an end
        found.update(f"{name}\0{file.stat().st_size}\0".encode(errors="surrogateescape"))
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                found.update(chunk)


def tags_of(caller: Caller) -> tuple[tuple[str, str], ...]:
    """Tags that say who asked for a run, and by which request."""
    return (("submitted_by_slack_id", f"{caller.team}/{caller.user}"), ("aml_bot_reference", caller.reference))
