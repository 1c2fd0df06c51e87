"""FAQ folders for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.search import Faq, load

DOCUMENTS = Path(__file__).parent / "documents"
SHIPPED = Path(__file__).parents[2] / "faq"

MakeFaq = Callable[..., Faq]


@pytest.fixture
def make_faq(tmp_path: Path) -> MakeFaq:
    """Loads a FAQ of the given files: `make_faq(a="# A ...")` makes `a.md`."""

    def make(**files: str) -> Faq:
        for name, text in files.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        return load(tmp_path)

    return make


@pytest.fixture(scope="session")
def shipped() -> Faq:
    """The FAQ that comes with the bot."""
    return load(SHIPPED)


@pytest.fixture(scope="session")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Faq:
    """A FAQ as teams have them: one numbered file with a table of contents, alone in a folder."""
    folder = tmp_path_factory.mktemp("one_file")
    (folder / "faq.md").write_bytes((DOCUMENTS / "one-file.md").read_bytes())
    return load(folder)
