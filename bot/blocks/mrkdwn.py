"""Slack's mrkdwn: escaping, the few pieces of markup that we make ourselves, and cutting without breaking either.

Only `&`, `<` and `>` mean something to Slack's parser beyond formatting; escaping them is what keeps text from pinging
a channel or forging a link (Slack, "Formatting text for app surfaces"). Functions that take values return mrkdwn.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

CUT = "… cut"
FENCE = "```"
_NO_FENCE = "`\u200b`\u200b`"
# Together, escaped, they stay well inside one section.
_URL_LENGTH = 1_500
_LABEL_LENGTH = 150
_URL = re.compile(r"(?:https?://[^\s<>|\"\\^`{}]+|mailto:[^\s<>|\"\\^`{}]+@[^\s<>|\"\\^`{}]+)", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)|[\w-]+\.(?:com|org|net|io|dev|ai|ms)\b", re.IGNORECASE
)
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")
_GROUP = re.compile(r"S[A-Z0-9]{2,30}")
# Controls, halves of surrogates, and marks that turn the direction of the text around them.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_OPENS_FORMAT = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)")
_PARTIAL_ENTITY = re.compile(r"&[a-z]{0,3}\Z")


def escape(value: str) -> str:
    """`value` as it shall be read, whatever is in it."""
    clean = _UNFIT.sub("", value)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def line(value: str, limit: int = 200) -> str:
    """`value` escaped, on one line and at most about `limit` characters long, without formatting of its own."""
    return inert(escape(shorten(value, limit)))


def prose(value: str) -> str:
    """`value` escaped, its lines kept, without formatting of its own."""
    return inert(escape(value.strip()))


def code(value: str, limit: int = 300) -> str:
    """`value` as inline code."""
    inside = shorten(value, limit).replace("`", "'")
    return f"`{escape(inside)}`" if inside.strip() else ""


def verbatim(value: str) -> str:
    """`value`, in which there is no backtick, as inline code with all its spaces and of any length."""
    return f"`{escape(value)}`" if value.strip() else ""


def bold(value: str, limit: int = 200) -> str:
    """`value` in bold, on one line."""
    inside = escape(shorten(value, limit).replace("*", "\u2217").replace(FENCE, _NO_FENCE)).strip()
    return f"*{inside}*" if inside else ""


def quote(value: str, limit: int = 1_000) -> str:
    """`value` as a quotation, a mark in front of each line."""
    text = value.strip()
    shown = text if len(text) <= limit else f"{text[:limit].rstrip()} {CUT}"
    return "\n".join(f"> {part}" for part in inert(escape(shown)).split("\n"))


def plain(value: str, limit: int) -> str:
    """`value` for a plain_text object: those need no escaping and take no markup."""
    return shorten(_UNFIT.sub("", value), limit)


def fit(value: str) -> str:
    """`value` without what Slack or JSON can't carry; for fields that nobody reads as text."""
    return _UNFIT.sub("", value)


def shorten(value: str, limit: int) -> str:
    """`value` on one line, at most `limit` characters."""
    text = " ".join(_UNFIT.sub("", value).split())
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def link(url: str, label: str) -> str:
    """A link to a web or mail address; just the label (a value) for any other target.

    A label that looks like another address than the target's is shown beside the target, not instead of it.
    """
    shown = line(label, _LABEL_LENGTH).replace("|", "\u00a6")
    address = escape(url)
    if len(address) > _URL_LENGTH or not _URL.fullmatch(url):
        return shown
    if not shown or shown == address:
        return f"<{address}>"
    if _LOOKS_LIKE_ADDRESS.match(label.strip()) and not _same_host(url, label.strip()):
        return f"{shown} (<{address}>)"
    return f"<{address}|{shown}>"


def mention(member_id: str) -> str:
    """Markup that calls a user or a user group; "" for what isn't an id of one. Only for ids from settings or events
    of Slack, never for text."""
    if _USER.fullmatch(member_id):
        return f"<@{member_id}>"
    return f"<!subteam^{member_id}>" if _GROUP.fullmatch(member_id) else ""


