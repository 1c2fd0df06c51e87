"""Which names of an entry's Python blocks are reported."""

import pytest

from bot.authoring import names, snippets
from tests.authoring.code import entry


def found(*blocks: str) -> list[tuple[int, str, str]]:
    """Line, rule and name of each finding."""
    parsed, unparsable = snippets.parsed(entry(*blocks))
    assert unparsable == []
    return [(each.line, each.rule, each.message.split("`")[1]) for each in names.faults("a.md", parsed)]


@pytest.mark.parametrize(
    "blocks",
    [
        ("import os\nprint(os.sep)",),
        ("import os.path\nprint(os.path.sep)",),
        ("import os", "print(os.sep)"),
        ("from a import b as c\nc()",),
        ("from __future__ import annotations\nx = 1",),
        ("from a import *\nanything()",),
        ("import a as a",),
        ("import a  # noqa: F401",),
        ("try:\n    import a\nexcept ImportError as error:\n    raise SystemExit from error\na.b()",),
        ("for x in range(3):\n    print(x)\nprint(x)",),
        ("while True:\n    if 'y' in dir():\n        print(y)\n    y = 1",),
        ("with open('f') as f, open('g') as g:\n    print(f, g)",),
        ("print([x for row in [[1]] for x in row if x])",),
        ("print({k: v for k, v in {}.items()}, {a for a in ()}, (b for b in ()))",),
        ("if (n := 3) > 2:\n    print(n)",),
        ("print([m := i for i in range(3)], m)",),
        ("def f(a, *b, c=1, **d):\n    return a, b, c, d\nprint(f(1))",),
        ("def f():\n    return later()\ndef later():\n    return 1\nf()",),
        ("def f():\n    return later()", "def later():\n    return f()"),
        ("def init():\n    global model\n    model = 1\ndef run():\n    return model\ninit, run",),
        ("def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n    return inner\nouter",),
        ("def f():\n    x = 1\n    return lambda: x\nf",),
        ("def f():\n    x = 1\n    return locals()\nf",),
        ("class A:\n    x = 1\n    y = x\n    def m(self) -> 'A':\n        return A()\nA",),
        ("def f(a: Later) -> Later: ...\nclass Later: ...\nf",),
        ("match [1]:\n    case [a, *rest]:\n        print(a, rest)\n    case {'k': v, **m}:\n        print(v, m)",),
        ("x: int = 1\nx += 1",),
        ("await print(1)",),
        ("__all__ = ['a']\nfrom m import a",),
        ("print(__name__, __file__, __spec__)\ndisplay(1)",),
        ("run = submit = 1",),
        ("x = 1\ndef f():\n    return x\nf()\ndel x",),
        ("a, b = 1, 2",),
        ("def f():\n    a, b = 1, 2\nf",),
        ("for i in range(2):\n    pass",),
        ("from m import a\ndef f(x: 'a') -> None: ...\nf",),
        ("from m import a\ndef f(x: 'List[a]', *y: 'n.List') -> 'Optional[\"a\"]': ...\nf",),
        ("from m import a, List\nx: List['a'] = []",),
        ("from m import a\nOptional = 1\nX = Optional['a']\nY = list['a']",),
        ("from m import a\nimport typing\nx = typing.cast('a', 1)",),
        ("from m import a\nfrom typing import TypeVar\nT = TypeVar('T', bound='a')",),
        ("from typing import Literal\nx: Literal['never', 'two words', '(']",),
        ("def f():\n    from m import a\n    x: 'a' = 1\n    return x\nf",),
        ("from m import a\n__all__ = []\n__all__ += ['a']",),
        ("from m import a, b\n__all__ = []\n__all__.append('a')\n__all__.extend(['b'])",),
        ("from m import a\n__all__: list[str] = ['a']",),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from m import a\nx = 1  # type: a",),
        ("import typing as t\nif t.TYPE_CHECKING:\n    from m import a\ndef f(x: 'a'): ...\nf",),
    ],
)
def test_code_that_can_be_pasted_is_left_alone(blocks: tuple[str, ...]) -> None:
    assert found(*blocks) == []


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (("print(ws)",), [(10, "undefined-name", "ws")]),
        (("x = 1\n\nws.get()\nws.get()",), [(12, "undefined-name", "ws")]),
        (("x = 1", "print(x)\nprint(y)"), [(21, "undefined-name", "y")]),
        (("print(x)", "x = 1"), [(10, "undefined-name", "x")]),
        (("def f():\n    return nothing\nf",), [(11, "undefined-name", "nothing")]),
        (("class A:\n    x = 1\n    def m(self):\n        return x\nA",), [(13, "undefined-name", "x")]),
        (("print([x for x in y])\nprint(x)",), [(10, "undefined-name", "y"), (11, "undefined-name", "x")]),
        (("del gone",), [(10, "undefined-name", "gone")]),
        (("count += 1",), [(10, "undefined-name", "count")]),
        (
            ("@decorator\ndef f(a=default): ...\nf",),
            [(10, "undefined-name", "decorator"), (11, "undefined-name", "default")],
        ),
        (("def f(a: Nowhere): ...\nf",), [(10, "undefined-name", "Nowhere")]),
        (("import os\nimport sys\nprint(sys.path)",), [(10, "unused-name", "os")]),
        (("from a import (\n    b,\n    c,\n)\nb()",), [(12, "unused-name", "c")]),
        (("from m import a\nx = {}\nprint(x['a'], 'a')",), [(10, "unused-name", "a")]),
        (
            ("from m import a\nif dir():\n    from m import b\ndef f(x: 'c'): ...\nf",),
            [(10, "unused-name", "a"), (12, "unused-name", "b")],
        ),
        (("from a import b as c",), [(10, "unused-name", "c")]),
        (("def f():\n    import os\n    x = 1\nf",), [(11, "unused-name", "os"), (12, "unused-name", "x")]),
        (("def f():\n    x = 1\n    def x2():\n        return 2\n    return x2\nf",), [(11, "unused-name", "x")]),
    ],
)
def test_names_that_nothing_defines_or_uses_are_reported(
    blocks: tuple[str, ...], expected: list[tuple[int, str, str]]
) -> None:
    assert found(*blocks) == expected


