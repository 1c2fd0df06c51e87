"""Run history over REST: queries in every form, and what a script's own token may touch."""

import base64
import json

import pytest

from bot.sandbox.azureml import seed
from tests.sandbox.azureml.conftest import SandboxProcess, Sdk, until

HISTORY = f"/history/v1.0{seed.WORKSPACE_SCOPE}"


@pytest.fixture(scope="session")
def recorded(sandbox: SandboxProcess) -> SandboxProcess:
    """Four runs that report their own state, as interactive ones do: q-1 to q-4."""
    sandbox.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments/queries", json={})
    for number, tags in enumerate(({"team": "a b"}, {"team": 'say "hi"'}, {"empty": ""}, {}), 1):
        path = f"{HISTORY}/experiments/queries/runs/q-{number}"
        parent = "q-1" if number == 4 else None
        change = {"runId": f"q-{number}", "tags": tags, "properties": {"n": str(number)}, "parentRunId": parent}
        assert sandbox.call("PATCH", seed.DATA_HOST, path, json=change).status_code == 200
    event = {"name": "Microsoft.MachineLearning.Run.Completed"}
    sandbox.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/q-2/events", json=event)
    return sandbox


def query(sandbox: SandboxProcess, **body: object) -> tuple[list[str], str | None]:
    answer = sandbox.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs:query", json=body)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return [run["runId"] for run in page["value"]], page["continuationToken"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (None, ["q-1", "q-2", "q-3", "q-4"]),
        ("(Status eq Completed)", ["q-2"]),
        ("(Status ne Completed)", ["q-1", "q-3", "q-4"]),
        ('(Tags/team eq "a b")', ["q-1"]),
        ('(Tags/team eq "say "hi"")', ["q-2"]),
        ("(Tags/empty ne null or Tags/empty eq null)", ["q-3"]),
        ("(Tags/nothing ne null or Tags/nothing eq null)", []),
        ('((Properties/n eq "2") and (ParentRunId eq null))', ["q-2"]),
        ("RunId eq q-1 or RunId eq q-3", ["q-1", "q-3"]),
        ("RunId eq q-1 or RunId eq q-2 and Status eq Completed", ["q-1", "q-2"]),
        ("(RootRunId eq q-1 and RunId ne q-1)", ["q-4"]),
        ("(CreatedUtc ge 2020-01-01 00:00:00+00:00)", ["q-1", "q-2", "q-3", "q-4"]),
        ("(CreatedUtc gt 2999-01-01T00:00:00Z)", []),
        ("(RunType eq azureml.scriptrun or Properties/azureml.runsource eq azureml.scriptrun)", []),
    ],
)
def test_a_filter_finds_the_runs_it_describes(
    recorded: SandboxProcess, condition: str | None, found: list[str]
) -> None:
    assert query(recorded, filter=condition, orderby="CreatedUtc asc")[0] == found


@pytest.mark.parametrize(
    "condition", ["(Status eq", "Status", "Status is Completed", "((Status eq a)", "Shoe eq 1", "("]
)
def test_a_filter_that_can_not_be_read_is_refused(recorded: SandboxProcess, condition: str) -> None:
    path = f"{HISTORY}/experiments/queries/runs:query"

    answer = recorded.call("POST", seed.DATA_HOST, path, json={"filter": condition})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "UserError"


def test_a_long_list_comes_in_pages(recorded: SandboxProcess) -> None:
    first, token = query(recorded, top=3, orderby="CreatedUtc desc")
    second, end = query(recorded, top=3, orderby="CreatedUtc desc", continuationToken=token)

    assert first + second == ["q-4", "q-3", "q-2", "q-1"]
    assert end is None


