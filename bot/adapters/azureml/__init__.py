"""The Azure ML workspace behind `ports.Workspace`: the unmodified azureml-core, living in warm child processes.

The SDK changes the working directory in a submit, sleeps for half a minute on a server error and can't be stopped from
another thread. So it never lives in the bot's own process: children do its calls (`child`), and the parent
(`workspace`, `lanes`, `process`) holds each call to a deadline by killing the child that is late.
"""

from bot.adapters.azureml.config import (
    AzureMLConfig,
    Certificate,
    Interactive,
    ManagedIdentity,
    ServicePrincipal,
    SignIn,
)
from bot.adapters.azureml.workspace import AzureMLWorkspace

__all__ = [
    "AzureMLConfig",
    "AzureMLWorkspace",
    "Certificate",
    "Interactive",
    "ManagedIdentity",
    "ServicePrincipal",
    "SignIn",
]
