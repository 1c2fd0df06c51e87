"""Models with the unmodified SDK: from a folder, from a run's outputs, from inside a script."""

import pytest

from bot.sandbox.azureml import seed
from tests.sandbox.azureml.conftest import SandboxProcess, Sdk, SdkError

TRAIN = """
from azureml.core import Run
run = Run.get_context()
with open("outputs/model.txt", "w") as file:
    file.write("weights")
run.upload_file("models/inside.txt", "outputs/model.txt")
print(run.register_model("from-inside", "models/inside.txt").id)
"""


def test_a_folder_becomes_a_model_in_versions_that_are_found_and_downloaded_again(sdk: Sdk) -> None:
    first = sdk.register_model({"weights.txt": "old", "deep/er.txt": "x"}, "folder-model", {"team": "vision"})
    second = sdk.register_model({"weights.txt": "new", "deep/er.txt": "x"}, "folder-model", {"team": "speech"})

    assert (first, second) == ("folder-model:1", "folder-model:2")
    found = sdk.model("folder-model")
    assert (found["id"], found["tags"]) == (second, {"team": "speech"})
    assert found["files"] == {"folder-model/weights.txt": "new", "folder-model/deep/er.txt": "x"}
    assert sdk.models(name="folder-model") == [second, first]
    assert sdk.models(name="folder-model", latest=True) == [second]
    assert sdk.models(tags=[["team", "vision"]]) == [first]
    assert sdk.models(name="folder-model", tags=["no-such"]) == []
    sdk.tag_model("folder-model", {"checked": "yes"})
    assert sdk.model("folder-model")["tags"] == {"team": "speech", "checked": "yes"}


@pytest.mark.usefixtures("roles_kept")
def test_the_version_of_a_deleted_model_is_not_given_out_again(sandbox: SandboxProcess, sdk: Sdk) -> None:
    first = sdk.register_model({"weights.txt": "1"}, "deleted-model", {})
    sdk.register_model({"weights.txt": "2"}, "deleted-model", {})
    grant = {"principal_id": seed.BOT_OBJECT_ID, "role": "AzureML Data Scientist"}
    sandbox.control("POST", "role-assignments", grant)

    sdk.delete_model("deleted-model")

    assert sdk.model("deleted-model")["id"] == first
    assert sdk.register_model({"weights.txt": "3"}, "deleted-model", {}) == "deleted-model:3"


def test_outputs_of_a_run_become_a_model_from_without_and_from_within(sdk: Sdk) -> None:
    run_id = sdk.submit({"train.py": TRAIN}, run_id="makes-models-1")
    assert sdk.wait(run_id) == "Completed"

    assert sdk.register_from_run(run_id, "from-run", "outputs/model.txt") == "from-run:1"

    for name, file in (("from-run", "model.txt"), ("from-inside", "inside.txt")):
        found = sdk.model(name)
        assert (found["id"], found["run"], found["files"]) == (f"{name}:1", run_id, {file: "weights"})
    with pytest.raises(SdkError, match="Could not locate the provided model_path"):
        sdk.register_from_run(run_id, "from-run", "outputs/nothing.txt")


def test_more_models_than_a_page_are_all_listed(sandbox: SandboxProcess, sdk: Sdk) -> None:
    base = f"/modelmanagement/v1.0{seed.WORKSPACE_SCOPE}"
    asset = sandbox.call("POST", seed.DATA_HOST, f"{base}/assets", json={"name": "many", "artifacts": []}).json()["id"]
    token = sandbox.token()
    for _ in range(22):
        model = {"name": "many", "url": f"aml://asset/{asset}"}
        assert sandbox.call("POST", seed.DATA_HOST, f"{base}/models", token, json=model).status_code == 200

    assert sdk.models(name="many", page_count=20) == [f"many:{number}" for number in range(22, 0, -1)]


def test_a_model_that_is_not_there_is_not_found(sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="no-such-model"):
        sdk.model("no-such-model")


def test_a_deployment_is_named_as_missing(sandbox: SandboxProcess) -> None:
    answer = sandbox.call("POST", seed.DATA_HOST, f"/modelmanagement/v1.0{seed.WORKSPACE_SCOPE}/services", json={})

    assert answer.status_code == 501
    assert "/services" in answer.json()["error"]["message"]
