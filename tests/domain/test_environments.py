"""What is hidden of an environment, and how two are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.environments import HIDDEN, EnvironmentDetail, difference, pip_name, shown_dockerfile, shown_value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "x"),
        ("DB_PASSWORD", "1"),
        ("AZURE_CLIENT_SECRET", "a"),
        ("GITHUB_TOKEN", "b"),
        ("STORAGE_CONNECTION_STRING", "c"),
        ("MY_PAT", "d"),
        ("BLOB", "https://a.blob.core.windows.net/c/x?sv=1&sig=abc"),
        ("FEED", "https://robot:p4ss@feed.example.com/simple"),
        ("X", "ghp_0123456789abcdefghij"),
        ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"),
        ("X", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="),
        ("X", "AccountName=a;AccountKey=b"),
    ],
)
def test_what_may_be_a_secret_is_hidden(name: str, value: str) -> None:
    assert shown_value(name, value) == HIDDEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXAMPLE_ENV_VAR", "EXAMPLE_VALUE"),
        ("MODE", "fast"),
        ("KEYBOARD", "qwerty"),
        ("MONKEY", "george"),
        ("LD_LIBRARY_PATH", "/opt/miniconda/envs/azureml1/lib:/usr/lib"),
        ("DATA", "data/2026/january/part-00001"),
        ("AUTHOR_COUNT", ""),
        ("FEED", "https://feed.example.com/simple"),
    ],
)
def test_what_is_plain_is_shown(name: str, value: str) -> None:
    assert shown_value(name, value) == value


def test_the_secrets_of_a_dockerfile_are_hidden_and_the_rest_stays() -> None:
    text = 'FROM x\nENV DB_PASSWORD=p4ss MODE=fast\nENV API_KEY p4ss\nARG TOKEN="p4 ss"\nRUN curl https://u:p4ss@h/'

    shown = shown_dockerfile(text)

    assert "p4" not in shown
    assert "FROM x" in shown
    assert "MODE=fast" in shown


def test_environments_are_compared_by_the_names_of_packages() -> None:
    left = EnvironmentDetail("a", "1", curated=False, python="3.10", pip_packages=("Scikit_Learn==1.4", "same", "gone"))
    right = EnvironmentDetail("a", "2", curated=False, python="3.10", pip_packages=("new", "same", "scikit-learn==1.5"))

    diff = difference(left, right)

    assert [(c.before, c.after) for c in diff.pip] == [
        ("gone", ""),
        ("", "new"),
        ("Scikit_Learn==1.4", "scikit-learn==1.5"),
    ]
    assert diff.python is None
    assert not diff.same


def test_hidden_values_are_not_called_equal() -> None:
    left = EnvironmentDetail("a", "1", curated=False, variables=(("TOKEN", HIDDEN), ("A", "1")))
    right = EnvironmentDetail("a", "2", curated=False, variables=(("TOKEN", HIDDEN), ("A", "2")))

    diff = difference(left, right)

    assert diff.not_compared == ("TOKEN",)
    assert [(c.before, c.after) for c in diff.variables] == [("A=1", "A=2")]


def test_a_wheel_is_named_by_its_file() -> None:
    assert pip_name("https://a.blob.core.windows.net/c/Our_Tools-1.0-py3-none-any.whl") == "our-tools"


@given(st.text(), st.text())
def test_no_text_breaks_the_rules(name: str, value: str) -> None:
    assert shown_value(name, value) in {value, HIDDEN}
    shown_dockerfile(f"{name}={value}")
    pip_name(value)
