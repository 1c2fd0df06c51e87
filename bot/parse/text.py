"""What people typed, out of Slack's wire form.

Slack escapes `&`, `<` and `>` in what a person types and puts its own markup (mentions, channels, links) into raw
angle brackets. `plain` undoes both in one pass, so text is never decoded twice. The rules of the markup are in Slack's
"Formatting text for app surfaces".

A mention stays in the result as `<@U123>`. Text that merely looks like one gets a space after its bracket (`< @U123>`),
so that a mention in plain text is always one that Slack made.
"""

import re

MAX_LENGTH = 8_000
"""Characters of decoded text that are looked at; the rest of a longer message is dropped."""

_RAW_LENGTH = 40_000  # Slack's own bound on a message
_MARKUP = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTER = {"amp": "&", "lt": "<", "gt": ">"}
_USER = re.compile(r"@([UW][A-Z0-9]{1,30})(?:\|.*)?", re.DOTALL)
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)")
# By code point: the characters themselves are hard to tell apart in an editor.
_QUOTES = dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F, 0xAB, 0xBB), '"') | dict.fromkeys(
    (0x2018, 0x2019, 0x201A, 0x201B), "'"
)
# Spaces of every width become one space; what can't be seen (joiners, direction marks, controls) goes.
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\v\f]")
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
# Phones turn `--` into one long dash: at the start of a word, or alone, it was two hyphens.
_LONG_DASH = re.compile(r"(?<!\S)[\u2014\u2015](?=[A-Za-z]|\s|\Z)|(?<!\S)\u2013(?=[A-Za-z])")
_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,30})>")
# Stands for a real mention while the rest is cleaned; `_UNSEEN` has removed it from what people typed.
_HELD = "\ue000"

_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_BETWEEN_WORDS = re.compile(r"[\s,.!:;-]+")
_GREETING = re.compile(
    r"hey|hi|hello|hallo|hiya|yo|dear|ok|okay|please|pls|so|and|again|there|good|morning|afternoon|evening"
)


def plain(text: str) -> str:
    """The text a person meant, decoded exactly once.

    Links give their address (or the words, where Slack made the link itself: `train.py` is a domain to it), channels
    `#name`, `@here` and user groups harmless words. Curly quotes and long dashes are those of a keyboard again;
    invisible characters are gone; at most `MAX_LENGTH` characters.
    """
    pieces: list[str] = []
    users: list[str] = []
    end = 0
    text = text[:_RAW_LENGTH]
    for found in _MARKUP.finditer(text):
        pieces.append(typed(text[end : found.start()]))
        if user := _USER.fullmatch(found[1]):
            users.append(user[1])
            pieces.append(_HELD)
        else:
            pieces.append(typed(_words_of(found[1])))
        end = found.end()
    pieces.append(typed(text[end:]))
    # Joined before it is disarmed: the brackets of a forged mention may come from different pieces.
    safe = _LONG_DASH.sub("--", "".join(pieces)).replace("<@", "< @")
    for user_id in users:
        safe = safe.replace(_HELD, f"<@{user_id}>", 1)
    return _cut(safe).strip()


def typed(text: str) -> str:
    """Text without markup, such as an input of a form: entities decoded once, invisible characters removed, quotes
    and spaces those of a keyboard."""
    decoded = _ENTITY.sub(lambda found: _CHARACTER[found[1]], text)
    spaced = _SPACES.sub(" ", _LINE_ENDS.sub("\n", decoded))
    return _UNSEEN.sub("", spaced).translate(_QUOTES)


def hyphens(text: str) -> str:
    """`text` with the long dashes of phones as the two hyphens that were typed."""
    return _LONG_DASH.sub("--", text)


def without_mention(text: str, bot_user_id: str) -> str:
    """Plain text without the mentions of the bot, and without a greeting in front of the first one."""
    mention = f"<@{bot_user_id}>"
    before, found, after = text.partition(mention)
    if not found:
        return text.strip()
    if is_greeting(before):
        before = ""
    rest = after.replace(mention, " ").strip().lstrip(",:;").strip()
    return f"{before.rstrip()} {rest}".strip()


def mentioned(text: str) -> tuple[str, ...]:
    """Ids of the people mentioned in plain text, in order."""
    return tuple(_MENTION.findall(text))


def is_greeting(text: str) -> bool:
    """Whether plain text is nothing but a greeting, or nothing at all."""
    words = _BETWEEN_WORDS.split(_EMOJI.sub(" ", text.lower()))
    return all(_GREETING.fullmatch(word) for word in words if word)


def _words_of(markup: str) -> str:
    """What Slack's markup (the part between the brackets) says in words."""
    target, bar, label = markup.partition("|")
    if target.startswith("#"):
        return f"#{(label or target[1:]).lstrip('#')}"
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return (label or target[1:].partition("^")[0]).lstrip("@")
    if target.startswith("@"):
        return label.lstrip("@") or target[1:]
    bare = _SCHEME.sub("", target, count=1)
    if bar and bare.rstrip("/").lower() == _SCHEME.sub("", label, count=1).rstrip("/").lower():
        return label
    return bare if target.startswith(("mailto:", "tel:")) else target


def _cut(text: str) -> str:
    if len(text) <= MAX_LENGTH:
        return text
    head = text[:MAX_LENGTH]
    # A mention is kept whole or not at all.
    opened = head.rfind("<@")
    return head if opened < 0 or ">" in head[opened:] else head[:opened]
