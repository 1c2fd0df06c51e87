"""Which workspace, as whom, and by what way: everything the Azure adapters are told."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """Sign in as an Entra application with a client secret."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.tenant_id and self.client_id and self.client_secret):
            raise ValueError("a service principal needs a tenant id, a client id and a client secret")


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """Sign in as the identity of the Azure machine the bot runs on; `client_id` picks a user-assigned one."""

    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """Sign in as an Entra application with a certificate: `file` is PEM, the private key (not encrypted) included."""

    tenant_id: str
    client_id: str
    file: str

    def __post_init__(self) -> None:
        if not (self.tenant_id and self.client_id and self.file):
            raise ValueError("a service principal needs a tenant id, a client id and a certificate")


@dataclass(frozen=True, slots=True)
class Interactive:
    """Sign in as a person, in a browser, on the command line. `cache` is the file that keeps the sign-in.

    `client_id` is the public application that asks; by default the Azure CLI's, which every tenant knows.
    """

    tenant_id: str
    cache: str
    client_id: str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

    def __post_init__(self) -> None:
        if not (self.tenant_id and self.cache and self.client_id):
            raise ValueError("a person's sign-in needs a tenant id and a file to keep it in")


SignIn = ServicePrincipal | Certificate | ManagedIdentity | Interactive


@dataclass(frozen=True, slots=True)
class AzureMLConfig:
    """One workspace and the way to it.

    `proxy` (a URL) and `ca_bundle` (a PEM file) replace what the process environment says; "" leaves that in force.
    `home` is a folder of ours: the children's HOME folders live in it. Deadlines are seconds; a call that finds no warm
    child waits up to `start_deadline` for one on top of its own deadline. After `outages` calls in a row that weren't
    answered the workspace is left alone for `pause` seconds, longer each time.
    """

    subscription_id: str
    resource_group: str
    workspace: str
    sign_in: SignIn
    home: Path
    proxy: str = ""
    ca_bundle: str = ""
    read_deadline: float = 20.0
    submit_deadline: float = 90.0
    start_deadline: float = 60.0
    readers: int = 2
    outages: int = 5
    pause: float = 10.0

    def __post_init__(self) -> None:
        if not (self.subscription_id and self.resource_group and self.workspace):
            raise ValueError("a workspace is named by its subscription id, its resource group and its name")
        if self.readers < 1:
            raise ValueError("at least one child must read")
        if self.outages < 1 or self.pause < 0:
            raise ValueError("at least one outage opens the circuit, and a pause isn't negative")
        if min(self.read_deadline, self.submit_deadline, self.start_deadline) <= 0:
            raise ValueError("deadlines are positive numbers of seconds")

    @property
    def scope(self) -> str:
        """The workspace's ARM id."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never appear in a message or a log."""
        return (self.sign_in.client_secret,) if isinstance(self.sign_in, ServicePrincipal) else ()
