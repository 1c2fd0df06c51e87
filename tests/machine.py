"""What a machine may lack."""

import os
import shutil

import pytest


def lacking(sentence: str) -> None:
    """Skip with a sentence; in CI, which has everything, it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def needs_bubblewrap() -> None:
    """Skip, or fail in CI, where scripts can't be confined."""
    if shutil.which("bwrap") is None:
        lacking("bubblewrap isn't installed here (Debian and Ubuntu: apt-get install bubblewrap)")