def channel(channel_id: str) -> str:
    """Markup that names a channel, for ids from settings; words for what isn't one."""
    return f"<#{channel_id}>" if _CHANNEL.fullmatch(channel_id) else "the help channel"


def moment(time: datetime) -> str:
    """A time in words, UTC."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def span(length: timedelta) -> str:
    """A length of time in words: `1 h 5 min`."""
    seconds = max(0, int(length.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def inert(mrkdwn: str) -> str:
    """Escaped text in which `*`, `_`, `~` and backticks stand for themselves.

    Slack has no escape for them; a zero-width space in front keeps one from opening anything. Three backticks open a
    code block wherever they stand, so they are taken apart.
    """
    return _OPENS_FORMAT.sub("\u200b\\1", mrkdwn).replace(FENCE, _NO_FENCE)


def cut(mrkdwn: str, limit: int) -> str:
    """`mrkdwn` within `limit` characters: if it is longer, up to a good place and "… cut" behind."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    room = limit - len(CUT) - len(FENCE) - 2
    head = mrkdwn[: place_to_cut(mrkdwn, room)].rstrip() if room > 0 else ""
    if _inside_markup(head):
        head = head[: head.rfind("<")].rstrip()
    if head.count(FENCE) % 2:
        head += f"\n{FENCE}"
    return f"{head}\n{CUT}" if head else CUT[:limit]


def split(mrkdwn: str, limit: int) -> Iterator[str]:
    """`mrkdwn` in parts of at most `limit` characters, divided at paragraphs, lines or words where that is possible."""
    rest = mrkdwn.strip("\n")
    while len(rest) > limit:
        place = place_to_cut(rest, limit)
        if part := rest[:place].strip("\n"):
            yield part
        rest = rest[place:].lstrip()
    if rest.strip():
        yield rest


def fences(code_text: str, limit: int) -> Iterator[str]:
    """Code as one or more fenced blocks of at most `limit` characters, divided between lines where that is possible."""
    room = limit - 2 * len(FENCE) - 2
    held: list[str] = []
    size = 0
    for raw in _UNFIT.sub("", code_text).strip("\n").split("\n"):
        for part in _pieces(raw.replace(FENCE, _NO_FENCE), room):
            if held and size + len(part) + 1 > room:
                yield _fenced(held)
                held, size = [], 0
            held.append(part)
            size += len(part) + 1
    if any(part.strip() for part in held):
        yield _fenced(held)


def place_to_cut(mrkdwn: str, limit: int) -> int:
    """Where a text longer than `limit` is best divided: after a paragraph, line or word of its second half, and never
    inside of markup or an entity."""
    head = mrkdwn[:limit]
    for separator in ("\n\n", "\n", " "):
        place = head.rfind(separator)
        if place >= limit // 2 and not _inside_markup(head[:place]):
            return place + len(separator)
    if _inside_markup(head):
        head = head[: head.rfind("<")]
    head = head[: len(head) - len(found[0])] if (found := _PARTIAL_ENTITY.search(head)) else head
    return len(head) or limit


def _fenced(lines: list[str]) -> str:
    inside = "\n".join(lines)
    return f"{FENCE}\n{inside}\n{FENCE}"


def _pieces(raw: str, room: int) -> Iterator[str]:
    """A line escaped; one that is too long in several pieces, none of which ends inside an entity."""
    escaped = escape(raw)
    if len(escaped) <= room:
        yield escaped
        return
    step = room // len("&amp;")
    for start in range(0, len(raw), step):
        yield escape(raw[start : start + step])


def _inside_markup(head: str) -> bool:
    return head.rfind("<") > head.rfind(">")


def _same_host(url: str, label: str) -> bool:
    try:
        shown = urlsplit(label if "://" in label else f"https://{label}").hostname or ""
        return shown.removeprefix("www.") == (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return False
