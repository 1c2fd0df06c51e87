"""Environments: the list, and one in detail."""

from collections.abc import Sequence

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.environments import EnvironmentDetail, EnvironmentName

LISTED = 40
PACKAGES = 60


def environment_list(names: Sequence[EnvironmentName], filter: str = "") -> Message:  # noqa: A002 - the domain's word
    """Environments, the team's own before Microsoft's; `filter` is what the names were filtered by."""
    about = f" with {mrkdwn.code(filter)} in their names" if filter.strip() else ""
    if not names:
        hint = f" {mrkdwn.code('/aml envs')} lists all." if about else ""
        return Layout().text(f"There are no environments{about}.{hint}", keep=True).message()
    own = [name for name in names if not name.curated]
    curated = [name for name in names if name.curated]
    layout = Layout().header("Environments")
    layout.text(f"{len(names)} environment{'s' if len(names) > 1 else ''}{about}.", keep=True)
    shown = 0
    for title, group in (("Your own", own), ("Curated by Microsoft", curated)):
        part = group[: max(0, LISTED - shown)]
        shown += len(part)
        if part:
            layout.text(f"*{title}*\n" + "\n".join(f"• {_named(name.name, name.version)}" for name in part))
    if shown < len(names):
        layout.context(
            f"… and {len(names) - shown} more: add a part of the name, as in {mrkdwn.code('/aml envs sklearn')}"
        )
    return layout.context(f"What is inside one: {mrkdwn.code('/aml env NAME')}").message()


def environment(detail: EnvironmentDetail) -> Message:
    """What is inside an environment."""
    layout = Layout().header(f"Environment {detail.name}")
    origin = "Curated by Microsoft" if detail.curated else "Your own"
    facts = [
        f"Version: {mrkdwn.code(detail.version)}" if detail.version else "Version: not numbered",
        f"Origin: {origin}",
    ]
    if detail.python:
        facts.append(f"Python: {mrkdwn.code(detail.python)}")
    if detail.image:
        facts.append(f"Base image: {mrkdwn.code(detail.image)}")
    if detail.has_dockerfile:
        facts.append("Built from a Dockerfile of its own")
    layout.text("\n".join(facts), keep=True)
    _packages(layout, "Conda packages", detail.conda_packages)
    _packages(layout, "pip packages", detail.pip_packages)
    if not detail.conda_packages and not detail.pip_packages:
        layout.text("No packages are listed: they are part of the base image.")
    if detail.variables:
        _packages(layout, "Environment variables (names only: values can be secrets)", detail.variables)
    return layout.message()


def _packages(layout: Layout, title: str, specs: Sequence[str]) -> None:
    if not specs:
        return
    shown = [mrkdwn.shorten(spec, 200) for spec in specs[:PACKAGES]]
    if len(specs) > PACKAGES:
        shown.append(f"… and {len(specs) - PACKAGES} more")
    layout.text(f"*{title}*").code("\n".join(shown))


def _named(name: str, version: str) -> str:
    return mrkdwn.code(name) + (f" version {mrkdwn.line(version)}" if version else "")
