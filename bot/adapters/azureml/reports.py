"""What runs report on azureml-core: metrics, logs and files. A part of `sdk.Sdk`; imported by the child only."""

import re

from azureml._restclient.artifacts_client import ArtifactsClient
from azureml._restclient.metrics_client import MetricsClient

from bot.adapters.azureml import content
from bot.adapters.azureml.models import ModelCalls
from bot.adapters.azureml.translation import failed, status_of
from bot.domain.runs import Metric

_METRIC_NAMES = 50
_STANDARD_LOG = re.compile(r"user_logs/std_log\D*0*\.txt")


class ReportCalls(ModelCalls):
    """What `Sdk` does with what runs report."""

    def metrics(self, run_id: str) -> tuple[Metric, ...]:
        """See `ports.Workspace.metrics`; of at most 50 names, the first in the alphabet."""
        record = self._existing(run_id, "read runs")
        try:
            client = MetricsClient(self._workspace().service_context, "", run_id, experiment_id=record.experiment_id)
            # A request each: a script that logs hundreds of names mustn't make the whole answer come too late.
            names = sorted(client.list_metric_names_for_run_id(run_id))[:_METRIC_NAMES]
            logged = [client.get_metric_dto_for_run_v2(name) for name in names]
        except Exception as error:
            raise failed(error, "read metrics", self._secrets) from error
        return tuple(sorted((m for dto in logged if dto for m in content.metrics_of(dto)), key=lambda m: m.name))

    def log_tail(self, run_id: str, lines: int) -> tuple[str, ...]:
        """See `ports.Workspace.log_tail`."""
        record = self._existing(run_id, "read runs")
        if lines < 1 or not record.data_container_id:
            return ()
        workspace = self._workspace()
        try:
            artifacts = ArtifactsClient(workspace.service_context)
            prefix = f"ExperimentRun/{record.data_container_id}/user_logs"
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
