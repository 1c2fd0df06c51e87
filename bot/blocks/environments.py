"""Environments: the list, one in detail, the difference of two, and a new one."""

from collections.abc import Sequence

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout, button, json_value
from bot.blocks.message import Message
from bot.domain.environments import (
    HIDDEN,
    Change,
    EnvironmentDetail,
    EnvironmentDiff,
    EnvironmentPage,
    EnvironmentUse,
    EnvironmentView,
    MadeEnvironment,
)

PACKAGES = 60
USES = 5
_STANDARD_IMAGE = "mcr.microsoft.com/azureml/"


def environment_list(page: EnvironmentPage) -> Message:
    """A page of environments, the team's own before Microsoft's, with a button that shows the next one."""
    about = f" with {mrkdwn.code(page.filter)} in their names" if page.filter.strip() else ""
    if not page.names:
        hint = f" {mrkdwn.code('/aml envs')} lists all." if about else ""
        more = "no more" if page.start else "no"
        return Layout().text(f"There are {more} environments{about}.{hint}", keep=True).message()
    layout = Layout().header("Environments")
    end = page.start + len(page.names)
    part = f", {page.start + 1} to {end} of them here" if len(page.names) < page.total else ""
    layout.text(f"{page.total} environment{'s' if page.total > 1 else ''}{about}{part}.", keep=True)
    for title, group in (
        ("Your own", [name for name in page.names if not name.curated]),
        ("Curated by Microsoft", [name for name in page.names if name.curated]),
    ):
        if group:
            layout.text(f"*{title}*\n" + "\n".join(f"• {_named(name.name, name.version)}" for name in group))
    if end < page.total:
        value = json_value(filter=page.filter, start=str(end))
        layout.buttons(button("More", "more_environments", value, says="More environments"))
    return layout.context(f"What is inside one: {mrkdwn.code('/aml env NAME')}").message()


def environment(view: EnvironmentView) -> Message:
    """What is inside an environment, its versions, and the runs that used it."""
    detail = view.detail
    layout = Layout().header(f"Environment {detail.name}")
    _content(layout, detail, _versions(view))
    _uses(layout, view.uses)
    if detail.image.startswith(_STANDARD_IMAGE) and not detail.dockerfile:
        question = mrkdwn.code("/aml ask What is inside the standard Docker image?")
        layout.context(f"The base image is one of Microsoft's: {question} tells what it brings.")
    return layout.message()


def environment_difference(diff: EnvironmentDiff) -> Message:
    """What the second environment has in place of the first."""
    left, right = (f"{each.name}:{each.version}" for each in (diff.left, diff.right))
    layout = Layout().header("Environments compared")
    layout.text(f"From {mrkdwn.code(left)} to {mrkdwn.code(right)}", keep=True)
    if diff.same:
        layout.text("There is no difference in Python, packages, image and variables.")
    for title, change in (("Python", diff.python), ("Base image", diff.image)):
        if change is not None:
            before, after = mrkdwn.code(change.before) or "none", mrkdwn.code(change.after) or "none"
            layout.text(f"*{title}*: {before} becomes {after}")
    _changes(layout, "Conda packages", diff.conda)
    _changes(layout, "pip packages", diff.pip)
    _changes(layout, "Variables", diff.variables)
    if diff.dockerfile:
        layout.text("*Dockerfile*").code("\n".join(mrkdwn.shorten(line, 300) for line in diff.dockerfile[:PACKAGES]))
    if diff.not_compared:
        names = ", ".join(mrkdwn.code(name) for name in diff.not_compared[:10])
        layout.context(f"Not compared, because their values are hidden: {names}")
    return layout.message()


def environment_made(made: MadeEnvironment) -> Message:
    """An environment that somebody asked for."""
    detail = made.detail
    reference = f"{detail.name}:{detail.version}" if detail.version else detail.name
    layout = Layout().header(f"Environment {detail.name}")
    if made.new:
        layout.text(f"I made version {mrkdwn.code(detail.version)}.", keep=True)
    else:
        layout.text(f"Version {mrkdwn.code(detail.version)} has this content already, so I made no new one.", keep=True)
    _content(layout, detail, [])
    return layout.context(
        f"Use it with {mrkdwn.code(f'--env {reference}')}. Azure ML builds the image when a run needs it for the first "
        "time; a package that can't be had shows then."
    ).message()


def _content(layout: Layout, detail: EnvironmentDetail, more: Sequence[str]) -> None:
    facts = [
        f"Version: {mrkdwn.code(detail.version)}" if detail.version else "Version: not numbered",
        *more,
        f"Origin: {'Curated by Microsoft' if detail.curated else 'Your own'}",
    ]
    if detail.python:
        facts.append(f"Python: {mrkdwn.code(detail.python)}")
    if detail.image:
        facts.append(f"Base image: {mrkdwn.code(detail.image)}")
    if detail.dockerfile:
        facts.append("Built from a Dockerfile of its own")
    layout.text("\n".join(facts), keep=True)
    _packages(layout, "Conda packages", detail.conda_packages)
    _packages(layout, "pip packages", detail.pip_packages)
    if not detail.conda_packages and not detail.pip_packages:
        layout.text("No packages are listed: they are part of the base image.")
    if detail.dockerfile:
        layout.text("*Dockerfile*").code(detail.dockerfile)
    if detail.variables:
        hidden = " (values that may be secrets are hidden)" if any(v == HIDDEN for _, v in detail.variables) else ""
        _packages(layout, f"Environment variables{hidden}", [f"{name}={value}" for name, value in detail.variables])


def _versions(view: EnvironmentView) -> list[str]:
    others = [version for version in view.versions if version != view.detail.version]
    if not others:
        return []
    shown = ", ".join(mrkdwn.code(version) for version in others)
    return [f"Other versions: {shown}"]


def _uses(layout: Layout, uses: Sequence[EnvironmentUse] | None) -> None:
    if uses is None:
        return
    if not uses:
        layout.text("None of the workspace's latest runs used it.")
        return
    shown = [
        f"• {mrkdwn.code(use.run.id)} {mrkdwn.line(use.run.status.value)}"
        + (f", version {mrkdwn.code(use.version)}" if use.version else "")
        + (f", by {mrkdwn.line(use.run.submitted_by)}" if use.run.submitted_by else "")
        for use in uses[:USES]
    ]
    if len(uses) > USES:
        shown.append(f"… and {len(uses) - USES} more")
    layout.text("*Latest runs that used it*\n" + "\n".join(shown))


def _changes(layout: Layout, title: str, changes: Sequence[Change]) -> None:
    if not changes:
        return
    lines = []
    for change in changes[:PACKAGES]:
        before, after = mrkdwn.shorten(change.before, 200), mrkdwn.shorten(change.after, 200)
        lines.append(
            f"added    {after}" if not before else f"removed  {before}" if not after else f"changed  {before} → {after}"
        )
    if len(changes) > PACKAGES:
        lines.append(f"… and {len(changes) - PACKAGES} more")
    layout.text(f"*{title}*").code("\n".join(lines))


def _packages(layout: Layout, title: str, specs: Sequence[str]) -> None:
    if not specs:
        return
    shown = [mrkdwn.shorten(spec, 200) for spec in specs[:PACKAGES]]
    if len(specs) > PACKAGES:
        shown.append(f"… and {len(specs) - PACKAGES} more")
    layout.text(f"*{title}*").code("\n".join(shown))


def _named(name: str, version: str) -> str:
    return mrkdwn.code(name) + (f" version {mrkdwn.line(version)}" if version else "")
