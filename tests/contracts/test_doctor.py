"""`aml-bot doctor` tries each way to sign in that the settings know, step by step."""

import stat
import sys
from pathlib import Path

import pytest

from bot.demo.configuration import write_configuration
from tests.behaviours.team import PROJECT
from tests.cli.conftest import Configuration
from tests.contracts.conftest import Sandbox
from tests.contracts.test_managed_identity import CLIENT, endpoint
from tests.contracts.test_signing_in import BROWSER, certificate, register

pytestmark = pytest.mark.slow


@pytest.fixture
def configuration(sandbox: Sandbox, tmp_path: Path) -> Configuration:
    """A configuration for the sandbox's Azure; there is no Slack, which these steps don't need."""
    tmp_path.chmod(0o700)
    nobody = {"bot_token": "xoxb-1", "app_token": "xapp-1", "signing_secret": "s", "api": "http://127.0.0.1:9/"}
    write_configuration(tmp_path, slack=nobody, azure=sandbox.ready, project=PROJECT, faq=None)
    return Configuration(tmp_path, (sandbox.ready["client_secret"],))


def test_a_certificate_in_place_of_the_secret(sandbox: Sandbox, configuration: Configuration) -> None:
    register(sandbox, certificate(configuration.folder / "bot.pem"))
    configuration.change("client_secret = .*", 'client_certificate = "bot.pem"')

    ended = configuration.run("doctor")
    register(sandbox)

    assert f"ok      Azure: sign-in: as service_principal, object id {sandbox.ready['object_id']}" in ended.out
    assert "ok      Azure: the bot's own rights: all " in ended.out
    assert "ok      Azure ML: compute targets: cpu-cluster, gpu-cluster" in ended.out


def test_the_machine_s_own_identity(sandbox: Sandbox, configuration: Configuration) -> None:
    configuration.change("client_secret = .*", 'sign_in = "managed_identity"')
    configuration.change("client_id = .*", f'client_id = "{CLIENT}"')

    with endpoint(sandbox) as (variables, asked):
        configuration.environment.update(variables)
        ended = configuration.run("doctor")

    assert f"ok      Azure: sign-in: as managed_identity, object id {sandbox.ready['object_id']}" in ended.out
    assert "ok      Azure: the bot's own rights: all " in ended.out
    assert "ok      Azure ML: compute targets: cpu-cluster, gpu-cluster" in ended.out
    assert {each.get("client_id") or each["clientid"] for each in asked} == {CLIENT}


def test_a_person_in_a_browser_on_the_command_line_only(sandbox: Sandbox, configuration: Configuration) -> None:
    noted, browser = configuration.folder / "address", configuration.folder / "browser"
    browser.write_text(BROWSER.format(python=sys.executable, noted=str(noted)))
    browser.chmod(stat.S_IRWXU)
    configuration.environment["BROWSER"] = f"{browser} %s &"
    configuration.environment["NO_PROXY"] = "localhost,127.0.0.1"
    configuration.change("client_secret = .*", 'sign_in = "interactive"')
    configuration.change("client_id = .*", "")

    ended = configuration.run("doctor")

    assert f"/{sandbox.ready['tenant_id']}/oauth2/v2.0/authorize?" in noted.read_text()
    assert "failed  Azure: sign-in: " in ended.out
    assert "skipped Azure ML: runs: it needs “Azure: sign-in”" in ended.out
    assert "azure.sign_in is interactive, but nobody sits at the bot's browser" in configuration.refusal("serve")