def test_a_name_used_too_early_is_told_from_one_that_is_missing() -> None:
    parsed, _ = snippets.parsed(entry("print(x)\nx = 1"))

    assert "before the line that defines it" in names.faults("a.md", parsed)[0].message


@pytest.mark.filterwarnings("always")
def test_an_odd_escape_in_quotes_is_no_news(recwarn: pytest.WarningsRecorder) -> None:
    assert found("x: r\"'\\d'\" = 1") == []
    assert recwarn.list == []


def test_a_piece_of_a_file_only_has_to_parse() -> None:
    whole, unparsable = snippets.parsed(entry("# part of train.py\nprint(model)", "# part of train.py\nfor"))

    assert whole == []
    assert [(each.line, each.rule) for each in unparsable] == [(21, "syntax")]


@pytest.mark.parametrize(
    ("block", "line", "says"),
    [
        ("x = 1\nprint 'a'", 11, "Missing parentheses"),
        ("def f(:\n", 10, "invalid syntax"),
        ("import os\n%pip install azureml-core", 11, "only work in notebooks"),
        ("!ls", 10, "only work in notebooks"),
        ("x = '\0'", 10, ""),
        ("(" * 500 + ")" * 500, 10, ""),
    ],
)
def test_a_block_that_does_not_parse_is_reported_on_its_line(block: str, line: int, says: str) -> None:
    _, unparsable = snippets.parsed(entry(block))

    assert [(each.line, each.rule) for each in unparsable] == [(line, "syntax")]
    assert says in unparsable[0].message


def test_blocks_in_other_languages_are_not_looked_at() -> None:
    assert snippets.parsed(entry("ls -l", language="shell")) == ([], [])


def test_an_endless_expression_is_passed_over() -> None:
    parsed, unparsable = snippets.parsed(entry("x = " + "+".join(["1"] * 3000)))

    assert [*names.faults("a.md", parsed), *unparsable] == [] or [each.rule for each in unparsable] == ["syntax"]
