"""Packages as people type them: what is one, and what never gets through to an installer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidRequest
from bot.parse import packages


def test_a_comma_parts_packages_but_not_the_bounds_of_a_version() -> None:
    assert packages.pip(("pandas==2.2.3, numpy>=1.26,<2,lightgbm",)) == ("pandas==2.2.3", "numpy>=1.26,<2", "lightgbm")
    assert packages.conda(("numpy=1.26,conda-forge::lightgbm>=4,<5", "scikit-learn")) == (
        "numpy=1.26", "conda-forge::lightgbm>=4,<5", "scikit-learn",
    )  # fmt: skip


@pytest.mark.parametrize(
    "spec",
    [
        "-r requirements.txt",
        "--index-url=https://e.example.com",
        "./ours",
        "/etc/passwd",
        "file:///etc/passwd",
        "git+https://e/x",
        "http://e.example.com/a.whl",
        "https://u:p@e.example.com/a.whl",
        "https://e.example.com/a.whl?sig=x",
        "a b",
        "ours @ file:///x",
        "a; import os",
        "$(id)",
        "`id`",
    ],
)
def test_what_an_installer_could_take_for_something_else_is_refused(spec: str) -> None:
    with pytest.raises(InvalidRequest):
        packages.pip((spec,))
    with pytest.raises(InvalidRequest):
        packages.conda((spec,))


@given(st.text(max_size=60))
def test_nothing_that_passes_is_an_option_or_a_path(text: str) -> None:
    for rule in (packages.pip, packages.conda):
        try:
            found = rule((text,))
        except InvalidRequest:
            continue
        assert not any(each.startswith(("-", ".", "/", "~")) or "\n" in each for each in found)
