"""Code that somebody takes away: how a registered model would be deployed with a project's files."""

import json
from dataclasses import dataclass

from bot.domain.models import Model
from bot.domain.projects import Project


@dataclass(frozen=True, slots=True)
class SnippetRequest:
    """What a snippet is asked for: a model (its latest version for ""), and of a project (the only one for "") the
    entry script (the one that looks like it for ""), with an environment (the project's own for "")."""

    model: str
    version: str = ""
    project: str = ""
    entry: str = ""
    environment: str = ""
    environment_version: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code that deploys `model` as far as the inference configuration. `files` of the project go along with the `entry`
    script: paths, sorted, the first of `total`. `commit` is that of a project in Git."""

    model: Model
    project: Project
    entry: str
    environment: str
    environment_version: str
    files: tuple[str, ...]
    total: int
    commit: str = ""

    @property
    def code(self) -> str:
        """Python, to be run in the project's folder, beside a workspace's config.json."""
        where = f"in the folder of project {self.project.name}"
        if self.commit:
            folder = f", in {self.project.git_folder}" if self.project.git_folder else ""
            where = f"in a checkout of project {self.project.name} at commit {self.commit}{folder}"
        return f"""\
# Run it {" ".join(where.split())}.
from azureml.core import Environment, Workspace
from azureml.core.model import InferenceConfig, Model

workspace = Workspace.from_config()
model = Model(workspace, name={_literal(self.model.name)}, version={_number(self.model.version)})
environment = Environment.get(
    workspace, name={_literal(self.environment)}, version={_literal(self.environment_version)}
)
inference_config = InferenceConfig(
    source_directory=".",  # everything in it goes along with the entry script
    entry_script={_literal(self.entry)},
    environment=environment,
)
"""


def _number(text: str) -> str:
    return str(int(text)) if text.isascii() and text.isdecimal() else _literal(text)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
