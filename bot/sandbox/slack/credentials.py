"""The sandbox's secrets: made once per state directory, kept readable by their owner alone."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

SECRETS_FILE = "secrets.json"
READY_FILE = "slack.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Tokens and the signing secret; they look like Slack's and open nothing but this sandbox."""

    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    control_token: str

    def sign(self, body: bytes, timestamp: int) -> str:
        """The v0 signature of a request body sent at `timestamp` (seconds, UTC)."""
        base = b"v0:%d:%s" % (timestamp, body)
        return "v0=" + hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()

    @classmethod
    def made(cls) -> "Credentials":
        """A fresh set."""
        return cls(
            bot_token=f"xoxb-sandbox-{secrets.token_hex(12)}",
            app_token=f"xapp-1-sandbox-{secrets.token_hex(12)}",
            signing_secret=secrets.token_hex(16),
            verification_token=secrets.token_hex(12),
            control_token=secrets.token_hex(16),
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step: a reader sees the old text or the new."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def kept_in(state: Path) -> Credentials:
    """The secrets of this state directory (mode 0700), made and stored when it has none.

    Raises:
        ValueError: the stored file is not one that this sandbox wrote.
    """
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    path = state / SECRETS_FILE
    if path.exists():
        try:
            return Credentials(**json.loads(path.read_text(encoding="utf-8")))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: remove it, and new secrets are made") from error
    made = Credentials.made()
    write_private(path, json.dumps(asdict(made), indent=1) + "\n")
    return made
