"""Runs on azureml-core. A part of `sdk.Sdk`; imported by the child only.

Runs are read through the client under the SDK's `Run`: a `Run` object costs two more requests, is kept for ever by the
SDK, and hides failures (`get_metrics` answers {} when the list is refused, `cancel` doesn't look at the answer and
leaves two timer threads behind).
"""

import os
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from queue import Empty
from typing import Any

import requests
from azureml._restclient.experiment_client import ExperimentClient
from azureml._restclient.models.create_run_dto import CreateRunDto
from azureml._restclient.run_client import RunClient
from azureml._restclient.workspace_client import WorkspaceClient
from azureml._run_impl.run_base import _RunBase
from azureml.core import Experiment, ScriptRunConfig
from azureml.core.runconfig import MpiConfiguration

from bot.adapters.azureml import content, wire
from bot.adapters.azureml.config import AzureMLConfig
from bot.adapters.azureml.project import check_files, refusal_of
from bot.adapters.azureml.reports import ReportCalls
from bot.adapters.azureml.translation import detail_of, failed, refused_or_unknown, status_of, unknown
from bot.domain.errors import NotFound, OutcomeUnknown, Unavailable
from bot.domain.runs import Run, RunRecipe, RunSpec, RunStatus

_SUBMITTED_BY = "submitted_by"
_SUBMITTED_BY_ID = "submitted_by_slack_id"
_NEWEST_FIRST = ("CreatedUtc", "desc")
_QUERIES_AT_ONCE = 8
_REMEMBERED = 1000
_REQUEST_SECONDS = 30.0

Effect = Callable[[], None]

_STOPPING = {RunStatus.CANCEL_REQUESTED, RunStatus.CANCELED}


