"""Links and images of the FAQ: do they lead somewhere?

Links between entries are looked at when the FAQ is read; here are the others: files beside the FAQ, pages outside of
its folder and, on request, the web.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from bot.authoring.findings import Finding
from bot.domain.faq import Section
from bot.search import Library, markdown

_MARKDOWN = (".md", ".markdown")
_AT_ONCE = 8
_CONNECT, _READ = 5.0, 10.0  # seconds
_GONE = frozenset({404, 410})
_NO_HEAD = frozenset({403, 404, 405, 501})  # some servers only answer GET
_PARSER = MarkdownIt("commonmark")


def local(folder: Path, library: Library) -> list[Finding]:
    """Links and images that name a file which isn't there, or a heading that a page outside of the FAQ hasn't."""
    return [
        Finding(file, line, "dead-link", fault)
        for file, line, target in _targets(library)
        if (fault := _local_fault(folder, file, target))
    ]


def of_the_reader(folder: Path, library: Library) -> list[Finding]:
    """What the reader reported. A link out of the FAQ's folder is none of the bot's entries, but may well lead to a
    page that is there."""
    named: dict[tuple[str, int], set[str]] = {}
    for file, document in library.documents.items():
        for link, line in document.links:
            named.setdefault((file, line), set()).add(link.target)
        for section in document.sections:
            named.setdefault((file, section.line), set()).update(section.metadata.related)
    found: list[Finding] = []
    for problem in library.problems:
        message = problem.message[:1].upper() + problem.message[1:].rstrip(".")
        targets = named.get((problem.file, problem.line), ())
        target = next((each for each in targets if f"“{each}”" in message), None)
        if target is None:
            found.append(Finding(problem.file, problem.line, "problem", f"{message}."))
        elif not _is_a_page_outside(folder, problem.file, target):
            found.append(Finding(problem.file, problem.line, "dead-link", f"{message}. Mend the link or leave it out."))
    return found


def external(library: Library) -> list[Finding]:
    """Web pages that aren't there, each asked for once; a page that wants a sign-in is taken to be there."""
    places: dict[str, list[tuple[str, int]]] = {}
    for file, line, target in _targets(library):
        if target.lower().startswith(("http://", "https://")):
            places.setdefault(target.partition("#")[0], []).append((file, line))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        faults = dict(zip(places, pool.map(_web_fault, places), strict=True))
    return [
        Finding(file, line, "external-link", f"“{url}” {fault}. Mend the link or leave it out.")
        for url, fault in faults.items()
        if fault
        for file, line in places[url]
    ]


def _targets(library: Library) -> Iterator[tuple[str, int, str]]:
    """File, line and target of what the FAQ links to or shows."""
    for file, document in library.documents.items():
        yield from ((file, line, link.target) for link, line in document.links)
        for section in document.sections:
            if "![" in section.body:
                yield from ((file, _line_of(section, source), source) for source in _images(section.body))


def _images(body: str) -> Iterator[str]:
    for token in _PARSER.parse(body):
        for child in token.children or ():
            if child.type == "image" and (source := str(child.attrGet("src") or "")):
                yield source


def _line_of(section: Section, text: str) -> int:
    """The line of the file on which `text` first stands in a section; else (an image by reference) the section's."""
    lines = section.body.split("\n")
    return next((section.body_line + at for at, line in enumerate(lines) if text in line), section.line)


def _local_fault(folder: Path, file: str, target: str) -> str:
    name, _, anchor = target.partition("#")
    if not name or urlsplit(target).scheme or target.startswith("//"):
        return ""
    path = _path(folder, file, name)
    if path is None or (_is_markdown(name) and _is_read(folder, path)):
        return ""  # links between entries are the reader's business
    if not path.exists():
        return (
            "" if _is_markdown(name) and path.stem.lower() != "readme" else f"“{target}” names no file. Mend the path."
        )
    if anchor and _is_markdown(name) and path.is_file() and unquote(anchor).lower() not in _anchors(path):
        return f"“{target}” leads to no heading of that page. Mend what is behind the “#”."
    return ""


def _is_a_page_outside(folder: Path, file: str, target: str) -> bool:
    path = _path(folder, file, target.partition("#")[0])
    return path is not None and path.exists() and not _is_read(folder, path)


def _is_read(folder: Path, path: Path) -> bool:
    """Whether a Markdown file is part of the FAQ, as far as its place says."""
    try:
        parts = path.resolve().relative_to(folder.resolve()).parts
    except ValueError:
        return False
    return path.stem.lower() != "readme" and not any(part.startswith(".") for part in parts)


def _is_markdown(name: str) -> bool:
    return name.lower().endswith(_MARKDOWN)


def _path(folder: Path, file: str, name: str) -> Path | None:
    """The file that a relative link names. One that begins with a slash is relative to the repository, as on GitHub."""
    name = unquote(name.partition("?")[0])
    if "\0" in name:
        return None
    if name.startswith("/"):
        root = next((each for each in (folder.resolve(), *folder.resolve().parents) if (each / ".git").exists()), None)
        return root / name.lstrip("/") if root else None
    return (folder / file).parent / name


@cache
def _anchors(path: Path) -> frozenset[str]:
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return markdown.parse(text, path.name).anchors


def _web_fault(url: str) -> str:
    """Why a page isn't there; empty if it is."""
    import requests

    headers = {"User-Agent": "aml-bot faq check"}
    try:
        with requests.Session() as session:
            answer = session.head(url, timeout=(_CONNECT, _READ), allow_redirects=True, headers=headers)
            if answer.status_code in _NO_HEAD:
                answer = session.get(url, timeout=(_CONNECT, _READ), stream=True, headers=headers)
                answer.close()
    except requests.Timeout:
        return "doesn't answer in time"
    except requests.TooManyRedirects:
        return "leads round in circles"
    except (requests.RequestException, UnicodeError):
        return "can't be reached"
    if answer.status_code in _GONE:
        return f"isn't there any more ({answer.status_code})"
    return f"answers with an error ({answer.status_code})" if answer.status_code >= 500 else ""
