"""`ports.Workspace` on azureml-core: calls go to child processes, each held to a deadline."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from bot.adapters.azureml import wire
from bot.adapters.azureml.breaker import Breaker
from bot.adapters.azureml.config import AzureMLConfig
from bot.adapters.azureml.lanes import Closing, Lane, TurnTimeout
from bot.adapters.azureml.process import Child, ChildLost, NotStarted
from bot.domain.environments import (
    EnvironmentDetail,
    EnvironmentDraft,
    EnvironmentName,
    EnvironmentUse,
    MadeEnvironment,
)
from bot.domain.errors import BotError, InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from bot.domain.models import Model, ModelRequest
from bot.domain.reports import FilePage, RunFile
from bot.domain.runs import ANY_RUN, Metric, Run, RunFilter, RunRecipe, RunSpec
from bot.domain.wheels import AddedWheel, Wheel

Result = TypeVar("Result")

# What the service takes for a run id (its public REST description). Anything else can't exist, and never enters a URL.
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}", re.ASCII)


class AzureMLWorkspace:
    """The workspace of `config`.

    One child submits, `config.readers` children read; a cancel goes with the readers, so that it never waits behind an
    upload. Children are started on first use and replaced when they are lost. Safe to use from many threads.
    """

    def __init__(self, config: AzureMLConfig) -> None:
        self.scope = config.scope
        # The children work in folders of their own: relative paths would mean something else there.
        ca_bundle = str(Path(config.ca_bundle).absolute()) if config.ca_bundle else ""
        self._config = replace(config, home=config.home.absolute(), ca_bundle=ca_bundle)
        self._readers = Lane("read", config.readers, self._start)
        self._submitter = Lane("submit", 1, self._start)
        self._breaker = Breaker(config.outages, config.pause)

    def submit(self, spec: RunSpec) -> Run:
        """Start the run, or return the one that has this id already; see `ports.Workspace`."""
        if not _RUN_ID.fullmatch(spec.run_id):
            raise InvalidRequest(f"“{spec.run_id}” can't be a run's id.")
        arguments = {"spec": wire.SPEC.dump_python(spec, mode="json")}
        return self._change(
            self._submitter,
            "submit",
            arguments,
            self._config.submit_deadline,
            f"run {spec.run_id} was started",
            wire.RUN,
        )

    def find_run(self, run_id: str) -> Run | None:
        """The run, or None when the service says that there is none."""
        return self._read("find_run", {"run_id": run_id}, wire.FOUND_RUN) if _RUN_ID.fullmatch(run_id) else None

    def complete_tags(self, run_id: str, tags: tuple[tuple[str, str], ...]) -> None:
        """Put on the run those of `tags` whose names it doesn't have yet."""
        self._read("complete_tags", {"run_id": _existing(run_id), "tags": dict(tags)}, wire.NOTHING)

    def metrics(self, run_id: str) -> tuple[Metric, ...]:
        """The metrics logged so far, by name; a table's columns are metrics named `TABLE/COLUMN`."""
        return self._read("metrics", {"run_id": _existing(run_id)}, wire.METRICS)

    def log_tail(self, run_id: str, lines: int, file: str = "") -> tuple[str, ...]:
        """The last `lines` lines of the run's standard log, or of one of its files, oldest first."""
        return self._read("log_tail", {"run_id": _existing(run_id), "lines": lines, "file": file}, wire.TEXTS)

    def list_files(self, run_id: str, start: int, limit: int) -> FilePage:
        """Some of the files that the run stored, by path."""
        return self._read("list_files", {"run_id": _existing(run_id), "start": start, "limit": limit}, wire.FILES)

    def fetch_file(self, run_id: str, file: str, into: Path, limit: int) -> RunFile:
        """Store one of the run's files as `into`; see `ports.Workspace`."""
        # The child works in a folder of its own: a relative path would mean something else there.
        arguments = {"run_id": _existing(run_id), "file": file, "into": str(into.absolute()), "limit": limit}
        return self._read("fetch_file", arguments, wire.FILE, self._config.submit_deadline)

    def cancel(self, run_id: str) -> Run:
        """Ask the service to stop the run; one that has ended is returned as it is."""
        arguments = {"run_id": _existing(run_id)}
        return self._change(
            self._readers, "cancel", arguments, self._config.read_deadline, f"run {run_id} is being canceled", wire.RUN
        )

    def list_runs(self, limit: int, wanted: RunFilter = ANY_RUN) -> tuple[Run, ...]:
        """The latest runs that `wanted` lets through, newest first; child runs are left out."""
        arguments = {"limit": limit, "wanted": wire.FILTER.dump_python(wanted, mode="json")}
        return self._read("list_runs", arguments, wire.RUNS) if limit > 0 else ()

    def list_children(self, run_id: str, limit: int) -> tuple[Run, ...]:
        """The latest runs that the run itself started, newest first."""
        return self._read("list_children", {"run_id": _existing(run_id), "limit": limit}, wire.RUNS)

    def recipe(self, run_id: str) -> RunRecipe:
        """What the run was made of."""
        return self._read("recipe", {"run_id": _existing(run_id)}, wire.RECIPE)

    def list_environments(self) -> tuple[EnvironmentName, ...]:
        """Registered and curated environments by name, each with its latest version."""
        return self._read("list_environments", {}, wire.ENVIRONMENTS)

    def environment(self, name: str, version: str = "") -> EnvironmentDetail:
        """An environment; the latest version for ""."""
        return self._read("environment", {"name": name, "version": version}, wire.ENVIRONMENT)

    def environment_versions(self, name: str) -> tuple[str, ...]:
        """The environment's versions, newest first; of numbered ones the last ten."""
        return self._read("environment_versions", {"name": name}, wire.TEXTS)

    def environment_uses(self, name: str, last: int) -> tuple[EnvironmentUse, ...]:
        """Those of the workspace's `last` runs that used the environment, newest first."""
        return self._read("environment_uses", {"name": name, "last": last}, wire.ENVIRONMENT_USES)

    def create_environment(self, draft: EnvironmentDraft) -> MadeEnvironment:
        """Make the environment, or a new version of it; see `ports.Workspace`."""
        return self._change(
            self._readers,
            "create_environment",
            {"given": wire.ENVIRONMENT_DRAFT.dump_python(draft, mode="json")},
            self._config.read_deadline,
            f"environment “{draft.name}” got a new version",
            wire.MADE_ENVIRONMENT,
            then=f"“env {draft.name}” shows it in a minute; asking again makes no second version of the same content.",
        )

    def add_wheel(self, wheel: Wheel) -> AddedWheel:
        """Keep a private wheel; see `ports.Workspace`. With the submits, since it uploads as they do."""
        return self._change(
            self._submitter,
            "add_wheel",
            {"given": wire.WHEEL.dump_python(wheel, mode="json")},
            self._config.submit_deadline,
            f"the workspace keeps “{wheel.file}”",
            wire.ADDED_WHEEL,
            then="Share it again in a minute: I compare what is there with it and change nothing.",
        )

    def list_models(self) -> tuple[Model, ...]:
        """The latest version of each model, newest first."""
        return self._read("list_models", {}, wire.MODELS)

    def model_versions(self, name: str) -> tuple[Model, ...]:
        """All versions of a model, newest first."""
        return self._read("model_versions", {"name": name}, wire.MODELS)

    def register_model(self, asked: ModelRequest) -> Model:
        """Register a model from a run's outputs; see `ports.Workspace`."""
        _existing(asked.run_id)
        return self._change(
            self._readers,
            "register_model",
            {"given": wire.MODEL_REQUEST.dump_python(asked, mode="json")},
            self._config.read_deadline,
            f"model “{asked.name}” was registered",
            wire.MODEL,
            then=f"“model {asked.name}” shows it in a minute.",
        )

    def list_compute_targets(self) -> tuple[str, ...]:
        """Names of the compute targets, sorted."""
        return self._read("list_compute_targets", {}, wire.TEXTS)

    def close(self) -> None:
        """End the children. What is under way is answered with an error; later calls are refused."""
        self._submitter.close()
        self._readers.close()

    def _start(self, name: str) -> Child:
        return Child(name, self._config)

    def _call(self, lane: Lane, method: str, arguments: Mapping[str, Any], seconds: float) -> Any:
        self._breaker.admit()
        tell = self._breaker.undecided
        try:
            value = lane.call(method, arguments, seconds)
        except (wire.NoAnswer, wire.CutOff):
            tell = self._breaker.silent
            raise
        except ChildLost as lost:
            tell = self._breaker.silent if lost.late else tell
            raise
        except (NotStarted, Closing):
            raise
        except BotError:
            tell = self._breaker.answered
            raise
        else:
            tell = self._breaker.answered
            return value
        finally:
            tell()

    def _read(
        self, method: str, arguments: Mapping[str, Any], kind: TypeAdapter[Result], seconds: float | None = None
    ) -> Result:
        try:
            return _understood(
                kind, self._call(self._readers, method, arguments, seconds or self._config.read_deadline)
            )
        except TurnTimeout as error:
            raise _busy(method) from error
        except ChildLost as lost:
            raise _no_answer(method, lost) from lost

    def _change(
        self,
        lane: Lane,
        method: str,
        arguments: Mapping[str, Any],
        seconds: float,
        what: str,
        kind: TypeAdapter[Result],
        *,
        then: str = "Look at its status in a minute.",
    ) -> Result:
        try:
            return _understood(kind, self._call(lane, method, arguments, seconds))
        except TurnTimeout as error:
            raise _busy(method) from error
        except (wire.CutOff, wire.Garbled) as unsaid:
            how = "made no sense to me" if isinstance(unsaid, wire.Garbled) else "was cut off"
            detail, cause = unsaid.detail, cast("Exception", unsaid)
        except ChildLost as lost:
            if not lost.effect:
                raise _no_answer(method, lost) from lost
            how, detail, cause = "was cut off", f"{method}: {lost.detail}", lost
        raise OutcomeUnknown(
            f"Azure Machine Learning's answer {how}, so I can't say yet whether {what}. {then}", detail=detail
        ) from cause


def _existing(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise NotFound("run", run_id)
    return run_id


def _understood(kind: TypeAdapter[Result], value: Any) -> Result:
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise Unavailable(
            "Azure Machine Learning's answer made no sense to me. Try again in a minute.", detail=str(error)
        ) from error


def _busy(method: str) -> Unavailable:
    return Unavailable(
        "Too many requests to Azure Machine Learning are waiting before yours, so nothing was done. Try again in a "
        "minute.",
        detail=f"{method}: no child became free in time",
    )


def _no_answer(method: str, lost: ChildLost) -> Unavailable:
    what = (
        "Azure Machine Learning didn't answer in time" if lost.late else "My Azure Machine Learning client broke down"
    )
    return Unavailable(
        f"{what}, so nothing was changed. Try again in a minute.",
        detail=f"{method}: {lost.detail}",
    )
