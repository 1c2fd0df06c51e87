"""A team's Git repository with its FAQ, on this machine."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Repository:
    """A repository with one branch, `main`, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """What git prints; it must succeed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "Olivia",
            "GIT_AUTHOR_EMAIL": "olivia@example.com",
            "GIT_COMMITTER_NAME": "Olivia",
            "GIT_COMMITTER_EMAIL": "olivia@example.com",
        }
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60).stdout

    def commit(self, files: Mapping[str, str | bytes]) -> str:
        """Write `files`, commit everything, and give the commit."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change the FAQ")
        return self.head()

    def head(self) -> str:
        """The commit at the end of the branch."""
        return self.git("rev-parse", "HEAD").strip()
