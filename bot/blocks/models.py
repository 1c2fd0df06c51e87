"""Models: the list, one in detail, and one that was registered."""

from collections.abc import Sequence

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.models import Model, ModelList

VERSIONS = 10
_DEPLOY = "/aml ask How do I deploy a registered model to ACI?"


def model_list(found: ModelList) -> Message:
    """The latest version of each model, newest first."""
    about = f" with {mrkdwn.code(found.filter)} in their names" if found.filter.strip() else ""
    if not found.models:
        return Layout().text(f"There are no models{about}.", keep=True).message()
    layout = Layout().header("Models")
    layout.text(f"{found.total} model{'s' if found.total > 1 else ''}{about}, the newest first.", keep=True)
    layout.text("\n".join(f"• {_line(model)}" for model in found.models))
    if found.total > len(found.models):
        layout.context(f"… and {found.total - len(found.models)} more: add a part of the name.")
    return layout.context(f"More of one: {mrkdwn.code('/aml model NAME')}").message()


def model(shown: Model, versions: Sequence[Model]) -> Message:
    """One version of a model, and which others there are."""
    layout = Layout().header(f"Model {shown.name}")
    facts = [f"Version: {mrkdwn.code(shown.version)}"]
    others = [each.version for each in versions if each.version != shown.version]
    if others:
        more = f" and {len(others) - VERSIONS} more" if len(others) > VERSIONS else ""
        facts.append(f"Other versions: {', '.join(mrkdwn.code(each) for each in others[:VERSIONS])}{more}")
    layout.text("\n".join([*facts, *_origin(shown)]), keep=True)
    if shown.description:
        layout.text(mrkdwn.quote(shown.description))
    return layout.context(_deploying(shown)).message()


def model_registered(made: Model) -> Message:
    """A model that somebody registered."""
    layout = Layout().header(f"Model {made.name}")
    layout.text(f"It is registered as version {mrkdwn.code(made.version)}.", keep=True)
    layout.text("\n".join(_origin(made)), keep=True)
    return layout.context(_deploying(made)).message()


def _deploying(model: Model) -> str:
    code = mrkdwn.code(f"/aml model snippet {model.name}:{model.version}")
    return f"I don't deploy models. The code to begin with: {code}. How you do: {mrkdwn.code(_DEPLOY)}"


def _line(model: Model) -> str:
    run = f", from run {mrkdwn.code(model.run_id)}" if model.run_id else ""
    return f"{mrkdwn.code(model.name)} version {mrkdwn.line(model.version)}{run}"


def _origin(model: Model) -> list[str]:
    facts = []
    if model.created:
        facts.append(f"Registered: {mrkdwn.moment(model.created)}")
    if model.registered_by:
        facts.append(f"By: {mrkdwn.line(model.registered_by)}")
    if model.run_id:
        facts.append(f"From run: {mrkdwn.code(model.run_id)}")
    if model.experiment:
        facts.append(f"Experiment: {mrkdwn.code(model.experiment)}")
    if model.framework:
        facts.append(f"Framework: {mrkdwn.line(model.framework)}")
    return facts
