"""Environments and private wheels with the unmodified SDK."""

import re

import pytest

from tests.sandbox.azureml.conftest import Sdk, SdkError


def test_curated_and_own_environments_are_listed_and_read(sdk: Sdk) -> None:
    names = sdk.environments()

    assert {"AzureML-sklearn-1.5", "AzureML-pytorch-2.2-cpu", "demo-env"} <= set(names)
    assert "pyyaml>=6" in sdk.packages("demo-env", "1")


def test_registering_a_changed_environment_makes_the_next_version(sdk: Sdk) -> None:
    first = sdk.register("counted", ["pandas==2.2.3"])
    again = sdk.register("counted", ["pandas==2.2.3"])
    changed = sdk.register("counted", ["pandas==2.2.2"])

    assert (first, again, changed) == ("1", "1", "2")
    assert "pandas==2.2.3" in sdk.packages("counted", "1")
    assert "pandas==2.2.2" in sdk.packages("counted")


def test_the_names_of_curated_environments_are_reserved(sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="AzureML"):
        sdk.register("AzureML-mine", ["pandas"])


def test_an_environment_that_nobody_registered_is_kept_with_the_run_that_used_it(sdk: Sdk) -> None:
    for _ in range(2):
        sdk.wait(sdk.submit({"train.py": "pass\n"}))

    assert "unit" in sdk.environments()
    versions = [version for name, version in sdk.listed() if name == "unit"]
    assert len(versions) == 1
    assert re.fullmatch(r"Autosave_[\d-]{10}T[\d:]{8}Z_[0-9a-f]{8}", versions[0])
    assert "azureml-defaults" in sdk.packages("unit", versions[0])


@pytest.mark.parametrize(("name", "version"), [("no-such", None), ("demo-env", "9")])
def test_an_unknown_environment_is_not_found(sdk: Sdk, name: str, version: str | None) -> None:
    with pytest.raises(SdkError, match="404"):
        sdk.packages(name, version)


def test_a_private_wheel_is_uploaded_once(sdk: Sdk) -> None:
    url = sdk.add_wheel(1000, "own-1.0-py3-none-any.whl", exist_ok=False)

    assert url.endswith("/azureml-private-packages/own-1.0-py3-none-any.whl")
    with pytest.raises(SdkError, match="exist"):
        sdk.add_wheel(1000, "own-1.0-py3-none-any.whl", exist_ok=False)
    assert sdk.add_wheel(1000, "own-1.0-py3-none-any.whl", exist_ok=True) == url


@pytest.mark.slow
def test_a_wheel_that_is_uploaded_in_blocks_arrives_whole(sdk: Sdk) -> None:
    url = sdk.add_wheel(70 * 1024 * 1024, "large-1.0-py3-none-any.whl", exist_ok=False)

    assert url.endswith("large-1.0-py3-none-any.whl")
