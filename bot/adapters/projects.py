"""Where the code of projects is: folders as they are, and Git repositories, of which each commit that is submitted gets
a folder of its own in the state folder. Such a folder never changes, so submits don't disturb each other.

Only what the repository's own branches and tags reach can be submitted: on some hosts a bare hash, or a ref beside
these, leads to code that a stranger proposed.
"""

import hashlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from bot.adapters.git_command import COMMIT, FILE_MODES, GitCommand, GitFailure, blobs, remove_locks
from bot.domain.errors import BotError, ConfigurationError, InvalidRequest, NotFound, Unavailable
from bot.domain.projects import Project, ProjectFiles

MAX_BYTES = 512 * 1024 * 1024
MAX_FILES = 20_000
KEEP_SECONDS = 14 * 24 * 3600.0
"""How long a commit's files stay after they were used last; longer than any submit takes, and good for a retry."""
_HISTORY_SECONDS = 300.0
_LINK = "120000"
_MAYBE_A_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_FETCHED = "refs/aml-bot/fetched"
_HEADS, _TAGS = "refs/heads/", "refs/tags/"


class ProjectSources:
    """`ports.ProjectSources`. Checkouts are below `state`; `tokens` are the projects' HTTPS passwords, by name."""

    def __init__(self, state: Path, tokens: Mapping[str, str] | None = None, *, deadline: float = 60.0) -> None:
        self._state = state
        self._tokens = tokens or {}
        self._deadline = deadline
        self._repositories: dict[Project, _Repository] = {}
        self._guard = threading.Lock()
        self._closed = False

    def files_of(self, project: Project, ref: str = "") -> ProjectFiles:
        """See `ports.ProjectSources`."""
        if not project.git:
            return ProjectFiles(project.folder)
        with self._guard:
            if self._closed:
                raise Unavailable("I am being restarted, so nothing was started. Try again in a minute.")
            if project not in self._repositories:
                token = self._tokens.get(project.name, "")
                self._repositories[project] = _Repository(project, self._state, token, self._deadline)
            repository = self._repositories[project]
        return repository.files_of(ref or project.git_ref)

    def close(self) -> None:
        """End what git is doing, and start nothing any more."""
        with self._guard:
            self._closed = True
            repositories = list(self._repositories.values())
        for repository in repositories:
            repository.close()


