"""Private wheels: from a file in Slack into the workspace's storage."""

import tempfile
from dataclasses import replace
from pathlib import Path

from bot.domain.access import Principal
from bot.domain.commands import ADD_WHEEL
from bot.domain.errors import InvalidRequest
from bot.domain.wheels import LARGEST, AddedWheel, SharedFile, check_wheel, too_large
from bot.ports import SharedFiles, Workspace
from bot.services.guard import Guard


class Wheels:
    """Files pass through `folder` (made when it is needed), one folder for each."""

    def __init__(self, workspace: Workspace, guard: Guard, files: SharedFiles, folder: Path) -> None:
        self._workspace = workspace
        self._guard = guard
        self._files = files
        self._folder = folder

    def add(self, principal: Principal, shared: SharedFile) -> AddedWheel:
        """Check a wheel that was shared and put it into the workspace's storage. One of that name which is there
        already stays as it is.

        Raises:
            PermissionDenied: `principal` may not add wheels.
            InvalidRequest: the file isn't a sound wheel, or too large.
            Unavailable: Slack doesn't give the file, or Azure ML doesn't answer; nothing was changed.
            OutcomeUnknown: Azure ML didn't say in time whether it has the wheel.
        """
        with self._guard.allow(principal, ADD_WHEEL) as attempt:
            if shared.size > LARGEST:
                raise too_large(shared.name)
            if Path(shared.name).name != shared.name or not shared.name.endswith(".whl"):
                raise InvalidRequest(f"“{shared.name[:100]}” isn't a wheel: its name has to end in .whl.")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                path = Path(folder, shared.name)
                self._files.fetch(shared.url, path, LARGEST)
                wheel = check_wheel(path)
                attempt.detail = f"wheel={wheel.file} sha256={wheel.sha256}"
                added = self._workspace.add_wheel(wheel)
        return replace(added, wheel=replace(added.wheel, path=""))
