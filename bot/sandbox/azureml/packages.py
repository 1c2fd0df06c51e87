"""What an environment definition asks for, in words that pip understands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from bot.sandbox.azureml import seed

_PRIVATE_WHEELS: Final = "azureml/Environment/azureml-private-packages/"
_CONDA: Final = re.compile(r"(?:[\w.-]+(?:/[\w-]+)?::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<version>.*)", re.ASCII)
_RENAMED: Final = {"pytorch": "torch", "py-xgboost": "xgboost", "matplotlib-base": "matplotlib"}
"""Packages whose name in conda isn't the one on PyPI."""
_DEFAULT: Final = ("python=3.8.13", {"pip": ["azureml-defaults"]})
"""What the SDK puts into an environment to which nobody added anything."""
ANY: Final = SpecifierSet()
_INDEX_OPTIONS: Final = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--trusted-host", "--no-index")


class NotBuildable(Exception):
    """The definition asks for what can't be had, whatever the package index holds; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`requirements` are for pip, in the order of the definition; `wheels` are blobs of the workspace's own storage.

    `python` is a version specifier of the minor versions that will do (empty: any). `conda` are those of the
    requirements that were conda specs. `notes` are sentences for the run's log.
    """

    python: SpecifierSet
    requirements: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def takes(self, version: tuple[int, int]) -> bool:
        """Whether a minor version of Python will do; which patch release it is doesn't count."""
        return self.python.contains(f"{version[0]}.{version[1]}")


def wanted(definition: dict[str, Any]) -> Wanted:
    """What the `environment` of a run definition asks for.

    Raises:
        NotBuildable: a spec isn't one, or it names what the sandbox doesn't take packages from.
    """
    python = definition.get("python") or {}
    notes = tuple(_image_notes(definition.get("docker") or {}))
    if python.get("userManagedDependencies"):
        return Wanted(ANY, notes=(*notes, "Its packages are said to be in the image; nothing is installed."))
    conda = python.get("condaDependencies")
    if not conda:
        return Wanted(ANY, notes=notes)
    dependencies = conda.get("dependencies") or []
    if tuple(dependencies) == _DEFAULT:
        return Wanted(ANY, notes=(*notes, "Nothing was added to the SDK's default environment."))
    return _read(dependencies, notes)


def _image_notes(docker: dict[str, Any]) -> Iterator[str]:
    if docker.get("baseDockerfile"):
        yield "Its Dockerfile isn't built here; the base layer stands for the image."
    elif docker.get("baseImage") and not str(docker["baseImage"]).startswith("mcr.microsoft.com/azureml/"):
        yield f"The image {docker['baseImage']} isn't used here; the base layer stands for it."


def _read(dependencies: list[Any], notes: tuple[str, ...]) -> Wanted:
    python, said = ANY, list(notes)
    requirements: list[str] = []
    from_conda: list[str] = []
    wheels: list[str] = []
    for item in dependencies:
        if isinstance(item, dict):
            for line in item.get("pip") or []:
                _read_pip(str(line).strip(), requirements, wheels, said)
            continue
        name, version = _conda(str(item).strip())
        if name == "python":
            python = _python(version)
        elif name != "pip":
            requirement = f"{_RENAMED.get(name, name)}{version}"
            _checked(requirement, f"The conda spec '{item}'")
            from_conda.append(requirement)
    return Wanted(python, (*from_conda, *requirements), tuple(wheels), tuple(from_conda), tuple(said))


def _python(version: str) -> SpecifierSet:
    """The minor versions that a spec for Python allows: `3.10`, `3.10.4` and `3.10.*` all mean 3.10."""
    found = re.fullmatch(r"===?\s*(\d+)(?:\.(\d+))?[\d.]*(?:\.\*)?", version)
    if found:
        return SpecifierSet(f"=={found[1]}.{found[2]}" if found[2] else f"=={found[1]}.*")
    try:
        return SpecifierSet(re.sub(r"(\d+\.\d+)(\.\d+)+", r"\1", version))
    except InvalidSpecifier as error:
        raise NotBuildable(f"'python{version}' is not a version of Python.") from error


def _conda(spec: str) -> tuple[str, str]:
    """A conda spec's name and its version as pip writes it; a channel and a build string are left out."""
    found = _CONDA.fullmatch(spec)
    if found is None or "|" in spec or "[" in spec:
        raise NotBuildable(f"'{spec}' is not a conda spec that can be installed by pip.")
    version = found["version"].replace(" ", "")
    exact = re.fullmatch(r"(==?)?([\w.*!+]+)(?:=[\w.*]+)?", version)
    if exact is None:
        return found["name"].lower(), version
    number = exact[2]
    if exact[1] == "=" and not number.endswith("*"):
        number += ".*"  # one equals sign is "begins with" in conda
    return found["name"].lower(), f"=={number}"


def _read_pip(line: str, requirements: list[str], wheels: list[str], notes: list[str]) -> None:
    if line.startswith(_INDEX_OPTIONS):
        option = re.split(r"[\s=]", line, maxsplit=1)[0]
        notes.append(f"The option {option} is left out: where packages come from is this machine's pip configuration.")
        return
    if not line.isprintable() or line.startswith("-"):
        raise NotBuildable(f"'{line}' is not a package for pip: options and files aren't taken.")
    address = line.partition("@")[2].strip() if re.match(r"[\w.\[\],-]+\s*@\s*\w+:", line) else line
    if address.startswith(f"https://{seed.BLOB_HOST}/"):
        wheels.append(_wheel(address))
        return
    if address.startswith(("https://", "git+https://")):
        requirements.append(line)
        return
    requirement = _checked(line, f"The pip spec '{line}'")
    if requirement.url:
        raise NotBuildable(f"'{line}': a package is taken from the index, the workspace or an https address only.")
    name = canonicalize_name(requirement.name)
    if name == "azureml-defaults" or (name == "azureml-core" and not requirement.specifier):
        return  # in the base layer
    requirements.append(line)


def _wheel(address: str) -> str:
    """The blob of a private wheel. Nothing else of the workspace's storage is given to an environment."""
    name = unquote(urlsplit(address).path).lstrip("/")
    file = name.removeprefix(_PRIVATE_WHEELS)
    if not name.startswith(_PRIVATE_WHEELS) or "/" in file or not file.endswith(".whl"):
        raise NotBuildable(f"'{address}' is not a private wheel of this workspace.")
    return name


def _checked(text: str, what: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise NotBuildable(f"{what} can't be understood: {str(error).splitlines()[0]}.") from error
