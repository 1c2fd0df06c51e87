"""Whether a message in the help channel asks for something.

The rule errs to yes: an answer too many costs a line in a thread, a question that nobody hears costs a person's day.
No is said only of what is surely none: thanks, small talk, announcements, bare links and emoji.
"""

import re

_LINK = re.compile(r"\b(?:https?://|www\.)\S+|\bmailto:\S+")
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_MENTION = re.compile(r"< ?@[UW][A-Z0-9]+>")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENERS = _words(
    """how what why when where which who whom whose can could would should shall is are do does did will isn't aren't
    can't couldn't doesn't won't wouldn't anyone anybody somebody someone any help question q"""
)
_TROUBLE = _words(
    """error errors exception exceptions traceback fail fails failed failing failure broken break breaks crash crashes
    crashed stuck hang hangs hanging issue issues problem problems bug wrong cannot unable denied refused forbidden
    timeout timed missing invalid unauthorized help how why stopped oom killed"""
)
_REQUESTS = re.compile(
    r"\b(?:(?:ca|could|do|does|did|is|wo)n'?t|need|looking for|want to|trying to|tried to|struggling|"
    r"any (?:idea|ideas|hint|hints|tips|pointers|way|one)|"
    r"anyone|anybody|someone|is there|wondering|possible to|not (?:working|sure|able|found)|no idea|"
    r"what's|where's|who's|how's|still)\b"
)
# How messages begin that close a matter or tell something.
_CLOSES = re.compile(
    r"(?:thanks|thank you|thankyou|thx|tx|ty|cheers|many thanks|great|perfect|awesome|nice|cool|got it|makes sense|"
    r"solved|resolved|fixed|done|nvm|never ?mind|it works|works (?:now|for me|fine|again|great)|"
    r"that (?:works|worked|helped|did it|fixed)|you're welcome|welcome|no problem|np|my pleasure|congrats|"
    r"congratulations|happy|fyi|reminder|heads up|announcement|psa|good (?:morning|afternoon|evening|night)|lol|"
    r"haha\w*|will do|sounds good|yes|yep|yeah|no|nope|agreed|same here)\b"
)
_SMALL_TALK = _words(
    """a afternoon again all amazing and awesome back brb bye cheers cool correct day dear done evening everybody
    everyone exactly fine folks for good great guys ha haha have hello hey hi hiya hm hmm i indeed it k kk later lol lot
    lots love lovely lunch morning much my nice night no nope np of oh ok okay one perfect please right same see so
    sorry super sure team that thank thanks that's the there this thx to today tomorrow too true ty very wait weekend
    welcome well will worked works wow yay yeah yep yes yo you your"""
)


def is_question(text: str) -> bool:
    """Whether plain text at the top level of a help channel asks for help."""
    said = _MENTION.sub(" ", _EMOJI.sub(" ", _LINK.sub(" ", text))).lower()
    words = _WORD.findall(said)
    if not words:
        return "```" in text
    if "?" in said or "```" in text or not _TROUBLE.isdisjoint(words) or _REQUESTS.search(said):
        return True
    # Whatever else is said there is taken for a request: "gpu quota", "the cluster never scales up".
    return not (_CLOSES.match(" ".join(words)) or _SMALL_TALK.issuperset(words))


def opens_like_a_question(text: str) -> bool:
    """Whether plain text begins as questions do, or ends with a question mark."""
    words = _WORD.findall(text.lower())
    return len(words) > 1 and (text.rstrip().endswith("?") or words[0] in _OPENERS)
