"""What the service sends, as domain values: pure conversions and the reading of one log. Runs in the child."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from rapidfuzz import fuzz, process, utils

from bot.adapters.azureml.redaction import redacted
from bot.domain.environments import EnvironmentDetail, EnvironmentName, shown_dockerfile, shown_value
from bot.domain.errors import InvalidRequest
from bot.domain.runs import Metric, Run, RunRecipe, RunSpec

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NEAREST = 3
_NEAR_ENOUGH = 60.0
_ERROR_LIMIT = 2000
_DOCKERFILE_LIMIT = 6000
_VALUE_LIMIT = 300
# Made by tools for one run each; nobody registered them.
_ANONYMOUS_NAMES = ("CliV2AnonymousEnvironment", "DefaultName-")
_ANONYMOUS_VERSION = "Autosave_"
_CURATED = "azureml-"
_PYTHON = re.compile(r"python(?![\w-])\s*(.*)", re.IGNORECASE)
_LOG_PIECE = 256 * 1024
_LOG_SECONDS = (5.0, 15.0)
_LONGEST_SECONDS = 2_592_000  # what the SDK sets when nobody says how long a run may take


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `names` that look like `name`, best first."""
    found = process.extract(
        name,
        list(names),
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=_NEAREST,
        score_cutoff=_NEAR_ENOUGH,
    )
    return tuple(match for match, _, _ in found)


def utc(moment: datetime | None) -> datetime | None:
    """The service's time with its zone: it means UTC where it doesn't say."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment(value: datetime | None) -> datetime:
    """A time to sort by; what has none is old."""
    return utc(value) or _LONG_AGO


def waiting_of(record: Any) -> str:
    """Why a run is queued, on one line; "" where the service doesn't say, or it isn't queued any more."""
    said = getattr(record.queueing_info, "message", None) if record.status == "Queued" else None
    return " ".join(said.split())[:_VALUE_LIMIT] if isinstance(said, str) else ""


def error_text(response: Any, secrets: tuple[str, ...]) -> str:
    """The service's own text for a run's error, lines kept; "" when it has none."""
    text = getattr(getattr(response, "error", None), "message", None)
    return redacted(text, secrets).strip()[:_ERROR_LIMIT] if isinstance(text, str) else ""


def origin_of(spec: RunSpec) -> dict[str, str]:
    """Where the code comes from, as the variables that the SDK makes the run's `azureml.git` properties of; none for a
    folder, where it looks by itself. A commit's folder is no repository, but may be inside an unrelated one."""
    if not spec.commit:
        return {}
    return {
        "AZUREML_GIT_REPOSITORY_URI": spec.repository,
        "AZUREML_GIT_BRANCH": spec.ref,
        "AZUREML_GIT_COMMIT": spec.commit,
        "AZUREML_GIT_DIRTY": "False",
    }


def environment_of(details: Any) -> str:
    """Name of the environment in a run's definition; "" where it names none."""
    return environment_used(details)[0]


def environment_used(details: Any) -> tuple[str, str]:
    """Name and version of the environment in a run's definition; "" where it names none."""
    definition = getattr(details, "run_definition", None)
    if not isinstance(definition, dict):
        return "", ""
    environment = definition.get("environment") or definition.get("Environment")
    if not isinstance(environment, dict):
        return "", ""
    name, version = (environment.get(key) or environment.get(key.title()) for key in ("name", "version"))
    return name if isinstance(name, str) else "", str(version) if isinstance(version, (str, int)) else ""


def recipe(run: Run, tags: Mapping[str, str], details: Any) -> RunRecipe:
    """What a run was made of, by its tags and its definition."""
    definition = getattr(details, "run_definition", None)
    given = {str(key).lower(): value for key, value in definition.items()} if isinstance(definition, dict) else {}
    environment, version = environment_used(details)
    arguments, seconds = given.get("arguments"), given.get("maxrundurationseconds")
    return RunRecipe(
        run=run,
        script=str(given.get("script") or ""),
        arguments=tuple(str(each) for each in arguments) if isinstance(arguments, list) else (),
        compute=str(given.get("target") or run.compute),
        environment=environment,
        environment_version=version,
        tags=tuple(sorted((str(name), str(value)) for name, value in tags.items())),
        nodes=nodes if isinstance(nodes := given.get("nodecount"), int) and nodes > 0 else 1,
        hours=seconds / 3600 if isinstance(seconds, int) and 0 < seconds < _LONGEST_SECONDS else None,
    )


def metrics_of(logged: Any) -> Iterator[Metric]:
    """A logged metric, its values by the time they were logged: the script's batches arrive in any order.

    A table gives one metric for each column, an artifact (image, matrix) its address as text.
    """
    rows = sorted(logged.value, key=lambda row: moment(row.created_utc))
    columns = list(logged.columns or {}) or [logged.name]
    for column in columns:
        values = tuple(_value(row.data[column]) for row in rows if column in row.data)
        name = logged.name if column == logged.name else f"{logged.name}/{column}"
        yield Metric(name, tuple(value for some in values for value in some))


