"""The filter and order expressions of run history queries, read as the SDK writes them.

    ((Status eq Completed) and (Tags/team eq "vision") and (ParentRunId eq null))

A tag or property that a run doesn't have is neither equal nor unequal to anything, null included: that is how the
service makes `(Tags/k ne null or Tags/k eq null)` mean "has the tag k".
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.sandbox.azureml.errors import bad_request

Predicate = Callable[[Mapping[str, Any]], bool]

_FIELDS: Final = {
    name.lower(): name
    for name in (
        "runId", "parentRunId", "rootRunId", "status", "runType", "target", "createdUtc", "startTimeUtc", "endTimeUtc",
        "runNumber", "experimentId", "displayName", "name", "hidden", "description", "dataContainerId", "scriptName",
    )
}  # fmt: skip
_TIMES: Final = {"createdUtc", "startTimeUtc", "endTimeUtc"}
_COMPARISON: Final = re.compile(r"\s*(?P<field>[A-Za-z0-9]+(?:/.+?)?)\s+(?P<op>eq|ne|gt|ge|lt|le)\s+", re.IGNORECASE)
_QUOTED: Final = re.compile(r"""(["'])(?P<text>.*?)\1(?=\s*(?:\)|$|\s(?:and|or)\s))""", re.IGNORECASE | re.DOTALL)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\s()]*")
_WORD: Final = re.compile(r"[^\s()]+")
_JOIN: Final = re.compile(r"\s*(and|or)\b", re.IGNORECASE)
_MAX_DEPTH: Final = 50
_MISSING: Final = object()


def predicate(expression: str | None) -> Predicate:
    """What `expression` says of a run document; everything when there is none.

    Raises:
        ServiceError: 400, the expression can't be read.
    """
    if not expression or not expression.strip():
        return lambda _: True
    parser = _Parser(expression)
    found = parser.alternatives(0)
    if parser.rest().strip():
        raise bad_request(f"The filter can't be read from here: '{parser.rest()[:80]}'.")
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def rest(self) -> str:
        return self._text[self._at :]

    def alternatives(self, depth: int) -> Predicate:
        parts = [self._all(depth)]
        while self._take_join("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else lambda run: any(part(run) for part in parts)

    def _all(self, depth: int) -> Predicate:
        parts = [self._one(depth)]
        while self._take_join("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda run: all(part(run) for part in parts)

    def _take_join(self, word: str) -> bool:
        found = _JOIN.match(self._text, self._at)
        if found and found[1].lower() == word:
            self._at = found.end()
            return True
        return False

    def _one(self, depth: int) -> Predicate:
        if depth > _MAX_DEPTH:
            raise bad_request("The filter is nested too deeply.")
        if self.rest().lstrip().startswith("("):
            self._at = self._text.index("(", self._at) + 1
            inner = self.alternatives(depth + 1)
            if not self.rest().lstrip().startswith(")"):
                raise bad_request("The filter has a parenthesis that isn't closed.")
            self._at = self._text.index(")", self._at) + 1
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        found = _COMPARISON.match(self._text, self._at)
        if not found:
            raise bad_request(f"The filter can't be read from here: '{self.rest()[:80]}'.")
        self._at = found.end()
        field, operator, wanted = found["field"], found["op"].lower(), self._value()
        read = _reader(field)

        def compare(run: Mapping[str, Any]) -> bool:
            value = read(run)
            return value is not _MISSING and _compare(value, operator, wanted)

        return compare

    def _value(self) -> str | None:
        for pattern in (_QUOTED, _MOMENT, _WORD):
            found = pattern.match(self._text, self._at)
            if found:
                self._at = found.end()
                if pattern is _QUOTED:
                    return found["text"]
                return None if found[0] == "null" else found[0]
        raise bad_request("The filter ends where a value is expected.")


def _reader(field: str) -> Callable[[Mapping[str, Any]], Any]:
    head, slash, key = field.partition("/")
    if slash:
        group = {"tags": "tags", "properties": "properties"}.get(head.lower())
        if group is None:
            return lambda _: _MISSING
        return lambda run: run.get(group, {}).get(key, _MISSING)
    name = _FIELDS.get(head.lower())
    if name is None:
        raise bad_request(f"Runs can't be filtered by '{field}'.")
    return lambda run: run.get(name)


def _compare(value: Any, operator: str, wanted: str | None) -> bool:
    if wanted is None or value is None:
        same = value is None and wanted is None
        return same if operator in {"eq", "ge", "le"} else not same and operator == "ne"
    left: Any = str(value)
    right: Any = wanted
    if operator in {"gt", "ge", "lt", "le"} or isinstance(value, bool):
        left, right = _ordered(value, wanted)
    results: dict[str, bool] = {
        "eq": left == right,
        "ne": left != right,
        "gt": left > right,
        "ge": left >= right,
        "lt": left < right,
        "le": left <= right,
    }
    return results[operator]


def _ordered(value: Any, wanted: str) -> tuple[Any, Any]:
    """Both sides as moments or numbers where they are that, as text otherwise."""
    if isinstance(value, bool):
        return str(value).lower(), wanted.lower()
    try:
        return moment(str(value)), moment(wanted)
    except ValueError:
        pass
    try:
        return float(value), float(wanted)
    except ValueError:
        return str(value), wanted


def moment(text: str) -> datetime:
    """A moment in time; one without a zone is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def ordering(expression: str | None) -> tuple[str, bool]:
    """The (field, descending) of an order expression; newest created first when there is none."""
    if not expression:
        return "createdUtc", True
    words = expression.split(",")[0].split()
    name = _FIELDS.get(words[0].lower()) if words else None
    if name is None:
        raise bad_request(f"Runs can't be ordered by '{expression}'.")
    return name, len(words) > 1 and words[1].lower() == "desc"
