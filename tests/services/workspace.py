"""A workspace with one run, and a list that remembers nothing."""

from dataclasses import replace
from pathlib import Path

from bot.domain.environments import (
    EnvironmentDetail,
    EnvironmentDraft,
    EnvironmentName,
    EnvironmentUse,
    MadeEnvironment,
)
from bot.domain.errors import NotFound, Unavailable
from bot.domain.models import Model, ModelRequest
from bot.domain.reports import STANDARD_LOG, FilePage, FollowedLog, RunFile
from bot.domain.runs import ANY_RUN, Metric, Run, RunFilter, RunRecipe, RunSpec, RunStatus, WatchedRun
from bot.domain.wheels import AddedWheel, Wheel
from tests.services.fakes import SCOPE


class FakeWorkspace:
    """`ports.Workspace` as far as `run` goes; a cancelled run then has the status `after_cancel`."""

    scope = SCOPE

    def __init__(self, run: Run, *, after_cancel: RunStatus = RunStatus.CANCEL_REQUESTED) -> None:
        self.run = run
        self.after_cancel = after_cancel
        self.looked_up: list[str] = []
        self.cancelled: list[str] = []

    def find_run(self, run_id: str) -> Run | None:
        self.looked_up.append(run_id)
        return self.run if run_id == self.run.id else None

    def list_runs(self, limit: int, wanted: RunFilter = ANY_RUN) -> tuple[Run, ...]:
        return (self.run,)[:limit] if wanted.status in {None, self.run.status} else ()

    def cancel(self, run_id: str) -> Run:
        self.cancelled.append(run_id)
        self.run = replace(self.run, status=self.after_cancel)
        return self.run

    def submit(self, spec: RunSpec) -> Run:
        raise Unavailable("This workspace starts nothing.", detail=spec.run_id)

    def complete_tags(self, run_id: str, tags: tuple[tuple[str, str], ...]) -> None:
        """Its runs have no tags."""

    def metrics(self, run_id: str) -> tuple[Metric, ...]:
        self.looked_up.append(run_id)
        return ()

    def list_files(self, run_id: str, start: int, limit: int) -> FilePage:
        self.looked_up.append(run_id)
        return FilePage((RunFile(STANDARD_LOG, 6),)[start : start + limit], start, 1)

    def fetch_file(self, run_id: str, file: str, into: Path, limit: int) -> RunFile:
        self.looked_up.append(run_id)
        return RunFile(STANDARD_LOG, into.write_bytes(b"begun\n"[:limit]))

    def list_children(self, run_id: str, limit: int) -> tuple[Run, ...]:
        self.looked_up.append(run_id)
        return ()

    def recipe(self, run_id: str) -> RunRecipe:
        self.looked_up.append(run_id)
        tags = (("aml_bot_reference", "r"), ("project", "demo"))
        return RunRecipe(self.run, "train.py", ("--epochs", "3"), "cpu-cluster", "demo-env", "1", tags)

    def log_tail(self, run_id: str, lines: int, file: str = "") -> tuple[str, ...]:
        self.looked_up.append(run_id)
        return ("begun",)[:lines]

    def list_environments(self) -> tuple[EnvironmentName, ...]:
        return ()

    def environment(self, name: str, version: str = "") -> EnvironmentDetail:
        return EnvironmentDetail(name, version, curated=False)

    def environment_versions(self, name: str) -> tuple[str, ...]:
        return ()

    def environment_uses(self, name: str, last: int) -> tuple[EnvironmentUse, ...]:
        return ()

    def create_environment(self, draft: EnvironmentDraft) -> MadeEnvironment:
        raise Unavailable("This workspace makes nothing.", detail=draft.name)

    def add_wheel(self, wheel: Wheel) -> AddedWheel:
        raise Unavailable("This workspace keeps nothing.", detail=wheel.file)

    def list_models(self) -> tuple[Model, ...]:
        return ()

    def model_versions(self, name: str) -> tuple[Model, ...]:
        raise NotFound("model", name)

    def register_model(self, asked: ModelRequest) -> Model:
        raise Unavailable("This workspace registers nothing.", detail=asked.name)

    def list_compute_targets(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Nothing works for it."""


class FakeWatchList:
    """`ports.WatchList` with nothing on it."""

    def add(self, watched: WatchedRun) -> None:
        """Forgotten at once."""

    def all(self) -> tuple[WatchedRun, ...]:
        return ()

    def shown(self, run_id: str, digest: str) -> None:
        """Nothing is followed."""

    def remove(self, run_id: str) -> None:
        """Nothing is followed."""


class FakeFollowList:
    """`ports.FollowList` with nothing on it."""

    def add(self, followed: FollowedLog) -> None:
        """Forgotten at once."""

    def all(self) -> tuple[FollowedLog, ...]:
        return ()

    def shown(self, key: str, digest: str) -> None:
        """Nothing is followed."""

    def remove(self, key: str) -> None:
        """Nothing is followed."""
