"""What both pages have in common: colours, controls, small modules for the browser, and what every answer forbids."""

from functools import lru_cache
from importlib import resources

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def kind_of(name: str) -> str | None:
    """The type of a page's file; None where pages have no such files."""
    return TYPES.get(name.rpartition(".")[2])


@lru_cache(maxsize=256)
def file_of(package: str, name: str) -> bytes | None:
    """A file of a page's own folder `static`, or of what the pages share; None where there is none."""
    for folder in (resources.files(package) / "static", resources.files(__package__)):
        known = {each.name for each in folder.iterdir() if each.is_file()}
        if name in known and kind_of(name):
            return (folder / name).read_bytes()
    return None


def headers(*, connect: str, pictures: str = "'self'") -> dict[str, str]:
    """What every answer says to the browser: nothing inline, nothing from elsewhere, nowhere embedded.

    `connect` are the addresses that the page may ask, `pictures` those of its images.
    """
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
