"""Conda and pip specs, read as pip understands them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from bot.sandbox.azureml import baselayer, seed
from bot.sandbox.azureml.packages import NotBuildable, Wanted, wanted

WHEELS = f"https://{seed.BLOB_HOST}/azureml/Environment/azureml-private-packages"


def read(*dependencies: Any) -> Wanted:
    return wanted({"python": {"condaDependencies": {"dependencies": list(dependencies)}}})


@pytest.mark.parametrize(
    ("spec", "requirement"),
    [
        ("scikit-learn=1.5", "scikit-learn==1.5.*"),
        ("scikit-learn==1.5.2", "scikit-learn==1.5.2"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy >=1.20,<2", "numpy>=1.20,<2"),
        ("pandas 2.2.*", "pandas==2.2.*"),
        ("pandas=2.2.3=py310h5eee18b_0", "pandas==2.2.3.*"),
        ("conda-forge::pandas", "pandas"),
        ("pytorch=2.2", "torch==2.2.*"),
        ("PyYAML", "pyyaml"),
    ],
)
def test_a_conda_spec_becomes_a_requirement_for_pip(spec: str, requirement: str) -> None:
    found = read(spec)

    assert found.requirements == found.conda == (requirement,)
    Requirement(requirement)


@pytest.mark.parametrize("spec", ["pandas=1|2", "pandas[version='>=1']", "_ =", ">=1", "pandas=1;x", "pan das oops !"])
def test_a_conda_spec_that_pip_can_not_install_is_refused_by_name(spec: str) -> None:
    with pytest.raises(NotBuildable) as refused:
        read(spec)

    assert spec in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "takes", "not_"),
    [
        ("python=3.10", (3, 10), (3, 11)),
        ("python=3.10.4", (3, 10), (3, 1)),
        ("python==3.9.18", (3, 9), (3, 10)),
        ("python 3.12.*", (3, 12), (3, 11)),
        ("python>=3.9,<3.12", (3, 11), (3, 12)),
        ("python=3", (3, 8), (2, 7)),
    ],
)
def test_only_the_minor_version_of_a_python_counts(spec: str, takes: tuple[int, int], not_: tuple[int, int]) -> None:
    found = read(spec)

    assert found.takes(takes)
    assert not found.takes(not_)
    assert found.requirements == ()


def test_conda_comes_before_pip_and_the_base_layer_is_not_asked_for_again() -> None:
    found = read("python=3.11", {"pip": ["azureml-defaults", "xgboost==2.1.3", "azureml-core"]}, "pip", "numpy")

    assert found.requirements == ("numpy", "xgboost==2.1.3")
    assert found.conda == ("numpy",)


def test_another_version_of_the_sdk_is_asked_for() -> None:
    assert read({"pip": ["azureml-core==1.60.0", "azureml-defaults==1.60.0"]}).requirements == ("azureml-core==1.60.0",)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"python": None},
        {"python": {"userManagedDependencies": True, "condaDependencies": {"dependencies": ["pandas"]}}},
        {"python": {"condaDependencies": {"dependencies": ["python=3.8.13", {"pip": ["azureml-defaults"]}]}}},
    ],
)
def test_what_adds_nothing_is_the_base_layer_on_any_python(definition: dict[str, Any]) -> None:
    found = wanted(definition)

    assert found.requirements == ()
    assert found.takes((3, 13))


def test_a_dockerfile_and_an_image_of_another_registry_are_told() -> None:
    assert "Dockerfile" in wanted({"docker": {"baseDockerfile": "FROM x"}}).notes[0]
    assert "example.com/own:1" in wanted({"docker": {"baseImage": "example.com/own:1"}}).notes[0]


def test_a_private_wheel_is_a_blob_of_the_workspace() -> None:
    found = read({"pip": [f"{WHEELS}/own-1.0-py3-none-any.whl", f"other @ {WHEELS}/other-1.0-py3-none-any.whl"]})

    assert [name.rpartition("/")[2] for name in found.wheels] == [
        "own-1.0-py3-none-any.whl",
        "other-1.0-py3-none-any.whl",
    ]
    assert found.requirements == ()


@pytest.mark.parametrize(
    "line",
    [
        f"https://{seed.BLOB_HOST}/azureml/ExperimentRun/dcid.a/secret.whl",
        f"{WHEELS}/../../../secret.whl",
        f"{WHEELS}/..%2f..%2fsecret.whl",
        "file:///etc/passwd",
        "x @ file:///etc/passwd",
        "http://example.com/x.whl",
        "./here",
        "/etc/passwd",
        "-e .",
        "--pre",
        "pandas\n--index-url=https://example.com",
        "",
    ],
)
def test_what_reaches_beyond_index_and_workspace_is_refused(line: str) -> None:
    with pytest.raises(NotBuildable):
        read({"pip": [line]})


def test_another_index_is_left_out_and_told() -> None:
    found = read({"pip": ["--extra-index-url https://example.com/simple", "--index-url=https://example.com", "pandas"]})

    assert found.requirements == ("pandas",)
    assert [note.split()[2] for note in found.notes] == ["--extra-index-url", "--index-url"]


@given(st.lists(st.one_of(st.text(max_size=40), st.fixed_dictionaries({"pip": st.lists(st.text(max_size=40))}))))
def test_whatever_is_asked_for_no_option_and_no_path_gets_to_pip(dependencies: list[Any]) -> None:
    try:
        found = read(*dependencies)
    except NotBuildable:
        return

    for requirement in found.requirements:
        assert not requirement.startswith(("-", ".", "/", "file:"))
        assert "\n" not in requirement


@pytest.mark.parametrize(
    ("requirement", "there"),
    [
        ("azureml_core>=1.50", True),
        ("PyYAML", True),
        ("PyYAML<1", False),
        ("requests[socks]", False),
        ("slack-sdk", False),
        ("git+https://example.com/own.git", False),
        ("own @ https://example.com/own-1.0-py3-none-any.whl", False),
    ],
)
def test_the_base_layer_has_the_sdk_with_what_it_needs_and_nothing_of_the_bot(requirement: str, there: bool) -> None:
    assert baselayer.has(requirement) is there
