"""What every `ports.Workspace` must do, seen through the port."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Any

import pytest

from bot.domain.environments import HIDDEN
from bot.domain.errors import InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from bot.domain.runs import Metric, RunFilter, RunStatus
from bot.ports import Workspace
from tests.contracts.conftest import PATIENCE, Place, Sandbox, Specs, ended, misspelt, until

SUBMISSION = "/snapshotrun$"


def test_a_submitted_run_completes_with_its_metrics_its_log_and_its_story(
    workspace: Workspace, specs: Specs, place: Place
) -> None:
    spec = specs(arguments=("--epochs", "3", "--name", "two words"))

    submitted = workspace.submit(spec)
    run = ended(workspace, spec.run_id)

    assert submitted.id == run.id == spec.run_id
    assert submitted.submitted_by == "U1"
    assert (run.status, run.experiment, run.compute, run.environment) == (
        RunStatus.COMPLETED, "contracts", place.compute, place.environment,
    )  # fmt: skip
    assert run.error == ""
    assert f"/runs/{spec.run_id}?" in run.portal_url
    assert run.portal_url.startswith(("https://", "http://127.0.0.1:"))  # the sandbox has a page of its own
    assert run.created
    assert run.started
    assert run.ended
    assert run.created.tzinfo == UTC
    assert run.created <= run.started <= run.ended
    assert workspace.metrics(spec.run_id) == (
        Metric("curve/x", (1.0,)),
        Metric("curve/y", (2.5,)),
        Metric("loss", (8.0, 4.0, 2.0)),
        Metric("note", ("fine",)),
    )
    log = workspace.log_tail(spec.run_id, 1000)
    assert "arguments ['--epochs', '3', '--name', 'two words']" in log
    assert workspace.log_tail(spec.run_id, 2) == log[-2:]


def test_submitting_a_run_again_returns_the_one_that_is_there(workspace: Workspace, specs: Specs) -> None:
    spec = specs("wait.py", experiment=f"again-{specs.name}")

    first, second = workspace.submit(spec), workspace.submit(spec)

    assert first.id == second.id == spec.run_id
    assert [run.id for run in workspace.list_runs(5, RunFilter(spec.experiment))] == [spec.run_id]
    workspace.cancel(spec.run_id)


def test_a_failed_run_carries_the_error_of_the_service(workspace: Workspace, specs: Specs) -> None:
    spec = specs("fail.py")

    workspace.submit(spec)
    run = ended(workspace, spec.run_id)

    assert run.status is RunStatus.FAILED
    assert "the data has no column age" in run.error + "\n".join(workspace.log_tail(spec.run_id, 50))
    assert run.error


def test_the_end_of_a_long_log_is_shown_in_whole_lines(workspace: Workspace, specs: Specs) -> None:
    spec = specs("chatty.py")
    workspace.submit(spec)
    ended(workspace, spec.run_id)

    tail = workspace.log_tail(spec.run_id, 5000)

    shown = [line for line in tail if line.startswith("line ")]
    assert shown[-1].startswith("line 19999 ")
    assert len(shown) > 1000
    assert {line[-50:] for line in shown} == {"." * 50}


def test_a_canceled_run_stops_and_canceling_it_again_changes_nothing(workspace: Workspace, specs: Specs) -> None:
    spec = specs("wait.py")
    workspace.submit(spec)
    until(lambda: "waiting" in workspace.log_tail(spec.run_id, 5), PATIENCE)

    asked = workspace.cancel(spec.run_id)
    run = ended(workspace, spec.run_id)

    assert asked.status in {RunStatus.CANCEL_REQUESTED, RunStatus.CANCELED}
    assert run.status is RunStatus.CANCELED
    assert workspace.cancel(spec.run_id).status is RunStatus.CANCELED


def test_a_run_that_does_not_exist_is_none_or_not_found(workspace: Workspace) -> None:
    for run_id in ("aml-nobody", "../../experiments", "a/b", ""):
        assert workspace.find_run(run_id) is None
        for ask in (workspace.metrics, workspace.cancel, lambda name: workspace.log_tail(name, 5)):
            with pytest.raises(NotFound):
                ask(run_id)


def test_the_latest_runs_of_all_experiments_come_newest_first(workspace: Workspace, specs: Specs) -> None:
    older, newer = specs("fail.py", experiment="contracts-a"), specs("fail.py", experiment="contracts-b")
    for spec in (older, newer):
        workspace.submit(spec)

    listed = workspace.list_runs(50)
    latest = [run for run in listed if run.id in {older.run_id, newer.run_id}]

    assert [run.id for run in latest] == [newer.run_id, older.run_id]
    assert [run.experiment for run in latest] == ["contracts-b", "contracts-a"]
    assert {run.submitted_by for run in latest} == {"U1"}
    assert [run.created for run in listed] == sorted((run.created for run in listed), reverse=True)  # type: ignore[type-var]  # listed runs were made
    assert len(workspace.list_runs(1)) == 1
    assert workspace.list_runs(0) == ()


def test_runs_are_listed_by_experiment_status_and_person(workspace: Workspace, specs: Specs) -> None:
    mine = specs("fail.py", experiment=f"of-{specs.name}", tags=(("submitted_by_slack_id", f"T1/{specs.name}"),))
    other = specs("fail.py", experiment=f"of-{specs.name}")
    for spec in (mine, other):
        workspace.submit(spec)
        ended(workspace, spec.run_id)

    def ids(**wanted: Any) -> list[str]:
        return [run.id for run in workspace.list_runs(5, RunFilter(**wanted))]

    assert ids(experiment=f"of-{specs.name}") == [other.run_id, mine.run_id]
    assert ids(experiment=f"of-{specs.name}", status=RunStatus.FAILED) == [other.run_id, mine.run_id]
    assert ids(experiment=f"of-{specs.name}", status=RunStatus.COMPLETED) == []
    assert ids(submitted_by=f"T1/{specs.name}") == [mine.run_id]
    assert ids(experiment="nobody-made-this") == []


def test_tags_that_are_missing_are_put_on_a_run_and_others_stay(workspace: Workspace, specs: Specs) -> None:
    spec = specs("fail.py", tags=(("submitted_by", "Ada"),))
    workspace.submit(spec)

    for _ in range(2):
        workspace.complete_tags(spec.run_id, (("submitted_by", "U1"), ("submitted_by_slack_id", f"T1/{spec.run_id}")))

    (run,) = workspace.list_runs(5, RunFilter(submitted_by=f"T1/{spec.run_id}"))
    assert (run.id, run.submitted_by) == (spec.run_id, "Ada")
    with pytest.raises(NotFound):
        workspace.complete_tags("aml-nobody", (("a", "b"),))


def test_an_unknown_environment_is_named_with_the_nearest_ones(
    workspace: Workspace, specs: Specs, place: Place
) -> None:
    spec = specs(environment=misspelt(place.environment))

    with pytest.raises(NotFound) as refused:
        workspace.submit(spec)

    assert refused.value.kind == "environment"
    assert place.environment in refused.value.nearest
    assert workspace.find_run(spec.run_id) is None
    for name in (spec.environment, "../computes", ""):
        with pytest.raises(NotFound):
            workspace.environment(name)


def test_an_unknown_version_is_answered_with_the_latest_one(workspace: Workspace, place: Place) -> None:
    latest = workspace.environment(place.environment).version

    with pytest.raises(NotFound) as refused:
        workspace.environment(place.environment, "9999")

    assert refused.value.name == f"{place.environment}:9999"
    assert refused.value.nearest == (f"{place.environment}:{latest}",)


def test_an_unknown_compute_target_is_named_with_the_nearest_ones(
    workspace: Workspace, specs: Specs, place: Place
) -> None:
    spec = specs(compute=misspelt(place.compute))

    with pytest.raises(NotFound) as refused:
        workspace.submit(spec)

    assert refused.value.kind == "compute target"
    assert place.compute in refused.value.nearest
    assert workspace.find_run(spec.run_id) is None


def test_environments_and_compute_targets_are_listed_in_order(workspace: Workspace, place: Place) -> None:
    environments = {environment.name: environment for environment in workspace.list_environments()}
    targets = workspace.list_compute_targets()

    assert list(environments) == sorted(environments, key=str.lower)
    assert not environments[place.environment].curated
    assert {each.name.startswith("AzureML-") for each in environments.values() if each.curated} == {True}
    assert list(targets) == sorted(targets)
    assert place.compute in targets


def test_an_environment_shows_its_packages(workspace: Workspace, place: Place) -> None:
    detail = workspace.environment(place.environment)

    assert (detail.name, detail.curated) == (place.environment, False)
    assert detail.python.startswith("3.")
    assert detail.pip_packages + detail.conda_packages
    assert detail.image or detail.dockerfile
    assert workspace.environment(place.environment, detail.version) == detail


@pytest.mark.parametrize(
    "wrong", [{"script": "nowhere.py"}, {"folder": "/nowhere/at/all"}, {"experiment": "not a name"}, {"run_id": "a/b"}]
)
def test_what_can_not_be_submitted_is_refused_and_nothing_runs(
    workspace: Workspace, specs: Specs, wrong: dict[str, Any]
) -> None:
    spec = specs(**wrong)

    with pytest.raises(InvalidRequest) as refused:
        workspace.submit(spec)

    assert len(refused.value.user_message) < 400
    assert workspace.find_run(spec.run_id) is None


def test_an_environment_shows_no_passwords_and_no_values_that_may_be_secrets(
    workspace: Workspace, sandbox: Sandbox
) -> None:
    definition = environment(
        {
            "dependencies": [
                "python=3.11.4",
                "python-dateutil",
                {
                    "pip": [
                        "--extra-index-url https://robot:p4ss@feed.example.com/simple",
                        "ours @ https://robot:p4ss@feed.example.com/ours-1.0-py3-none-any.whl?sv=1&sig=s1gn",
                        "scikit-learn==1.5.0",
                    ]
                },
            ]
        },
        variables={"API_KEY": "v4lue", "MODE": "fast", "FEED": "https://robot:p4ss@feed.example.com"},
    )
    sandbox.fault(path="/environments/", status=200, body=definition)

    detail = workspace.environment("ours")

    assert (detail.python, detail.conda_packages) == ("3.11.4", ("python-dateutil",))
    assert detail.variables == (("API_KEY", HIDDEN), ("FEED", HIDDEN), ("MODE", "fast"))
    assert detail.pip_packages[1:] == ("scikit-learn==1.5.0",)
    assert detail.pip_packages[0].startswith("ours @ https://")
    assert not any(secret in repr(detail) for secret in ("p4ss", "s1gn", "v4lue"))


def test_an_image_that_brings_its_python_has_no_package_lists(workspace: Workspace, sandbox: Sandbox) -> None:
    definition = environment({"dependencies": ["python=3.8.13"]}, user_managed=True)
    definition["docker"] |= {"baseImage": None, "baseDockerfile": "FROM python:3.12\nENV DB_PASSWORD=p4ss"}
    sandbox.fault(path="/environments/", status=200, body=definition)

    detail = workspace.environment("ours")

    assert (detail.python, detail.conda_packages, detail.pip_packages) == ("", (), ())
    assert (detail.image, detail.dockerfile) == ("", f"FROM python:3.12\nENV DB_PASSWORD={HIDDEN}")


def test_environments_that_nobody_registered_are_left_out(workspace: Workspace, sandbox: Sandbox) -> None:
    archived = environment({"dependencies": []}) | {"name": "old", "isArchived": True}
    names = (("ours", "3"), ("CliV2AnonymousEnvironment", "a1b2"), ("Experiment x Environment", "Autosave_2026_a1"))
    found = [environment({"dependencies": []}) | {"name": name, "version": version} for name, version in names]
    sandbox.fault(path="/environments/$", status=200, body={"value": [archived, *found], "continuationToken": None})

    assert [(each.name, each.version) for each in workspace.list_environments()] == [("ours", "3")]


def environment(
    conda: dict[str, Any], *, user_managed: bool = False, variables: dict[str, str] | None = None
) -> dict[str, Any]:
    """An environment's definition as the service sends it."""
    return {
        "name": "ours",
        "version": "1",
        "environmentVariables": variables or {},
        "python": {
            "userManagedDependencies": user_managed,
            "interpreterPath": "python",
            "condaDependenciesFile": None,
            "baseCondaEnvironment": None,
            "condaDependencies": {"name": "project_environment", **conda},
        },
        "docker": {"enabled": True, "baseImage": "ubuntu", "baseDockerfile": None},
        "spark": {"repositories": [], "packages": [], "precachePackages": True},
        "inferencingStackVersion": None,
    }


