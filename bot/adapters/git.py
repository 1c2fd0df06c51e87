"""The FAQ in a Git repository: a bare mirror of one ref in the state folder, and the FAQ's files of its commit."""

import hashlib
import io
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from bot.adapters.faq_folder import SUFFIXES
from bot.adapters.git_command import COMMIT, FILE_MODES, GitCommand, GitFailure, blobs, remove_locks
from bot.domain.errors import ConfigurationError, Unavailable
from bot.ports import FaqFiles

_MAX_BYTES = 512 * 1024 * 1024
_MAX_FILES = 50_000
_REF = "refs/aml-bot/followed"
_NO_SUCH_REF = ("couldn't find remote ref", "not our ref", "no matching remote head", "unadvertised object")


class FaqRepository:
    """Follows `ref` (a branch, a tag or a commit) of the repository at `url`; the FAQ is in its `folder` ("" is the
    root). `token` is sent to `url` as an HTTPS password. Everything is kept below `state`."""

    def __init__(
        self, url: str, ref: str, state: Path, *, folder: str = "", token: str = "", deadline: float = 60.0
    ) -> None:
        if url.startswith("-") or ref.startswith("-"):
            raise ConfigurationError("An address or a ref of the FAQ's repository can't begin with “-”.")
        self._url, self._ref, self._inside = url, ref, folder.strip("/")
        self._command = GitCommand(url, token, deadline)
        # Another address or folder begins anew, so that commits of two repositories can't be mixed up.
        name = hashlib.sha256(f"{url}\0{self._inside}".encode()).hexdigest()[:16]
        self._home = state / name
        self._mirror = self._home / "mirror.git"
        self._commits = self._home / "commits"
        self._note = self._home / "accepted"
        self._ready = False

    def look(self) -> FaqFiles:
        """Fetch, and give the files of the ref's commit.

        Raises:
            ConfigurationError: git isn't installed, or the repository has no such ref or folder.
            Unavailable: the repository doesn't answer, or doesn't let us in.
        """
        self._prepare()
        try:
            self._git("fetch", "--quiet", "--force", "--no-tags", "--depth=1", "--", self._url, f"+{self._ref}:{_REF}")
        except Unavailable:
            self._forget()
            raise
        commit = self._git("rev-parse", "--verify", "--quiet", _REF + "^{commit}").decode().strip()
        folder = self._commits / commit
        if not folder.is_dir():
            self._export(commit, folder)
        return FaqFiles(folder, commit, commit)

    def is_still(self, files: FaqFiles) -> bool:
        """A commit never changes."""
        return files.folder.is_dir()

    def accept(self, files: FaqFiles) -> None:
        """Note the commit, for a start without the repository; forget all others."""
        beside = self._note.with_suffix(".new")
        beside.write_text(files.commit, encoding="ascii")
        beside.replace(self._note)
        for other in self._commits.iterdir():
            if other.name != files.commit:
                shutil.rmtree(other, ignore_errors=True)

    def accepted(self) -> FaqFiles | None:
        """The commit that was noted last, if its files are still here."""
        try:
            commit = self._note.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        folder = self._commits / commit
        return FaqFiles(folder, commit, commit) if COMMIT.fullmatch(commit) and folder.is_dir() else None

    def close(self) -> None:
        """End a git that is running, and start none any more."""
        self._command.close()

    def _prepare(self) -> None:
        if self._ready and self._mirror.is_dir():
            return
        self._commits.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in self._home.parent.iterdir():
            if other != self._home:
                shutil.rmtree(other, ignore_errors=True)
        for half in self._commits.glob(".*"):
            shutil.rmtree(half, ignore_errors=True)
        remove_locks(self._mirror)
        if not (self._mirror / "HEAD").is_file():
            shutil.rmtree(self._mirror, ignore_errors=True)
            self._git("init", "--quiet", "--bare", "--template=", "--", str(self._mirror), inside=False)
        self._ready = True

    def _export(self, commit: str, target: Path) -> None:
        tree = f"{commit}:{self._inside}"
        try:
            listed = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", tree)
        except Unavailable as error:
            self._forget()
            if self._inside:
                raise ConfigurationError(
                    f"The FAQ's repository has no folder “{self._inside}” at {commit[:12]}. Correct faq.git_folder.",
                    detail=error.detail,
                ) from error
            raise
        wanted = _wanted(listed)
        objects = "".join(f"{name}\n" for name, _ in wanted).encode()
        content = self._git("cat-file", "--batch", send=objects)
        half = Path(tempfile.mkdtemp(prefix=".", dir=self._commits))
        try:
            for (_, path), data in zip(wanted, blobs(io.BytesIO(content), len(wanted)), strict=True):
                file = half / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            half.replace(target)
        except (OSError, ValueError, IndexError) as error:
            self._forget()
            raise Unavailable("The FAQ's commit can't be written down here.", detail=str(error)) from error
        finally:
            shutil.rmtree(half, ignore_errors=True)

    def _forget(self) -> None:
        """Make the mirror anew at the next look: it may be damaged, and is soon filled again."""
        shutil.rmtree(self._mirror, ignore_errors=True)

    def _git(self, *arguments: str, send: bytes = b"", inside: bool = True) -> bytes:
        try:
            return self._command.run(*arguments, directory=self._mirror if inside else None, send=send)
        except GitFailure as failure:
            raise self._failure(failure) from failure

    def _failure(self, failure: GitFailure) -> ConfigurationError | Unavailable:
        if failure.missing:
            return ConfigurationError("The FAQ is in Git (faq.git), but git isn't installed here.")
        if failure.closed:
            return Unavailable("The bot is stopping.")
        detail = str(failure)
        if failure.late:
            return Unavailable(
                f"The FAQ's repository didn't answer within {self._command.deadline:g} s.", detail=detail
            )
        if any(sign in failure.said for sign in _NO_SUCH_REF):
            return ConfigurationError(
                f"The FAQ's repository has no branch, tag or commit “{self._ref}”. Correct faq.git_ref.", detail=detail
            )
        return Unavailable(
            "The FAQ's repository can't be read. Check faq.git, and that the bot may read it.", detail=detail
        )


def _wanted(listed: bytes) -> list[tuple[str, PurePosixPath]]:
    """Object names and paths of the files that a FAQ is made of."""
    found: list[tuple[str, PurePosixPath]] = []
    total = 0
    for entry in filter(None, listed.split(b"\0")):
        about, _, name = entry.partition(b"\t")
        mode, kind, digest, size = about.decode("ascii").split()
        path = PurePosixPath(os.fsdecode(name))
        if kind != "blob" or mode not in FILE_MODES or path.suffix.lower() not in SUFFIXES or not _is_plain(path):
            continue
        total += int(size)
        found.append((digest, path))
    if total > _MAX_BYTES or len(found) > _MAX_FILES:
        raise ConfigurationError(
            f"The FAQ's repository has {len(found)} files with {total // 2**20} MB of text; at most {_MAX_FILES} files "
            f"and {_MAX_BYTES // 2**20} MB are read. Name the FAQ's folder in faq.git_folder."
        )
    return found


def _is_plain(path: PurePosixPath) -> bool:
    """Whether a path stays inside and isn't hidden: a hand-made tree can name anything."""
    return not path.is_absolute() and all(not part.startswith(".") for part in path.parts)
