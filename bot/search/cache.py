"""An index kept on disk, so that a start needn't read and index an unchanged FAQ again.

One file: a line that says what it is, with a digest of the rest; the length of the text part in eight bytes; the text
part as JSON; and the arrays, one behind the other. What is kept belongs to the FAQ's text and to the code and the
data that made it: when one of them changes, or the file is damaged, the FAQ is read anew and the file replaced.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.faq import Case, CodeBlock, Link, Metadata, Problem, Section
from bot.search.calibration import Calibration
from bot.search.confidence import Coefficients
from bot.search.index import Index
from bot.search.postings import Fields, Postings
from bot.search.words import lexicon

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_MAGIC = b"aml-bot faq index 1 "
_NAME = "faq.index"
_DIGEST = 32  # bytes, twice as many as hexadecimal digits
_LIBRARIES = ("numpy", "pystemmer", "markdown-it-py")
_ARRAYS = ("starts", "slots", "weights", "most", "rarity")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A FAQ that was read, indexed and calibrated."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    cases: tuple[Case, ...]
    index: Index
    calibration: Calibration


def key(texts: Mapping[str, str | bytes]) -> str:
    """What belongs to these files, by their names, and to the code that reads them."""
    digest = hashlib.sha256(_of_the_code())
    for name, text in texts.items():
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(name)} {name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


def find(folder: Path, wanted: str) -> Prepared | None:
    """What was kept under this key; None if it is another, damaged, or not there at all."""
    try:
        content = (folder / _NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _warn("faq_index_not_read", error)
        return None
    start = len(_MAGIC) + 2 * _DIGEST + 1
    if content[:start] != _head(memoryview(content)[start:]):
        _warn("faq_index_damaged")
        return None
    ends = start + 8 + int.from_bytes(content[start : start + 8], "little")
    text = json.loads(content[start + 8 : ends].decode("ascii"))
    return _prepared(text, memoryview(content)[ends:]) if text["key"] == wanted else None


def keep(folder: Path, prepared: Prepared, under: str) -> None:
    """Keep what is prepared in place of what was kept before: at once or, if the disk doesn't take it, not at all."""
    index = prepared.index
    arrays = {name: getattr(index.postings, name) for name in _ARRAYS} | {"owners": index.postings.fields.owners}
    text = {
        "key": under,
        "sections": [_of_section(section) for section in prepared.sections],
        "problems": [astuple(problem) for problem in prepared.problems],
        "cases": [astuple(case) for case in prepared.cases],
        "calibration": asdict(prepared.calibration),
        "terms": list(index.terms),
        "names": index.names,
        "vocabulary": index.vocabulary,
        "arrays": [(name, array.dtype.str, array.shape) for name, array in arrays.items()],
    }
    as_json = json.dumps(text, separators=(",", ":")).encode("ascii")
    filled = [array.data.cast("B") for array in arrays.values() if array.size]
    rest = (len(as_json).to_bytes(8, "little"), as_json, *filled)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{_NAME}.", delete=False) as file:
            try:
                file.write(_head(*rest))
                file.writelines(rest)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(folder / _NAME)
            except BaseException:
                Path(file.name).unlink()
                raise
    except OSError as error:
        _warn("faq_index_not_kept", error)


def _head(*rest: "Buffer") -> bytes:
    digest = hashlib.sha256()
    for part in rest:
        digest.update(part)
    return _MAGIC + digest.hexdigest().encode() + b"\n"


@cache
def _of_the_code() -> bytes:
    """What the code, the data and the libraries are that make an index out of text."""
    digest = hashlib.sha256(f"{sys.version_info} {sys.byteorder}".encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)} ".encode())
    own = files("bot.search")
    domain = files("bot.domain") / "faq.py"
    for file in sorted((*own.iterdir(), *(own / "data").iterdir(), domain), key=lambda each: each.name):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.digest()


def _of_section(section: Section) -> list[Any]:
    own = section.metadata
    return [
        section.path,
        section.title,
        section.level,
        section.anchor,
        section.file,
        section.line,
        section.end_line,
        section.body,
        None if section.prose == _paragraphs(section.body) else section.prose,
        [astuple(block) for block in section.code],
        [astuple(link) for link in section.links],
        section.body_line,
        None if own == _NO_METADATA else {**asdict(own), "review": own.review and own.review.isoformat()},
    ]


def _paragraphs(body: str) -> str:
    """The prose of a body that is nothing but text: most are, and needn't be kept twice."""
    return body.replace("\n\n", "\n")


_NO_METADATA = Metadata()


def _section(row: Sequence[Any]) -> Section:
    path, title, level, anchor, file, line, end_line, body, prose, code, links, body_line, own = row
    return Section(
        tuple(path),
        title,
        level,
        anchor,
        file,
        line,
        end_line,
        body,
        _paragraphs(body) if prose is None else prose,
        tuple(CodeBlock(*block) for block in code),
        tuple(Link(*link) for link in links),
        body_line,
        _NO_METADATA if own is None else _metadata(own),
    )


def _metadata(own: Mapping[str, Any]) -> Metadata:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
    values["review"] = date.fromisoformat(own["review"]) if own["review"] else None
    return Metadata(**values)


def _prepared(text: Mapping[str, Any], content: memoryview) -> Prepared:
    import numpy as np

    arrays = {}
    at = 0
    for name, kind, shape in text["arrays"]:
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(content, kind, count, at).reshape(shape).copy()
        at += arrays[name].nbytes
    sections = tuple(_section(row) for row in text["sections"])
    fields = Fields(len(sections), arrays.pop("owners"))
    index = Index(
        sections,
        lexicon(),
        Postings(text["terms"], fields, **arrays),
        names=text["names"],
        vocabulary=text["vocabulary"],
    )
    learnt = text["calibration"]
    coefficients = Coefficients(learnt["coefficients"]["intercept"], tuple(learnt["coefficients"]["weights"]))
    return Prepared(
        sections=sections,
        problems=tuple(Problem(*row) for row in text["problems"]),
        cases=tuple(Case(query, tuple(gold), kind, split) for query, gold, kind, split in text["cases"]),
        index=index,
        calibration=Calibration(**learnt | {"coefficients": coefficients}),
    )


def _warn(event: str, error: OSError | None = None) -> None:
    import structlog  # only if something is wrong: it takes its time

    structlog.get_logger(__name__).warning(event, cause=str(error) if error else "it was made anew")
