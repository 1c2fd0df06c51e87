"""A FAQ with a sentence model, as the bot has it when one is set. Who starts the tools says what runs models."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import ConfigurationError

if TYPE_CHECKING:  # every command of the command line starts with this module
    from bot.ports import Embedder
    from bot.search import Faq

_runs_models: "list[Callable[[Path], Embedder]]" = []


def run_models_by(make: "Callable[[Path], Embedder]") -> None:
    """From now on `make` gives the model in a folder; it raises ConfigurationError."""
    _runs_models[:] = [make]


def added(faq: "Faq", model: Path | None) -> "Faq":
    """The FAQ, found by words and by the model in this folder; by words alone without one. What each weighs is learnt
    from the cases, which takes a second for twenty or so.

    Raises:
        ConfigurationError: there is no model that can be run in this folder.
        Unavailable: the model fails.
    """
    from bot.search.semantic import SemanticIndex, texts_of

    if model is None:
        return faq
    if not _runs_models:
        raise ConfigurationError("Nothing here runs a sentence model. Use the command `aml-bot faq`.")
    embedder = _runs_models[0](model)
    vectors = embedder.embed([text for section in faq.sections for text in texts_of(section)])
    remembered = lru_cache(maxsize=None)(embedder.embed_query)  # cases are asked several times while it learns
    return faq.with_meaning(SemanticIndex(faq.sections, vectors, remembered))
