"""What of a project's folder travels, looked at before the SDK takes it: all but what its ignore file names, and
nothing from outside of it. Runs in the child."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from azureml._project.ignore_file import get_project_ignore_file
from azureml._restclient.constants import ONE_MB, SNAPSHOT_MAX_FILES, SNAPSHOT_MAX_SIZE_BYTES

from bot.domain.errors import InvalidRequest
from bot.domain.runs import RunSpec

_MOST_LOOKED_AT = 20_000


def check_files(spec: RunSpec) -> None:
    """Look at everything that would travel.

    Raises:
        InvalidRequest: the folder or the script isn't there; a link leads out, nowhere or in a circle; something is no
            file or can't be read; it is too much. The SDK would follow links, stumble over the rest in the middle of a
            submit, and say it with paths of this machine.
    """
    root = Path(spec.folder)
    if not root.is_dir():
        raise InvalidRequest(
            f"The folder of the project “{spec.project}” isn't on my machine any more, so nothing was started. An "
            "administrator must check the project's folder in my settings.",
            detail=spec.folder,
        )
    if not (root / spec.script).is_file():
        raise InvalidRequest(
            f"There is no script “{spec.script}” in the project “{spec.project}”, so nothing was started. Check its "
            "name: it is relative to the project's folder."
        )
    size = 0
    for number, path in enumerate(_travelling(root.resolve(), spec.project)):
        size += path.stat().st_size
        if size > SNAPSHOT_MAX_SIZE_BYTES or number > _MOST_LOOKED_AT:
            raise _too_much(spec.project, f"at most {SNAPSHOT_MAX_SIZE_BYTES // ONE_MB} MB")


def refusal_of(failure: Exception, spec: RunSpec) -> InvalidRequest | None:
    """What a snapshot was refused for by the SDK itself, where that was for the number of its files."""
    if type(failure).__name__ == "SnapshotException" and "file limit" in str(failure):
        return _too_much(spec.project, f"at most {SNAPSHOT_MAX_FILES} new files at a time")
    return None


def _travelling(root: Path, project: str) -> Iterator[Path]:
    """The files that the SDK would send, in its own order."""
    excluded: Callable[[str], bool] = get_project_ignore_file(str(root)).is_file_excluded
    folders: list[tuple[Path, tuple[Path, ...]]] = [(root, (root,))]
    while folders:
        folder, above = folders.pop()
        for entry in sorted(folder.iterdir()):
            if excluded(str(entry)):
                continue
            _check_entry(entry, root, project)
            if not entry.is_dir():
                yield entry
                continue
            real = entry.resolve()
            if real in above:
                name = entry.relative_to(root).as_posix()
                raise InvalidRequest(
                    f"“{name}” in the project “{project}” is a link that leads in a circle. Remove it."
                )
            folders.append((entry, (*above, real)))


def _check_entry(entry: Path, root: Path, project: str) -> None:
    name = f"“{entry.relative_to(root).as_posix()}” in the project “{project}”"
    if entry.is_symlink():
        try:
            target = entry.resolve(strict=True)
        except (OSError, RuntimeError):  # the latter for a circle of links, on Python 3.12 and older
            raise InvalidRequest(f"{name} is a link that leads nowhere, so nothing was started. Remove it.") from None
        if not target.is_relative_to(root):
            raise InvalidRequest(
                f"{name} is a link to a place outside of it. Replace it by a copy; the whole folder is sent along with "
                "the script."
            )
    if not entry.is_dir() and not entry.is_file():
        raise InvalidRequest(f"{name} is neither a file nor a folder, so nothing was started. Remove it.")
    if not os.access(entry, os.R_OK):
        raise InvalidRequest(f"{name} can't be read by me, so nothing was started. An administrator must let me.")


def _too_much(project: str, limit: str) -> InvalidRequest:
    return InvalidRequest(
        f"There is too much in the project “{project}”: Azure ML takes {limit}. List what the script doesn't need in a "
        ".amlignore in its folder; it is written like a .gitignore."
    )
