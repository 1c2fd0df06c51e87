"""Vendor texts made fit to be shown and logged: no credentials, no control characters, no more than needed."""

import re
from collections.abc import Iterable

_CREDENTIALS = (
    (re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}"), "[token]"),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]+"), r"\1 [token]"),
    (re.compile(r"(?i)\b(client_secret|client_assertion|password|accountkey|access_token)([\"']?\s*[=:]\s*[\"']?)[^\s\"'&;,]+"),
     r"\1\2[secret]"),
    (re.compile(r"(?i)([?&](?:sig|sv|se|st|sp|spr|skoid|sktid|code)=)[^\s&\"']+"), r"\1[secret]"),
    (re.compile(r"(?i)(\b[a-z][\w+.-]*://)[^\s/@]+@"), r"\1[secret]@"),
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without tokens, signatures, passwords in URLs and the given secrets; lines are kept."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    for pattern, replacement in _CREDENTIALS:
        text = pattern.sub(replacement, text)
    return _CONTROL.sub("", text)


def shortened(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
