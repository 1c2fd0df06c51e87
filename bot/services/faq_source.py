"""The FAQ that answers now, exchanged as a whole when what is written changes."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.domain.errors import BotError, ConfigurationError, Unavailable
from bot.domain.faq_source import Confidence, FaqState, Meaning, RefusedChange
from bot.ports import Embedder, FaqFiles, FaqOrigin
from bot.search import Faq
from bot.search.semantic import SemanticIndex, Vector, texts_of
from bot.services.doors import open_to_everyone

log = structlog.get_logger(__name__)

_FIRST_TRIES = 5
_PROBLEMS_LOGGED = 20
_PROBLEMS_TOLD = 5
_AT_ONCE = 16  # texts embedded between two looks whether they are still wanted


class FaqSource:
    """Holds the FAQ. `current` never waits; `refresh` reads anew what has changed and exchanges it at once.

    A version that can't be read completely is refused: the one before goes on answering. With an `embedder` a version
    answers by its words at first, and by meaning as well when its vectors are there, which may take minutes.

    Raises (when made):
        ConfigurationError: there is no usable FAQ at all.
    """

    def __init__(self, origin: FaqOrigin, load: Callable[[Path], Faq], embedder: Embedder | None = None) -> None:
        self._origin = origin
        self._embedder = embedder
        self._closed = False
        self._load = load
        self._refreshing, self._exchanging = threading.Lock(), threading.Lock()
        self._refused: RefusedChange | None = None
        self._trouble = ""
        self._meaning = Meaning.OFF
        self._faq, self._files = self._first()
        self._loaded = datetime.now(UTC)
        _log_problems(self._faq)
        self._find_meaning(self._faq)

    @open_to_everyone("the FAQ is for everybody who asks")
    def current(self) -> Faq:
        """The FAQ to answer from."""
        return self._faq

    @property
    @open_to_everyone("the FAQ is for everybody who asks")
    def commit(self) -> str:
        """The commit that the current FAQ was read from; empty where it isn't from Git."""
        return self._files.commit

    @open_to_everyone("the FAQ is for everybody who asks")
    def state(self) -> FaqState:
        """What is in use, and what isn't."""
        faq, files = self._faq, self._files
        return FaqState(
            version=files.version,
            commit=files.commit,
            loaded=self._loaded,
            sections=len(faq.sections),
            problems=len(faq.problems),
            confidence=Confidence(faq.calibration.learnt, faq.calibration.cases, faq.calibration.error),
            meaning=self._meaning,
            first_problems=faq.problems[:_PROBLEMS_TOLD],
            refused=self._refused,
            trouble=self._trouble,
        )

    @open_to_everyone("the FAQ is for everybody who asks")
    def refresh(self) -> FaqState:
        """Look whether the FAQ has changed and take it over if it has. Never raises for what people write."""
        with self._refreshing:
            files = self._look()
            if files is None:
                return self.state()
            if files.version == self._files.version:
                self._refused = None  # a bad change was taken back
            elif self._refused is None or files.version != self._refused.version:
                self._take(files)
            return self.state()

    @open_to_everyone("the FAQ is for everybody who asks")
    def close(self) -> None:
        """Give up what is under way."""
        self._closed = True
        self._origin.close()

    def _look(self) -> FaqFiles | None:
        try:
            files = self._origin.look()
        except (Unavailable, ConfigurationError) as error:
            if self._trouble != error.user_message:  # once, not at each look
                log.warning("faq_not_looked_at", reason=error.user_message, cause=error.detail)
            self._trouble = error.user_message
            return None
        if self._trouble:
            log.info("faq_looked_at_again")
        self._trouble = ""
        return files

    def _take(self, files: FaqFiles) -> None:
        try:
            faq = self._read(files)
        except ConfigurationError as error:
            if self._origin.is_still(files):
                self._refuse(files, error.user_message)
            return
        if not self._origin.is_still(files):
            return  # half old, half new: the next look takes it
        with self._exchanging:
            self._faq, self._files, self._loaded = faq, files, datetime.now(UTC)
        self._refused = None
        self._origin.accept(files)
        log.info("faq_changed", version=files.version, commit=files.commit, sections=len(faq.sections))
        _log_problems(faq)
        self._find_meaning(faq)

    def _read(self, files: FaqFiles) -> Faq:
        try:
            return self._load(files.folder)
        except ConfigurationError:
            raise
        except Exception as error:  # whatever a text does to the reader: an earlier FAQ goes on answering
            log.exception("faq_not_read", version=files.version, commit=files.commit)
            raise ConfigurationError("The FAQ can't be read; the log says why.", detail=type(error).__name__) from error

    def _find_meaning(self, faq: Faq) -> None:
        if self._embedder is not None:
            self._meaning = Meaning.UNDER_WAY
            threading.Thread(target=self._embed, args=(faq, self._embedder), name="faq-vectors", daemon=True).start()

    def _embed(self, faq: Faq, embedder: Embedder) -> None:
        texts = [text for section in faq.sections for text in texts_of(section)]
        vectors: list[Vector] = []
        try:
            while len(vectors) < len(texts):
                if self._closed or self._faq is not faq:
                    return  # a newer version has a thread of its own
                vectors.extend(embedder.embed(texts[len(vectors) : len(vectors) + _AT_ONCE]))
            mixed = faq.with_meaning(SemanticIndex(faq.sections, vectors, embedder.embed_query))
        except Exception:  # a model's failures are of many kinds, and words alone are an answer
            log.exception("faq_without_vectors")
            with self._exchanging:
                if self._faq is faq:
                    self._meaning = Meaning.FAILED
            return
        with self._exchanging:
            if self._faq is faq:
                self._faq, self._meaning = mixed, Meaning.READY
                log.info("faq_has_vectors", texts=len(texts))

    def _refuse(self, files: FaqFiles, reason: str) -> None:
        self._refused = RefusedChange(files.version, reason, files.commit)
        log.error("faq_change_refused", version=files.version, commit=files.commit, reason=reason)

    def _first(self) -> tuple[Faq, FaqFiles]:
        try:
            return self._newest()
        except BotError as error:
            kept = self._origin.accepted()
            if kept is None:
                raise _at_start(error) from error
            log.warning("faq_starts_with_an_earlier_version", commit=kept.commit, reason=error.user_message)
            return self._read(kept), kept

    def _newest(self) -> tuple[Faq, FaqFiles]:
        for _ in range(_FIRST_TRIES):
            files = self._origin.look()
            if files is None:
                continue
            try:
                faq = self._read(files)
            except ConfigurationError as error:
                self._refused = RefusedChange(files.version, error.user_message, files.commit)
                raise
            if self._origin.is_still(files):
                self._origin.accept(files)
                return faq, files
        raise ConfigurationError(
            "The FAQ changes all the time while it is read. Start the bot again when it has been written."
        )


def _at_start(error: BotError) -> ConfigurationError:
    return (
        error if isinstance(error, ConfigurationError) else ConfigurationError(error.user_message, detail=error.detail)
    )


def _log_problems(faq: Faq) -> None:
    for problem in faq.problems[:_PROBLEMS_LOGGED]:
        log.warning("faq_problem", file=problem.file, line=problem.line, problem=problem.message)
    if len(faq.problems) > _PROBLEMS_LOGGED:
        log.warning("faq_has_more_problems", count=len(faq.problems) - _PROBLEMS_LOGGED)
