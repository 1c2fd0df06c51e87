"""HTML inside Markdown: its text, links, code and anchors. Linear in the length of the text, whatever the text."""

import html
import re
from collections.abc import Iterator

from bot.domain.faq import CodeBlock, Link

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_TEXT_BREAK = re.compile(r"</?(?:br|p|div|li|tr|ul|ol|table|h[1-6]|dd|dt|summary|details)\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"</?t[dh]\b[^<>]*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]*>", re.IGNORECASE)
_LINK_END = re.compile(r"</a\s*>", re.IGNORECASE)
_PREFORMATTED = re.compile(r"<pre\b[^<>]*>", re.IGNORECASE)
_PREFORMATTED_END = re.compile(r"</pre\s*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source)-([\w+#-]+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(alt|href|id|name|lang)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>=`]+))", re.IGNORECASE
)
_UNSEEN = (("<script", "</script"), ("<style", "</style"))


def attribute(tag: str, *names: str) -> str:
    """The value of the first of these attributes in a tag: `attribute('<a href="x">', "href")`; empty if absent."""
    found = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(tag)}
    return next((html.unescape(found[name]) for name in names if found.get(name)), "")


def without_comments(text: str) -> str:
    """The text with each comment replaced by its line ends; one that isn't closed takes in the rest."""
    return _cut(text, "<!--", "-->")


def text_of(source: str) -> str:
    """What a reader sees, images by their alternative text."""
    source = without_comments(source)
    for opening, closing in _UNSEEN:
        if opening in source.lower():
            source = _cut(source, opening, closing)
    source = _IMAGE.sub(lambda match: f" {attribute(match.group(), 'alt')} ", source)
    source = _CELL.sub(" ", _TEXT_BREAK.sub("\n", source))
    lines = (" ".join(line.split()) for line in html.unescape(_TAG.sub("", source)).split("\n"))
    return "\n".join(line for line in lines if line)


def links_of(source: str) -> Iterator[tuple[Link, int]]:
    """The links of an HTML text, each with the number of lines above it."""
    source = without_comments(source)
    line = at = 0
    for match in _LINK.finditer(source):
        if not (target := attribute(match.group(), "href")):
            continue
        line, at = line + source.count("\n", at, match.start()), match.start()
        end = source.find("<", match.end())
        closing = _LINK_END.match(source, end) if end >= 0 else None
        yield Link(text_of(source[match.end() : end]) if closing else "", target), line


def anchors_of(source: str) -> Iterator[str]:
    """The anchors that are set by hand: `<a name="x">`, `<h2 id="x">`."""
    for match in _TAG.finditer(source):
        if name := attribute(match.group(), "id", "name"):
            yield name


def code_of(source: str, line: int) -> Iterator[CodeBlock]:
    """The `<pre>` blocks of an HTML text whose first line is `line` of the file."""
    at = 0
    while match := _PREFORMATTED.search(source, at):
        end = _PREFORMATTED_END.search(source, match.end())
        stop = end.start() if end else len(source)
        inside = source[match.end() : stop]
        language = _LANGUAGE.search(source, match.start(), min(stop, match.end() + 200))
        name = language[1] if language else attribute(match.group(), "lang")
        line += source.count("\n", at, match.end())
        skipped = 1 if inside.startswith("\n") else 0
        text = html.unescape(_TAG.sub("", inside[skipped:]))
        if text.strip():
            yield CodeBlock(name, text if text.endswith("\n") else text + "\n", line + skipped)
        line += source.count("\n", match.end(), stop)
        at = stop


def without_code(source: str) -> str:
    """The text with its `<pre>` blocks replaced by their line ends."""
    return _cut(source, "<pre", "</pre") if "<pre" in source.lower() else source


def _cut(text: str, opening: str, closing: str) -> str:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case has two: positions would differ
        lowered = text
    parts: list[str] = []
    at = 0
    while (start := lowered.find(opening, at)) >= 0:
        parts.append(text[at:start])
        end = lowered.find(closing, start + len(opening))
        stop = len(text) if end < 0 else (text.find(">", end) + 1) or len(text)
        parts.append("\n" * text.count("\n", start, stop) or " ")
        at = stop
    parts.append(text[at:])
    return "".join(parts)
