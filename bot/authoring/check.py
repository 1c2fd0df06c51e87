"""Everything that can be told of a FAQ without reading it: `check` looks, the other modules know what for."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from bot.authoring import entries, links, names, sdk_use, snippets
from bot.authoring.findings import Report
from bot.search import Faq, read


def check(folder: Path, *, today: date, web: bool = False, ignored: Collection[str] = ()) -> Report:
    """What is to be mended in a folder. `today` decides which reviews are due; `web` asks for every web page that is
    linked to; rules in `ignored` aren't reported.

    Raises:
        ConfigurationError: the folder, or a file of it, can't be used at all.
    """
    library = read(folder, strict=False)
    sections = library.sections
    found = links.of_the_reader(folder, library) + links.local(folder, library)
    if web:
        found += links.external(library)
    for section in sections:
        parsed, unparsable = snippets.parsed(section)
        found += unparsable
        found += names.faults(section.file, parsed)
        found += sdk_use.faults(section.file, parsed)
    found += entries.duplicates(sections) + entries.clashes(sections) + entries.upkeep(sections, today)
    if library.cases:
        found += entries.questions(Faq(sections, cases=library.cases), library.cases)
    kept = sorted({finding for finding in found if finding.rule not in ignored})
    return Report(tuple(kept), len(sections), len(library.documents))
