"""Whether a file is the wheel that it says it is."""

import contextlib
import hashlib
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import InvalidRequest
from bot.domain.wheels import check_wheel
from tests.sandbox.azureml.wheels import wheel


def test_a_sound_wheel_is_named_measured_and_hashed(tmp_path: Path) -> None:
    path = wheel(tmp_path, "churn-features", "1.4.2")

    checked = check_wheel(path)

    assert (checked.name, checked.version, checked.file) == ("churn-features", "1.4.2", path.name)
    assert checked.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert checked.size == path.stat().st_size


@pytest.mark.parametrize(
    ("renamed", "told"),
    [
        ("churn_features-1.4.3-py3-none-any.whl", "another thing inside"),
        ("other-1.4.2-py3-none-any.whl", "another thing inside"),
        ("churn.whl", "isn't the name of a wheel"),
        ("churn_features-1.4.2.zip", "isn't the name of a wheel"),
    ],
)
def test_a_renamed_wheel_is_refused(tmp_path: Path, renamed: str, told: str) -> None:
    path = wheel(tmp_path, "churn-features", "1.4.2").rename(tmp_path / renamed)

    with pytest.raises(InvalidRequest, match=told):
        check_wheel(path)


def test_a_bomb_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    path = wheel(tmp_path, "bomb", "1.0")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/zeros", b"\0" * 50_000_000)

    with pytest.raises(InvalidRequest, match="unpacks to far more"):
        check_wheel(path)


@pytest.mark.parametrize("member", ["../evil.py", "/etc/evil", "a/../../evil", "C:\\evil"])
def test_a_file_that_leads_out_is_refused(tmp_path: Path, member: str) -> None:
    path = wheel(tmp_path, "evil", "1.0")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, "x")

    with pytest.raises(InvalidRequest, match="leads out of its folder"):
        check_wheel(path)


@pytest.mark.parametrize("missing", ["METADATA", "WHEEL", "RECORD"])
def test_a_zip_that_is_no_wheel_is_refused(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "ours-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in {"METADATA", "WHEEL", "RECORD"} - {missing}:
            archive.writestr(f"ours-1.0.dist-info/{name}", "Name: ours\nVersion: 1.0\n")

    with pytest.raises(InvalidRequest, match=f"no {missing} in it"):
        check_wheel(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 500), st.binary(max_size=8), st.booleans())
def test_a_damaged_wheel_is_refused_or_sound_and_never_a_crash(
    tmp_path: Path, place: int, noise: bytes, cut: bool
) -> None:
    path = tmp_path / "ours-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("METADATA", "WHEEL", "RECORD"):
            archive.writestr(f"ours-1.0.dist-info/{name}", "Name: ours\nVersion: 1.0\n")
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + noise + (b"" if cut else whole[place + len(noise) :]))

    with contextlib.suppress(InvalidRequest):
        assert check_wheel(path).name == "ours"
