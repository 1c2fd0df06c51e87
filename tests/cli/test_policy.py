"""`aml-bot policy check`: mistakes with their lines."""

from tests.cli.conftest import Configuration

WRONG = """\
version = 2
colour = 1

[[allow]]
commands = ["submit",
   "submitt"]
roles = ["*"]

[[limit]]
people = ["T1/U1"]
nodes = 0
"""


def test_each_mistake_in_a_policy_file_is_named_with_its_line(configuration: Configuration) -> None:
    file = configuration.folder / "new.toml"
    file.write_text(WRONG, encoding="utf-8")

    ended = configuration.run("policy", "check", str(file))

    assert ended.code == 1
    lines = ended.out.splitlines()
    assert [line.removeprefix(f"{file}:").partition(":")[0] for line in lines] == ["2", "6", "10", "11"]
    assert "“submitt”, which is no command" in lines[1]
    assert "T1/U1" in lines[2]


def test_a_policy_file_that_can_be_used_is_summed_up_and_a_missing_one_ends_with_2(
    configuration: Configuration,
) -> None:
    good = configuration.run("policy", "check", "--settings", str(configuration.settings))
    missing = configuration.run("policy", "check", str(configuration.folder / "none.toml"))

    assert (good.code, missing.code) == (0, 2)
    assert "can be used: 3 allow, 0 deny, 0 limit, 0 approval, 4 links" in good.out
    assert "can't be read" in missing.err
