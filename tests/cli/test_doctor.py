"""`aml-bot doctor`: each step with what was found, or what is wrong and what to do."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.demo.configuration import write_configuration
from bot.manifest import BOT_SCOPES
from tests.behaviours.team import PROJECT, sandbox
from tests.cli.conftest import Configuration


@pytest.fixture
def whole(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, slack: dict[str, Any]) -> Any:
    """A configuration for a Slack and an Azure that are both there."""
    with sandbox("azureml", tmp_path_factory.mktemp("azure") / "state", "--unconfined") as azure:
        tmp_path.chmod(0o700)
        write_configuration(tmp_path, slack=slack, azure=azure, project=PROJECT, faq=None)
        secrets = (azure["client_secret"], slack["bot_token"], slack["app_token"], slack["signing_secret"])
        yield Configuration(tmp_path, secrets)


@pytest.mark.slow
def test_where_all_is_well_no_step_fails_and_a_wrong_secret_is_named_with_what_to_do(whole: Configuration) -> None:
    well = whole.run("doctor")

    assert well.code == 0, well
    assert not [line for line in well.out.splitlines() if line.startswith("failed")]
    assert "ok      Azure: the bot's own rights: all " in well.out
    assert "ok      Azure ML: compute targets: cpu-cluster, gpu-cluster" in well.out
    assert len(well.out.splitlines()) == 17
    whole.change("client_secret = .*", 'client_secret = "another"')
    ill = whole.run("doctor")
    assert ill.code == 1
    assert "failed  Azure: sign-in: I can't sign in to Azure (AADSTS7000215)" in ill.out
    assert "skipped Azure ML: runs: it needs “Azure: sign-in”" in ill.out


def test_each_mistake_has_its_line_and_the_rest_is_tried(configuration: Configuration) -> None:
    configuration.change("bot_token = .*", 'bot_token = "xoxb-wrong"')
    configuration.change("proxy = .*", 'proxy = "http://127.0.0.1:9"')
    configuration.policy.write_text("version = 7\n", encoding="utf-8")

    ended = configuration.run("doctor")

    assert ended.code == 1
    lines = ended.out.splitlines()
    failed = [line.removeprefix("failed").strip() for line in lines if line.startswith("failed")]
    assert [line.split(": ")[0] for line in failed] == ["policy", "Slack", "Azure", "Azure"]
    assert "Slack refuses the bot token (invalid_auth)" in ended.out
    assert "Nothing answers at 127.0.0.1:9" in ended.out
    assert "ok      Slack: app token" in ended.out
    assert "skipped Slack: scopes: it needs “Slack: bot token”" in ended.out
    assert "Traceback" not in ended.out + ended.err


def test_without_settings_everything_else_is_skipped(configuration: Configuration) -> None:
    configuration.settings.unlink()

    ended = configuration.run("doctor")

    assert ended.code == 1
    first, *rest = ended.out.splitlines()
    assert first.startswith("failed  settings: ")
    assert all(line.startswith("skipped ") for line in rest)


def test_scopes_that_the_token_lacks_are_named(configuration: Configuration) -> None:
    class Slack(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            body = json.dumps({"ok": True, "team_id": "T1", "user_id": "U1"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-OAuth-Scopes", ",".join(sorted(set(BOT_SCOPES) - {"chat:write", "im:write"})))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    configuration.change("proxy = .*", 'proxy = "http://127.0.0.1:9"')
    with ThreadingHTTPServer(("127.0.0.1", 0), Slack) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        configuration.change("base_url = .*", f'base_url = "http://127.0.0.1:{server.server_port}/api/"')
        ended = configuration.run("doctor")
        server.shutdown()

    assert "failed  Slack: scopes: The bot token lacks chat:write, im:write. Paste the manifest" in ended.out
