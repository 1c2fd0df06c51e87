"""The FAQ in a folder, looked at again and again.

A look compares the files' times and sizes; only when those differ are the files read, and their content decides.
Polling sees changes on every kind of file system, network mounts and Kubernetes volumes included.
"""

import hashlib
import os
import time
from pathlib import Path

from bot.ports import FaqFiles

SUFFIXES = frozenset({".md", ".markdown", ".json", ".jsonl", ".toml"})
"""What a FAQ is made of: its text, and the cases and figures beside it."""

_SETTLED = 1.0  # seconds without a change after which a file isn't being written any more
_CHUNK = 1 << 20

_Signature = tuple[tuple[str, int, int, int, int], ...]


class FaqFolder:
    """A folder of Markdown files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: _Signature | None = None
        self._seen: _Signature | None = None
        self._files: FaqFiles | None = None

    def look(self) -> FaqFiles | None:
        """The files as they are; None while they are being written (a file that changed within the last second, and
        since the last look). A folder that isn't there has a version too: reading it says what is wrong."""
        signature = self._signature()
        if self._files is not None and signature == self._read:
            return self._files
        seen, self._seen = self._seen, signature
        if self._files is not None and seen != signature and _fresh(signature):
            return None
        version = self._content(signature)
        if self._signature() != signature:
            return None
        self._read, self._files = signature, FaqFiles(self._folder, version)
        return self._files

    def is_still(self, files: FaqFiles) -> bool:
        """Whether the folder is as it was when `look` gave `files`."""
        return files is self._files and self._signature() == self._read

    def accept(self, files: FaqFiles) -> None:
        """Nothing to note: the folder is its owner's."""

    def accepted(self) -> FaqFiles | None:
        """None: a folder keeps nothing but what is in it."""
        return None

    def close(self) -> None:
        """Nothing is ever under way."""

    def _signature(self) -> _Signature:
        found: list[tuple[str, int, int, int, int]] = []
        for path, folders, names in os.walk(self._folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if name.startswith(".") or Path(name).suffix.lower() not in SUFFIXES:
                    continue
                file = Path(path, name)
                try:
                    status = file.stat()
                except OSError:
                    found.append((str(file), 0, 0, -1, 0))
                    continue
                # The change time and the inode tell what a copy that keeps the modification time would hide.
                found.append((str(file), status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
        return tuple(sorted(found))

    def _content(self, signature: _Signature) -> str:
        digest = hashlib.sha256(b"folder" if self._folder.is_dir() else b"no folder")
        for name, _, _, size, _ in signature:
            file = Path(name)
            digest.update(b"\0" + os.fsencode(file.relative_to(self._folder)) + b"\0%d\0" % size)
            try:
                with file.open("rb") as opened:
                    while chunk := opened.read(_CHUNK):
                        digest.update(chunk)
            except OSError as error:
                digest.update(b"unreadable %d" % (error.errno or 0))
        return digest.hexdigest()


def _fresh(signature: _Signature) -> bool:
    newest = max((max(mtime, ctime) for _, mtime, ctime, _, _ in signature), default=0)
    return time.time() - newest / 1e9 < _SETTLED
