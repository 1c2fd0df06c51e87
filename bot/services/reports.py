"""What runs report: metrics, logs (also while they are written) and files."""

import tempfile
from pathlib import Path

from bot.domain.access import Principal
from bot.domain.commands import FILES, LOGS, METRICS
from bot.domain.errors import InvalidRequest
from bot.domain.reports import (
    LARGEST_FILE,
    STANDARD_LOG,
    FetchedFile,
    FilePage,
    FollowedLog,
    LogTail,
    RunMetrics,
)
from bot.domain.runs import Run
from bot.ports import FollowList, Workspace
from bot.services.doors import open_to_everyone
from bot.services.finding import existing, run_meant
from bot.services.guard import Guard


class Reports:
    """Of the workspace's runs, for who may see them. Files pass through `folder` (made when it is needed)."""

    def __init__(self, workspace: Workspace, guard: Guard, follow_list: FollowList, folder: Path) -> None:
        self._workspace = workspace
        self._guard = guard
        self._follow_list = follow_list
        self._folder = folder

    def metrics(self, principal: Principal, run_id: str) -> RunMetrics:
        """A run (the asker's latest for "") and its metrics so far. Raises PermissionDenied, NotFound."""
        with self._guard.allow(principal, METRICS):
            run = run_meant(self._workspace, run_id, principal.caller)
            return RunMetrics(run, self._workspace.metrics(run.id))

    def logs(self, principal: Principal, run_id: str, lines: int, file: str = "") -> LogTail:
        """The last `lines` lines of a run's standard log, or of its file `file`; of the asker's latest run for "".

        Raises:
            PermissionDenied: `principal` may not see runs.
            NotFound: there is no such run, or no such file of it (with the nearest).
        """
        with self._guard.allow(principal, LOGS):
            run = run_meant(self._workspace, run_id, principal.caller)
            return LogTail(run, file, self._workspace.log_tail(run.id, lines, file))

    def whole_log(self, principal: Principal, run_id: str, file: str = "") -> FetchedFile:
        """A run's standard log, or its file `file`, in whole; of the asker's latest run for "". Raises as `fetch`."""
        with self._guard.allow(principal, LOGS) as attempt:
            run = run_meant(self._workspace, run_id, principal.caller)
            attempt.detail = f"run={run.id}"
            return self._fetched(run, file or STANDARD_LOG)

    def files(self, principal: Principal, run_id: str, start: int, limit: int) -> tuple[Run, FilePage]:
        """A run (the asker's latest for "") and `limit` of its files behind the first `start`. Raises PermissionDenied,
        NotFound."""
        with self._guard.allow(principal, FILES):
            run = run_meant(self._workspace, run_id, principal.caller)
            return run, self._workspace.list_files(run.id, start, limit)

    def fetch(self, principal: Principal, run_id: str, file: str) -> FetchedFile:
        """A file of a run (of the asker's latest for "").

        Raises:
            PermissionDenied: `principal` may not read files.
            NotFound: there is no such run, or no such file of it (with the nearest).
            InvalidRequest: the file is empty, or larger than what is passed on.
        """
        with self._guard.allow(principal, FILES) as attempt:
            run = run_meant(self._workspace, run_id, principal.caller)
            attempt.detail = f"run={run.id}"
            return self._fetched(run, file)

    @open_to_everyone("follows a log that the guard let somebody see")
    def follow(self, followed: FollowedLog) -> None:
        """Keep the message of a log up to date until the run ends; the same request again changes nothing."""
        self._follow_list.add(followed)

    @open_to_everyone("rows of our own table")
    def followed(self) -> tuple[FollowedLog, ...]:
        """The logs that are followed, oldest first."""
        return self._follow_list.all()

    @open_to_everyone("part of the look at the log that was allowed")
    def progress(self, followed: FollowedLog, lines: int) -> LogTail:
        """The newest lines of a followed log. Raises NotFound."""
        # The run first: once it has ended, what is read after that is the log's end.
        run = existing(self._workspace, followed.run_id)
        return LogTail(run, followed.file, self._workspace.log_tail(run.id, lines, followed.file))

    @open_to_everyone("a row of our own table")
    def shown(self, followed: FollowedLog, digest: str, *, last: bool) -> None:
        """Note that the message of a followed log shows `digest`; `last` when there is no more to show."""
        if last:
            self._follow_list.remove(followed.key)
        else:
            self._follow_list.shown(followed.key, digest)

    def _fetched(self, run: Run, file: str) -> FetchedFile:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "file")
            stored = self._workspace.fetch_file(run.id, file, path, LARGEST_FILE)
            content = path.read_bytes()
        if not content:
            raise InvalidRequest(f"The file “{stored.path}” of run {run.id} is empty: there is nothing to show.")
        return FetchedFile(run.id, stored.path, content)
