"""The ways to Azure."""

from dataclasses import replace
from pathlib import Path

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import (
    AzureMLConfig,
    AzureMLWorkspace,
    Certificate,
    Interactive,
    ManagedIdentity,
    ServicePrincipal,
    SignIn,
)
from bot.adapters.azureml.signin import certificate_of
from bot.adapters.directory import GraphDirectory
from bot.domain.errors import ConfigurationError
from bot.settings import AzureSettings, IdentitySettings, Settings


def azure(settings: Settings, name: str = "") -> tuple[AzureMLWorkspace, AzureRoles]:
    """The ways to the workspace of this name ("" is the default) and to its roles; nothing is asked yet. Raises
    ConfigurationError."""
    # A command's children live beside those of a bot that may be running.
    config = azure_config(settings.azures()[name or settings.azure.workspace], settings.state)
    config = replace(config, home=settings.state / "azureml-command" / name, readers=1)
    return AzureMLWorkspace(config), AzureRoles(config)


def azure_config(settings: AzureSettings, state: Path, name: str = "") -> AzureMLConfig:
    """The settings of a workspace ("" is the default's name here) as the adapters take them. Raises
    ConfigurationError."""
    if settings.ca_bundle is not None and not settings.ca_bundle.is_file():
        raise ConfigurationError(f"The file {settings.ca_bundle} doesn't exist. Correct azure.ca_bundle.")
    return AzureMLConfig(
        subscription_id=settings.subscription_id,
        resource_group=settings.resource_group,
        workspace=settings.workspace,
        sign_in=_sign_in(settings, state),
        proxy=settings.proxy,
        ca_bundle=str(settings.ca_bundle or ""),
        home=state / "workspaces" / name if name else state / "azureml",
        read_deadline=settings.read_deadline,
        submit_deadline=settings.submit_deadline,
        outages=settings.outages,
        pause=settings.outage_pause,
    )


def graph_of(wanted: IdentitySettings, config: AzureMLConfig) -> GraphDirectory | None:
    """The way to Microsoft Graph, where something is switched on that needs it; nothing is asked yet."""
    return GraphDirectory(config) if wanted.by_email or wanted.groups else None


def _sign_in(settings: AzureSettings, state: Path) -> SignIn:
    match settings.sign_in:
        case "managed_identity":
            return ManagedIdentity(settings.client_id or None)
        case "interactive":
            cache = str(state / "azureml" / "sign-in.json")
            return Interactive(settings.tenant_id, cache, *([settings.client_id] if settings.client_id else []))
        case "service_principal":
            if settings.client_certificate is None:
                secret = settings.client_secret.get_secret_value()
                return ServicePrincipal(settings.tenant_id, settings.client_id, secret)
            try:
                certificate_of(str(settings.client_certificate))
            except ValueError as error:
                raise ConfigurationError(
                    f"The file {settings.client_certificate} can't be used: {error}. It must hold the certificate and "
                    "its private key as PEM, without a password; correct azure.client_certificate."
                ) from error
            return Certificate(settings.tenant_id, settings.client_id, str(settings.client_certificate))
