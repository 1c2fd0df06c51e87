"""Signing in with a certificate, and as a person in a browser: the workspace and the roles by the same way."""

import base64
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLConfig, AzureMLWorkspace, Certificate, Interactive
from bot.domain.errors import Unavailable
from tests.contracts.conftest import Sandbox

# A browser in which the person says no: it notes the address, and goes where the sign-in page would send it back to.
BROWSER = """#!{python}
import sys, urllib.parse, urllib.request
address = sys.argv[1]
open({noted!r}, "w").write(address)
asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
back = urllib.parse.urlencode({{"error": "access_denied", "error_description": "said no", "state": asked["state"]}})
proxies = urllib.request.ProxyHandler({{}})
urllib.request.build_opener(proxies).open(asked["redirect_uri"], back.encode(), timeout=10).read()
"""


def certificate(file: Path) -> bytes:
    """Write a certificate with its key as PEM; the certificate itself as DER."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "aml-bot")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return made.public_bytes(serialization.Encoding.DER)


def register(sandbox: Sandbox, *certificates: bytes) -> None:
    """Make these the application's certificates, as `az ad app credential` would."""
    ready = sandbox.ready
    session = requests.Session()
    session.trust_env, session.proxies, session.verify = False, {"https": ready["proxy"]}, ready["ca_bundle"]
    signed_in = session.post(
        f"https://login.microsoftonline.com/{ready['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "scope": "https://graph.microsoft.com/.default",
        },
        timeout=10,
    )
    keys = [
        {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()} for der in certificates
    ]
    session.patch(
        f"https://graph.microsoft.com/v1.0/applications(appId='{ready['client_id']}')",
        json={"keyCredentials": keys},
        headers={"Authorization": f"Bearer {signed_in.json()['access_token']}"},
        timeout=10,
    ).raise_for_status()


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Iterator[AzureMLConfig]:
    """A configuration that signs in with a certificate, which the application doesn't know yet."""
    sign_in = Certificate(sandbox.ready["tenant_id"], sandbox.ready["client_id"], str(tmp_path / "bot.pem"))
    yield replace(sandbox.config(tmp_path / "homes"), sign_in=sign_in, readers=1)
    register(sandbox)


def test_the_workspace_and_the_roles_are_reached_with_a_certificate(
    sandbox: Sandbox, config: AzureMLConfig, tmp_path: Path
) -> None:
    register(sandbox, certificate(tmp_path / "bot.pem"))
    workspace, roles = AzureMLWorkspace(config), AzureRoles(config)

    targets, definitions = workspace.list_compute_targets(), roles.definitions()
    workspace.close()
    roles.close()

    assert targets == ("cpu-cluster", "gpu-cluster")
    assert "Reader" in {definition.name for definition in definitions}


def test_a_certificate_that_the_application_does_not_have_is_told(
    sandbox: Sandbox, config: AzureMLConfig, tmp_path: Path
) -> None:
    register(sandbox, certificate(tmp_path / "another.pem"))
    certificate(tmp_path / "bot.pem")
    workspace, roles = AzureMLWorkspace(config), AzureRoles(config)

    for ask in (workspace.list_compute_targets, roles.definitions):
        with pytest.raises(Unavailable, match=r"sign in to Azure \(AADSTS700027\)"):
            ask()
    workspace.close()
    roles.close()


def test_a_certificates_file_that_is_gone_is_told_and_its_name_is_no_secret_to_send(
    sandbox: Sandbox, config: AzureMLConfig
) -> None:
    before = len(sandbox.requests())
    workspace, roles = AzureMLWorkspace(config), AzureRoles(config)

    for ask in (workspace.list_compute_targets, roles.definitions):
        with pytest.raises(Unavailable):
            ask()
    workspace.close()
    roles.close()

    assert not [each for each in sandbox.requests()[before:] if each["path"].endswith("/token")]


def test_a_person_is_sent_to_the_browser_and_a_no_is_told(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted, browser = tmp_path / "address", tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable, noted=str(noted)))
    browser.chmod(stat.S_IRWXU)
    monkeypatch.setenv("BROWSER", f"{browser} %s &")
    monkeypatch.setenv("NO_PROXY", os.environ.get("NO_PROXY", "localhost,127.0.0.1"))
    sign_in = Interactive(sandbox.ready["tenant_id"], str(tmp_path / "kept" / "sign-in.json"))
    config = replace(sandbox.config(tmp_path / "homes"), sign_in=sign_in, readers=1)
    roles, workspace = AzureRoles(config), AzureMLWorkspace(config)

    with pytest.raises(Unavailable, match="sign in") as refused:
        roles.definitions()
    with pytest.raises(Unavailable):
        workspace.list_compute_targets()
    roles.close()
    workspace.close()

    address = urlsplit(noted.read_text())
    asked = parse_qs(address.query)
    assert f"{address.netloc}{address.path}" == (
        f"login.microsoftonline.com/{sandbox.ready['tenant_id']}/oauth2/v2.0/authorize"
    )
    assert "https://management.azure.com/.default" in asked["scope"][0]
    assert asked["code_challenge_method"] == ["S256"]
    assert "said no" in refused.value.detail
