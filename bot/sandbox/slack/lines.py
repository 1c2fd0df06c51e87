"""The lines of the terminal: who types, where, and what it means."""

import re
from dataclasses import dataclass

_PERSON = re.compile(r"as\s+@?([\w.-]+)\s*(?::\s*(.*))?$", re.DOTALL)
_PLACE = re.compile(r"#([\w.-]+)(?:\s+(.*))?$", re.DOTALL)
_SILENT = re.compile(r"silent:\s*(.*)$", re.DOTALL)
_WORDS = {"click": 1, "thread": 2, "fill": 0, "submit": 0, "close": 0, "view": 0, "look": 0, "home": 0}
_ALONE = ("people", "channels", "help", "quit", "exit")


@dataclass(frozen=True, slots=True)
class Line:
    """One line, its prefixes taken off.

    `person` and `place` are "" where the line keeps those of the line before; `verb` is "say", a word of the
    terminal's own ("click", "thread", "fill", ...), or "" when the line only changed who or where.
    """

    person: str = ""
    place: str = ""
    silent: bool = False
    verb: str = ""
    text: str = ""


def read(line: str) -> Line | None:
    """Understand a line; None for a blank one and for a comment (`# ` with a space, as `#name` is a channel)."""
    rest = line.strip()
    if not rest or rest == "#" or rest.startswith("# "):
        return None
    person = place = ""
    silent = False
    while True:
        if found := _SILENT.match(rest):
            silent, rest = True, found[1].strip()
        elif found := _PERSON.match(rest):
            person, rest = found[1], (found[2] or "").strip()
        elif found := _PLACE.match(rest):
            place, rest = f"#{found[1]}", (found[2] or "").strip()
        elif rest == "dm" or rest.startswith("dm "):
            place, rest = "dm", rest.removeprefix("dm").strip()
        else:
            break
    verb, text = _verb(rest)
    return Line(person, place, silent, verb, text)


def _verb(rest: str) -> tuple[str, str]:
    if not rest:
        return "", ""
    if rest.startswith("> "):
        return "reply", rest.removeprefix("> ").strip()
    word, _, text = rest.partition(" ")
    if word == "say" and text:
        return "say", text.strip()
    if word in _ALONE and not text:
        return word, ""
    if word in _WORDS and len(text.split()) >= _WORDS[word] and _is_ours(word, text):
        return word, text.strip()
    return "say", rest


def _is_ours(word: str, text: str) -> bool:
    """Whether a sentence that begins with one of our words is meant for us."""
    match word:
        case "thread":
            return text.split(maxsplit=1)[0].isdigit()
        case "fill":
            return not text or "=" in text
        case "submit" | "close" | "view" | "look" | "home":
            return not text
    return True
