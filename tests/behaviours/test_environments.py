"""Environments: listed in pages, looked into, compared, made."""

import os

from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Team


def name() -> str:
    """A name that no other test uses."""
    return f"made-{os.urandom(4).hex()}"


def test_an_environment_is_made_looked_into_and_compared(team: Team) -> None:
    wanted = name()

    made = team.command(
        DANA, f"env create {wanted} --python 3.11 --conda numpy=1.26 --pip pandas==2.2.3,lightgbm>=4,<5"
    )
    changed = team.command(DANA, f"env create {wanted} --from {wanted} --pip pandas==2.2.2 --pip xgboost")
    shown = team.command(RUI, f"env {wanted}")
    compared = team.command(RUI, f"env diff {wanted}:1 {wanted}")

    assert "I made version `1`" in made
    assert "lightgbm&gt;=4,&lt;5" in made
    assert "I made version `2`" in changed
    assert f"--env {wanted}:2" in changed
    assert "Other versions: `1`" in shown
    assert "None of the workspace's latest runs used it." in shown
    assert "changed  pandas==2.2.3 → pandas==2.2.2" in compared
    assert "added    xgboost" in compared
    assert "numpy" not in compared
    decision, outcome = [row for row in team.audit() if row["command"] == "env-create"][-2:]
    assert (decision["result"], decision["action"].rpartition("workspaces/")[2]) == ("allowed", "environments/write")
    assert outcome["reason"] == f"environment={wanted}:2"


def test_the_same_environment_again_is_no_second_version(team: Team) -> None:
    wanted = name()
    team.command(DANA, f"env create {wanted} --pip pandas==2.2.3")

    again = team.command(DANA, f"env create {wanted} --pip pandas==2.2.3")

    assert "has this content already" in again
    assert "Other versions" not in team.command(RUI, f"env {wanted}")


def test_a_reader_may_not_make_environments(team: Team) -> None:
    wanted = name()

    answer = team.command(RUI, f"env create {wanted} --pip pandas")

    assert "Microsoft.MachineLearningServices/workspaces/environments/write" in answer
    assert "AzureML Data Scientist" in answer
    assert "There is no environment" in team.command(RUI, f"env {wanted}")


def test_mistakes_in_a_new_environment_are_told_before_anything_is_done(team: Team) -> None:
    for typed, told in (
        ("env create churn", "Say what shall be in it"),
        ("env create", "Say what the environment shall be called"),
        ("env create AzureML-ours --pip pandas", "are Microsoft's"),
        ("env create churn --pip “--index-url https://evil.example.com”", "isn't a pip package"),
        ("env create churn --pip https://u:p@example.com/a-1-py3-none-any.whl", "isn't an address that I pass on"),
        ("env create churn --conda python=3.11", "goes behind --python"),
        ("env create churn --python 2.7", "isn't a version of Python"),
        ("env create churn --pip pandas --from nosuch-env", "There is no environment “nosuch-env”"),
        ("env create churn --wheel churn.zip", "isn't the name of a wheel"),
        ("env diff demo-env", "Name two environments"),
    ):
        assert told in team.command(DANA, typed), typed


def test_a_long_list_comes_in_pages(team: Team) -> None:
    listed = [{"name": f"listed-{number:02}", "version": "1"} for number in range(21)]
    body = {"value": listed, "continuationToken": None}
    team.azure.ask("POST", "/faults", {"path": "/environments/$", "status": 200, "body": body, "times": 2})

    first = team.private(team.type(RUI, TEAM_CHANNEL, "/aml envs LISTED"))
    more = team.private(team.press(RUI, first, "More"))

    assert "21 environments" in first.text
    assert "`listed-19`" in first.text
    assert "listed-20" not in first.text
    assert "`listed-20`" in more.text
    assert more.buttons == []


def test_a_mention_compares_environments_in_its_thread(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "@aml-bot env diff demo-env AzureML-sklearn-1.5")

    answer = team.reply(said)

    assert answer.thread_ts == said.ts
    assert "added    scikit-learn~=1.5.0" in answer.text
    assert "removed  azureml-core" in answer.text


def test_the_standard_image_is_explained_by_the_faq(team: Team) -> None:
    shown = team.command(RUI, "env demo-env")

    assert "What is inside the standard Docker image?" in shown
    assert "Ubuntu 22.04" in team.command(RUI, "ask What is inside the standard Docker image?")
