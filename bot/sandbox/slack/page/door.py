"""Who may use the page: only a browser that was given this start's address, and only for the page itself.

Three things must agree. The cookie: given for the token in the address, `SameSite=Strict`, and only for a path that
nobody can guess, because a browser shares the cookies of 127.0.0.1 between ports, so between users of one machine. The
`Host`: a name that somebody else's DNS points to loopback is refused. The origin (`Origin`, `Sec-Fetch-Site`): no other
page may ask, not even one that is served on this machine.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox import look

COOKIE = "sandbox_page"
NOT_YOURS = "This page opens with the whole address that the sandbox printed at its start, token included.\n"
_DAY = 24 * 3600


class Door:
    """The secrets of one start, and the checks of every request."""

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        self._base_url = base_url
        self._hosts = (address.netloc, f"localhost:{address.port}")
        self._token = secrets.token_urlsafe(24)
        self._session = secrets.token_urlsafe(24)
        self.path = f"/page/{secrets.token_hex(8)}/"

    @property
    def address(self) -> str:
        """What to open in a browser; whoever has it can be anybody in the workspace."""
        return f"{self._base_url}{self.path}?token={self._token}"

    def enter(self, request: web.Request) -> bool:
        """Whether the page itself may be shown; true as well when the cookie has to be given first.

        Raises:
            web.HTTPException: it may not.
        """
        self._check_host(request)
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            raise web.HTTPForbidden(text="This page can't be a part of another one.\n")
        given = request.query.get("token")
        if given is not None and hmac.compare_digest(given.encode(), self._token.encode()):
            return True
        self._check_cookie(request)
        return False

    def check(self, request: web.Request, *, acts: bool = False) -> None:
        """Let the page's own requests pass. One that `acts` must say that it comes from the page.

        Raises:
            web.HTTPException: it is not the page that asks.
        """
        self._check_host(request)
        self._check_cookie(request)
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise web.HTTPForbidden(text="Another site asks.\n")
        origin = request.headers.get("Origin")
        if (origin is None and acts) or (origin is not None and origin != f"http://{request.host}"):
            raise web.HTTPForbidden(text="Another origin asks.\n")

    def give_cookie(self, response: web.StreamResponse) -> None:
        """Remember the browser."""
        response.set_cookie(COOKIE, self._session, path=self.path, httponly=True, samesite="Strict", max_age=_DAY)

    def _check_host(self, request: web.Request) -> None:
        if request.host not in self._hosts:
            raise web.HTTPMisdirectedRequest(text="The page answers on this machine's own address only.\n")

    def _check_cookie(self, request: web.Request) -> None:
        given = request.cookies.get(COOKIE, "")
        if not hmac.compare_digest(given.encode(), self._session.encode()):
            raise web.HTTPForbidden(text=NOT_YOURS)

    def headers(self, request: web.Request) -> dict[str, str]:
        """What every answer says to the browser."""
        if request.host not in self._hosts:
            return look.headers(connect="'none'") | {"Content-Security-Policy": "default-src 'none'"}
        return look.headers(connect=f"'self' ws://{request.host}")
