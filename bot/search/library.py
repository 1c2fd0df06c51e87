"""A FAQ folder read to sections, with all that is wrong in it."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Case, Problem, Section
from bot.search import cases, folder, markdown
from bot.search.document import Document, Skipped

_MARKDOWN = (".md", ".markdown")
_READMES = frozenset({"readme.md", "readme.markdown"})


@dataclass(frozen=True, slots=True)
class Library:
    """What a FAQ folder holds: sections in order of file and line, what is wrong, which lines are in no section and
    why, and the cases to prove it by. `documents` are its files by name."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Skipped, ...]
    cases: tuple[Case, ...]
    documents: Mapping[str, Document]


def read(path: Path, *, strict: bool = True) -> Library:
    """Read the FAQ in a folder.

    What can't be read completely (not UTF-8, too large, no permission) refuses the whole FAQ if `strict`. Otherwise
    bytes that aren't UTF-8 are replaced and unreadable files left out, and both are reported as problems.

    Raises:
        ConfigurationError: the folder is missing, isn't one, or has no usable Markdown; if `strict`, also if a file
            isn't readable as it stands.
    """
    return of_contents(contents_of(path), strict=strict)


def contents_of(path: Path) -> folder.Contents:
    """The files that `read` reads, as they are. Raises ConfigurationError if the folder is missing or isn't one."""
    return folder.contents(path, also=(cases.SUFFIX,))


def of_contents(contents: folder.Contents, *, strict: bool = True) -> Library:
    """What is in these files of a folder. Raises as `read` does."""
    files = folder.texts(contents, strict=strict)
    documents = {
        file: markdown.parse(text, file) for file, text in files.texts.items() if not file.endswith(cases.SUFFIX)
    }
    sections = tuple(section for document in documents.values() for section in document.sections)
    if not sections:
        raise ConfigurationError(
            f"The FAQ in “{contents.folder}” has no heading with text below it. "
            "Write each question as a Markdown heading and its answer under it."
        )
    problems = [*files.problems]
    for file, document in documents.items():
        problems.extend(document.problems)
        problems.extend(_dead_links(file, documents))
    problems.extend(_dead_relations(documents))
    found = list(cases.of_entries(sections, (document.defaults for document in documents.values())))
    for file, text in files.texts.items():
        if file.endswith(cases.SUFFIX):
            read_cases, faults = cases.read(text, file, sections)
            found.extend(read_cases)
            problems.extend(faults)
    return Library(
        sections=sections,
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))),
        skipped=tuple(skipped for document in documents.values() for skipped in document.skipped),
        cases=tuple(found),
        documents=documents,
    )


def load_cases(path: Path, *, strict: bool = True) -> tuple[Case, ...]:
    """The cases of the FAQ in a folder: those in its entries first, then those of its `*.cases.jsonl` files. Raises as
    `read` does; cases that can't be used are among the problems that `read` gives."""
    return read(path, strict=strict).cases


def _dead_links(file: str, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Links within the FAQ that lead nowhere."""
    for link, line in documents[file].links:
        if fault := _fault(link.target, file, documents):
            yield Problem(file, line, f"“{link.target}” {fault}")


def _dead_relations(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Related entries that don't exist."""
    for file, document in documents.items():
        for section in document.sections:
            for related in section.metadata.related:
                if fault := _fault(related, "", documents) and _fault(related, file, documents):
                    yield Problem(file, section.line, f"related: “{related}” {fault}")


def _fault(target: str, file: str, documents: Mapping[str, Document]) -> str:
    name, hash_sign, anchor = target.partition("#")
    if ":" in name or (name and not name.lower().endswith(_MARKDOWN)):
        return ""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
    if place not in documents:
        return "" if posixpath.basename(place).lower() in _READMES else "leads to no file of the FAQ"
    known = documents[place].anchors
    wanted = unquote(anchor)
    is_there = not hash_sign or wanted.lower() in {"", "top"} or wanted.lower() in known
    return "" if is_there else "leads to no heading"
