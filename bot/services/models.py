"""Registered models: looked at, and registered from a run's outputs."""

from dataclasses import replace

from bot.domain.access import Principal
from bot.domain.commands import MODEL, MODEL_REGISTER, MODELS
from bot.domain.errors import NotFound
from bot.domain.models import Model, ModelList, ModelRequest
from bot.ports import Workspace
from bot.services.guard import Guard

SHOWN = 30


class Models:
    """Lists, versions and registration of models."""

    def __init__(self, workspace: Workspace, guard: Guard) -> None:
        self._workspace = workspace
        self._guard = guard

    def list(self, principal: Principal, containing: str = "") -> ModelList:
        """The latest version of each model whose name contains `containing`, in any case; the newest `SHOWN`.

        Raises:
            PermissionDenied: `principal` may not read models.
        """
        with self._guard.allow(principal, MODELS):
            found = self._workspace.list_models()
        wanted = [model for model in found if containing.lower() in model.name.lower()]
        return ModelList(tuple(wanted[:SHOWN]), len(wanted), containing)

    def get(self, principal: Principal, name: str, version: str = "") -> tuple[Model, tuple[Model, ...]]:
        """A model (its latest version for ""), and all its versions, newest first.

        Raises:
            PermissionDenied: `principal` may not read models.
            NotFound: there is no such model or version.
        """
        with self._guard.allow(principal, MODEL):
            versions = self._workspace.model_versions(name)
            for model in versions:
                if version in {"", model.version}:
                    return model, versions
            raise NotFound("model", f"{name}:{version}", nearest=(f"{name}:{versions[0].version}",))

    def register(self, principal: Principal, request: ModelRequest) -> Model:
        """Register a model from a run's outputs. The same request again makes no second version.

        Raises:
            PermissionDenied: `principal` may not write models.
            NotFound: there is no such run, or no such file among its outputs.
            OutcomeUnknown: Azure ML didn't say in time whether it was registered.
        """
        caller = principal.caller
        with self._guard.allow(principal, MODEL_REGISTER) as attempt:
            attempt.detail = f"model={request.name} run={request.run_id}"
            made = self._workspace.register_model(
                replace(request, key=caller.reference, registered_by=principal.name or caller.user)
            )
            attempt.detail = f"model={made.name}:{made.version} run={request.run_id}"
        return made
