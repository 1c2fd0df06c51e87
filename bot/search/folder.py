"""The files of a FAQ folder, read completely or refused."""

from pathlib import Path

from bot.domain.errors import ConfigurationError

_SUFFIXES = frozenset({".md", ".markdown"})
_SHOWN = 5


def read(folder: Path) -> dict[str, str]:
    """The text of every Markdown file below `folder` by its relative path, in order of the paths.

    A README is for those who write the FAQ, so that it isn't read; neither are hidden files and folders.

    Raises:
        ConfigurationError: the folder or one of its files can't be used; all such files are named.
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
    texts: dict[str, str] = {}
    broken: list[str] = []
    try:
        paths = sorted(_markdown_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    except OSError as error:
        raise ConfigurationError(
            f"The FAQ folder “{folder}” can't be listed ({_reason(error)}). Give the bot's user the right to read it.",
            detail=str(error),
        ) from error
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            texts[name] = _text(path.read_bytes())
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            broken.append(f"{name} is not UTF-8 (byte {error.start}, line {line}: save it as UTF-8)")
        except OSError as error:
            broken.append(f"{name} can't be read ({_reason(error)}: check the file's permissions)")
    if broken:
        more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
        raise ConfigurationError(f"The FAQ in “{folder}” can't be used: {'; '.join(broken[:_SHOWN])}{more}.")
    if not texts:
        raise ConfigurationError(
            f"The FAQ folder “{folder}” has no Markdown file (a README isn't counted). "
            "Add a file such as “questions.md” with a heading per question."
        )
    return texts


def _markdown_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            found.extend(_markdown_files(path))
        elif path.suffix.lower() in _SUFFIXES and path.stem.lower() != "readme" and not path.is_dir():
            found.append(path)
    return found


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
