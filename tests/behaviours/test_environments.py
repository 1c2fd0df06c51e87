"""Environments: listed in pages, looked into, compared, made."""

import os
import sys

from bot.sandbox.azureml import seed
from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Team
from tests.sandbox.azureml.conftest import Client

OWN = "{}.{}".format(*sys.version_info)


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


def registered(team: Team, name: str, **content: object) -> str:
    """An environment that somebody made with the SDK, not through the bot; its version."""
    path = f"/environment/v1.0{seed.WORKSPACE_SCOPE}/environments/{name}"
    client = Client(team.azure.ready)
    answer = client.call("PUT", seed.DATA_HOST, path, json={"Name": name, **content})
    client.session.close()
    return str(answer.json()["version"])


def test_own_environments_come_first_and_what_nobody_registered_not_at_all(team: Team) -> None:
    client = Client(team.azure.ready)
    client.submit("pass\n", name(), environment={"name": "nobody-registered", "python": {}})
    client.session.close()

    shown = team.command(RUI, "envs")
    filtered = team.command(RUI, "envs SKLEARN")

    assert shown.index("Your own") < shown.index("`demo-env` version 1") < shown.index("Curated by Microsoft")
    assert shown.index("Curated by Microsoft") < shown.index("`AzureML-pytorch-2.2-cpu`")
    assert "nobody-registered" not in shown
    assert "AzureML-sklearn-1.5" in filtered
    assert "demo-env" not in filtered


def test_an_archived_environment_leaves_the_list_and_can_still_be_looked_at(team: Team) -> None:
    ours = name()
    team.command(DANA, f"env create {ours} --pip pandas")
    client = Client(team.azure.ready)
    address = f"{seed.WORKSPACE_SCOPE}/environments/{ours}?api-version=2024-04-01"

    def listed(*, archived: bool) -> str:
        answer = client.call("PUT", seed.ARM_HOST, address, json={"properties": {"isArchived": archived}})
        assert answer.json()["properties"] == {"isArchived": archived, "latestVersion": "1"}
        return team.command(RUI, f"envs {ours}")

    while_archived = listed(archived=True)
    shown = team.command(RUI, f"env {ours}")
    taken_back = listed(archived=False)
    client.session.close()

    assert "There are no environments with" in while_archived
    assert "pandas" in shown
    assert f"`{ours}` version 1" in taken_back


def test_an_image_built_by_a_team_is_shown_with_its_secrets_masked_and_its_versions_are_compared(team: Team) -> None:
    ours = name()
    python = {"userManagedDependencies": True, "interpreterPath": "python"}
    for base, mode in (("3.11", "fast"), ("3.12", "safe")):
        dockerfile = f"FROM python:{base}\nENV DB_PASSWORD=hunter22 MODE={mode}\nRUN pip install churn"
        registered(
            team,
            ours,
            python=python,
            Docker={"baseImage": None, "baseDockerfile": dockerfile},
            EnvironmentVariables={"API_KEY": "v4lue-of-it", "MODE": mode},
        )

    shown = team.command(RUI, f"env {ours}:1")
    compared = team.command(RUI, f"env diff {ours}:1 {ours}:2")

    assert "Built from a Dockerfile of its own" in shown
    assert "FROM python:3.11" in shown
    assert "API_KEY=(hidden)" in shown
    assert "DB_PASSWORD=(hidden)" in shown
    assert "MODE=fast" in shown
    assert "Other versions: `2`" in shown
    assert "-FROM python:3.11" in compared
    assert "+FROM python:3.12" in compared
    assert "changed  MODE=fast → MODE=safe" in compared
    assert "Not compared, because their values are hidden: `API_KEY`" in compared
    assert not [word for word in ("hunter22", "v4lue") if word in shown + compared]


def test_an_environment_names_the_runs_that_used_it(team: Team) -> None:
    ours = name()
    team.command(DANA, f"env create {ours} --python {OWN} --pip azureml-core")
    said = team.type(DANA, TEAM_CHANNEL, f"/aml submit train.py --env {ours} -- --epochs 1")
    run_id = team.posted(said, "train.py of project").run_id
    team.until(said.mark, f"run `{run_id}` has ended")

    shown = team.command(RUI, f"env {ours}")

    assert f"`{run_id}` Completed, version `1`, by dana" in shown


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
