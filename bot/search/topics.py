"""Whether a message goes on from what its thread is about: "and for deployment?", "what about conda".

Such a message is short and says so by how it begins, by a word that stands for something said before, or by naming
hardly anything itself.
"""

import re
from collections.abc import Sequence

from bot.search.query import Unit

CARRIED_WEIGHT = 0.6  # what a word of the topic counts beside one of the message
_MOST_WORDS = 12
_MOST_NAMED = 4
_GOES_ON = re.compile(
    r"^\W*(?:(?:ok|okay|thanks|thank you|great|cool|hm+|ah|oh|right|sure|nice|perfect)\b[\s,.!:-]*)*"
    r"(?:and|but|or|also|what about|how about|what if|same|and then|then|"
    r"for|with|without|in|on|instead|what else|why|is that|does that|does it|can it|is it|will it)\b",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(
    r"\b(?:that|this|it|its|these|those|them|they|there|same|instead|the other|other one|this one|that one|too)\b",
    re.IGNORECASE,
)


def goes_on(message: str, asked: Sequence[Unit]) -> bool:
    """Whether a message, read as `asked`, can only be understood with what was said before."""
    count = len(message.split())
    named = sum(not unit.light for unit in asked)
    if not asked or count > _MOST_WORDS or named > _MOST_NAMED:
        return False
    return (
        bool(_GOES_ON.match(message))
        or (named <= 2 and bool(_STANDS_FOR.search(message)))
        or (named <= 1 and count <= 3)
    )


def carried(asked: Sequence[Unit], topic: Sequence[Unit]) -> list[Unit]:
    """The units of a message and, at a lower weight, those of the topic that it doesn't name itself."""
    named = {unit.readings[0][0] for unit in asked}
    return [
        *asked,
        *(
            Unit(unit.text, unit.weight * CARRIED_WEIGHT, unit.readings, unit.light)
            for unit in topic
            if unit.readings[0][0] not in named
        ),
    ]
