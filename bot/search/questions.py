"""What asks: titles that are questions, and questions that are written without a heading."""

import re
from dataclasses import dataclass

_NUMBERED = re.compile(r"^\(?\d+\.\d+(\.\d+)*[.):]?\s+\S")
_MARK = re.compile(r"[?\uff1f\u061f]\W*$")
_START = re.compile(
    r"^(?:\d+[.):]\s*)?(?:(?:how (?:to|do|does|can|should|is|are)|what(?:['\u2019]s)?|which|where|when|why|who"
    r"|can (?:i|we|you)|do (?:i|we)|does|is (?:it|there)|are there|should (?:i|we)"
    r"|wie|warum|welche[rsmn]?|wo|wann|kann (?:ich|man)|comment|pourquoi|quel(?:le)?s?|c\u00f3mo|por qu\u00e9"
    r"|qu\u00e9|cu\u00e1l|como|por que)\b"
    r"|\u5982\u4f55|\u600e\u4e48|\u600e\u6837|\u4ec0\u4e48\u662f|\u4e3a\u4ec0\u4e48)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:(?:Q|Question|Frage|Pregunta)\s*\d*\s*[:.)\uff1a]|(?:\u95ee|\u554f)\s*[:\uff1a])\s*", re.IGNORECASE
)
_BOLD = re.compile(r"(?P<mark>\*\*|__)(?=\S)(?P<bold>.{1,400}?)(?<=\S)(?P=mark)(?P<after>[?\uff1f]?)", re.DOTALL)
_HTML_BOLD = re.compile(
    r"<(?P<mark>b|strong)>(?P<bold>.{1,400}?)</(?P=mark)>(?P<after>[?\uff1f]?)", re.DOTALL | re.IGNORECASE
)
_LINES = 3  # a question without heading is no longer than that
_SAME_LINE_WORDS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question at the beginning of a text: its Markdown, and how many characters of the text it takes up."""

    title: str
    length: int


def asks_clearly(title: str) -> bool:
    """Whether a title ends in a question mark, or has a number such as 1.2."""
    return ends_in_mark(title) or bool(_NUMBERED.match(title))


def ends_in_mark(title: str) -> bool:
    """Whether a title ends in a question mark of any script."""
    return bool(_MARK.search(title[-40:]))


def asks(title: str) -> bool:
    """Whether a title asks clearly, or begins as questions do."""
    return asks_clearly(title) or bool(_START.match(title))


def may_begin(line: str) -> bool:
    """Whether `question` could find one at the beginning of this line: quick, never wrongly false."""
    return line[:1] in {"*", "_", "<", "(", "Q", "q", "F", "P", "\u95ee", "\u554f"} or line[:1].isdigit()


def question(text: str, *, numbered: bool = False) -> Question | None:
    """The question that a text begins with: `**How ...?**`, `**Q: ...**`, `Q: ...`, `1.2 How ...?`, and, in a
    `numbered` list, any first line that ends in a question mark."""
    text = "\n".join(text.split("\n", _LINES)[:_LINES])
    if bold := _BOLD.match(text) or _HTML_BOLD.match(text):
        return _bold(bold, text)
    first = text.split("\n", 1)[0]
    if label := _LABEL.match(first):
        end = _end_of_question(text, label.end())
        return Question(text[label.end() : end].strip(), end) if text[label.end() : end].strip() else None
    if ends_in_mark(first) and (numbered or _NUMBERED.match(first)):
        return Question(first.strip(), len(first))
    return None


def _bold(found: re.Match[str], text: str) -> Question | None:
    bold = found["bold"] + found["after"]
    rest = text[found.end() :].split("\n", 1)[0].strip()
    label = _LABEL.match(bold)
    if label and not bold[label.end() :].strip():  # only the label is bold
        end = _end_of_question(text, found.end())
        title = text[found.end() : end].strip()
        return Question(title, end) if title else None
    title = bold[label.end() :].strip() if label else bold.strip()
    if not label and not ends_in_mark(title):
        return None
    if rest and not label and title.isascii() and len(title.split()) < _SAME_LINE_WORDS:
        return None  # emphasis within a sentence
    return Question(title, found.end())


def _end_of_question(text: str, start: int) -> int:
    """The end of the line on which the question that begins at `start` ends."""
    first = text.find("\n", start)
    end = first
    while end >= 0:
        if ends_in_mark(text[start:end]):
            return end
        end = text.find("\n", end + 1)
    return len(text) if ends_in_mark(text) or first < 0 else first
