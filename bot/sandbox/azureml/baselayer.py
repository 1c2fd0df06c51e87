"""What every environment stands on: the packages that the standard image is said to have.

For the sandbox's own Python these are links to azureml-core and what it needs, as they are installed beside the
sandbox; nothing else of the sandbox's packages shows. For another Python version they have to be installed.
"""

import importlib.metadata
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_SDK: Final = "azureml-core"
ROOTS: Final = (_SDK, "standard-imghdr", "pip", "setuptools", "wheel")
"""Those of them that aren't installed are left out."""


def sdk_version() -> str:
    """The version of azureml-core beside the sandbox.

    Raises:
        importlib.metadata.PackageNotFoundError: there is none.
    """
    return importlib.metadata.version(_SDK)


def requirements() -> tuple[str, ...]:
    """The base layer as it is installed for another Python."""
    return f"{_SDK}=={sdk_version()}", "standard-imghdr; python_version >= '3.13'", "pip", "setuptools"


def link(folder: Path) -> None:
    """Make `folder` a folder of links to the installed packages; unchanged if it is there already."""
    if folder.is_dir():
        return
    fresh = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    fresh.mkdir(parents=True)
    try:
        for distribution in _closure():
            for file in distribution.files or ():
                target = fresh / file.parts[0]
                if file.parts[0] != ".." and not target.is_symlink():
                    target.symlink_to(Path(str(distribution.locate_file(file.parts[0]))).absolute())
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def has(text: str) -> bool:
    """Whether a requirement is met by the base layer of the sandbox's own Python as it is."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:  # an address
        return False
    if requirement.extras or requirement.marker or requirement.url:
        return False
    name = canonicalize_name(requirement.name)
    return any(
        canonicalize_name(str(distribution.name)) == name and requirement.specifier.contains(distribution.version)
        for distribution in _closure()
    )


def sources() -> tuple[Path, ...]:
    """The folders that the links lead to."""
    return tuple({Path(str(distribution.locate_file(""))).resolve() for distribution in _closure()})


def _closure() -> Iterator[importlib.metadata.Distribution]:
    """The roots and all that they need on this Python."""
    seen: set[str] = set()
    waiting = list(ROOTS)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
