"""Projects in Git: each commit in a folder of its own, nothing but the repository's own branches and tags."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import projects
from bot.adapters.projects import ProjectSources
from bot.domain.errors import BotError, InvalidRequest, NotFound, Unavailable
from bot.domain.projects import Project, ProjectFiles
from tests.behaviours.repository import Repository

FILES = {
    "code/train.py": "print('one')\n",
    "code/data/.amlignore": "*.bin\n",
    "code/run.sh": "#!/bin/sh\n",
    "README.md": "# Not sent\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "churn")
    made.commit(FILES)
    return made


@pytest.fixture
def sources(tmp_path: Path) -> ProjectSources:
    return ProjectSources(tmp_path / "state")


@pytest.fixture
def project(repository: Repository) -> Project:
    return Project("churn", "", git=str(repository.folder), git_ref="main", git_folder="code")


def content(files: ProjectFiles, name: str = "train.py") -> str:
    """What is in a file of a checkout."""
    return Path(files.folder, name).read_text(encoding="utf-8")


def test_a_folder_is_submitted_as_it_is(sources: ProjectSources) -> None:
    assert sources.files_of(Project("demo", "/srv/demo")) == ProjectFiles("/srv/demo")


def test_everything_in_the_folder_of_the_commit_is_there_and_nothing_else(
    repository: Repository, sources: ProjectSources, project: Project
) -> None:
    (repository.folder / "code" / "run.sh").chmod(0o755)
    repository.commit({"code/.hidden": "too"})

    files = sources.files_of(project)

    assert (files.commit, files.ref, files.repository) == (repository.head(), "main", str(repository.folder))
    found = {str(path.relative_to(files.folder)) for path in Path(files.folder).rglob("*") if path.is_file()}
    assert found == {"train.py", "data/.amlignore", "run.sh", ".hidden"}
    assert os.access(Path(files.folder, "run.sh"), os.X_OK)


def test_two_commits_stand_side_by_side(repository: Repository, sources: ProjectSources, project: Project) -> None:
    first = sources.files_of(project)
    repository.commit({"code/train.py": "print('two')\n"})
    second = sources.files_of(project)

    assert (content(first), content(second)) == ("print('one')\n", "print('two')\n")


def test_many_at_once_get_what_each_asked_for(
    repository: Repository, sources: ProjectSources, project: Project
) -> None:
    commits = [repository.commit({"code/train.py": f"print({number})\n"}) for number in range(4)]
    for number, commit in enumerate(commits):
        repository.git("branch", f"b{number}", commit)
    got: dict[int, str] = {}

    def fetch(number: int) -> None:
        got[number] = content(sources.files_of(project, f"b{number}"))

    threads = [threading.Thread(target=fetch, args=(number,)) for number in (*range(4), *range(4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert got == {number: f"print({number})\n" for number in range(4)}


def test_branches_tags_and_commits_are_found(repository: Repository, sources: ProjectSources, project: Project) -> None:
    first = repository.head()
    repository.git("tag", "-a", "v1", "-m", "first")
    repository.git("branch", "feature/x")
    second = repository.commit({"code/train.py": "print('two')\n"})

    for ref, commit in {
        "HEAD": second, "main": second, "refs/heads/main": second, "v1": first, "refs/tags/v1": first,
        "feature/x": first, first: first, first[:8]: first, second: second,
    }.items():  # fmt: skip
        assert sources.files_of(project, ref).commit == commit, ref


@pytest.mark.parametrize("ref", ["mian", "deadbeef", "refs/pull/1/head", "pull/1/head"])
def test_what_is_no_branch_tag_or_commit_is_named(
    repository: Repository, sources: ProjectSources, project: Project, ref: str
) -> None:
    repository.git("update-ref", "refs/pull/1/head", repository.head())

    with pytest.raises(NotFound, match=f"no branch, tag or commit “{ref}”"):
        sources.files_of(project, ref)


def test_a_commit_that_no_branch_or_tag_reaches_is_not_submitted(
    repository: Repository, sources: ProjectSources, project: Project
) -> None:
    strange = repository.commit({"code/train.py": "print('from a stranger')\n"})
    repository.git("update-ref", "refs/pull/1/head", strange)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")

    with pytest.raises(NotFound):
        sources.files_of(project, strange)


def test_a_name_of_a_branch_and_a_tag_is_not_guessed(
    repository: Repository, sources: ProjectSources, project: Project
) -> None:
    repository.git("tag", "both")
    repository.commit({"code/train.py": "print('two')\n"})
    repository.git("branch", "both")

    with pytest.raises(InvalidRequest, match="Write refs/heads/both or refs/tags/both"):
        sources.files_of(project, "both")


def test_a_folder_that_the_commit_has_not_is_named(sources: ProjectSources, project: Project) -> None:
    with pytest.raises(NotFound, match="no folder “jobs”"):
        sources.files_of(replace(project, git_folder="jobs"))


def test_submodules_stay_behind_and_links_are_links(
    repository: Repository, sources: ProjectSources, project: Project, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    commit = other.commit({"evil.py": "print('evil')\n"})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},code/vendored")
    repository.git("commit", "--quiet", "--message", "vendor")
    (repository.folder / "code" / "out").symlink_to("/etc/passwd")
    (repository.folder / "code" / "also.py").symlink_to("train.py")
    repository.git("add", "code/out", "code/also.py")
    repository.git("commit", "--quiet", "--message", "links")

    files = sources.files_of(project)

    assert not Path(files.folder, "vendored").exists()
    assert Path(files.folder, "out").readlink() == Path("/etc/passwd")
    assert content(files, "also.py") == "print('one')\n"


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_a_tree_that_was_made_by_hand_writes_nowhere_else(
    repository: Repository, sources: ProjectSources, project: Project, name: str
) -> None:
    inner = repository.git("rev-parse", "HEAD:code").strip()
    listing = repository.folder / "listing"
    # mktree refuses such names; hash-object writes what it is given.
    listing.write_bytes(b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner))
    tree = repository.git("hash-object", "-t", "tree", "--literally", "-w", str(listing)).strip()
    commit = repository.git("commit-tree", tree, "-m", "by hand").strip()
    repository.git("update-ref", "refs/heads/main", commit)

    with pytest.raises(BotError, match="nothing was started"):
        sources.files_of(replace(project, git_folder=""))


def test_a_host_that_is_down_is_said_and_what_was_fetched_can_still_be_named(
    repository: Repository, sources: ProjectSources, project: Project, tmp_path: Path
) -> None:
    commit = sources.files_of(project).commit
    repository.folder.rename(tmp_path / "moved")

    with pytest.raises(Unavailable, match="can't be read at the moment, so nothing was started"):
        sources.files_of(project)
    assert content(sources.files_of(project, commit)) == "print('one')\n"


def test_old_checkouts_go(
    repository: Repository, sources: ProjectSources, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sources.files_of(project)
    os.utime(first.folder, (0, 0))
    repository.commit({"code/train.py": "print('two')\n"})
    second = sources.files_of(project)

    assert not Path(first.folder).exists()
    assert content(sources.files_of(project, first.commit)) == "print('one')\n"
    assert Path(second.folder).is_dir()
    monkeypatch.setattr(projects, "MAX_FILES", 1)
    repository.commit({"code/three.py": "x = 3\n"})
    with pytest.raises(InvalidRequest, match="has 4 files"):
        sources.files_of(project)


def test_what_a_kill_has_left_does_not_stop_the_next_process(
    repository: Repository, sources: ProjectSources, project: Project, tmp_path: Path
) -> None:
    sources.files_of(project)
    mirror = next((tmp_path / "state").rglob("latest.git"))
    for name in ("shallow.lock", "refs/aml-bot/fetched.lock"):
        (mirror / name).touch()
    half = next((tmp_path / "state").rglob("commits")) / ".half"
    half.mkdir()
    repository.commit({"code/train.py": "print('two')\n"})

    assert content(ProjectSources(tmp_path / "state").files_of(project)) == "print('two')\n"
    assert not half.exists()


def test_after_closing_nothing_is_fetched(sources: ProjectSources, project: Project) -> None:
    sources.close()

    with pytest.raises(Unavailable):
        sources.files_of(project)
