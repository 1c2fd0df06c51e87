"""The files of a FAQ folder, read completely or refused."""

import math
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Problem

MAX_BYTES = 32 * 1024 * 1024
MAX_LINES = 1_000_000
"""A larger file is no FAQ: making sections of it would take minutes and gigabytes."""

MAX_FAQ_BYTES = 8 * MAX_BYTES
MAX_FAQ_LINES = 3 * MAX_LINES
"""The same for all files together: twice what a hundred thousand entries have."""

_SUFFIXES = frozenset({".md", ".markdown"})
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Contents:
    """The bytes of each file by its relative path, in order of the paths. `unread` are the other files, each with what
    is wrong with it as a whole sentence, and as it is reported if the file is left out."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    unread: list[tuple[str, Problem]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Files:
    """The text of each file by its relative path, in order of the paths, and what couldn't be read as it stands."""

    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def contents(folder: Path, *, also: tuple[str, ...] = ()) -> Contents:
    """The Markdown files below `folder`, and those whose names end as `also` says.

    A README is for those who write the FAQ, so that it isn't read; neither are hidden files and folders.

    Raises:
        ConfigurationError: the folder can't be used.
    """
    if not folder.exists():
        raise ConfigurationError(
            f"The FAQ folder “{folder}” doesn't exist. "
            "Create it with at least one Markdown file, or point the FAQ setting to the right folder."
        )
    if not folder.is_dir():
        raise ConfigurationError(
            f"The FAQ folder “{folder}” is a file. Point the FAQ setting to the folder that holds the Markdown files."
        )
    try:
        paths = sorted(_files(folder, also), key=lambda path: path.relative_to(folder).as_posix())
    except OSError as error:
        raise ConfigurationError(
            f"The FAQ folder “{folder}” can't be listed ({_reason(error)}). Give the bot's user the right to read it.",
            detail=str(error),
        ) from error
    found = Contents(folder)
    size = lines = 0
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            found.files[name], line_count = _content(path)
        except OSError as error:
            reason = f"can't be read ({_reason(error)}"
            problem = Problem(name, 1, f"{reason}); it was left out")
            found.unread.append((f"{name} {reason}: check the file's permissions)", problem))
        except ValueError as error:
            found.unread.append((f"{name} {error}", Problem(name, 1, f"{error}; it was left out")))
        else:
            size, lines = size + len(found.files[name]), lines + line_count
        if size > MAX_FAQ_BYTES or lines > MAX_FAQ_LINES:
            raise ConfigurationError(
                f"The FAQ folder “{folder}” holds more than {_megabytes(MAX_FAQ_BYTES)} or {MAX_FAQ_LINES:,} lines of "
                "text. Move what is no question with its answer out of it, or point the FAQ setting to a folder in it."
            )
    return found


def texts(found: Contents, *, strict: bool = True) -> Files:
    """The text of files. If not `strict`, bytes that aren't UTF-8 are replaced by U+FFFD and files that can't be read
    are left out.

    Raises:
        ConfigurationError: there is no Markdown; if `strict`, also if one of the files can't be used: all such files
            are named.
    """
    read = Files(problems=[problem for _, problem in found.unread])
    broken = [sentence for sentence, _ in found.unread]
    for name, content in found.files.items():
        try:
            read.texts[name] = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            broken.append(f"{name} is not UTF-8 (byte {error.start}, line {line}: save it as UTF-8)")
            read.problems.append(
                Problem(name, line, f"byte {error.start} is not UTF-8; what isn't was replaced: save the file as UTF-8")
            )
            read.texts[name] = content.decode("utf-8-sig", errors="replace")
    if broken and (strict or not read.texts):
        more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
        raise ConfigurationError(f"The FAQ in “{found.folder}” can't be used: {'; '.join(broken[:_SHOWN])}{more}.")
    if not any(_is_markdown(Path(name)) for name in read.texts):
        raise ConfigurationError(
            f"The FAQ folder “{found.folder}” has no Markdown file (a README isn't counted). "
            "Add a file such as “questions.md” with a heading per question."
        )
    return read


def _files(folder: Path, also: tuple[str, ...]) -> Iterator[Path]:
    folders = [folder]
    while folders:
        for path in folders.pop().iterdir():
            if path.name.startswith("."):
                continue
            if path.is_dir():
                if not path.is_symlink():  # it may lead back up
                    folders.append(path)
            elif _is_markdown(path) or path.name.endswith(also):
                yield path


def _is_markdown(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and path.stem.lower() != "readme"


def _content(path: Path) -> tuple[bytes, int]:
    """The bytes of a file, and how many lines they are.

    Raises:
        OSError: it can't be read.
        ValueError: it isn't a file, or too large.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would never end
        raise ValueError("is not a regular file")
    if status.st_size > MAX_BYTES:
        raise ValueError(f"has {_megabytes(status.st_size)} where {_megabytes(MAX_BYTES)} is the most: split it")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"is growing beyond {_megabytes(MAX_BYTES)}, which is the most: split it")
    lines = _line_count(content)
    if lines > MAX_LINES:
        raise ValueError(f"has {lines:,} lines where {MAX_LINES:,} is the most: split it")
    return content, lines


def _line_count(content: bytes) -> int:
    count = content.count(b"\n")
    return count + content.count(b"\r") - content.count(b"\r\n") if b"\r" in content else count


def _megabytes(size: int) -> str:
    return f"{math.ceil(size / 1024 / 1024):,} MB"


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
