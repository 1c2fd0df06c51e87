"""Code to take away."""

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.snippets import Snippet

_ENDPOINTS = "https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints"
_ASK = ("How do I deploy a registered model to ACI?", "Is the SDK v1 (azureml-core) still supported?")


def deployment(snippet: Snippet) -> Message:
    """How a model would be deployed with a project's files, and that it isn't done here nor supported any more."""
    model, project = snippet.model, snippet.project
    layout = Layout().header(f"Inference configuration of model {model.name}")
    layout.text(
        f"Version {mrkdwn.code(model.version)}, entry script {mrkdwn.code(snippet.entry)} of project "
        f"{mrkdwn.line(project.name)}, environment {mrkdwn.code(_environment(snippet))}.",
        keep=True,
    )
    layout.code(snippet.code)
    shown = ", ".join(mrkdwn.code(path) for path in snippet.files)
    more = f" and {snippet.total - len(snippet.files)} more" if snippet.total > len(snippet.files) else ""
    layout.text(f"What goes along: {shown}{more}.")
    layout.text(
        "*Nothing was deployed.* Support of SDK v1 ended on 30 June 2026: services that exist keep running, but "
        "nothing is mended any more, and deploying to ACI or AKS with it is deprecated. Put new services on "
        f"{mrkdwn.link(_ENDPOINTS, 'online endpoints')} (SDK v2), which I can't do for you.",
        keep=True,
    )
    return layout.context(" · ".join(mrkdwn.code(f"/aml ask {question}") for question in _ASK)).message()


def _environment(snippet: Snippet) -> str:
    return f"{snippet.environment}:{snippet.environment_version}"
