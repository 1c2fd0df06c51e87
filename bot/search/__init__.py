"""FAQ search: text in, hits out.

`load(folder)` reads a folder of Markdown and returns a `Faq`; `Faq.ask(question)` returns an `Answer` with the sections
that fit best, how sure it is, and what to do with them. `read(folder)` returns all that is in the folder, what is wrong
with it and what was skipped included; `load_cases(folder)` the questions to prove it by. Knows no Slack, no network and
no model.
"""

from pathlib import Path

from bot.search import cache, memory, passages
from bot.search.calibration import Calibration
from bot.search.confidence import Thresholds
from bot.search.document import Skipped
from bot.search.engine import Faq, calibrate
from bot.search.library import Library, contents_of, load_cases, of_contents, read

CALIBRATION_FILE = "calibration.json"
"""What the confidence was learnt to be, in the FAQ's folder; written by `Calibration.save`."""

__all__ = [
    "CALIBRATION_FILE",
    "Calibration",
    "Faq",
    "Library",
    "Skipped",
    "Thresholds",
    "calibrate",
    "load",
    "load_cases",
    "read",
]


def load(
    path: Path,
    *,
    thresholds: Thresholds | None = None,
    passage_limit: int = passages.DEFAULT_LIMIT,
    strict: bool = True,
    cached_in: Path | None = None,
) -> Faq:
    """Read and index the FAQ in a folder, and learn the confidence from its cases, unless `CALIBRATION_FILE` has it.
    What was made of the same FAQ before is taken from the folder `cached_in`, and kept there otherwise. Raises
    ConfigurationError as `read` does, or if that file is broken."""
    stored = path / CALIBRATION_FILE
    contents = contents_of(path)
    calibrated = Calibration.load(stored) if stored.is_file() else None
    key = ""
    if cached_in and not contents.unread:
        key = cache.key(contents.files | {CALIBRATION_FILE: repr((strict, calibrated)).encode()})
        if known := cache.find(cached_in, key):
            return Faq(
                known.sections,
                known.problems,
                thresholds=thresholds,
                passage_limit=passage_limit,
                cases=known.cases,
                calibrated=known.calibration,
                index=known.index,
                references=known.references,
            )
    library = of_contents(contents, strict=strict)
    faq = Faq(
        library.sections,
        library.problems,
        thresholds=thresholds,
        passage_limit=passage_limit,
        cases=library.cases,
        calibrated=calibrated,
    )
    if cached_in and key:
        kept = cache.Prepared(
            library.sections, library.problems, library.cases, faq.index, faq.references, faq.calibration
        )
        cache.keep(cached_in, kept, key)
    memory.give_back()
    return faq
