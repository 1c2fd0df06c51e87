"""What parent and child say to each other: one JSON object a line, both ways.

The parent's first line is the configuration (the credentials included: a pipe is seen by nobody else, unlike a command
line or an environment). Then it sends `{"id", "method", "args"}`; the child answers `{"ready": true}` once, and for
each request `{"id", "value"}` or `{"id", "error"}`, and before that `{"id", "effect": true}` when it is about to ask
the service for something that can't be taken back: what was cut off before that line has certainly changed nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bot.adapters.azureml.config import AzureMLConfig
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
from bot.domain.runs import Metric, Run, RunFilter, RunRecipe, RunSpec
from bot.domain.wheels import AddedWheel, Wheel

CONFIG: TypeAdapter[AzureMLConfig] = TypeAdapter(AzureMLConfig)
SPEC: TypeAdapter[RunSpec] = TypeAdapter(RunSpec)

RUN: TypeAdapter[Run] = TypeAdapter(Run)
FOUND_RUN: TypeAdapter[Run | None] = TypeAdapter(Run | None)
RUNS: TypeAdapter[tuple[Run, ...]] = TypeAdapter(tuple[Run, ...])
RECIPE: TypeAdapter[RunRecipe] = TypeAdapter(RunRecipe)
METRICS: TypeAdapter[tuple[Metric, ...]] = TypeAdapter(tuple[Metric, ...])
ENVIRONMENT: TypeAdapter[EnvironmentDetail] = TypeAdapter(EnvironmentDetail)
FILES: TypeAdapter[FilePage] = TypeAdapter(FilePage)
FILE: TypeAdapter[RunFile] = TypeAdapter(RunFile)
NOTHING: TypeAdapter[None] = TypeAdapter(None)
FILTER: TypeAdapter[RunFilter] = TypeAdapter(RunFilter)
ENVIRONMENTS: TypeAdapter[tuple[EnvironmentName, ...]] = TypeAdapter(tuple[EnvironmentName, ...])
ENVIRONMENT_USES: TypeAdapter[tuple[EnvironmentUse, ...]] = TypeAdapter(tuple[EnvironmentUse, ...])
ENVIRONMENT_DRAFT: TypeAdapter[EnvironmentDraft] = TypeAdapter(EnvironmentDraft)
MADE_ENVIRONMENT: TypeAdapter[MadeEnvironment] = TypeAdapter(MadeEnvironment)
WHEEL: TypeAdapter[Wheel] = TypeAdapter(Wheel)
ADDED_WHEEL: TypeAdapter[AddedWheel] = TypeAdapter(AddedWheel)
MODEL: TypeAdapter[Model] = TypeAdapter(Model)
MODELS: TypeAdapter[tuple[Model, ...]] = TypeAdapter(tuple[Model, ...])
MODEL_REQUEST: TypeAdapter[ModelRequest] = TypeAdapter(ModelRequest)
TEXTS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])

READS: Mapping[str, TypeAdapter[Any]] = {
    "find_run": FOUND_RUN,
    "complete_tags": NOTHING,
    "metrics": METRICS,
    "log_tail": TEXTS,
    "list_files": FILES,
    "fetch_file": FILE,
    "list_runs": RUNS,
    "list_children": RUNS,
    "recipe": RECIPE,
    "list_environments": ENVIRONMENTS,
    "environment": ENVIRONMENT,
    "environment_versions": TEXTS,
    "list_models": MODELS,
    "model_versions": MODELS,
    "environment_uses": ENVIRONMENT_USES,
    "list_compute_targets": TEXTS,
}
"""What may be asked with no lasting change (or one that is safe to repeat), by the method's name in `sdk.Sdk`, with the
type of its answer."""

CHANGES: Mapping[str, tuple[TypeAdapter[Any], TypeAdapter[Any]]] = {
    "create_environment": (ENVIRONMENT_DRAFT, MADE_ENVIRONMENT),
    "register_model": (MODEL_REQUEST, MODEL),
    "add_wheel": (WHEEL, ADDED_WHEEL),
}
"""What changes something, by the method's name in `sdk.Sdk`, with the types of what is given and of its answer."""


class NoAnswer(Unavailable):
    """An outage: the service was silent or out of order, and nothing was changed."""


class CutOff(OutcomeUnknown):
    """An outage in the middle of a change. The parent knows what was to be changed and how to look for it."""


class Garbled(OutcomeUnknown):
    """An answer that made no sense, in the middle of a change."""


_PLAIN_ERRORS: Mapping[str, type[BotError]] = {
    error.__name__: error for error in (InvalidRequest, OutcomeUnknown, Unavailable, NoAnswer, CutOff, Garbled)
}


def line(message: Mapping[str, Any]) -> bytes:
    """A message as it goes over the pipe."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def error_to_wire(error: BotError) -> dict[str, Any]:
    """An error of ours as a JSON object."""
    if isinstance(error, NotFound):
        # The hint and the nearest names are parts of the sentence; the parent makes it again from them.
        return {
            "error": "NotFound",
            "kind": error.kind,
            "name": error.name,
            "nearest": error.nearest,
            "detail": error.detail,
        }
    name = type(error).__name__
    return {
        "error": name if name in _PLAIN_ERRORS else "Unavailable",
        "user_message": error.user_message,
        "detail": error.detail,
    }


def error_from_wire(message: Mapping[str, Any]) -> BotError:
    """The error that `error_to_wire` took apart."""
    if message["error"] == "NotFound":
        return NotFound(
            str(message["kind"]),
            str(message["name"]),
            nearest=tuple(message["nearest"]),
            detail=str(message["detail"]),
        )
    return _PLAIN_ERRORS[message["error"]](str(message["user_message"]), detail=str(message["detail"]))
