"""FAQ search: text in, hits out.

`load(folder)` reads a folder of Markdown and returns a `Faq`; `Faq.ask(question)` returns an `Answer` with the sections
that fit best, how sure it is, and what to do with them. `read(folder)` returns all that is in the folder, what is wrong
with it and what was skipped included; `load_cases(folder)` the questions to prove it by. Knows no Slack, no network and
no model.
"""

from pathlib import Path

from bot.search import passages
from bot.search.calibration import Calibration
from bot.search.confidence import Thresholds
from bot.search.document import Skipped
from bot.search.engine import Faq, calibrate
from bot.search.library import Library, load_cases, read

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
) -> Faq:
    """Read and index the FAQ in a folder, and learn the confidence from its cases, unless `CALIBRATION_FILE` has it.
    Raises ConfigurationError as `read` does, or if that file is broken."""
    library = read(path, strict=strict)
    stored = path / CALIBRATION_FILE
    return Faq(
        library.sections,
        library.problems,
        thresholds=thresholds,
        passage_limit=passage_limit,
        cases=library.cases,
        calibrated=Calibration.load(stored) if stored.is_file() else None,
    )
