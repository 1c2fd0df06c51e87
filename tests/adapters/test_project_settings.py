"""Settings of projects that contradict each other are refused by name."""

from pathlib import Path

import pytest

from bot import settings
from bot.domain.errors import ConfigurationError
from tests.adapters.test_faq_settings import REST


def read(folder: Path, lines: str) -> settings.ProjectSettings:
    """The settings of a project with these lines."""
    file = folder / "aml-bot.toml"
    file.write_text(f"{REST}[projects.churn]\n{lines}", encoding="utf-8")
    return settings.load(file).projects["churn"]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("", "either a folder or a Git repository"),
        ('folder = "churn"\ngit = "https://git.example.com/churn.git"', "either a folder or a Git repository"),
        ('git = "--upload-pack=touch x"', "git isn't an address"),
        ('git = "https://dana:hunter2@git.example.com/churn.git"', "use git_token"),
        ('git = "repo"\ngit_ref = "--upload-pack=x"', "git_ref"),
        ('git = "repo"\ngit_folder = "../other"', "git_folder"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, lines: str, named: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(tmp_path, lines)

    assert named in refusal.value.user_message
    assert "projects.churn" in refusal.value.user_message
    assert "hunter2" not in refusal.value.user_message


def test_paths_are_relative_to_the_settings_and_addresses_stay(tmp_path: Path) -> None:
    assert read(tmp_path, 'git = "./churn.git"').git == str(tmp_path / "churn.git")
    assert read(tmp_path, 'git = "git@git.example.com:churn.git"').git == "git@git.example.com:churn.git"
    assert read(tmp_path, 'folder = "churn"').folder == tmp_path / "churn"
