"""What runs report on azureml-core: metrics, logs and files. A part of `sdk.Sdk`; imported by the child only."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from azureml._restclient.artifacts_client import ArtifactsClient
from azureml._restclient.metrics_client import MetricsClient

from bot.adapters.azureml import content
from bot.adapters.azureml.models import ModelCalls
from bot.adapters.azureml.translation import failed, status_of
from bot.domain.errors import NotFound
from bot.domain.reports import MOST_METRICS, FilePage, RunFile
from bot.domain.runs import Metric

_SIZES_AT_ONCE = 8
_ORIGIN = "ExperimentRun"
_STANDARD_LOG = re.compile(r"user_logs/std_log\D*0*\.txt")


class ReportCalls(ModelCalls):
    """What `Sdk` does with what runs report."""

    def metrics(self, run_id: str) -> tuple[Metric, ...]:
        """See `ports.Workspace.metrics`; of at most 50 names, the first in the alphabet."""
        record = self._existing(run_id, "read runs")
        try:
            client = MetricsClient(self._workspace().service_context, "", run_id, experiment_id=record.experiment_id)
            # A request each: a script that logs hundreds of names mustn't make the whole answer come too late.
            names = sorted(client.list_metric_names_for_run_id(run_id))[:MOST_METRICS]
            logged = [client.get_metric_dto_for_run_v2(name) for name in names]
        except Exception as error:
            raise failed(error, "read metrics", self._secrets) from error
        return tuple(sorted((m for dto in logged if dto for m in content.metrics_of(dto)), key=lambda m: m.name))

    def list_files(self, run_id: str, start: int, limit: int) -> FilePage:
        """See `ports.Workspace.list_files`. The list has no sizes: those that are shown are asked for."""
        record = self._existing(run_id, "read runs")
        paths = self._paths(record)
        shown = paths[start : start + limit]
        try:
            with ThreadPoolExecutor(_SIZES_AT_ONCE) as pool:
                sizes = list(pool.map(lambda path: content.size_at(self._address(record, path)), shown))
        except Exception as error:
            raise failed(error, "read files", self._secrets) from error
        files = tuple(RunFile(path, size) for path, size in zip(shown, sizes, strict=True))
        return FilePage(files, start, len(paths))

    def fetch_file(self, run_id: str, file: str, into: str, limit: int) -> RunFile:
        """See `ports.Workspace.fetch_file`."""
        record = self._existing(run_id, "read runs")
        path = self._named(record, file)
        try:
            return RunFile(path, content.download(self._address(record, path), Path(into), limit))
        except Exception as error:
            raise failed(error, "read files", self._secrets) from error

    def log_tail(self, run_id: str, lines: int, file: str = "") -> tuple[str, ...]:
        """See `ports.Workspace.log_tail`."""
        record = self._existing(run_id, "read runs")
        if file:
            path = self._named(record, file)
            try:
                return content.tail(self._address(record, path), lines)
            except Exception as error:
                raise failed(error, "read files", self._secrets) from error
        if lines < 1 or not record.data_container_id:
            return ()
        workspace = self._workspace()
        try:
            artifacts = ArtifactsClient(workspace.service_context)
            prefix = f"{_ORIGIN}/{record.data_container_id}/user_logs"
            # Several nodes write several logs; the lowest name is the first node's.
            logs = sorted(
                (path, uri)
                for path, uri in artifacts.get_files_by_artifact_prefix_id(prefix)
                if _STANDARD_LOG.fullmatch(path)
            )
            return content.tail(logs[0][1], lines) if logs else ()
        except Exception as error:
            if status_of(error) == 404:
                return ()
            raise failed(error, "read logs", self._secrets) from error

    def _paths(self, record: Any) -> list[str]:
        if not record.data_container_id:
            return []
        try:
            artifacts = ArtifactsClient(self._workspace().service_context)
            return sorted(artifacts.get_file_paths(_ORIGIN, record.data_container_id))
        except Exception as error:
            if status_of(error) == 404:
                return []
            raise failed(error, "read files", self._secrets) from error

    def _named(self, record: Any, file: str) -> str:
        """The path of the run's file that is meant by a path, or by a name that only one of them has."""
        paths = self._paths(record)
        meant = [file] if file in paths else [path for path in paths if path.endswith(f"/{file}")]
        if len(meant) != 1:
            near = meant or content.nearest(file, paths)
            raise NotFound(f"file of run {record.run_id}", file, nearest=tuple(near[:3]))
        return meant[0]

    def _address(self, record: Any, path: str) -> str:
        artifacts = ArtifactsClient(self._workspace().service_context)
        return str(artifacts.get_file_uri(_ORIGIN, record.data_container_id, path))
