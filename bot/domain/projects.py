"""Projects: the code that may be submitted, in a folder of this machine or in a Git repository."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Project:
    """Code whose scripts may be submitted, with defaults for what a request leaves open.

    `folder` is an absolute path on the bot's machine, "" for a project in Git. That one has the repository's address
    in `git`, the branch, tag or commit that is submitted in `git_ref`, and its place inside in `git_folder` ("" is the
    root); `git_any_ref` says whether a request may name another branch, tag or commit.
    """

    name: str
    folder: str
    script: str = "train.py"
    experiment: str = ""
    environment: str = ""
    compute: str = ""
    arguments: tuple[str, ...] = ()
    git: str = ""
    git_ref: str = "HEAD"
    git_folder: str = ""
    git_any_ref: bool = True


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """A project's files as they are submitted: all that is in `folder` (absolute). Of one in Git they are those of
    `commit` (the full hash), which `ref` stood for; they never change."""

    folder: str
    commit: str = ""
    ref: str = ""
    repository: str = ""
