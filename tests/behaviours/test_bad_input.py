"""What is written wrong: one clear sentence with what to do next, and nothing is started."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.behaviours.team import DANA, Team


@pytest.fixture(autouse=True)
def nothing_started(team: Team) -> Iterator[None]:
    """No test here may start a run."""
    before = [run["id"] for run in team.azure.runs()]
    yield
    team.quiet()
    assert [run["id"] for run in team.azure.runs()] == before


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sumbit train.py", "There is no command “sumbit”. Did you mean “submit”?"),
        ("frobnicate", "There is no command “frobnicate”. “help” lists all commands."),
        ("submit train.py --foo x", "“submit” has no option “--foo”"),
        ("submit train.py --compute", "--compute"),
        ("submit train.py --epochs 3", "go behind “--”"),
        ("submit trian.py", "There is no script “trian.py”. Did you mean “train.py”?"),
        ("submit assets", "“assets” isn't a Python script"),
        ("submit ../x.py", "“../x.py” leads out of the project"),
        ("submit assets/../../x.py", "leads out of the project"),
        ("submit /etc/x.py", "“/etc/x.py” isn't inside the project"),
        ("submit ~/x.py", "isn't inside the project"),
        ("submit C:/x.py", "isn't inside the project"),
        ("submit train.py --env demo-evn", "There is no environment “demo-evn”. Did you mean “demo-env”?"),
        ("submit train.py --env demo-env:77", "There is no environment “demo-env:77”"),
        ("submit train.py --compute cpu-clutser", "There is no compute target “cpu-clutser”. Did you mean “cpu-clus"),
        ("submit train.py --project dmo", "There is no project “dmo”. Did you mean “demo”?"),
        ("cancel", "Say which run"),
        ("status aml-000000000000", "There is no run “aml-000000000000”"),
        ("logs aml-000000000000", "“runs” lists the latest ones"),
        ("cancel aml-000000000000", "There is no run “aml-000000000000”"),
        ("cancel ../../x", "isn't a run id"),
        ("runs now please", "“now” isn't expected after “runs”"),
        ("help sumbit", "Did you mean “submit”?"),
        ("env", "Say which environment"),
    ],
)
def test_a_mistake_is_named_with_what_to_do_next(team: Team, typed: str, expected: str) -> None:
    answer = team.command(DANA, typed)

    assert expected in answer
    assert "Reference:" in answer


def test_a_script_that_is_a_link_out_of_the_project_is_refused(team: Team, tmp_path: Path) -> None:
    outside = tmp_path / "other.py"
    outside.write_text("print('not yours')\n", encoding="utf-8")
    link = team.project / "linked.py"
    link.symlink_to(outside)
    try:
        answer = team.command(DANA, "submit linked.py")
    finally:
        link.unlink()

    assert "“linked.py” is outside the project “demo”" in answer
    assert str(tmp_path) not in answer


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_project_with_a_link_out_of_it_is_not_sent(team: Team, tmp_path: Path, is_folder: bool) -> None:
    outside = tmp_path / "secret"
    if is_folder:
        outside.mkdir()
    else:
        outside.write_text("hush\n", encoding="utf-8")
    link = team.project / "assets" / "data"
    link.symlink_to(outside)
    try:
        answer = team.command(DANA, "submit train.py")
    finally:
        link.unlink()

    assert "“assets/data” in the project “demo” is a link to a place outside of it" in answer
    assert "Replace it by a copy" in answer


def hung(path: Path) -> None:
    """Something that a reader would wait for."""
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: path.symlink_to("nowhere"), "is a link that leads nowhere"),
        (lambda path: path.symlink_to(path), "is a link that leads nowhere"),
        (lambda path: path.symlink_to(path.parent), "is a link that leads in a circle"),
        (hung, "is neither a file nor a folder"),
    ],
    ids=["nowhere", "itself", "circle", "pipe"],
)
def test_what_can_not_travel_is_refused_by_name(team: Team, make: Callable[[Path], None], expected: str) -> None:
    odd = team.project / "assets" / "odd"
    make(odd)
    try:
        answer = team.command(DANA, "submit train.py")
    finally:
        odd.unlink()

    assert f"“assets/odd” in the project “demo” {expected}" in answer


def test_a_project_that_is_too_large_is_told_without_its_place(team: Team) -> None:
    large = team.project / "data.bin"
    with large.open("wb") as file:
        file.truncate(301 * 1024 * 1024)
    try:
        answer = team.command(DANA, "submit train.py")
    finally:
        large.unlink()

    assert "There is too much in the project “demo”: Azure ML takes at most 300 MB" in answer
    assert ".amlignore" in answer


def test_a_mistake_after_a_mention_is_told_to_its_writer_alone(team: Team) -> None:
    said = team.type(DANA, "C0MLTEAM", "@aml-bot submit trian.py --compute cpu-cluster")
    (answer,) = team.answers(said)

    assert (answer.kind, answer.visible_to) == ("ephemeral", (DANA,))
    assert "Did you mean “train.py”?" in answer.text
