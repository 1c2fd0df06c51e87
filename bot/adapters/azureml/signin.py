"""Access tokens by each way to sign in, through msal: for what isn't done by the SDK's own classes."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests

from bot.adapters.azureml.config import Certificate, Interactive, ManagedIdentity, SignIn

ARM = "https://management.azure.com"
_LOGIN = "https://login.microsoftonline.com"
_BROWSER_SECONDS = 180


class SignInNeeded(ValueError):
    """Nobody has signed in yet, and here is no browser to do it in."""


class Tokens:
    """Asks the sign-in service as `sign_in`; msal keeps what it gets until shortly before it runs out.

    `http` reaches the sign-in service, `direct` the machine's own metadata service, which is never behind a proxy.
    `browser`: whether a person may be asked, in the browser of this machine. Safe to use from many threads.
    """

    def __init__(
        self,
        sign_in: SignIn,
        http: requests.Session,
        direct: requests.Session | None = None,
        *,
        browser: bool = False,
    ) -> None:
        self._sign_in, self._http, self._direct, self._browser = sign_in, http, direct, browser
        self._lock = threading.Lock()
        self._app: Any = None
        self._cache: Any = None

    def ask(self, scopes: Iterable[str]) -> dict[str, Any]:
        """Entra's answer, as it is: a token (`access_token`, `expires_in`) or an `error` with its description.

        Raises:
            ValueError: the sign-in service doesn't know the tenant, or its answer can't be read; SignInNeeded.
            requests.RequestException: it doesn't answer.
        """
        with self._lock:
            if isinstance(self._sign_in, ManagedIdentity):
                return self._of_the_machine(self._sign_in, list(scopes))
            if isinstance(self._sign_in, Interactive):
                return self._of_a_person(self._sign_in, list(scopes))
            return self._of_the_application(list(scopes))

    def _of_the_machine(self, sign_in: ManagedIdentity, scopes: list[str]) -> dict[str, Any]:
        import msal

        if self._app is None:
            identity = (
                msal.UserAssignedManagedIdentity(client_id=sign_in.client_id)
                if sign_in.client_id
                else msal.SystemAssignedManagedIdentity()
            )
            self._app = msal.ManagedIdentityClient(identity, http_client=self._direct or self._http)
        return dict(self._app.acquire_token_for_client(resource=scopes[0].removesuffix("/.default")))

    def _of_the_application(self, scopes: list[str]) -> dict[str, Any]:
        import msal

        if self._app is None:
            who = self._sign_in
            assert not isinstance(who, ManagedIdentity | Interactive)  # noqa: S101 - narrows for the type checker
            self._app = msal.ConfidentialClientApplication(
                who.client_id,
                client_credential=certificate_of(who.file) if isinstance(who, Certificate) else who.client_secret,
                authority=f"{_LOGIN}/{who.tenant_id}",
                instance_discovery=False,
                http_client=self._http,
            )
        return dict(self._app.acquire_token_for_client(scopes=scopes))

    def _of_a_person(self, sign_in: Interactive, scopes: list[str]) -> dict[str, Any]:
        import msal

        kept = Path(sign_in.cache)
        if self._app is None:
            self._cache = msal.SerializableTokenCache()
            if kept.is_file():
                self._cache.deserialize(kept.read_text(encoding="utf-8"))
            self._app = msal.PublicClientApplication(
                sign_in.client_id,
                authority=f"{_LOGIN}/{sign_in.tenant_id}",
                instance_discovery=False,
                http_client=self._http,
                token_cache=self._cache,
            )
        for account in self._app.get_accounts():
            if answer := self._app.acquire_token_silent(scopes, account=account):
                return dict(answer)
        if not self._browser:
            raise SignInNeeded("nobody has signed in on this machine; `aml-bot doctor` opens a browser")
        answer = dict(self._app.acquire_token_interactive(scopes, timeout=_BROWSER_SECONDS))
        if self._cache.has_state_changed:
            _keep(kept, self._cache.serialize())
        return answer


def certificate_of(file: str) -> dict[str, str]:
    """A PEM file with a certificate and its private key, as msal wants it.

    Raises:
        ValueError: the file can't be read, or one of the two is missing or broken.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        pem = Path(file).read_text(encoding="ascii")
    except OSError as error:
        raise ValueError(f"the certificate's file can't be read: {error.strerror}") from error
    if "PRIVATE KEY-----" not in pem:
        raise ValueError("the certificate's file holds no private key")
    # msal computes a thumbprint of its own from PEM text of the certificate only; the SHA-1 one is what Entra lists.
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return {"private_key": pem, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}  # noqa: S303 - a name


def _keep(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        written.write(text)
    fresh.replace(file)
