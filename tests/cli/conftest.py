"""A configuration that is right in everything, for tests that make one thing wrong."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.demo.configuration import write_configuration
from tests.behaviours.team import PROJECT, clean_environment, sandbox

AML_BOT = Path(sys.executable).with_name("aml-bot")
CLIENT_SECRET = "a-secret-of-the-service-principal"
GUID = "5c1c4ef7-1f4c-4c43-9f3a-6b0a4a4f9a11"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """A folder with settings and policy. `secrets` must not appear in anything that is printed."""

    folder: Path
    secrets: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "aml-bot.toml"

    @property
    def policy(self) -> Path:
        """The policy file."""
        return self.folder / "policy.toml"

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "bot"

    def change(self, old: str, new: str) -> None:
        """Replace a line of the settings, given by a regular expression for its whole."""
        text = self.settings.read_text(encoding="utf-8")
        changed, count = re.subn(rf"(?m)^{old}$", lambda _: new, text)
        assert count == 1, f"{old} is there {count} times in:\n{text}"
        self.settings.write_text(changed, encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        """`aml-bot` with these arguments, in the folder."""
        ended = subprocess.run(
            [AML_BOT, *arguments],
            cwd=self.folder,
            env=clean_environment() | self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        for secret in self.secrets:
            assert secret not in ended.stdout + ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def refusal(self, *arguments: str) -> str:
        """The one sentence with which `aml-bot` refuses to work, having ended with 2."""
        ended = self.run(*(arguments or ("serve",)))
        assert (ended.code, ended.out) == (2, ""), ended
        return sentence(ended.err)


def sentence(text: str) -> str:
    """The one line of `text`, which names the program."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("aml-bot: ")
    assert "Traceback" not in text
    return lines[0].removeprefix("aml-bot: ")


@pytest.fixture(scope="session")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A Slack that knows the configuration's tokens."""
    with sandbox("slack", tmp_path_factory.mktemp("slack") / "state") as ready:
        yield ready


@pytest.fixture
def configuration(tmp_path: Path, slack: dict[str, Any]) -> Configuration:
    """A configuration that is right, for a Slack that is there and an Azure that isn't asked."""
    tmp_path.chmod(0o700)
    azure = {
        "tenant_id": GUID,
        "client_id": GUID,
        "client_secret": CLIENT_SECRET,
        "subscription_id": GUID,
        "resource_group": "rg-team",
        "workspace": "ml-team",
        "proxy": "",
        "ca_bundle": "",
    }
    write_configuration(tmp_path, slack=slack, azure=azure, project=PROJECT, faq=None)
    secrets = (CLIENT_SECRET, slack["bot_token"], slack["app_token"], slack["signing_secret"])
    made = Configuration(tmp_path, secrets)
    made.change('ca_bundle = ""', "")
    return made
