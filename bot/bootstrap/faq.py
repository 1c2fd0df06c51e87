"""The FAQ, and what finds meaning in it."""

from pathlib import Path
from urllib.parse import quote

from bot import search
from bot.adapters.embedder import OnnxEmbedder
from bot.adapters.faq_folder import FaqFolder
from bot.adapters.git import FaqRepository
from bot.adapters.vectors import CachedEmbedder
from bot.authoring.lookup import shipped_faq
from bot.domain.faq import Section
from bot.handlers.commands import SourceUrl
from bot.ports import Embedder, FaqOrigin
from bot.services.faq_source import FaqSource
from bot.settings import FaqSettings, Settings


def load_faq(settings: FaqSettings) -> search.Faq:
    """The FAQ of the settings, or the one that ships with the bot. Raises ConfigurationError."""
    return load_faq_in(settings.folder or shipped_faq(), settings)


def load_faq_in(folder: Path, settings: FaqSettings, state: Path | None = None) -> search.Faq:
    """The FAQ in a folder, with what the settings say of answers. Its index is kept in the state folder, if that is
    given. Raises ConfigurationError."""
    given = {name: getattr(settings, name) for name in ("confident", "choices") if getattr(settings, name) is not None}
    return search.load(folder, thresholds=search.Thresholds(**given), cached_in=state / "faq-index" if state else None)


def faq_origin(settings: Settings) -> FaqOrigin:
    """Where the FAQ of the settings is written."""
    faq = settings.faq
    if not faq.git:
        return FaqFolder(faq.folder or shipped_faq())
    token = faq.git_token.get_secret_value()
    return FaqRepository(faq.git, faq.git_ref, settings.state / "faq-git", folder=faq.git_folder, token=token)


def model_in(folder: Path) -> Embedder:
    """The sentence model in a folder, without a memory on disk. Raises ConfigurationError."""
    return OnnxEmbedder(folder)


def embedder(settings: Settings) -> Embedder | None:
    """The sentence model of the settings, if they name one. Raises ConfigurationError."""
    if settings.faq.semantic_model is None:
        return None
    model = OnnxEmbedder(settings.faq.semantic_model, sha256=settings.faq.semantic_sha256)
    return CachedEmbedder(model, settings.state / "faq-vectors")


def source_url(settings: FaqSettings, source: FaqSource) -> SourceUrl | None:
    """The address of an entry on the web, if the settings say where the FAQ is."""
    if not settings.source_url:
        return None
    base = settings.source_url.rstrip("/")

    def url(section: Section) -> str:
        return f"{base.replace('{commit}', source.commit)}/{quote(section.file)}#{section.anchor}"

    return url
