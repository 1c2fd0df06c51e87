"""What is written wrong: one clear sentence with what to do next, and nothing is started."""

from collections.abc import Iterator
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


def test_a_mistake_after_a_mention_is_told_to_its_writer_alone(team: Team) -> None:
    said = team.type(DANA, "C0MLTEAM", "@aml-bot submit trian.py --compute cpu-cluster")
    (answer,) = team.answers(said)

    assert (answer.kind, answer.visible_to) == ("ephemeral", (DANA,))
    assert "Did you mean “train.py”?" in answer.text
