"""A repository is followed: by commits, without a shell, a prompt or a say in what runs here."""

import contextlib
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.git import FaqRepository
from bot.domain.errors import ConfigurationError, Unavailable
from tests.behaviours.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "team-faq")
    made.commit({"faq/one.md": "# One\n\nFirst.\n", "README.md": "# Not the FAQ\n", "faq/logo.png": "x"})
    return made


def test_the_files_of_the_commit_are_given(repository: Repository, tmp_path: Path) -> None:
    origin = FaqRepository(str(repository.folder), "main", tmp_path / "state", folder="faq")

    files = origin.look()

    assert files.commit == files.version == repository.head()
    assert {str(path.relative_to(files.folder)) for path in files.folder.rglob("*")} == {"one.md"}
    assert (files.folder / "one.md").read_text(encoding="utf-8") == "# One\n\nFirst.\n"


def test_a_push_is_followed_and_the_old_files_are_kept_until_the_new_are_accepted(
    repository: Repository, tmp_path: Path
) -> None:
    origin = FaqRepository(str(repository.folder), "main", tmp_path / "state")
    first = origin.look()
    origin.accept(first)

    repository.commit({"faq/one.md": "# One\n\nSecond.\n"})
    second = origin.look()
    both = first.folder.is_dir() and second.folder.is_dir()
    origin.accept(second)

    assert both
    assert "Second" in (second.folder / "faq" / "one.md").read_text(encoding="utf-8")
    assert not first.folder.exists()


