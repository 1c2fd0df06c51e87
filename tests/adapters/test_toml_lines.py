"""Where things begin in a TOML document."""

import tomllib
from typing import Any

from bot.adapters.toml_lines import Place, lines_of

DOCUMENT = '''\
# title = "no"
"a.b" = 1
plain.dotted."key" = [1, 2]
text = """
[[not a table]]
x = 1 \\""" still """""
other = \'\'\'
# no comment\'\'\'\'

[[rule]]  # first
list = [
  "a", # ]
  ["b",
   "c"],
]
inline = { x = 1, y = { z = [1,
  2] } }
[[rule.inner]]
k = 1
[[rule]]
date = 1979-05-27T07:32:00Z
  [rule.sub]
  deep = "}"
  [[rule.inner]]
  [[rule.inner]]
  k = 2

[table."quoted \\u00e9"]
v = false
'''


def places(value: Any, here: Place = ()) -> set[Place]:
    """Everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {here}.union(*(places(each, (*here, key)) for key, each in inner))


def test_everything_in_a_document_has_its_line() -> None:
    lines = lines_of(DOCUMENT)

    assert set(lines) == places(tomllib.loads(DOCUMENT))
    wanted: dict[Place, int] = {
        ("a.b",): 2,
        ("plain", "dotted", "key", 1): 3,
        ("text",): 4,
        ("other",): 7,
        ("rule", 0): 10,
        ("rule", 0, "list", 1): 13,
        ("rule", 0, "list", 1, 1): 14,
        ("rule", 0, "inline", "y", "z", 1): 17,
        ("rule", 0, "inner", 0, "k"): 19,
        ("rule", 1): 20,
        ("rule", 1, "sub", "deep"): 23,
        ("rule", 1, "inner", 1, "k"): 26,
        ("table", "quoted é", "v"): 29,
    }
    assert {place: lines[place] for place in wanted} == wanted


def test_line_ends_of_windows_count_once() -> None:
    assert lines_of("a = 1\r\nb = [\r\n  2]\r\n")[("b", 0)] == 3
