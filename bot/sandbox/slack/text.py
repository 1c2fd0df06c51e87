"""From what a person types to what Slack sends: escapes, mentions, links, and the rich_text block beside the text."""

import html
import re

from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

_CODE = re.compile(r"(```.+?```|`[^`\n]+`)", re.DOTALL)
_TYPED = re.compile(r"(?P<url>https?://[^\s<>]+)|(?<![\w@#&;/])(?P<mark>[@#])(?P<name>[\w.\-]+)")
_BARE_HOST = re.compile(
    r"(?<![\w./@:<|-])([a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|ai|py|md|sh|dev))(?![\w/|>-])"
)
_SENT = re.compile(r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<link>[^<>]+)>", re.DOTALL)
_EVERYBODY = ("here", "channel", "everyone")


def escape(text: str) -> str:
    """The three characters that Slack escapes, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return html.unescape(text) if "&" in text else text


def typed(text: str, world: World, *, named: bool = False, autolink: bool = False) -> str:
    """What Slack makes of typed text: `@dana` becomes `<@U0DANA>`, `#ml-help` a channel link, `&<>` are escaped.

    `named` gives mentions as slash commands do, `<@U0DANA|dana>`. `autolink` also links what only looks like a
    host name, `train.py` for one, as some clients do. Nothing inside backticks becomes a mention or a link.
    """

    def linked(match: re.Match[str]) -> str:
        if match["url"]:
            url = match["url"].rstrip(".,;:!?)'\"")
            return f"<{url}>{match['url'][len(url) :]}"
        return _named(match, world, named=named)

    parts = _CODE.split(text)
    for place, part in enumerate(parts):
        escaped = escape(part)
        if place % 2 == 0:
            escaped = _TYPED.sub(linked, escaped)
            if autolink:
                escaped = _BARE_HOST.sub(r"<http://\1|\1>", escaped)
        parts[place] = escaped
    return "".join(parts)


def _named(match: re.Match[str], world: World, *, named: bool) -> str:
    name = match["name"]
    known = name.rstrip(".-_")
    rest = name[len(known) :]
    if match["mark"] == "#":
        channel = world.channel_named(known)
        return match[0] if channel is None or channel.kind == "im" else f"<#{channel.id}|{channel.name}>{rest}"
    if known in _EVERYBODY:
        return f"<!{known}>{rest}"
    person = world.person_named(known)
    if person is None:
        return match[0]
    return (f"<@{person.id}|{person.name}>" if named else f"<@{person.id}>") + rest


def rich_text(text: str, block_id: str) -> Json:
    """The rich_text block that Slack's composer sends beside escaped text."""
    blocks: list[Json] = []
    line: list[Json] = []

    def close_line() -> None:
        if line:
            blocks.append({"type": "rich_text_section", "elements": list(line)})
            line.clear()

    end = 0
    for match in _SENT.finditer(text):
        if text[end : match.start()]:
            line.append({"type": "text", "text": unescape(text[end : match.start()])})
        end = match.end()
        if match["block"]:
            close_line()
            body = unescape(match["block"].strip("\n"))
            blocks.append({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": body}]})
        elif match["code"]:
            line.append({"type": "text", "text": unescape(match["code"]), "style": {"code": True}})
        else:
            line.append(_link(match["link"]))
    if text[end:]:
        line.append({"type": "text", "text": unescape(text[end:])})
    close_line()
    return {"type": "rich_text", "block_id": block_id, "elements": blocks}


def _link(link: str) -> Json:
    target, _, label = link.partition("|")
    match target[:1]:
        case "@":
            return {"type": "user", "user_id": target[1:]}
        case "#":
            return {"type": "channel", "channel_id": target[1:]}
        case "!":
            return {"type": "broadcast", "range": target[1:]}
    return {"type": "link", "url": unescape(target)} | ({"text": unescape(label)} if label else {})
