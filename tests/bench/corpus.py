"""A FAQ of any size and questions to it, the same at every call: made-up words, as often as words are (Zipf), between
real sentences and code of the shipped FAQ."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from bot.search import load

SHIPPED = Path(__file__).parents[2] / "faq"
_WORDS = 30_000
_IN_A_FILE = 100  # entries
_OPENINGS = ("How do I", "Where is the", "Why does my", "Can I use", "What is the", "How can we")
_FRAMES = ("how do i {} with {}", "{} and the {}", "why is my {} not in {}", "hi, can someone tell me about {} {}?")


class Corpus:
    """Makes entries and questions, each of them in a fixed order."""

    def __init__(self) -> None:
        self._draw = random.Random(1)  # noqa: S311  # the same at every call
        syllables = ["".join(pair) for pair in itertools.product("bcdfghklmnprstvz", "aeiou")]
        made_up = ("".join(self._draw.choices(syllables, k=self._draw.randint(2, 4))) for _ in range(2 * _WORDS))
        self._words = list(dict.fromkeys(made_up))[:_WORDS]
        self._often = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(self._words))))
        shipped = load(SHIPPED).sections
        self._sentences = [part for section in shipped for part in section.prose.split(". ") if len(part) > 20]
        self._code = [block.text for section in shipped for block in section.code]

    def entries(self, count: int) -> Iterator[tuple[str, str]]:
        """Titles and bodies, in Markdown: about 120 words each, code in every third."""
        for number in range(count):
            opening = _OPENINGS[number % len(_OPENINGS)]
            title = f"{opening} {self._some(5)}?"
            parts = [self._paragraph() for _ in range(3)]
            if number % 3 == 0:
                parts.insert(1, f"```python\n{self._draw.choice(self._code).rstrip()}\n```")
            if number % 4 == 0:
                parts.append(f"See [{self._some(2)}](https://docs.example.com/{self._some(1)}).")
            yield title, "\n\n".join(parts)

    def questions(self, titles: list[str], count: int) -> list[str]:
        """Questions of people: three or four words of a title and two others in a frame; one in ten has a slip."""
        found: list[str] = []
        for number in range(count):
            title = self._draw.choice(titles).rstrip("?").split()[-5:]
            named = self._draw.sample(title, min(len(title), 3 + number % 2))
            if number % 10 == 0:
                named[0] = self._slip(named[0])
            found.append(self._draw.choice(_FRAMES).format(" ".join(named), self._some(2)))
        return found

    def write(self, folder: Path, count: int) -> list[str]:
        """Write so many entries as Markdown files below a folder; returns their titles."""
        titles: list[str] = []
        entries = self.entries(count)
        for number in range(0, count, _IN_A_FILE):
            chapter = list(itertools.islice(entries, _IN_A_FILE))
            text = f"# Chapter {number // _IN_A_FILE}\n\n"
            text += "\n\n".join(f"## {title}\n\n{body}" for title, body in chapter)
            (folder / f"chapter-{number // _IN_A_FILE:04}.md").write_text(text + "\n", encoding="utf-8")
            titles.extend(title for title, _ in chapter)
        return titles

    def _some(self, count: int) -> str:
        return " ".join(self._draw.choices(self._words, cum_weights=self._often, k=count))

    def _paragraph(self) -> str:
        return f"{self._some(20).capitalize()}. {self._draw.choice(self._sentences).strip(' .')}."

    def _slip(self, word: str) -> str:
        at = self._draw.randrange(len(word) - 1)
        return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