def test_a_run_is_found_in_every_form_of_its_address(recorded: SandboxProcess) -> None:
    experiment = recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/experiments/queries").json()["experimentId"]
    forms = ("runs/q-1", "experiments/queries/runs/q-1", f"experimentids/{experiment}/runs/q-1")

    found = [recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/{form}").json()["runId"] for form in forms]

    assert found == ["q-1"] * 3
    assert recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/runs/q-9").status_code == 404
    children = recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/q-1/children").json()
    assert "q-4" in [run["runId"] for run in children["value"]]


@pytest.fixture(scope="session")
def run_token(recorded: SandboxProcess) -> str:
    answer = recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/q-1/token")
    return str(answer.json()["token"])


@pytest.mark.parametrize(
    "path", ["runs/q-1", "experiments/queries/runs/q-1/details", "runs/q-4", "experiments/queries"]
)
def test_a_scripts_token_reads_its_own_run_and_its_children(
    recorded: SandboxProcess, run_token: str, path: str
) -> None:
    assert recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/{path}", run_token).status_code == 200


@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("GET", seed.DATA_HOST, f"{HISTORY}/runs/q-2"),
        ("PATCH", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/q-2"),
        ("PATCH", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/made-up"),
        ("GET", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs/q-2/token"),
        ("POST", seed.DATA_HOST, f"{HISTORY}/experiments/queries/runs:query"),
        ("POST", seed.DATA_HOST, f"/metric/v2.0{seed.WORKSPACE_SCOPE}/runs/q-2/batch"),
        ("POST", seed.DATA_HOST, f"/execution/v1.0{seed.WORKSPACE_SCOPE}/experiments/queries/snapshotrun"),
        ("GET", seed.DATA_HOST, f"/artifact/v2.0{seed.WORKSPACE_SCOPE}/artifacts/ExperimentRun/dcid.q-2"),
        ("GET", seed.DATA_HOST, f"/environment/v1.0{seed.WORKSPACE_SCOPE}/environments/demo-env"),
    ],
)
def test_a_scripts_token_touches_nothing_else(
    recorded: SandboxProcess, run_token: str, method: str, host: str, path: str
) -> None:
    answer = recorded.call(method, host, path, run_token, json={})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"runId": "q-1-kid", "parentRunId": "q-1"}, 200),
        ({"runId": "q-4", "tags": {"of": "a child"}}, 200),
        ({"runId": "q-2", "tags": {"of": "a stranger"}}, 403),
        ({"runId": "q-2-kid", "parentRunId": "q-2"}, 403),
        ({"runId": "q-orphan"}, 403),
    ],
)
def test_a_scripts_token_makes_and_changes_runs_under_its_own_only(
    recorded: SandboxProcess, run_token: str, change: dict[str, object], status: int
) -> None:
    path = f"{HISTORY}/experiments/children/batch/runs"
    recorded.call("POST", seed.DATA_HOST, f"{HISTORY}/experiments/children", json={})

    answer = recorded.call("PATCH", seed.DATA_HOST, path, run_token, json={"runs": [change]})

    assert answer.status_code == status


def test_a_scripts_token_is_no_token_for_azure_resource_manager(recorded: SandboxProcess, run_token: str) -> None:
    assert recorded.call("GET", seed.ARM_HOST, "/subscriptions", run_token).status_code == 401


def test_a_scripts_token_with_another_run_written_into_it_is_refused(recorded: SandboxProcess, run_token: str) -> None:
    head, body, signature = run_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"run_id": "q-2"}
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    answer = recorded.call("GET", seed.DATA_HOST, f"{HISTORY}/runs/q-2", f"{head}.{changed}.{signature}")

    assert answer.status_code == 401


def test_the_log_of_a_running_script_can_be_read_while_it_grows(sandbox: SandboxProcess, sdk: Sdk) -> None:
    script = "import time\nprint('first line', flush=True)\ntime.sleep(120)\n"
    run_id = sdk.submit({"train.py": script})

    until(lambda: "first line" in sdk.details(run_id)["logs"].get("user_logs/std_log.txt", ""), "the first line")

    assert sdk.status(run_id) == "Running"
    sdk.cancel(run_id)
    assert sdk.wait(run_id) == "Canceled"
