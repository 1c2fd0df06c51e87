"""An index kept on disk, so that a start needn't read and index an unchanged FAQ again.

One file: a line that says what it is, with a digest of the rest; the length of the text part in eight bytes; the text
part as JSON; and the arrays, one behind the other, which are used as they stand there. What is kept belongs to the
FAQ's text, which is read and hashed at every start (times and sizes of files prove nothing), and to the code and the
data that made it: when one of them changes, or the file is damaged, the FAQ is read anew and the file replaced.
"""

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.faq import Case, Problem, Section, Substitution
from bot.search.calibration import Calibration
from bot.search.confidence import Coefficients
from bot.search.fields import Fields
from bot.search.index import Index
from bot.search.numbers import Numbers
from bot.search.postings import Postings
from bot.search.references import Reference
from bot.search.shelf import Shelf, heads, rows
from bot.search.words import lexicon

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_MAGIC = b"aml-bot faq index 2 "
_NAME = "faq.index"
_DIGEST = 32  # bytes, twice as many as hexadecimal digits
_START = len(_MAGIC) + 2 * _DIGEST + 1 + 8  # of the text part
_LARGEST = 8  # bytes of the largest numbers
_LIBRARIES = ("numpy", "pystemmer", "markdown-it-py")
_ARRAYS = ("starts", "slots", "weights", "most", "rarity")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A FAQ that was read, indexed and calibrated."""

    sections: Sequence[Section]
    problems: tuple[Problem, ...]
    cases: tuple[Case, ...]
    index: Index
    references: Mapping[int, tuple[Reference, ...]]
    calibration: Calibration


def key(files: Mapping[str, bytes]) -> str:
    """What belongs to these files, by their names, and to the code that reads them."""
    digest = hashlib.sha256(_of_the_code())
    for name, content in files.items():
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
    start = _START - 8
    if content[:start] != _head(memoryview(content)[start:]):
        _warn("faq_index_damaged")
        return None
    ends = _START + int.from_bytes(content[start:_START], "little")
    text = json.loads(content[_START:ends].decode("ascii"))
    return _prepared(text, memoryview(content)[ends:]) if text["key"] == wanted else None


def keep(folder: Path, prepared: Prepared, under: str) -> None:
    """Keep what is prepared in place of what was kept before: at once or, if the disk doesn't take it, not at all."""
    import numpy as np

    index = prepared.index
    content, ends = rows(prepared.sections)
    arrays = {name: getattr(index.postings, name) for name in _ARRAYS} | {
        "owners": index.postings.fields.owners,
        "row_ends": np.array(ends, np.int64),
        "rows": np.frombuffer(content, np.uint8),
    }
    text = {
        "key": under,
        "heads": heads(prepared.sections),
        "problems": [astuple(problem) for problem in prepared.problems],
        "cases": [astuple(case) for case in prepared.cases],
        "references": [(number, [astuple(each) for each in found]) for number, found in prepared.references.items()],
        "calibration": asdict(prepared.calibration),
        "terms": list(index.terms),
        "names": index.names,
        "vocabulary": index.vocabulary,
        "arrays": [(name, array.dtype.str, array.shape) for name, array in arrays.items()],
    }
    as_json = json.dumps(text, separators=(",", ":")).encode("ascii")
    as_json = as_json.ljust(_filled_up(_START + len(as_json)) - _START)
    rest: list[Buffer] = [len(as_json).to_bytes(8, "little"), as_json]
    for array in arrays.values():
        if array.size:
            rest.extend((array.data.cast("B"), bytes(_filled_up(array.nbytes) - array.nbytes)))
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


def _prepared(text: Mapping[str, Any], content: memoryview) -> Prepared:
    import numpy as np

    arrays: dict[str, Numbers] = {}
    at = 0
    for name, kind, shape in text["arrays"]:
        arrays[name] = np.frombuffer(content, kind, math.prod(shape), at).reshape(shape)
        at += _filled_up(arrays[name].nbytes)
    sections = Shelf(text["heads"], arrays.pop("rows").data, arrays.pop("row_ends"))
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
        references={number: tuple(map(_reference, found)) for number, found in text["references"]},
        calibration=Calibration(**learnt | {"coefficients": coefficients}),
    )


def _reference(row: Sequence[Any]) -> Reference:
    target, told, substitutions = row
    return Reference(target, told, tuple(Substitution(*pair) for pair in substitutions))


def _filled_up(size: int) -> int:
    """Up to where numbers may begin, which are read fastest at a multiple of their own size."""
    return -(-size // _LARGEST) * _LARGEST


def _warn(event: str, error: OSError | None = None) -> None:
    import structlog  # only if something is wrong: it takes its time

    structlog.get_logger(__name__).warning(event, cause=str(error) if error else "it was made anew")
