"""What every `ports.Workspace` must do with private wheels, seen through the port."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from bot.domain.wheels import Wheel
from bot.ports import Workspace


def wheel_of(content: bytes, folder: Path, file: str) -> Wheel:
    """A wheel with this content, in a folder of its own."""
    folder.mkdir()
    (folder / file).write_bytes(content)
    name, version, *_ = file.split("-")
    return Wheel(file, str(folder / file), name, version, hashlib.sha256(content).hexdigest(), len(content))


def test_a_wheel_is_kept_once_and_another_one_of_its_name_never_replaces_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = f"made_{os.urandom(4).hex()}-1.0-py3-none-any.whl"
    wheel = wheel_of(b"one", tmp_path / "one", file)
    other = wheel_of(b"other", tmp_path / "other", file)

    first, again, refused = workspace.add_wheel(wheel), workspace.add_wheel(wheel), workspace.add_wheel(other)

    assert (first.new, first.same) == (True, True)
    assert (again.new, again.same) == (False, True)
    assert (refused.new, refused.same) == (False, False)
    assert first.address == again.address == refused.address
    assert file in first.address
    assert replace(first, new=False) == again