class _Repository:
    """The mirrors of one project's repository: `latest.git` has single commits, `history.git` all branches and tags,
    made only once somebody asks for a commit by its hash."""

    def __init__(self, project: Project, state: Path, token: str, deadline: float) -> None:
        self._project = project
        self._git = GitCommand(project.git, token, deadline)
        # Another address or folder begins anew, so that commits of two repositories can't be mixed up.
        name = hashlib.sha256(f"{project.git}\0{project.git_folder}".encode()).hexdigest()[:16]
        self._home = state / f"{project.name}-{name}"
        self._commits = self._home / "commits"
        self._turn = threading.Lock()
        self._ready = False

    def files_of(self, ref: str) -> ProjectFiles:
        if not self._turn.acquire(timeout=self._git.deadline):
            raise Unavailable(
                f"{self._its} is still being fetched for somebody else, so nothing was started. Try again."
            )
        try:
            self._prepare()
            commit = self._look_up(ref)
            folder = self._commits / commit
            os.utime(folder)
            self._forget_old(folder)
        except OSError as error:
            raise Unavailable(
                "I can't write the project's files down here, so nothing was started.", detail=str(error)
            ) from error
        finally:
            self._turn.release()
        return ProjectFiles(str(folder), commit, ref, self._project.git)

    def close(self) -> None:
        self._git.close()

    @property
    def _its(self) -> str:
        return f"The Git repository of project “{self._project.name}”"

    def _prepare(self) -> None:
        if self._ready:
            return
        self._commits.mkdir(mode=0o700, parents=True, exist_ok=True)
        for half in self._commits.glob(".*"):
            shutil.rmtree(half, ignore_errors=True)
        remove_locks(self._home)
        self._ready = True

    def _look_up(self, ref: str) -> str:
        """The commit that `ref` is, its files in place."""
        pinned = self._commits / ref
        if COMMIT.fullmatch(ref) and pinned.is_dir():
            return ref
        name, commit = self._advertised(ref)
        if name and (self._commits / commit).is_dir():
            return commit
        if name:
            mirror = self._mirror("latest.git")
            refspec = f"+{name}:{_FETCHED}"
            self._run("fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--depth=1", "--",
                      self._project.git, refspec, inside=mirror)  # fmt: skip
            # Not what was advertised: it may have moved on.
            commit = (
                self._run("rev-parse", "--verify", "--quiet", _FETCHED + "^{commit}", inside=mirror).decode().strip()
            )
        elif _MAYBE_A_COMMIT.fullmatch(ref):
            mirror = self._mirror("history.git")
            commit = self._in_history(ref, mirror)
        else:
            raise self._no_such(ref)
        if not (self._commits / commit).is_dir():
            self._export(mirror, commit)
        return commit

    def _advertised(self, ref: str) -> tuple[str, str]:
        """The full name of a branch or tag and the commit it is at now; "" twice for none."""
        full = ref if ref == "HEAD" or ref.startswith((_HEADS, _TAGS)) else ""
        names = [full] if full else [_HEADS + ref, _TAGS + ref]
        listed = self._run("ls-remote", "--", self._project.git, *(n for name in names for n in (name, name + "^{}")))
        found: dict[str, str] = {}
        for line in listed.decode("utf-8", "replace").splitlines():
            commit, _, name = line.partition("\t")
            # A tag with a message of its own comes twice: what it points at follows under `^{}`.
            if COMMIT.fullmatch(commit) and name.removesuffix("^{}") in names:
                found[name.removesuffix("^{}")] = commit
        if len(found) > 1 and len(set(found.values())) > 1:
            raise InvalidRequest(
                f"“{ref}” is both a branch and a tag in {self._its[0].lower() + self._its[1:]}. "
                f"Write {_HEADS}{ref} or {_TAGS}{ref}."
            )
        return next(iter(found.items()), ("", ""))

    def _in_history(self, ref: str, mirror: Path) -> str:
        refspecs = [f"+{each}*:{each}*" for each in (_HEADS, _TAGS)]
        self._run("fetch", "--quiet", "--force", "--prune", "--no-tags", "--no-recurse-submodules", "--",
                  self._project.git, *refspecs, inside=mirror, deadline=_HISTORY_SECONDS)  # fmt: skip
        try:
            found = self._git.run("rev-parse", "--verify", "--quiet", ref + "^{commit}", directory=mirror)
        except GitFailure as failure:
            raise self._no_such(ref) from failure
        commit = found.decode().strip()
        # The mirror still has what a branch has lost meanwhile.
        if not self._run("for-each-ref", "--count=1", "--contains", commit, _HEADS, _TAGS, inside=mirror).strip():
            raise self._no_such(ref)
        return commit

    def _mirror(self, name: str) -> Path:
        mirror = self._home / name
        if not (mirror / "HEAD").is_file():
            shutil.rmtree(mirror, ignore_errors=True)
            self._run("init", "--quiet", "--bare", "--template=", "--", str(mirror))
        return mirror

    def _export(self, mirror: Path, commit: str) -> None:
        inside = self._project.git_folder.strip("/")
        try:
            listed = self._git.run("ls-tree", "-r", "-l", "-z", "--full-tree", f"{commit}:{inside}", directory=mirror)
        except GitFailure as failure:
            if not inside:
                raise self._failed(failure, mirror) from failure
            raise NotFound(
                "folder", inside, hint=f"I looked in {self._its[0].lower() + self._its[1:]} at {commit[:12]}.",
                detail=str(failure),
            ) from failure  # fmt: skip
        wanted = self._wanted(listed)
        half = Path(tempfile.mkdtemp(prefix=".", dir=self._commits))
        try:
            with tempfile.TemporaryFile(dir=self._home) as content:
                names = "".join(f"{name}\n" for _, name, _ in wanted).encode()
                self._run("cat-file", "--batch", inside=mirror, send=names, to=content)
                content.seek(0)
                # Links last, so that nothing is written through one.
                links = []
                for (mode, _, path), data in zip(wanted, blobs(content, len(wanted)), strict=True):
                    file = half / path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    if mode == _LINK:
                        links.append((file, os.fsdecode(data)))
                        continue
                    file.write_bytes(data)
                    file.chmod(0o700 if mode == "100755" else 0o600)
            for link, target in links:
                link.symlink_to(target)
            half.replace(self._commits / commit)
        except (ValueError, IndexError) as error:
            shutil.rmtree(mirror, ignore_errors=True)
            raise Unavailable(
                f"{self._its} was read but made no sense, so nothing was started. Try again.", detail=str(error)
            ) from error
        finally:
            shutil.rmtree(half, ignore_errors=True)

    def _wanted(self, listed: bytes) -> list[tuple[str, str, PurePosixPath]]:
        """Mode, object and path of each file and link. Submodules stay behind: their code is another repository's."""
        found: list[tuple[str, str, PurePosixPath]] = []
        total = 0
        for entry in filter(None, listed.split(b"\0")):
            about, _, name = entry.partition(b"\t")
            mode, kind, digest, size = about.decode("ascii").split()
            path = PurePosixPath(os.fsdecode(name))
            if kind != "blob" or mode not in FILE_MODES | {_LINK}:
                continue
            if path.is_absolute() or any(part == ".." or part.lower() == ".git" for part in path.parts):
                raise InvalidRequest(
                    f"{self._its} has a file at a place that no project has one, so nothing was started."
                )
            total += int(size)
            found.append((mode, digest, path))
        if total > MAX_BYTES or len(found) > MAX_FILES:
            raise InvalidRequest(
                f"{self._its} has {len(found)} files with {total // 2**20} MB; I submit at most {MAX_FILES} files and "
                f"{MAX_BYTES // 2**20} MB. An administrator can name a folder inside it in the settings."
            )
        return found

    def _forget_old(self, used: Path) -> None:
        now = time.time()
        for other in self._commits.iterdir():
            if other != used and now - other.stat().st_mtime > KEEP_SECONDS:
                shutil.rmtree(other, ignore_errors=True)

    def _run(self, *arguments: str, inside: Path | None = None, **options: object) -> bytes:
        try:
            return self._git.run(*arguments, directory=inside, **options)  # type: ignore[arg-type]  # passed on as they are
        except GitFailure as failure:
            raise self._failed(failure, inside) from failure

    def _failed(self, failure: GitFailure, mirror: Path | None) -> BotError:
        if mirror is not None and not failure.late:
            shutil.rmtree(mirror, ignore_errors=True)  # it may be damaged, and is soon filled again
        if failure.missing:
            return ConfigurationError(f"Project “{self._project.name}” is in Git, but git isn't installed here.")
        if failure.late:
            return Unavailable(
                f"{self._its} didn't answer in time, so nothing was started. Try again in a few minutes.",
                detail=str(failure),
            )
        return Unavailable(
            f"{self._its} can't be read at the moment, so nothing was started. Try again in a few minutes; if it stays "
            "like this, an administrator must check its address and whether the bot may read it.",
            detail=str(failure),
        )

    def _no_such(self, ref: str) -> NotFound:
        return NotFound("branch, tag or commit", ref, hint=f"I looked in project “{self._project.name}”.")
