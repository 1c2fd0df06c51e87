"""Modals and Home tabs."""

from bot.sandbox.slack.methods.registry import Method
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError


def open_(sandbox: Sandbox, args: Args) -> Json:
    """Show a modal to the person whose trigger it is."""
    return {"view": sandbox.views.open(args.text("trigger_id"), args.structure("view"))}


def push(sandbox: Sandbox, args: Args) -> Json:
    """Put a modal on top of the one that the trigger came from."""
    return {"view": sandbox.views.push(args.text("trigger_id"), args.structure("view"))}


def update(sandbox: Sandbox, args: Args) -> Json:
    """Replace what an open view shows."""
    name = args.text("view_id") or args.text("external_id")
    if not name:
        raise SlackError("invalid_arguments", ["[ERROR] missing required field: view_id"])
    return {"view": sandbox.views.update(name, args.structure("view"), args.text("hash"))}


def publish(sandbox: Sandbox, args: Args) -> Json:
    """Set a person's Home tab."""
    person = sandbox.world.people.get(args.text("user_id"))
    if person is None:
        raise SlackError("user_not_found")
    return {"view": sandbox.views.publish(person.id, args.structure("view"), args.text("hash"))}


METHODS = {
    "views.open": Method(open_, ("trigger_id", "view")),
    "views.push": Method(push, ("trigger_id", "view")),
    "views.update": Method(update, ("view",)),
    "views.publish": Method(publish, ("user_id", "view")),
}
