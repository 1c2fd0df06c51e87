"""The small checks that Slack's block rules are built of. Each reports under a JSON pointer, in Slack's words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.slack.wire import Json


class Report:
    """What is wrong with a payload, in the order found."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def error(self, text: str, pointer: str) -> None:
        """Add one finding."""
        self.messages.append(f"[ERROR] {text} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Report], None]
"""Looks at a value, at its pointer, and reports what is wrong."""

Rule = Callable[[Json, str, Report], None]
"""Looks at a whole object, for rules that concern several fields."""


def string(maximum: int, minimum: int = 1, pattern: str | None = None) -> Check:
    """A string of so many characters, and of this form."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.error("must be a string", at)
        elif len(value) < minimum:
            report.error(f"must be more than {minimum - 1} characters", at)
        elif len(value) > maximum:
            report.error(f"must be less than {maximum + 1} characters", at)
        elif pattern and not re.fullmatch(pattern, value):
            report.error(f"must match pattern {pattern}", at)

    return check


def integer(low: int, high: int) -> Check:
    """A whole number in [low, high]."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.error("must be an integer", at)
        elif not low <= value <= high:
            report.error(f"must be between {low} and {high}", at)

    return check


def boolean(value: Any, at: str, report: Report) -> None:
    """True or false."""
    if not isinstance(value, bool):
        report.error("must be a boolean", at)


def anything(value: Any, at: str, report: Report) -> None:
    """A field that Slack takes and this sandbox does not look into."""


def choice(*words: str) -> Check:
    """One of these words."""

    def check(value: Any, at: str, report: Report) -> None:
        if value not in words:
            report.error(f"must be one of: {', '.join(words)}", at)

    return check


def url(schemes: Sequence[str] = ("http", "https"), maximum: int = 3000) -> Check:
    """An absolute address with one of these schemes."""
    length = string(maximum)

    def check(value: Any, at: str, report: Report) -> None:
        found = len(report.messages)
        length(value, at, report)
        if len(report.messages) > found:
            return
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes or not (parts.netloc or parts.scheme == "mailto"):
            report.error("must be a valid URL", at)

    return check


def items(check: Check, low: int, high: int) -> Check:
    """An array of so many items."""

    def check_all(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.error("must provide an array", at)
            return
        if len(value) < low:
            report.error(f"no fewer than {low} items allowed", at)
        if len(value) > high:
            report.error(f"no more than {high} items allowed", at)
            return
        for place, item in enumerate(value):
            check(item, f"{at}/{place}", report)

    return check_all


def shape(required: Mapping[str, Check], optional: Mapping[str, Check], *rules: Rule) -> Check:
    """An object with these fields and no others; `type` is looked at by `kind`."""
    known = {**required, **optional}

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.error("must provide an object", at)
            return
        for name in required:
            if value.get(name) is None:
                report.error(f"missing required field: {name}", at)
        for name, field in value.items():
            if name in known:
                if field is not None:
                    known[name](field, f"{at}/{name}", report)
            elif name != "type":
                report.error(f"invalid additional property: {name}", at)
        for rule in rules:
            rule(value, at, report)

    return check


def kind(table: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of these checks holds."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.error("must provide an object", at)
        elif not isinstance(value.get("type"), str):
            report.error("missing required field: type", at)
        elif value["type"] not in table:
            report.error(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            table[value["type"]](value, at, report)

    return check


def only_one_of(*names: str) -> Rule:
    """Exactly one of these fields must be there."""

    def rule(value: Json, at: str, report: Report) -> None:
        given = [name for name in names if value.get(name) is not None]
        if not given:
            report.error(f"missing required field: {names[0]}", at)
        elif len(given) > 1:
            report.error(f"only one of these fields may be given: {', '.join(names)}", at)

    return rule


def unique(field: str, value: Any, at: str, report: Report) -> None:
    """No two of these objects have the same id in `field`."""
    seen: set[str] = set()
    for place, each in enumerate(value if isinstance(value, list) else ()):
        name = each.get(field) if isinstance(each, dict) else None
        if isinstance(name, str) and name:
            if name in seen:
                report.error(f"`{field}` {name} already exists", f"{at}/{place}/{field}")
            seen.add(name)
