"""Files that people share in Slack, fetched with the bot's token: from Slack alone, and never through a redirect."""

import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from bot.domain.errors import InvalidRequest, Unavailable

_HOST = "files.slack.com"
_SECONDS = 30.0
_PIECE = 1 << 16


class SlackFiles:
    """`ports.SharedFiles`. Slack keeps files at `files.slack.com`; another Slack address than the usual one (`base_url`
    of the settings) keeps its own."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token
        api = urlsplit(base_url)
        usual = (api.hostname or "").endswith("slack.com")
        self._place = ("https", _HOST) if usual else (api.scheme, api.netloc)
        self._opener = urllib.request.build_opener(_NoRedirect(), *([] if usual else [urllib.request.ProxyHandler({})]))

    def fetch(self, url: str, into: Path, limit: int) -> None:
        """See `ports.SharedFiles.fetch`."""
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self._place:
            raise InvalidRequest(
                "This file isn't kept by Slack itself, so I don't fetch it. Upload the file instead of linking to it.",
                detail=f"host {parts.hostname}",
            )
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer, into.open("xb") as file:
                if answer.headers.get_content_type() == "text/html":
                    # Slack's sign-in page, with status 200: the token lacks files:read.
                    raise _not_readable("a web page instead of the file")
                _copy(answer, file, limit)
        except urllib.error.HTTPError as error:
            with error:
                raise _not_readable(f"status {error.code}") from error
        except (OSError, HTTPException) as error:
            raise Unavailable(
                "Slack doesn't give me the file at the moment, so nothing was done. Try again in a minute.",
                detail=type(error).__name__,
            ) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token would go along to wherever a redirect leads."""

    def redirect_request(self, *_request: Any) -> None:
        """Nowhere."""


def _copy(answer: Any, file: IO[bytes], limit: int) -> None:
    left = limit
    while piece := answer.read(min(_PIECE, left + 1)):
        left -= len(piece)
        if left < 0:
            raise InvalidRequest(f"This file is larger than the {limit // 1024 // 1024} MB that I take.")
        file.write(piece)


def _not_readable(detail: str) -> Unavailable:
    return Unavailable(
        "Slack doesn't let me read this file, so nothing was done. An administrator must look whether the app has the "
        "scope files:read, and I must be a member of the channel it was shared in.",
        detail=detail,
    )