def _value(value: Any) -> tuple[float | str, ...]:
    match value:
        case None:
            return ()
        case bool():
            return (str(value),)
        case int() | float():
            return (float(value),)
        case list():
            return tuple(part for item in value for part in _value(item))
        case _:
            return (str(value),)


def environment_name(definition: Mapping[str, Any]) -> EnvironmentName | None:
    """Name and version in a listed definition; None for one that nobody registered, or that was archived (the service
    leaves those out by itself; where it doesn't, it says so)."""
    name, version = str(definition.get("name") or ""), str(definition.get("version") or "")
    if not name or name.startswith(_ANONYMOUS_NAMES) or version.startswith(_ANONYMOUS_VERSION):
        return None
    if definition.get("isArchived") or definition.get("archived") or definition.get("stage") == "Archived":
        return None
    return EnvironmentName(name, version, _curated(name))


def environment_detail(environment: Any) -> EnvironmentDetail:
    """What is in an environment. One that brings its own Python (an image) has no package lists: the SDK's defaults
    would be an invention."""
    python = ""
    conda: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    if not environment.python.user_managed_dependencies and environment.python.conda_dependencies:
        python, conda, pip = _packages(environment.python.conda_dependencies.as_dict())
    return EnvironmentDetail(
        name=str(environment.name),
        version=str(environment.version or ""),
        curated=_curated(str(environment.name)),
        python=python,
        conda_packages=conda,
        pip_packages=pip,
        image=redacted(str(environment.docker.base_image or "")),
        dockerfile=redacted(shown_dockerfile(str(environment.docker.base_dockerfile or "")))[:_DOCKERFILE_LIMIT],
        variables=tuple(
            (str(name), redacted(shown_value(str(name), str(value)))[:_VALUE_LIMIT])
            for name, value in sorted((environment.environment_variables or {}).items())
        ),
    )


def tail(uri: str, lines: int) -> tuple[str, ...]:
    """The last `lines` lines of the text at a signed address, reading as little as possible.

    Blob storage knows no "last N bytes": the first request tells how much there is, a second one gets the end.
    """
    first = _get(uri, 0)
    if first.status_code == 416:
        return ()
    text = first.content
    if first.status_code == 206:
        total = int(first.headers["Content-Range"].rsplit("/", 1)[1])
        if total > len(text):
            # From the start of a piece, so that what the script writes meanwhile is there too.
            start = max(0, total - _LOG_PIECE)
            text = _get(uri, start, to_the_end=True).content
            if start:
                text = text.partition(b"\n")[2]
    return tuple(deque(text.decode("utf-8", "replace").splitlines(), maxlen=lines))


def check_storage(response: requests.Response) -> None:
    """Make sure that blob storage gave what was asked for: a page that a proxy puts in its place is no log or file.

    Raises:
        requests.RequestException: it refused, or it wasn't storage that answered.
    """
    response.raise_for_status()
    if not any(name.lower().startswith("x-ms-") for name in response.headers):
        raise requests.RequestException("this answer isn't blob storage's", response=response)


def size_at(uri: str) -> int | None:
    """Bytes of what is at a signed address; None where the storage doesn't say."""
    response = requests.head(uri, timeout=_LOG_SECONDS)
    check_storage(response)
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def download(uri: str, into: Path, limit: int) -> int:
    """Store what is at a signed address as the new file `into`; returns its bytes.

    Raises:
        InvalidRequest: these are more than `limit`.
    """
    size = 0
    # The address carries its own signature: no token goes there.
    with requests.get(uri, stream=True, timeout=_LOG_SECONDS) as response, into.open("xb") as file:
        check_storage(response)
        for piece in response.iter_content(_LOG_PIECE):
            size += len(piece)
            if size > limit:
                raise InvalidRequest(f"This file is larger than the {limit >> 20} MB that I pass on to Slack.")
            file.write(piece)
    return size


def _get(uri: str, start: int, *, to_the_end: bool = False) -> requests.Response:
    # The address carries its own signature: no token goes there.
    end = "" if to_the_end else start + _LOG_PIECE - 1
    response = requests.get(uri, headers={"Range": f"bytes={start}-{end}"}, timeout=_LOG_SECONDS)
    if response.status_code != 416:
        check_storage(response)
    return response


def _packages(specification: dict[str, Any]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    python, conda, pip = "", [], []
    for dependency in specification.get("dependencies") or []:
        if isinstance(dependency, dict):
            # Lines such as --index-url are options, not packages, and may hold a feed's password.
            pip += [redacted(str(line)) for line in dependency.get("pip") or [] if not str(line).startswith("-")]
        elif found := _PYTHON.fullmatch(str(dependency)):
            python = found[1].lstrip("= ").strip() or "any"
        else:
            conda.append(redacted(str(dependency)))
    return python, tuple(conda), tuple(pip)


def _curated(name: str) -> bool:
    return name.lower().startswith(_CURATED)
