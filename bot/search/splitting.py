"""Several questions in one message, told apart.

Sentences are cut where they end, and before "and how", "also, can I" and the like. A part that asks nothing (a
greeting, what was tried, an error message) belongs to the question after it or, at the end, to the one before it.
"""

import re

_MOST = 3
_LONGEST = 4000  # characters; more isn't read
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LIST_ITEM = re.compile(r"^\s*(?:[-*\u2022]|\(?\d{1,2}[.):])\s+")
_END = re.compile(r"(?<=[?\uff1f])\s*(?=\S)|(?<=[.!])\s+(?=[A-Z\u201c\"(])|\n+|\s(?=\(?\d{1,2}[.)]\s+[a-z])")
_ASK = (
    r"(?:how|what|whats|what's|which|where|when|why|who|can|could|is|are|do|does|did|should|may|will|would)\s+"
    r"(?:do|does|can|could|should|is|are|to|i|we|you|it|there|the|my|our|one|much|many|long|a|an|about)\b"
)
_JOINT = re.compile(
    rf"[,;]?\s+(?:and|also|plus)(?:\s+(?:also|then|secondly|another|finally))?[,:]?\s+(?={_ASK})", re.IGNORECASE
)
_GREETINGS = r"(?:hi|hey|hello|all|team|folks|everyone|there|guys|please|ok|btw)"
_COUNTS = r"(?:also|and|so|then|first|next|secondly|finally|another question|second question|one more thing)"
_OPENING = re.compile(
    rf"^(?:(?:{_GREETINGS}|{_COUNTS})[\s,:!-]+)*(?:{_ASK}|(?:how|what|which|where|who)\s+\w)", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_MATTER_END = re.compile(
    r"\n+|(?<=[.!?;])\s+|\s+\+\s+|\s+(?=\(?\d{1,2}[.)]\s+\w)|"
    r"[,;]?\s+(?:and|also|plus)(?:\s+(?:also|then|another one))?\s+",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\b(?:it|its|that|this|them|those|these|there|same|differ\w*|between|both|vs|versus)\b|"
    r"\b(?:and|also|plus)\s+(?:for|in|on|with|at|from|to|by|then|not|of)\b",
    re.IGNORECASE,
)
_MATTER_WORDS = 25


def matters(text: str) -> tuple[str, ...]:
    """What a message may be about, where it is two or three things: list items, sentences, and what stands on both
    sides of an "and" or a plus; the whole text if that would be more or less, if it is long, or if its parts
    belong together ("build a wheel and use it", "the difference between")."""
    text = text[:_LONGEST]
    if "```" in text or len(_WORD.findall(text)) > _MATTER_WORDS or _TOGETHER.search(text):
        return (text,)
    parts = [_LIST_ITEM.sub("", part).strip(" \t,;:") for part in _MATTER_END.split(text)]
    parts = [part for part in parts if len(_WORD.findall(part)) > 1 or (part and "+" in text)]
    return tuple(parts) if 2 <= len(parts) <= _MOST else (text,)


def questions(text: str) -> tuple[str, ...]:
    """The questions of a message in order, at most three, each with what was said around it; the whole text if there is
    only one."""
    asked: list[str] = []
    said: list[str] = []
    for part in _parts(text[:_LONGEST]):
        said.append(part)
        if _asks(part):
            asked.append(" ".join(said))
            said = []
    if len(asked) < 2:
        return (text,)
    if said:
        asked[-1] = " ".join((asked[-1], *said))
    if len(asked) > _MOST:
        asked[_MOST - 1 :] = [" ".join(asked[_MOST - 1 :])]
    return tuple(asked)


def _parts(text: str) -> list[str]:
    """Sentences; a code block stays with the sentence before it."""
    blocks: list[str] = []

    def keep(match: re.Match[str]) -> str:
        blocks.append(match.group())
        return f" \x00{len(blocks) - 1}\x00 "

    parts: list[str] = []
    for sentence in _END.split(_FENCE.sub(keep, text.replace("\x00", " "))):
        plain = _LIST_ITEM.sub("", sentence).strip()
        if not plain:
            continue
        pieces = _JOINT.split(plain)
        if len(pieces) > 1 and not (_asks(pieces[0]) or _OPENING.match(pieces[0])):
            pieces = [plain]  # "my run fails and what can i do": one matter
        parts.extend(piece.strip() for piece in pieces if piece.strip())
    return [re.sub("\x00(\\d+)\x00", lambda match: blocks[int(match[1])], part) for part in parts]


def _asks(part: str) -> bool:
    if len(_WORD.findall(part)) < 3:
        return False
    return part.rstrip("\"')* ").endswith(("?", "\uff1f")) or bool(_OPENING.match(part))
