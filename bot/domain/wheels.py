"""Private wheels: what somebody shared in Slack, and whether it is the wheel that it says it is."""

import hashlib
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import IO

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from bot.domain.errors import InvalidRequest

LARGEST = 100 * 1024 * 1024
"""Bytes of a wheel that is taken."""

LARGEST_UNPACKED = 1024 * 1024 * 1024
MOST_FILES = 20_000
_MOST_RATIO = 200
# What Python's zipfile raises for files that somebody damaged, or made to do harm.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError, ValueError, RuntimeError, OSError, EOFError)
_LARGEST_METADATA = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file of a Slack message. `url` is where Slack keeps it (only the bot's token opens it); `size` is in bytes."""

    name: str
    url: str
    size: int


@dataclass(frozen=True, slots=True)
class Wheel:
    """A checked wheel on this machine. `sha256` is of the whole file, in hexadecimal; `size` is in bytes."""

    file: str
    path: str
    name: str
    version: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class AddedWheel:
    """A wheel that the workspace keeps at `address` (no signature in it). `new` is False when a file of this name was
    there before; `same` says whether that one has the same bytes."""

    wheel: Wheel
    address: str
    new: bool
    same: bool = True


def check_wheel(path: Path) -> Wheel:
    """The wheel in a file, once it is known to be one: its name is a wheel's, it is a sound zip of bounded size with a
    RECORD, and the metadata inside name the same package and version.

    Rules: "Binary distribution format" of the Python packaging user guide.

    Raises:
        InvalidRequest: it isn't; `user_message` says in which way.
    """
    file = path.name
    try:
        name, version, _, _ = parse_wheel_filename(file)
    except InvalidWheelFilename as error:
        raise InvalidRequest(
            f"“{file[:100]}” isn't the name of a wheel: those look like name-1.0-py3-none-any.whl. Share the file as "
            "your build tool named it."
        ) from error
    size = path.stat().st_size
    if size > LARGEST:
        raise too_large(file)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_bounds(archive, file)
            _check_metadata(archive, file, name, version)
    except _DAMAGE as error:
        raise InvalidRequest(
            f"“{file}” isn't a wheel that I can read: it is no sound zip file. Build it again and share it again.",
            detail=type(error).__name__,
        ) from error
    with path.open("rb") as content:
        digest = digest_of(content)
    return Wheel(file, str(path), name, str(version), digest, size)


def too_large(file: str) -> InvalidRequest:
    """The error of a file above the limit."""
    return InvalidRequest(
        f"“{file[:100]}” is larger than the {LARGEST // 1024 // 1024} MB that I take. Add it from your own machine "
        "with Environment.add_private_pip_wheel."
    )


def digest_of(content: IO[bytes]) -> str:
    """The SHA-256 of an open file, in hexadecimal."""
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # any open file will do


def _check_bounds(archive: zipfile.ZipFile, file: str) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if len(members) > MOST_FILES or unpacked > LARGEST_UNPACKED or unpacked > max(packed * _MOST_RATIO, 1024 * 1024):
        raise InvalidRequest(f"“{file}” unpacks to far more than a package has, so I don't take it.")
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith("/") or ".." in parts or ":" in parts[0]:
            raise InvalidRequest(f"“{file}” has a file in it that leads out of its folder, so I don't take it.")


def _check_metadata(archive: zipfile.ZipFile, file: str, name: str, version: Version) -> None:
    folders = {
        folder
        for folder, slash, rest in (member.partition("/") for member in archive.namelist())
        if slash and rest and folder.endswith(".dist-info")
    }
    if len(folders) != 1:
        raise InvalidRequest(f"“{file}” isn't a wheel: it needs one .dist-info folder and has {len(folders)}.")
    folder = folders.pop()
    present = set(archive.namelist())
    for needed in ("METADATA", "WHEEL", "RECORD"):
        if f"{folder}/{needed}" not in present:
            raise InvalidRequest(f"“{file}” isn't a wheel: there is no {needed} in it.")
    with archive.open(f"{folder}/METADATA") as content:
        text = content.read(_LARGEST_METADATA + 1)
    if len(text) > _LARGEST_METADATA:
        raise InvalidRequest(f"The metadata inside “{file}” are too long.")
    found = HeaderParser().parsestr(text.decode("utf-8", "replace"))
    says_name, says_version = str(found.get("Name", "")), str(found.get("Version", ""))
    try:
        same = canonicalize_name(says_name) == name and Version(says_version) == version
    except InvalidVersion:
        same = False
    if not same:
        raise InvalidRequest(
            f"“{file}” says another thing inside than its name: {says_name[:80] or 'no name'} "
            f"{says_version[:40] or 'without a version'}. Don't rename wheels; share the file as it was built."
        )