def test_a_refusal_of_the_service_is_told_in_its_words(workspace: Workspace, sandbox: Sandbox, specs: Specs) -> None:
    error = {"error": {"code": "UserError", "message": "The node count is above the quota.", "details": []}}
    sandbox.fault(method="POST", path=SUBMISSION, status=400, body=error)

    with pytest.raises(InvalidRequest, match=r"The node count is above the quota\."):
        workspace.submit(specs())


def test_what_the_bots_identity_may_not_do_is_told_with_who_can_help(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    error = {"error": {"code": "Forbidden", "message": "vendor words about client 4711", "details": []}}
    sandbox.fault(path="/history/", status=403, body=error)
    sandbox.fault(path="/environments", status=403, body=error)
    sandbox.fault(path="/computes", status=403, body=error)

    asks = (
        lambda: workspace.submit(specs()),
        lambda: workspace.find_run("aml-1"),
        lambda: workspace.list_runs(3),
        workspace.list_environments,
        workspace.list_compute_targets,
        lambda: workspace.environment("demo-env"),
    )
    for ask in asks:
        with pytest.raises(Unavailable) as refused:
            ask()
        assert "administrator" in refused.value.user_message
        assert "4711" not in refused.value.user_message


def test_a_submit_that_is_forbidden_is_not_called_unknown(workspace: Workspace, sandbox: Sandbox, specs: Specs) -> None:
    sandbox.fault(method="POST", path=SUBMISSION, status=403)

    with pytest.raises(Unavailable, match="administrator"):
        workspace.submit(specs())


def test_a_cancel_that_is_refused_is_not_called_done(workspace: Workspace, sandbox: Sandbox, specs: Specs) -> None:
    spec = specs("wait.py")
    workspace.submit(spec)
    sandbox.fault(method="POST", path=f"{spec.run_id}/(cancel|events)", status=403, times=1)
    sandbox.fault(method="POST", path=f"{spec.run_id}/(cancel|events)", drop=True, times=1)

    with pytest.raises(Unavailable, match="administrator"):
        workspace.cancel(spec.run_id)
    with pytest.raises(OutcomeUnknown):
        workspace.cancel(spec.run_id)

    sandbox.calm()
    workspace.cancel(spec.run_id)


def test_a_lost_answer_to_a_submit_is_settled_by_looking(workspace: Workspace, sandbox: Sandbox, specs: Specs) -> None:
    spec = specs("fail.py")
    sandbox.fault(method="POST", path=SUBMISSION, drop_response=True, times=1)

    run = workspace.submit(spec)

    assert run.id == spec.run_id
    assert run.submitted_by == "U1"
    assert len(sandbox.runs(spec.run_id)) == 1


def test_a_submit_that_fails_inside_the_service_is_unknown_until_it_is_looked_up(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs("fail.py")
    sandbox.fault(method="POST", path=SUBMISSION, status=500)

    with pytest.raises(OutcomeUnknown):
        workspace.submit(spec)

    assert workspace.find_run(spec.run_id) is None
    sandbox.calm()
    assert workspace.submit(spec).id == spec.run_id


def test_what_was_done_is_told_although_nothing_more_can_be_read_about_it(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs("wait.py", experiment=f"unread-{specs.name}")
    sandbox.fault(method="GET", path="/experimentids/[^/]+$", status=503)

    submitted = workspace.submit(spec)
    again = workspace.submit(spec)
    canceled = workspace.cancel(spec.run_id)

    assert submitted.id == again.id == canceled.id == spec.run_id
    assert submitted.experiment == again.experiment == spec.experiment
    assert submitted.submitted_by == "U1"
    assert canceled.status in {RunStatus.CANCEL_REQUESTED, RunStatus.CANCELED}
    with pytest.raises(Unavailable):
        workspace.find_run(spec.run_id)


def test_an_accepted_cancel_is_told_although_the_run_can_not_be_read_after_it(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs("wait.py")
    workspace.submit(spec)
    sandbox.hold("POST", f"{spec.run_id}/(cancel|events)", "after")

    with ThreadPoolExecutor(1) as pool:
        canceling = pool.submit(workspace.cancel, spec.run_id)
        until(sandbox.held)
        sandbox.fault(method="GET", path=spec.run_id, status=503)
        sandbox.release()
        canceled = canceling.result(30)

    assert (canceled.id, canceled.experiment) == (spec.run_id, spec.experiment)
    assert canceled.status is RunStatus.CANCEL_REQUESTED


def test_of_very_many_metrics_the_first_fifty_by_name_are_shown(workspace: Workspace, specs: Specs) -> None:
    spec = specs("many.py")
    workspace.submit(spec)
    ended(workspace, spec.run_id)

    assert [metric.name for metric in workspace.metrics(spec.run_id)] == [f"m{number:02}" for number in range(50)]


def test_a_run_whose_tags_were_lost_gets_them_with_the_next_submit(
    workspace: Workspace, sandbox: Sandbox, specs: Specs
) -> None:
    spec = specs("fail.py")
    sandbox.fault(method="PATCH", path=spec.run_id, status=400)
    with pytest.raises(OutcomeUnknown):
        workspace.submit(spec)
    sandbox.calm()

    run = workspace.submit(spec)

    assert run.submitted_by == "U1"
    assert sandbox.runs(spec.run_id)[0]["tags"]["submitted_by"] == "U1"


def test_a_service_that_fails_is_called_unavailable(workspace: Workspace, sandbox: Sandbox) -> None:
    sandbox.fault(path="/computes", status=400, body="<html>not what was expected</html>")
    sandbox.fault(path="/environments", status=200, body="[]")

    for ask in (workspace.list_compute_targets, workspace.list_environments):
        with pytest.raises(Unavailable):
            ask()
