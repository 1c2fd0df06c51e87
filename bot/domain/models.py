"""Registered models of the workspace."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model. `created` is UTC; `run_id` is the run that it came from, `registered_by` a tag; "" or None
    where the service doesn't say."""

    name: str
    version: str
    created: datetime | None = None
    run_id: str = ""
    experiment: str = ""
    framework: str = ""
    description: str = ""
    registered_by: str = ""


@dataclass(frozen=True, slots=True)
class ModelList:
    """The latest version of each model whose name contains `filter`, newest first; at most so many of `total`."""

    models: tuple[Model, ...]
    total: int
    filter: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A model to be registered from `path` (a file or folder, forward slashes) among the outputs of a run. `key` names
    the request: the same one never makes a second version."""

    run_id: str
    path: str
    name: str
    key: str = ""
    registered_by: str = ""
