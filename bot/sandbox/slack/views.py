"""Modals and Home tabs: who has which open, in which state."""

import secrets
import time

from bot.sandbox.slack import seed, validate
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.forms import state_of
from bot.sandbox.slack.outgoing import with_ids
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.wire import Json, SlackError
from bot.sandbox.slack.world import new_id

STACK = 3
_GIVEN = (
    "title",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
)


class Views:
    """The stack of open modals of each person (the last is on top), and each person's Home tab."""

    def __init__(self, changes: Changes, triggers: Triggers) -> None:
        self._changes = changes
        self._triggers = triggers
        self.stacks: dict[str, list[Json]] = {}
        self.homes: dict[str, Json] = {}

    def find(self, view_id: str) -> tuple[str, Json]:
        """The person who has this view open, and the view, by id or external id.

        Raises:
            SlackError: `not_found`.
        """
        for user, stack in self.stacks.items():
            for view in stack:
                if view_id and view_id in (view["id"], view["external_id"]):
                    return user, view
        for user, view in self.homes.items():
            if view_id and view_id in (view["id"], view["external_id"]):
                return user, view
        raise SlackError("not_found")

    def open(self, trigger_id: str, definition: Json) -> Json:
        """Show a person a first modal; one that is already open gives way to it."""
        checked = self._modal(definition)
        user = self._triggers.use(trigger_id)
        self.close_all(user)
        return self._show(user, checked)

    def push(self, trigger_id: str, definition: Json) -> Json:
        """Put a modal on top of the open one."""
        checked = self._modal(definition)
        return self.push_for(self._triggers.use(trigger_id), checked)

    def push_for(self, user: str, definition: Json) -> Json:
        """Put a checked modal on top of this person's."""
        stack = self.stacks.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        return self._show(user, definition)

    def update(self, view_id: str, definition: Json, expected_hash: str = "") -> Json:
        """Replace what an open view shows; what was filled in stays where block and action keep their ids."""
        checked = validate.view(definition)
        user, view = self.find(view_id)
        if expected_hash and expected_hash != view["hash"]:
            raise SlackError("hash_conflict")
        if checked["type"] != view["type"]:
            raise SlackError("invalid_arguments", ["[ERROR] a view cannot change its type [json-pointer:/view/type]"])
        made = self._made(checked, view["id"])
        made["state"] = {"values": state_of(made["blocks"], view["state"]["values"])}
        made |= {name: view[name] for name in ("root_view_id", "previous_view_id")}
        view.clear()
        view.update(made)
        self._changes.add("view_updated", [user], view=view)
        return view

    def publish(self, user: str, definition: Json, expected_hash: str = "") -> Json:
        """Set a person's Home tab."""
        checked = validate.view(definition)
        if checked["type"] != "home":
            raise SlackError("invalid_arguments", ["[ERROR] must be a home view [json-pointer:/view/type]"])
        before = self.homes.get(user)
        if expected_hash and before is not None and expected_hash != before["hash"]:
            raise SlackError("hash_conflict")
        view = self.homes[user] = self._made(checked, before["id"] if before else new_id("V"))
        self._changes.add("view_updated" if before else "view_opened", [user], view=view)
        return view

    def close(self, user: str, view_id: str) -> list[Json]:
        """Take one modal away; what lay on top of it goes with it. Returns those closed, the top one first."""
        stack = self.stacks.get(user, [])
        place = next(place for place, view in enumerate(stack) if view["id"] == view_id)
        closed = stack[place:][::-1]
        del stack[place:]
        for view in closed:
            self._changes.add("view_closed", [user], view=view)
        return closed

    def close_all(self, user: str) -> list[Json]:
        """Take all modals of a person away, the top one first."""
        stack = self.stacks.get(user)
        return self.close(user, stack[0]["id"]) if stack else []

    def _modal(self, definition: Json) -> Json:
        checked = validate.view(definition)
        if checked["type"] != "modal":
            raise SlackError("invalid_arguments", ["[ERROR] must be a modal view [json-pointer:/view/type]"])
        external = checked.get("external_id")
        if external and any(view["external_id"] == external for stack in self.stacks.values() for view in stack):
            raise SlackError("duplicate_external_id")
        return checked

    def _show(self, user: str, definition: Json) -> Json:
        view = self._made(definition, new_id("V"))
        stack = self.stacks.setdefault(user, [])
        view["root_view_id"] = stack[0]["id"] if stack else view["id"]
        view["previous_view_id"] = stack[-1]["id"] if stack else None
        stack.append(view)
        self._changes.add("view_opened", [user], view=view)
        return view

    @staticmethod
    def _made(definition: Json, view_id: str) -> Json:
        blocks = with_ids(definition["blocks"])
        view: Json = {name: definition.get(name) for name in _GIVEN}
        for name in ("private_metadata", "callback_id", "external_id"):
            view[name] = view[name] or ""
        for name in ("clear_on_close", "notify_on_close"):
            view[name] = bool(view[name])
        return view | {
            "id": view_id,
            "type": definition["type"],
            "team_id": seed.TEAM_ID,
            "blocks": blocks,
            "state": {"values": state_of(blocks)},
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
            "root_view_id": view_id,
            "previous_view_id": None,
            "app_id": seed.APP_ID,
            "app_installed_team_id": seed.TEAM_ID,
            "bot_id": seed.BOT_ID,
        }
