"""The Home tab: who one is, what one may do, one's latest runs."""

from collections.abc import Sequence
from typing import Any

from bot.blocks import errors, mrkdwn, runs
from bot.blocks.help import command_lines
from bot.blocks.layout import Layout, button
from bot.domain import commands
from bot.domain.home import Standing
from bot.domain.runs import Run

REFRESH, SUBMIT = "home_refresh", "home_submit"
_LOOKING = "_Looking …_"


def opening() -> dict[str, Any]:
    """What is shown at once, before anything about the person is known."""
    return _view(_begun().text(_LOOKING), Standing())


def home(standing: Standing, latest: Sequence[Run] | None, why_no_runs: str = "") -> dict[str, Any]:
    """The whole tab. `latest` are the person's runs, newest first, None while they are being looked up; `why_no_runs`
    is a sentence in their place."""
    layout = _begun()
    if standing.principal is None:
        return _view(layout.text(mrkdwn.escape(standing.why) or _LOOKING, keep=True), standing)
    held = ", ".join(mrkdwn.bold(role) for role in standing.roles) or "no role"
    layout.text(f"In Azure you hold {held} at the workspace.", keep=True)
    layout.header("Your latest runs")
    if why_no_runs:
        layout.text(mrkdwn.escape(why_no_runs))
    elif latest is None:
        layout.text(_LOOKING)
    elif not latest:
        layout.text("You haven't submitted a run through me yet.")
    for run in latest or ():
        link = f"\n{mrkdwn.link(run.portal_url, 'Open in Azure Machine Learning studio')}" if run.portal_url else ""
        layout.text(runs.listed(run) + link)
    return _view(layout, standing)


def failed(reference: str) -> dict[str, Any]:
    """A bug of ours, with the reference under which the log has it."""
    return {"type": "home", "blocks": list(errors.bug(reference).blocks)}


def _begun() -> Layout:
    layout = Layout().header("Azure Machine Learning, from Slack")
    return layout.text(
        "Ask me anything about it: write to me under *Messages*, or mention me in a channel that I am in.", keep=True
    )


def _view(layout: Layout, standing: Standing) -> dict[str, Any]:
    may_submit = commands.SUBMIT in standing.commands
    layout.buttons(
        button("Submit a run", SUBMIT, "", style="primary") if may_submit else None,
        button("Refresh", REFRESH, "", says="Look up your runs and roles again"),
    )
    layout.header("What you can do")
    layout.text(command_lines(standing.commands, brief=True))
    layout.context(f"More about one of them: {mrkdwn.code('/aml help COMMAND')}")
    missing = [each.name for each in commands.ALL if each not in standing.commands]
    if missing and standing.principal is not None:
        layout.context(f"Not shown, because you may not use them: {', '.join(missing)}.")
    # Named, so that a press still finds its button when the tab is drawn anew in that moment.
    blocks = [
        {**each, "block_id": "home_deeds"} if each["type"] == "actions" else each for each in layout.message().blocks
    ]
    return {"type": "home", "blocks": blocks}
