"""The README's generated parts say what the program says. `python -m tests.docs.test_readme` writes them anew."""

import re
from collections.abc import Callable
from pathlib import Path

from bot.domain.commands import ALL
from bot.settings import reference

README = Path(__file__).parents[2] / "README.md"


def commands() -> str:
    """The table of commands."""
    rows = ["| command | what it does | Azure action it needs |", "|---|---|---|"]
    for command in ALL:
        usage = command.usage.replace("|", "\\|")
        needs = (
            f"`{command.action}`" if command.action else ("none, but a linked identity" if command.guarded else "none")
        )
        rows.append(f"| `{usage}` | {command.summary} | {needs} |")
    return "\n".join(rows)


def settings() -> str:
    """The settings file that `aml-bot settings` prints."""
    return f"```toml\n{reference()}```"


GENERATED: dict[str, Callable[[], str]] = {"commands": commands, "settings": settings}


def _part(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


def test_the_readme_explains_every_setting_and_command_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")

    for name, make in GENERATED.items():
        found = _part(name).search(text)
        assert found is not None, name
        assert found[0].strip() == make().strip(), "write it anew: python -m tests.docs.test_readme"


def test_links_within_the_repository_lead_somewhere() -> None:
    for page in (README, README.parent / "faq" / "README.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


if __name__ == "__main__":
    content = README.read_text(encoding="utf-8")
    for part, maker in GENERATED.items():
        written = maker().strip() + "\n"
        content = _part(part).sub(written.replace("\\", r"\\"), content)
    README.write_text(content, encoding="utf-8")
