"""Models on azureml-core. A part of `sdk.Sdk`; imported by the child only."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from azureml._restclient.artifacts_client import ArtifactsClient
from azureml._restclient.assets_client import AssetsClient
from azureml._restclient.models_client import ModelsClient

from bot.adapters.azureml import content
from bot.adapters.azureml.translation import failed, refused_or_unknown
from bot.adapters.azureml.wheels import WheelCalls
from bot.domain.errors import NotFound, Unavailable
from bot.domain.models import Model, ModelRequest

_MOST = 1000
_PAGE = 255
_ORIGIN = "ExperimentRun"
_KEY, _BY = "aml_bot_reference", "registered_by"


class ModelCalls(WheelCalls):
    """What `Sdk` does with models."""

    @abstractmethod
    def _existing(self, run_id: str, doing: str) -> Any:
        """The record of a run. Raises NotFound."""

    @abstractmethod
    def _experiment_name(self, experiment_id: str) -> str:
        """The name of an experiment."""

    def list_models(self) -> tuple[Model, ...]:
        """See `ports.Workspace.list_models`."""
        found = sorted(
            self._models(latest_version_only=True), key=lambda m: content.moment(m.created_time), reverse=True
        )
        return tuple(_model(each) for each in found)

    def model_versions(self, name: str) -> tuple[Model, ...]:
        """See `ports.Workspace.model_versions`."""
        versions = self._models(name=name)
        if not versions:
            known = {each.name for each in self.list_models()}
            raise NotFound("model", name, nearest=content.nearest(name, known))
        return tuple(_model(each) for each in sorted(versions, key=lambda m: int(m.version), reverse=True))

    def register_model(self, asked: ModelRequest, effect: Callable[[], None]) -> Model:
        """See `ports.Workspace.register_model`. As `Run.register_model` does it, whose `Run` the SDK would keep."""
        record = self._existing(asked.run_id, "read runs")
        if (earlier := self._registered(asked)) is not None:
            return earlier
        experiment = self._experiment_name(record.experiment_id)
        prefix = self._artifacts_of(record, asked)
        context = self._workspace().service_context
        effect()
        try:
            asset = AssetsClient(context).create_asset(asked.name, [{"prefix": prefix}], None, run_id=asked.run_id)
            client = ModelsClient(context)
            # A POST that the client repeats by itself when the answer is lost makes a second version.
            client.retries = 0
            made = client.register_model(
                name=asked.name,
                url=f"aml://asset/{asset.id}",
                tags={_BY: asked.registered_by} if asked.registered_by else None,
                properties={_KEY: asked.key} if asked.key else None,
                experiment_name=experiment,
                run_id=asked.run_id,
                unpack=False,
                datasets=[],
            )
        except Exception as error:
            # The answer may have been lost, not the request.
            try:
                there = self._registered(asked)
            except Unavailable:
                there = None
            if there is not None:
                return there
            raise refused_or_unknown(error, "register models", self._secrets) from error
        return _model(made)

    def _registered(self, asked: ModelRequest) -> Model | None:
        if not asked.key:
            return None
        found = self._models(name=asked.name, run_id=asked.run_id)
        return next((_model(each) for each in found if (each.properties or {}).get(_KEY) == asked.key), None)

    def _artifacts_of(self, record: Any, asked: ModelRequest) -> str:
        try:
            client = ArtifactsClient(self._workspace().service_context)
            paths = list(client.get_file_paths(_ORIGIN, record.data_container_id)) if record.data_container_id else []
        except Exception as error:
            raise failed(error, "read artifacts", self._secrets) from error
        # The service would take any beginning of a name: `outputs/mod` would silently mean outputs/model.pkl too.
        if not any(path == asked.path or path.startswith(f"{asked.path}/") for path in paths):
            raise NotFound(f"file of run {asked.run_id}", asked.path, nearest=content.nearest(asked.path, paths))
        return f"{_ORIGIN}/{record.data_container_id}/{asked.path}"

    def _models(self, **chosen: Any) -> list[Any]:
        try:
            client = ModelsClient(self._workspace().service_context)
            client.retries = 1
            found: list[Any] = []
            for each in client.query(count=_PAGE, **chosen):
                found.append(each)
                if len(found) >= _MOST:
                    break
        except Exception as error:
            raise failed(error, "read models", self._secrets) from error
        return found


def _model(found: Any) -> Model:
    if not found.name or not found.version:
        raise ValueError("a model without a name or a version")
    return Model(
        name=str(found.name),
        version=str(found.version),
        created=content.utc(found.created_time),
        run_id=found.run_id or "",
        experiment=found.experiment_name or "",
        framework=found.framework or "",
        description=found.description or "",
        registered_by=(found.kv_tags or {}).get(_BY, ""),
    )