def test_a_rewritten_branch_is_followed(repository: Repository, tmp_path: Path) -> None:
    origin = FaqRepository(str(repository.folder), "main", tmp_path / "state", folder="faq")
    repository.commit({"faq/one.md": "# One\n\nWrong.\n"})
    origin.look()

    repository.git("reset", "--quiet", "--hard", "HEAD~1")

    assert "First" in (origin.look().folder / "one.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("ref", ["main", "HEAD", "v1", "refs/heads/main", "faq/next"])
def test_branches_and_tags_are_found(repository: Repository, tmp_path: Path, ref: str) -> None:
    repository.git("tag", "-a", "v1", "-m", "first")
    repository.git("branch", "faq/next")

    assert FaqRepository(str(repository.folder), ref, tmp_path / "state").look().commit == repository.head()


def test_a_ref_that_is_not_there_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no branch, tag or commit “mian”"):
        FaqRepository(str(repository.folder), "mian", tmp_path / "state").look()


def test_a_folder_that_is_not_there_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder “docs”"):
        FaqRepository(str(repository.folder), "main", tmp_path / "state", folder="docs").look()


def test_a_repository_that_is_not_there_is_unavailable_and_no_prompt_waits(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be read"):
        FaqRepository(str(tmp_path / "nothing"), "main", tmp_path / "state").look()


@pytest.mark.parametrize(
    ("url", "ref"), [("--upload-pack=touch evil", "main"), ("repo", "--upload-pack=touch evil"), ("repo", "-x")]
)
def test_nothing_is_taken_for_an_option(tmp_path: Path, url: str, ref: str) -> None:
    with pytest.raises(ConfigurationError, match="can't begin with"):
        FaqRepository(url, ref, tmp_path / "state")


def test_an_address_that_runs_a_command_is_refused(tmp_path: Path) -> None:
    mark = tmp_path / "evil"

    with pytest.raises(Unavailable):
        FaqRepository(f"ext::touch {mark}", "main", tmp_path / "state").look()

    assert not mark.exists()


def test_links_and_hidden_files_of_the_repository_are_left_out(repository: Repository, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret\n\nNot yours.\n", encoding="utf-8")
    (repository.folder / "faq" / "link.md").symlink_to(secret)
    repository.commit({"faq/.hidden/x.md": "# X\n", "faq/.y.md": "# Y\n"})

    files = FaqRepository(str(repository.folder), "main", tmp_path / "state", folder="faq").look()

    assert [path.name for path in files.folder.iterdir()] == ["one.md"]


def test_attributes_and_hooks_of_the_repository_have_no_say(repository: Repository, tmp_path: Path) -> None:
    repository.commit({".gitattributes": "*.md export-ignore text eol=crlf\n", "faq/two.md": "# Two\n\nTwo.\n"})

    files = FaqRepository(str(repository.folder), "main", tmp_path / "state", folder="faq").look()

    assert (files.folder / "two.md").read_bytes() == b"# Two\n\nTwo.\n"


def test_what_was_accepted_outlives_the_process_and_the_repository(repository: Repository, tmp_path: Path) -> None:
    origin = FaqRepository(str(repository.folder), "main", tmp_path / "state")
    accepted = origin.look()
    origin.accept(accepted)
    repository.folder.rename(tmp_path / "moved")

    later = FaqRepository(str(repository.folder), "main", tmp_path / "state")

    with pytest.raises(Unavailable):
        later.look()
    assert later.accepted() == accepted


def test_locks_that_a_kill_has_left_do_not_stop_the_next_process(repository: Repository, tmp_path: Path) -> None:
    state = tmp_path / "state"
    FaqRepository(str(repository.folder), "main", state).look()
    mirror = next(state.rglob("mirror.git"))
    for name in ("shallow.lock", "packed-refs.lock", "refs/aml-bot/followed.lock"):
        (mirror / name).touch()
    repository.commit({"faq/one.md": "# One\n\nSecond.\n"})

    assert FaqRepository(str(repository.folder), "main", state).look().commit == repository.head()


def test_a_damaged_mirror_is_made_anew(repository: Repository, tmp_path: Path) -> None:
    state = tmp_path / "state"
    origin = FaqRepository(str(repository.folder), "main", state)
    origin.look()
    mirror = next(state.rglob("mirror.git"))
    repository.commit({"faq/one.md": "# One\n\nSecond.\n"})
    (mirror / "HEAD").write_text("garbage\n", encoding="utf-8")

    with pytest.raises(Unavailable):
        origin.look()

    assert origin.look().commit == repository.head()


class Recorder(http.server.BaseHTTPRequestHandler):
    """A server that asks for credentials and never lets anybody in."""

    seen: "list[str | None]"

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="faq"')
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Keep the test's output quiet."""


@contextlib.contextmanager
def server() -> Iterator[tuple[str, list[str | None]]]:
    """A repository's address that wants a password, and the Authorization headers that came."""
    seen: list[str | None] = []
    handler = type("Handler", (Recorder,), {"seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_address[1]}/faq.git", seen
        finally:
            made.shutdown()
            thread.join(10)


def test_a_repository_that_wants_a_password_is_unavailable_at_once(tmp_path: Path) -> None:
    with server() as (url, _), pytest.raises(Unavailable):
        FaqRepository(url, "main", tmp_path / "state", deadline=20).look()


def test_a_token_goes_to_the_repository_and_into_no_message(tmp_path: Path) -> None:
    with server() as (url, seen), pytest.raises(Unavailable) as refusal:
        FaqRepository(url, "main", tmp_path / "state", token="s3cr3t-token", deadline=20).look()

    assert "Basic eC1hY2Nlc3MtdG9rZW46czNjcjN0LXRva2Vu" in seen
    assert "s3cr3t" not in refusal.value.user_message + refusal.value.detail
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"s3cr3t" not in kept


def test_a_git_that_hangs_is_ended_with_its_helpers_at_the_deadline(tmp_path: Path) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    pid_file = tmp_path / "pid"
    helper = bin_folder / "ssh-that-hangs"
    helper.write_text(f"#!/bin/sh\necho $$ > {pid_file}\nexec sleep 300\n", encoding="utf-8")
    helper.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_SSH_COMMAND", str(helper))

        with pytest.raises(Unavailable, match="didn't answer within 2 s"):
            FaqRepository("ssh://git@faq.invalid/faq.git", "main", tmp_path / "state", deadline=2).look()

    assert not running(int(pid_file.read_text(encoding="utf-8")))


def test_closing_ends_a_look_that_is_under_way(tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    os.mkfifo(reached)
    helper = tmp_path / "ssh-that-hangs"
    helper.write_text(f"#!/bin/sh\necho there > {reached}\nexec sleep 300\n", encoding="utf-8")
    helper.chmod(0o755)
    ended: list[Exception] = []

    def look() -> None:
        try:
            origin.look()
        except Unavailable as error:
            ended.append(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_SSH_COMMAND", str(helper))
        origin = FaqRepository("ssh://git@faq.invalid/faq.git", "main", tmp_path / "state", deadline=100)
        thread = threading.Thread(target=look)
        thread.start()
        assert reached.read_text(encoding="utf-8") == "there\n"  # blocks until the helper runs
        origin.close()
        thread.join(20)

    assert len(ended) == 1


def running(pid: int) -> bool:
    """Whether a process exists that is more than a zombie."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")