class RunCalls(ReportCalls):
    """What `Sdk` does with runs."""

    _config: AzureMLConfig

    def __init__(self) -> None:
        super().__init__()
        self._portal = ""
        self._experiment_names: OrderedDict[str, str] = OrderedDict()
        self._environments: OrderedDict[str, str] = OrderedDict()

    @abstractmethod
    def list_compute_targets(self) -> tuple[str, ...]:
        """See `ports.Workspace.list_compute_targets`."""

    def submit(self, spec: RunSpec, effect: Effect) -> Run:
        """See `ports.Workspace.submit`."""
        existing = self._record(spec.run_id, "submit runs")
        if existing is not None:
            self._complete_tags(existing, spec)
            return self._run_after_effect(existing, spec.experiment)
        check_files(spec)
        environment = self._environment(spec.environment, spec.environment_version)
        targets = self.list_compute_targets()
        if spec.compute not in targets:
            raise NotFound("compute target", spec.compute, nearest=content.nearest(spec.compute, targets))
        failure = self._try_to_submit(spec, environment, effect)
        # What the SDK says of a failure isn't the last word: the run may exist, be it from a request whose answer was
        # lost or because the service took an earlier one. A look-up settles it.
        try:
            record = self._record(spec.run_id, "submit runs")
        except Unavailable as error:
            if failure is not None:
                raise unknown(failure, self._secrets) from error
            record = None
        if record is None and failure is not None:
            raise refusal_of(failure, spec) or refused_or_unknown(failure, "submit runs", self._secrets) from failure
        self._remember(self._environments, spec.run_id, spec.environment)
        if record is None:
            return Run(
                id=spec.run_id,
                experiment=spec.experiment,
                status=RunStatus.UNKNOWN,
                compute=spec.compute,
                environment=spec.environment,
                portal_url=self._portal_url(spec.run_id),
                submitted_by=dict(spec.tags).get(_SUBMITTED_BY, ""),
            )
        self._complete_tags(record, spec)
        return self._run_after_effect(record, spec.experiment)

    def cancel(self, run_id: str, effect: Effect) -> Run:
        """See `ports.Workspace.cancel`."""
        record = self._existing(run_id, "cancel runs")
        if RunStatus.of(record.status or "").is_final:
            return self._run(record)
        ask = self._cancellation(record)
        effect()
        failure: Exception | None = None
        try:
            ask()
        except Exception as error:  # noqa: BLE001 - judged after a look-up
            failure = error
        try:
            record = self._record(run_id, "cancel runs") or record
        except Unavailable as error:
            if failure is not None:
                raise unknown(failure, self._secrets) from error
            record.status = RunStatus.CANCEL_REQUESTED.value
        if failure is not None and RunStatus.of(record.status or "") not in _STOPPING:
            raise refused_or_unknown(failure, "cancel runs", self._secrets) from failure
        return self._run_after_effect(record)

    def find_run(self, run_id: str) -> Run | None:
        """See `ports.Workspace.find_run`."""
        record = self._record(run_id, "read runs")
        return None if record is None else self._run(record)

    def complete_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """See `ports.Workspace.complete_tags`."""
        record = self._existing(run_id, "tag runs")
        missing = {name: value for name, value in tags.items() if name not in (record.tags or {})}
        if not missing:
            return
        client = self._client(record)
        try:
            client.patch_run(CreateRunDto(run_id=run_id, tags=missing))
        except Exception as error:
            raise failed(error, "tag runs", self._secrets) from error

    def list_runs(self, limit: int, wanted: Mapping[str, Any] | None = None) -> tuple[Run, ...]:
        """See `ports.Workspace.list_runs`. The SDK has no list over all experiments: each is asked, some at once."""
        only = wire.FILTER.validate_python(wanted or {})
        rules: dict[str, Any] = {"status": only.status.value} if only.status else {}
        if only.submitted_by:
            rules["tags"] = {_SUBMITTED_BY_ID: only.submitted_by}
        try:
            workspace = self._workspace()
            experiments = list(WorkspaceClient(workspace.service_context).list_experiments(view_type="ActiveOnly"))
            for experiment in experiments:
                self._remember(self._experiment_names, experiment.experiment_id, experiment.name)

            if only.experiment:
                experiments = [each for each in experiments if each.name == only.experiment]

            def latest(experiment: Any) -> list[Any]:
                client = ExperimentClient(workspace.service_context, experiment.name, experiment.experiment_id)
                runs = client.get_runs(
                    last=limit, page_size=limit, order_by=_NEWEST_FIRST, include_children=False, **rules
                )
                return list(islice(runs, limit))

            with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
                records = [record for found in pool.map(latest, experiments) for record in found]
        except Exception as error:
            raise failed(error, "list runs", self._secrets) from error
        records.sort(key=lambda record: content.moment(record.created_utc), reverse=True)
        return tuple(self._run(record, brief=True) for record in records[:limit])

    def list_children(self, run_id: str, limit: int) -> tuple[Run, ...]:
        """See `ports.Workspace.list_children`."""
        record = self._existing(run_id, "read runs")
        client = self._client(record)
        try:
            found = client.get_child_runs(run_id, _filter_on_server=True, page_size=limit, order_by=_NEWEST_FIRST)
            records = list(islice(found, limit))
        except Exception as error:
            raise failed(error, "read runs", self._secrets) from error
        return tuple(self._run(each, brief=True) for each in records)

    def recipe(self, run_id: str) -> RunRecipe:
        """See `ports.Workspace.recipe`."""
        record = self._existing(run_id, "read runs")
        return content.recipe(self._run(record), record.tags or {}, self._details(record))

    def _try_to_submit(self, spec: RunSpec, environment: Any, effect: Effect) -> Exception | None:
        origin = content.origin_of(spec)
        try:
            config = ScriptRunConfig(
                source_directory=spec.folder,
                script=spec.script,
                arguments=list(spec.arguments) or None,
                compute_target=spec.compute,
                environment=environment,
                # One process a node; what it starts there is the script's business.
                distributed_job_config=MpiConfiguration(node_count=spec.nodes) if spec.nodes > 1 else None,
                **({} if spec.seconds is None else {"max_run_duration_seconds": spec.seconds}),
            )
            os.environ.update(origin)
            effect()
            experiment = Experiment(self._workspace(), spec.experiment)
            experiment.submit(config, tags=dict(spec.tags), run_id=spec.run_id)
        except Exception as error:  # noqa: BLE001 - judged by the caller, after a look-up
            return error
        finally:
            for name in origin:
                os.environ.pop(name, None)
            # The SDK leaves us in the project's folder, which may be removed under us.
            os.chdir(self._config.home)
            _forget_submitted_runs()
        return None

    def _complete_tags(self, record: Any, spec: RunSpec) -> None:
        # The SDK sets tags in a request of its own after the submit: a cut between the two leaves a run without them.
        missing = {name: value for name, value in spec.tags if (record.tags or {}).get(name) != value}
        if not missing:
            return
        try:
            context = self._workspace().service_context
            client = RunClient(context, spec.experiment, spec.run_id, experiment_id=record.experiment_id)
            client.patch_run(CreateRunDto(run_id=spec.run_id, tags=missing))
            record.tags = (record.tags or {}) | missing
        except Exception as error:
            raise OutcomeUnknown(
                "The run exists, but Azure Machine Learning didn't let me write on it who asked for it. Try again in a "
                "minute: it won't be started twice.",
                detail=detail_of(error, self._secrets),
            ) from error

    def _cancellation(self, record: Any) -> Effect:
        # Whatever it takes to ask is found out here, so that a failure of it comes before the effect.
        context = self._workspace().service_context
        if not record.cancel_uri:
            return self._client(record).post_event_canceled  # type: ignore[no-any-return]  # the SDK is untyped
        try:
            headers = context.get_auth().get_authentication_header()
        except Exception as error:
            raise failed(error, "cancel runs", self._secrets) from error

        def post() -> None:
            answer = requests.post(record.cancel_uri, headers=headers, timeout=_REQUEST_SECONDS)
            answer.raise_for_status()
            if answer.content:
                answer.json()  # a page that something else answers with is no consent

        return post

    def _record(self, run_id: str, doing: str) -> Any:
        # Outside: a workspace that isn't there doesn't mean that the run isn't.
        workspace = self._workspace()
        try:
            record = WorkspaceClient(workspace.service_context).get_run(run_id)
        except Exception as error:
            if status_of(error) == 404:
                return None
            raise failed(error, doing, self._secrets) from error
        if str(record.run_id).lower() != run_id.lower():
            raise failed(ValueError("another run than the one that was asked for"), doing, self._secrets)
        return record

    def _existing(self, run_id: str, doing: str) -> Any:
        record = self._record(run_id, doing)
        if record is None:
            raise NotFound("run", run_id)
        return record

    def _run(self, record: Any, *, brief: bool = False) -> Run:
        status = RunStatus.of(record.status or "")
        error = content.error_text(record.error, self._secrets)
        known = record.run_id in self._environments
        if not brief and (not known or (status is RunStatus.FAILED and not error)):
            # The definition never changes: asked for once.
            details = self._details(record)
            self._remember(self._environments, record.run_id, content.environment_of(details))
            error = error or content.error_text(getattr(details, "error", None), self._secrets)
        return self._run_of(record, self._experiment_name(record.experiment_id), error)

    def _run_after_effect(self, record: Any, experiment: str = "") -> Run:
        # What is done is done: that more about it can't be read now must not make it look undone.
        try:
            return self._run(record)
        except Unavailable:
            experiment = self._experiment_names.get(record.experiment_id, experiment)
            return self._run_of(record, experiment, content.error_text(record.error, self._secrets))

    def _run_of(self, record: Any, experiment: str, error: str) -> Run:
        return Run(
            id=record.run_id,
            experiment=experiment,
            status=RunStatus.of(record.status or ""),
            compute=record.target or "",
            environment=self._environments.get(record.run_id, ""),
            created=content.utc(record.created_utc),
            started=content.utc(record.start_time_utc),
            ended=content.utc(record.end_time_utc),
            portal_url=self._portal_url(record.run_id),
            error=error,
            submitted_by=(record.tags or {}).get(_SUBMITTED_BY, ""),
            parent=record.parent_run_id or "",
            waiting=content.waiting_of(record),
        )

    def _client(self, record: Any) -> Any:
        experiment = self._experiment_name(record.experiment_id)
        context = self._workspace().service_context
        return RunClient(context, experiment, record.run_id, experiment_id=record.experiment_id)

    def _details(self, record: Any) -> Any:
        client = self._client(record)
        try:
            return client.get_runstatus()
        except Exception as error:
            raise failed(error, "read runs", self._secrets) from error

    def _experiment_name(self, experiment_id: str) -> str:
        if experiment_id not in self._experiment_names:
            try:
                found = WorkspaceClient(self._workspace().service_context).get_experiment_by_id(experiment_id)
            except Exception as error:
                raise failed(error, "read experiments", self._secrets) from error
            self._remember(self._experiment_names, experiment_id, found.name)
        return self._experiment_names[experiment_id]

    def _portal_url(self, run_id: str) -> str:
        return self._portal.replace("?", f"/runs/{run_id}?", 1)

    @staticmethod
    def _remember(memory: OrderedDict[str, str], key: str, value: str) -> None:
        memory[key] = value
        while len(memory) > _REMEMBERED:
            memory.popitem(last=False)


def _forget_submitted_runs() -> None:
    # The SDK keeps every run it submitted, with its clients, to flush metrics at the end of the process: ours log none.
    kept = _RunBase._registered_kill_handlers
    with suppress(Empty):
        while True:
            kept.get_nowait()
