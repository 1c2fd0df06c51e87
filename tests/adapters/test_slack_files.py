"""Files are fetched from Slack alone; the token goes nowhere else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.adapters.slack_files import SlackFiles
from bot.domain.errors import BotError, InvalidRequest, Unavailable

SEEN: list[tuple[str, str | None]] = []


class _Slack(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        SEEN.append((self.path, self.headers.get("Authorization")))
        status, kind, body = {
            "/file": (200, "application/octet-stream", b"x" * 1000),
            "/page": (200, "text/html", b"<html>sign in</html>"),
        }.get(self.path, (302, "text/plain", b""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def slack() -> Iterator[str]:
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slack)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_with_the_token(slack: str, tmp_path: Path) -> None:
    SlackFiles("xoxb-1", f"{slack}/api/").fetch(f"{slack}/file", tmp_path / "f", 1000)

    assert (tmp_path / "f").read_bytes() == b"x" * 1000
    assert SEEN == [("/file", "Bearer xoxb-1")]


@pytest.mark.parametrize(
    ("path", "limit", "error"),
    [("/file", 999, InvalidRequest), ("/page", 9999, Unavailable), ("/redirect", 9999, Unavailable)],
)
def test_a_large_file_a_web_page_and_a_redirect_are_refused(
    slack: str, tmp_path: Path, path: str, limit: int, error: type[BotError]
) -> None:
    with pytest.raises(error):
        SlackFiles("xoxb-1", f"{slack}/api/").fetch(f"{slack}{path}", tmp_path / "f", limit)

    assert [seen for seen, _ in SEEN] == [path]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/x.whl",
        "http://files.slack.com/x.whl",
        "https://files.slack.com.evil.example.com/x",
        "https://files.slack.com@evil.example.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_token_goes_to_slack_only(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="isn't kept by Slack itself"):
        SlackFiles("xoxb-1", "https://slack.com/api/").fetch(url, tmp_path / "f", 10)
