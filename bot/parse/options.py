"""What the parsers of all commands share: words without marks, options with values, mistakes with the usage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.domain.commands import BY_NAME, Command
from bot.domain.errors import InvalidRequest
from bot.parse.words import Word, split

_T = TypeVar("_T")

_ALIKE = 0.55
_ALIKE_COMMANDS = 0.6  # share of letters that must agree before a name is suggested
_SURELY_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Given:
    """What stands behind a command: words by themselves, and the values of each option in their order."""

    words: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]]

    def one(self, option: str) -> str:
        """The value of an option that may be given once, or "".

        Raises:
            InvalidRequest: it is given twice.
        """
        values = self.options.get(option, ())
        if len(values) > 1:
            raise InvalidRequest(f"{option} is given twice.")
        return values[0] if values else ""


def read(words: tuple[Word, ...], known: tuple[str, ...], command: Command) -> Given:
    """Words and options (`--name value` or `--name=value`, in any order) of a command that takes the options `known`.

    Raises:
        InvalidRequest: an option that isn't among them (with the nearest), or one without a value.
    """
    alone: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.quoted or not word.text.startswith("-"):
            alone.append(word.text.strip("`"))
            continue
        option, equals, value = word.text.partition("=")
        if option not in known:
            near = process.extractOne(option, known, scorer=OSA.normalized_similarity, score_cutoff=_ALIKE)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InvalidRequest(f"“{command.name}” has no option “{shown(option)}”.{hint}")
        if (
            not equals
            and position < len(words)
            and (words[position].quoted or not words[position].text.startswith("-"))
        ):
            value = words[position].text
            position += 1
        if not (value := value.strip("`").strip()):
            raise InvalidRequest(f"{option} needs a value.")
        options[option] = (*options.get(option, ()), value)
    return Given(tuple(alone), options)


def flags(words: tuple[Word, ...], known: tuple[str, ...]) -> tuple[frozenset[str], tuple[Word, ...]]:
    """Which of the options `known`, that take no value, are among the words; and the other words."""
    found = frozenset(word.text for word in words if word.text in known and not word.quoted)
    return found, tuple(word for word in words if word.quoted or word.text not in known)


def usage(command: Command) -> str:
    """The line that every mistake ends with."""
    return f"Usage: {command.usage}"


def valid(command: Command, rule: Callable[[str], _T], text: str) -> _T:
    """`rule(text)`; its complaint is followed by the usage."""
    try:
        return rule(text)
    except InvalidRequest as error:
        raise InvalidRequest(f"{error.user_message} {usage(command)}") from error


def only(command: Command, rest: str, rule: Callable[[str], _T]) -> _T | None:
    """The one word behind a command, as `rule` reads it; None without one.

    Raises:
        InvalidRequest: there is more than one, an option, or what `rule` refuses.
    """
    found = unmarked(split(rest))
    at_most(command, found, 1)
    return valid(command, rule, found[0].text) if found else None


def at_most(command: Command, found: tuple[Word, ...], count: int) -> None:
    no_options(command, found)
    if len(found) > count:
        raise InvalidRequest(f"“{shown(found[count].text)}” isn't expected after “{command.name}”. {usage(command)}")


def no_options(command: Command, found: tuple[Word, ...]) -> None:
    for word in found:
        if word.text.startswith("--") and not word.quoted:
            raise InvalidRequest(f"“{command.name}” has no option “{shown(word.text)}”. {usage(command)}")


def nearest_commands(name: str) -> tuple[str, ...]:
    """Commands whose name is like `name`, best first."""
    wanted = name.lower()
    begins = [each for each in BY_NAME if len(wanted) > 2 and wanted.startswith(each.removesuffix("s"))]
    begins += [each for each in BY_NAME if len(wanted) > 1 and each.startswith(wanted)]
    alike = process.extract(
        wanted, list(BY_NAME), scorer=OSA.normalized_similarity, score_cutoff=_ALIKE_COMMANDS, limit=2
    )
    surely = [each for each, score, _ in alike if score >= _SURELY_ALIKE]
    return tuple(dict.fromkeys([*surely, *begins, *(each for each, _, _ in alike)]))[:2]


def unmarked(found: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words without the backticks that people copy along with an id."""
    return tuple(Word(word.text.strip("`"), word.quoted) for word in found)


def shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
