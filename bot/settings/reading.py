"""Reading the settings, and saying what is wrong with them."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError
from rapidfuzz import fuzz, process

from bot.domain.errors import ConfigurationError
from bot.settings.whole import PREFIX, Settings, sections

DEFAULT_FILE = "aml-bot.toml"


def load(file: Path | None = None) -> Settings:
    """Read the settings from `file`, or `AML_BOT_SETTINGS`, or aml-bot.toml where it exists, and the environment.

    Relative paths in the file are relative to it.

    Raises:
        ConfigurationError: the file can't be read, or a setting is missing, wrong or unknown; all of them are named.
    """
    named = file or (Path(os.environ[PREFIX + "SETTINGS"]) if os.environ.get(PREFIX + "SETTINGS") else None)
    source = named or Path(DEFAULT_FILE)
    values: dict[str, Any] = {}
    if named is not None or source.exists():
        values = _read(source)
        _resolve_paths(values, source.absolute().parent)
    strange = [f"{name} is not a setting{_meant(_location(name))}" for name in _variables() if not _is_known(name)]
    if strange:
        raise ConfigurationError(f"The environment can't be used: {'; '.join(strange)}.")
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = "; ".join(dict.fromkeys(_sentences(error)))
        where = f"in {source}" if values else f"(there is no settings file {source}; name one with --settings)"
        raise ConfigurationError(f"The settings {where} can't be used: {problems}.") from error
    except SettingsError as error:
        # It quotes no value, but doesn't know the variable's whole name either.
        raise ConfigurationError(
            f"One of the environment variables {', '.join(_variables()) or PREFIX + '*'} can't be used: lists and "
            """tables are written as JSON there, such as AML_BOT_HELP__CHANNELS='["C024BE91L"]'."""
        ) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"The settings file {file} can't be read ({error.strerror}). `aml-bot settings` prints one to start from."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The settings file {file} isn't valid TOML: {error}") from error


def _variables() -> list[str]:
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name != PREFIX + "SETTINGS")


def _location(variable: str) -> tuple[str, ...]:
    return tuple(variable[len(PREFIX) :].lower().split("__"))


def _is_known(variable: str) -> bool:
    # Names inside a table are checked with the file's; of an unknown table nobody would hear.
    return _location(variable)[0] in Settings.model_fields


def _resolve_paths(values: dict[str, Any], base: Path) -> None:
    places: list[tuple[Any, str]] = [(values, "state"), (values, "policy")]
    places += [(values.get("faq"), "folder"), (values.get("faq"), "semantic_model"), (values.get("azure"), "ca_bundle")]
    places.append((values.get("azure"), "client_certificate"))
    places.append((values.get("audit"), "key_file"))
    workspaces = values.get("workspaces")
    for each in workspaces.values() if isinstance(workspaces, dict) else ():
        places += [(each, "ca_bundle"), (each, "client_certificate")]
    projects = values.get("projects")
    if isinstance(projects, dict):
        places += [(project, "folder") for project in projects.values()]
        repositories = [*projects.values()]
    else:
        repositories = []
    for table in (values.get("faq"), *repositories):
        if isinstance(table, dict) and str(table.get("git", "")).startswith((".", "~")):  # others may be addresses
            places.append((table, "git"))
    for table, name in places:
        if isinstance(table, dict) and isinstance(table.get(name), str):
            table[name] = str(base / Path(table[name]).expanduser())


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            yield f"{name} is missing (or set {PREFIX}{name.replace('.', '__').upper()})"
        elif problem["type"] == "string_pattern_mismatch":
            yield f"{name} must be a GUID such as 8f4e8aa2-52b1-4e5b-a1f1-3c9e3a1d2b77"
        elif problem["type"] == "tuple_type":
            yield f'{name}: must be a list, such as ["C024BE91L"]'
        elif problem["type"] == "extra_forbidden":
            yield f"{name} is not a setting{_meant(problem['loc'])}"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            yield f"{name}: {message[0].lower()}{message[1:]}" if name else message


def _meant(location: tuple[int | str, ...]) -> str:
    table = dict(sections()).get(str(location[0])) if len(location) > 1 else None
    word = location[-1] if table else location[0]
    near = process.extractOne(str(word), list((table or Settings).model_fields), scorer=fuzz.ratio, score_cutoff=60)
    return f" (did you mean {near[0]}?)" if near else ""
