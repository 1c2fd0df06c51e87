"""An embedder that remembers, on disk: a text that was embedded once is not embedded again, also after a restart."""

import hashlib
import os
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import structlog

from bot.ports import Embedder

log = structlog.get_logger(__name__)

_KEY = hashlib.sha256().digest_size
_REMEMBERED = 4096  # questions: those of a FAQ's cases are asked again and again while it learns
_MOST = 256 * 1024 * 1024  # bytes; a file that has grown beyond, by years of edits, is begun anew


class CachedEmbedder:
    """Keeps the vectors of `embedder` in `folder`, in one file per model: records of a text's SHA-256 and its vector as
    32-bit floats, only ever appended to. A record that a kill cut short is cut off. Not used by two processes."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self.fingerprint = embedder.fingerprint
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.glob("*.vectors"):
            if other.stem != self.fingerprint:
                other.unlink(missing_ok=True)
        self._file = folder / f"{self.fingerprint}.vectors"
        self._writing, self._asking = threading.Lock(), threading.Lock()
        self._asked: OrderedDict[str, Sequence[float]] = OrderedDict()
        self._dimensions = 0
        self._places: dict[bytes, int] = {}

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """The vectors of the texts, in their order; those that aren't on disk are computed and written down."""
        with self._writing:
            self._open()
            keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._places}
            if missing:
                self._append(list(missing), self._embedder.embed(list(missing.values())))
            with self._file.open("rb") as file:
                return [self._read(os.pread(file.fileno(), 4 * self._dimensions, self._places[key])) for key in keys]

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question; the last ones are remembered, on no disk."""
        with self._asking:
            if text in self._asked:
                self._asked.move_to_end(text)
                return self._asked[text]
        vector = array("f", self._embedder.embed_query(text))
        with self._asking:
            self._asked[text] = vector
            if len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
        return vector

    def _open(self) -> None:
        if self._dimensions:
            return
        self._dimensions = len(self._embedder.embed_query("a"))
        self._file.touch(mode=0o600)
        record = _KEY + 4 * self._dimensions
        size = self._file.stat().st_size
        whole = size // record * record if size <= _MOST else 0
        if whole != size:
            log.info("vectors_cut_off", bytes=size - whole)
            os.truncate(self._file, whole)
        with self._file.open("rb") as file:
            for start in range(0, whole, record):
                self._places[os.pread(file.fileno(), _KEY, start)] = start + _KEY

    def _append(self, keys: Sequence[bytes], vectors: Sequence[Sequence[float]]) -> None:
        with self._file.open("ab") as file:
            place = file.tell()
            for key, vector in zip(keys, vectors, strict=True):
                file.write(key + array("f", vector).tobytes())
                self._places[key] = place + _KEY
                place += _KEY + 4 * self._dimensions

    @staticmethod
    def _read(content: bytes) -> Sequence[float]:
        vector = array("f")
        vector.frombytes(content)
        return vector
