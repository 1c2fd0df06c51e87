"""Who may use the page: only a browser that was given this start's address, and only for the page itself.

The token comes behind the `#` of the address, so it is sent nowhere by opening it. The page keeps it in the browser's
store of its own origin and shows it with each request: a cookie would do less, since a browser shares the cookies of
127.0.0.1 between ports, so between users of one machine, and the address of a run is no secret here (the scripts under
test can ask for it). Without the token there is a page that says so, and nothing else. The `Host` must be ours, or
somebody else's DNS name points to loopback; the origin must be the page's.
"""

import hmac
import secrets
from collections.abc import Mapping

from bot.sandbox import look
from bot.sandbox.azureml.errors import ServiceError

PATH = "/studio"


class Door:
    """The secret of one start, and the checks of every request. `base` (http://127.0.0.1:PORT) is set at the start."""

    def __init__(self) -> None:
        self.base = ""
        self._token = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """What to open in a browser; whoever has it can hand out roles."""
        return f"{self.base}{PATH}/#token={self._token}"

    @property
    def studio(self) -> str:
        """What the addresses of runs begin with; nothing secret is in it."""
        return f"{self.base}{PATH}"

    def check_host(self, headers: Mapping[str, str]) -> None:
        """
        Raises:
            ServiceError: the request was meant for another name.
        """
        if headers.get("Host", "") not in self._hosts():
            raise ServiceError(421, "MisdirectedRequest", "The page answers on this machine's own address only.")

    def check(self, headers: Mapping[str, str], *, acts: bool = False) -> None:
        """Let the page's own requests pass. One that `acts` must say that it comes from the page.

        Raises:
            ServiceError: it is not the page that asks.
        """
        self.check_host(headers)
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._token.encode()):
            message = "This page opens with the whole address that the sandbox printed at its start, token included."
            raise ServiceError(403, "NotYours", message)
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise ServiceError(403, "OtherSite", "Another site asks.")
        origin = headers.get("Origin")
        if (origin is None and acts) or (origin is not None and origin != f"http://{headers.get('Host')}"):
            raise ServiceError(403, "OtherOrigin", "Another origin asks.")

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer says to the browser; pictures among a run's files are shown from the page's own memory."""
        return tuple(look.headers(connect="'self'", pictures="'self' blob:").items())

    def _hosts(self) -> tuple[str, str]:
        return self.base.removeprefix("http://"), f"localhost:{self.base.rpartition(':')[2]}"
