"""Settings of the FAQ that contradict each other, or could be misread, are refused by name."""

from pathlib import Path

import pytest

from bot import settings
from bot.domain.errors import ConfigurationError

REST = """
state = "state"
policy = "policy.toml"
[slack]
bot_token = "xoxb-1"
[azure]
subscription_id = "00000000-0000-0000-0000-000000000001"
resource_group = "group"
workspace = "workspace"
sign_in = "managed_identity"
[faq]
"""


def read(folder: Path, lines: str) -> settings.FaqSettings:
    """The FAQ settings of a file with these lines."""
    file = folder / "aml-bot.toml"
    file.write_text(REST + lines, encoding="utf-8")
    return settings.load(file).faq


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('folder = "faq"\ngit = "https://git.example.com/faq.git"', "faq.folder and faq.git"),
        ('git = "--upload-pack=touch x"', "faq.git isn't an address"),
        ('git = "https://dana:hunter2@git.example.com/faq.git"', "use faq.git_token"),
        ('git = "git@git.example.com:faq.git"\ngit_token = "t0ken"', "https://"),
        ('git = "repo"\ngit_ref = "--upload-pack=x"', "faq.git_ref"),
        ('git = "repo"\ngit_ref = "main:refs/heads/other"', "faq.git_ref"),
        ('git = "repo"\ngit_ref = "a..b"', "faq.git_ref"),
        ('git = "repo"\ngit_ref = ""', "faq.git_ref"),
        ('git = "repo"\ngit_folder = "../other"', "faq.git_folder"),
        ('source_url = "https://git.example.com/blob/{commit}"', "{commit}"),
        ("reload_interval = -1", "faq.reload_interval"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, lines: str, named: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(tmp_path, lines)

    assert named in refusal.value.user_message
    assert "hunter2" not in refusal.value.user_message


@pytest.mark.parametrize("git", ["https://git.example.com/faq.git", "git@git.example.com:faq.git", "/srv/git/faq"])
def test_an_address_is_taken_as_it_is(tmp_path: Path, git: str) -> None:
    assert read(tmp_path, f'git = "{git}"').git == git


def test_a_relative_path_is_relative_to_the_settings(tmp_path: Path) -> None:
    found = read(tmp_path, 'git = "./faq-repository"\nsemantic_model = "model"')

    assert found.git == str(tmp_path / "faq-repository")
    assert found.semantic_model == tmp_path / "model"
