"""Environments of the workspace, as people look at them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnvironmentName:
    """A registered environment. `curated` ones are Microsoft's (`AzureML-...`)."""

    name: str
    version: str
    curated: bool


@dataclass(frozen=True, slots=True)
class EnvironmentDetail:
    """What is inside an environment. Package lists are specs as pip and conda spell them, in the file's order;
    `variables` are names only: values can be secrets."""

    name: str
    version: str
    curated: bool
    python: str = ""
    conda_packages: tuple[str, ...] = ()
    pip_packages: tuple[str, ...] = ()
    image: str = ""
    has_dockerfile: bool = False
    variables: tuple[str, ...] = ()
