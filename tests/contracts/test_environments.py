"""What every `ports.Workspace` must do with environments, seen through the port."""

import os

import pytest

from bot.domain.environments import HIDDEN, EnvironmentDraft
from bot.domain.errors import InvalidRequest, NotFound, OutcomeUnknown, Unavailable
from bot.ports import Workspace
from tests.contracts.conftest import Place, Sandbox, Specs, ended, misspelt
from tests.contracts.test_workspace import environment


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"made-{os.urandom(4).hex()}"


def test_an_environment_is_made_with_its_packages_in_numbered_versions(workspace: Workspace, name: str) -> None:
    first = workspace.create_environment(
        EnvironmentDraft(name, python="3.11", conda=("numpy=1.26",), pip=("pandas==2.2.3", "lightgbm>=4,<5"))
    )
    second = workspace.create_environment(EnvironmentDraft(name, pip=("pandas==2.2.2",), base=name))

    assert (first.new, first.detail.version, first.detail.python) == (True, "1", "3.11")
    assert first.detail.conda_packages == ("numpy=1.26",)
    assert {"azureml-defaults", "pandas==2.2.3", "lightgbm>=4,<5"} <= set(first.detail.pip_packages)
    assert (second.new, second.detail.version, second.detail.python) == (True, "2", "3.11")
    assert "pandas==2.2.2" in second.detail.pip_packages
    assert "pandas==2.2.3" not in second.detail.pip_packages
    assert workspace.environment(name) == second.detail
    assert workspace.environment(name, "1") == first.detail
    assert workspace.environment_versions(name) == ("2", "1")


def test_the_same_draft_again_makes_no_second_version(workspace: Workspace, name: str) -> None:
    draft = EnvironmentDraft(name, pip=("pandas==2.2.3",))
    workspace.create_environment(draft)
    workspace.create_environment(EnvironmentDraft(name, pip=("pandas==2.2.2",)))

    again = workspace.create_environment(draft)

    assert (again.new, again.detail.version) == (False, "1")
    assert workspace.environment_versions(name) == ("2", "1")


def test_an_environment_can_start_from_a_curated_one_and_replaces_by_name(
    workspace: Workspace, sandbox: Sandbox, name: str
) -> None:
    made = workspace.create_environment(
        EnvironmentDraft(name, pip=("Scikit_Learn==1.4.0",), conda=("numpy=1.25",), base="AzureML-sklearn-1.5")
    )

    assert made.detail.conda_packages == ("numpy=1.25",)
    assert "Scikit_Learn==1.4.0" in made.detail.pip_packages
    assert "scikit-learn~=1.5.0" not in made.detail.pip_packages
    assert "pandas~=2.2.0" in made.detail.pip_packages
    assert not made.detail.curated


def test_what_an_environment_starts_from_must_be_there(workspace: Workspace, place: Place, name: str) -> None:
    with pytest.raises(NotFound) as refused:
        workspace.create_environment(EnvironmentDraft(name, base=misspelt(place.environment)))
    with pytest.raises(NotFound) as no_wheel:
        workspace.create_environment(EnvironmentDraft(name, wheels=("ours-9.9-py3-none-any.whl",)))

    assert place.environment in refused.value.nearest
    assert no_wheel.value.kind == "wheel"
    with pytest.raises(NotFound):
        workspace.environment(name)


def test_an_image_that_brings_its_python_takes_no_packages(workspace: Workspace, sandbox: Sandbox, name: str) -> None:
    sandbox.fault(path="/environments/ours$", status=200, body=environment({"dependencies": []}, user_managed=True))

    with pytest.raises(InvalidRequest, match="brings its own Python"):
        workspace.create_environment(EnvironmentDraft(name, pip=("pandas",), base="ours"))


def test_a_refused_environment_is_told_in_the_services_words(workspace: Workspace, sandbox: Sandbox, name: str) -> None:
    error = {"error": {"code": "UserError", "message": "The workspace is read-only today.", "details": []}}
    sandbox.fault(method="PUT", path=f"/environments/{name}$", status=400, body=error)

    with pytest.raises(InvalidRequest, match="read-only today"):
        workspace.create_environment(EnvironmentDraft(name, pip=("pandas",)))


def test_a_silent_refusal_to_write_is_unavailable_and_a_lost_answer_is_settled_by_a_look(
    workspace: Workspace, sandbox: Sandbox, name: str
) -> None:
    draft = EnvironmentDraft(name, pip=("pandas",))
    sandbox.fault(method="PUT", path=f"/environments/{name}$", status=403, body={"error": {"code": "Forbidden"}})
    with pytest.raises(Unavailable, match="may not write environments"):
        workspace.create_environment(draft)
    sandbox.calm()
    sandbox.fault(method="PUT", path=f"/environments/{name}$", status=503, body={})
    with pytest.raises(OutcomeUnknown, match="asking again makes no second version"):
        workspace.create_environment(draft)
    sandbox.calm()
    sandbox.fault(method="PUT", path=f"/environments/{name}$", drop_response=True, times=1)

    made = workspace.create_environment(draft)

    assert (made.new, made.detail.version) == (True, "1")


def test_the_runs_that_used_an_environment_are_told_with_its_version(
    workspace: Workspace, specs: Specs, place: Place, name: str
) -> None:
    workspace.create_environment(EnvironmentDraft(name, pip=("tabulate",)))
    spec = specs("fail.py")
    workspace.submit(spec)
    ended(workspace, spec.run_id)

    uses = {use.run.id: use.version for use in workspace.environment_uses(place.environment, 20)}

    assert uses[spec.run_id] == workspace.environment(place.environment).version
    assert workspace.environment_uses(name, 20) == ()


def test_versions_of_what_is_not_there_are_not_found(workspace: Workspace, place: Place) -> None:
    with pytest.raises(NotFound):
        workspace.environment_versions(misspelt(place.environment))
    latest = workspace.environment(place.environment)
    assert workspace.environment_versions(place.environment)[0] == latest.version
    assert HIDDEN not in repr(latest)
