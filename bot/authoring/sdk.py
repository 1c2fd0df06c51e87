"""The installed Azure ML SDK, asked whether it has what a piece of code uses.

Modules, classes and functions are imported and inspected; what a call returns is read from its docstring (`:rtype:`),
what an object has from what its class's methods assign to `self`. Where that leaves doubt, nothing is said.
"""

import ast
import importlib
import importlib.metadata
import inspect
import logging
import re
import sys
import textwrap
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from rapidfuzz import fuzz, process

Found = TypeVar("Found")

PACKAGE = "azureml"
_RETURN_TYPE = re.compile(r":rtype:\s*(.+)")
_DOTTED = re.compile(rf"[`~]*(?:class:[`~]*)?({PACKAGE}(?:\.\w+)+)`*")
_DOCUMENTED = re.compile(r":(?:param|keyword)\s+(?:[\w.]+\s+)?(\w+):")
_WORD = re.compile(r"\w+")
_CLOSE, _SIMILAR = 85, 65  # of 100, letter by letter: a slip of the pen; another word for the same


@dataclass(frozen=True, slots=True)
class Thing:
    """Something of the SDK: a module, class or function, or (`instance`) an object of the class `value` or of one
    below it. `bound` says that a function's first argument is given already; `others` are what a function may be as
    well, since its object may be of several classes."""

    value: Any
    instance: bool = False
    bound: bool = False
    others: tuple["Thing", ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the SDK doesn't have: the rule, and a sentence about it."""

    rule: str
    message: str


@cache
def module(name: str) -> Thing | Missing:
    """A module below `azureml`, which is imported."""
    try:
        with _quietly():
            return Thing(importlib.import_module(name))
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(PACKAGE):
            return Missing("sdk-missing", f"`{name}` can't be imported here: it needs `{error.name}`.")
        return Missing(
            "sdk-missing",
            f"`{name}` isn't part of the installed SDK ({version()}). Name what replaced it, or install the package "
            "that has it where the FAQ is checked.",
        )
    except Exception as error:  # noqa: BLE001  # whatever a module does while it is imported
        return Missing("sdk-missing", f"`{name}` can't be imported here ({type(error).__name__}).")


@cache
def version() -> str:
    """The installed SDK, such as `azureml-core 1.61.0`."""
    try:
        return f"azureml-core {importlib.metadata.version('azureml-core')}"
    except importlib.metadata.PackageNotFoundError:
        return "none"


@cache
def member(owner: Thing, name: str) -> Thing | Missing | None:
    """What `owner.name` is; None when that can't be told."""
    if isinstance(owner.value, ModuleType):
        return _of_module(owner.value, name)
    if not inspect.isclass(owner.value):
        return None
    kind: type = owner.value
    possible = [kind, *_subclasses(kind)] if owner.instance else [kind]
    if owner.instance and name in _attributes(kind):
        made = _only({_attributes(each).get(name) for each in possible})
        return Thing(made, instance=True) if made else None
    if holders := [each for each in possible if hasattr(each, name)]:
        return _one_of([_of_class(each, name, instance=owner.instance) for each in holders])
    if owner.instance and _may_have(kind, possible, name):
        return None
    known = [each for each in (*dir(kind), *(_attributes(kind) if owner.instance else ())) if each[0] != "_"]
    return _missing("sdk-name", kind.__name__, name, known)


def _may_have(kind: type, possible: Iterable[type], name: str) -> bool:
    """Whether an object may have a name that none of its classes has."""
    if "__new__" in vars(kind):
        return True  # who makes a `Datastore` gets an `AzureBlobDatastore`, which isn't below it
    return any(_is_open(each) or name in _attributes(each) for each in possible)


def call(function: Thing, node: ast.Call) -> tuple[Thing | None, list[Missing]]:
    """What a call returns, if that is known, and what the SDK won't take of its arguments."""
    if function.instance or isinstance(function.value, ModuleType):
        return None, []
    possible = (function, *function.others)
    tried = [[_refused(each.value.__qualname__, way, node) for way in _ways(each)] for each in possible]
    missing = min((refused for each in tried for refused in each), key=len) if all(tried) else []
    if inspect.isclass(function.value):
        return Thing(function.value, instance=True), missing
    return _only({made for each in possible if (made := _returned(each.value))}), missing


def _of_module(owner: ModuleType, name: str) -> Thing | Missing | None:
    with _quietly():
        found = getattr(owner, name, None)
    if found is not None:
        return _thing(found)
    if hasattr(owner, name):
        return None
    submodule = module(f"{owner.__name__}.{name}")
    if isinstance(submodule, Thing):
        return submodule
    return _missing("sdk-name", owner.__name__, name, [each for each in dir(owner) if each[0] != "_"])


def _thing(found: Any) -> Thing | None:
    known = isinstance(found, ModuleType) or inspect.isclass(found) or inspect.isroutine(found)
    ours = (found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None) or "").startswith(
        PACKAGE
    )
    return Thing(found) if known and ours else None


def _of_class(owner: type, name: str, *, instance: bool) -> Thing | None:
    static = inspect.getattr_static(owner, name)
    if isinstance(static, property):
        return _returned(static.fget) if instance and static.fget else None
    found = getattr(owner, name)
    if not inspect.isroutine(found):
        return _thing(found)
    return Thing(found, bound=instance and not isinstance(static, staticmethod | classmethod))


def _one_of(things: list[Thing | None]) -> Thing | None:
    """What has one name in several classes: one thing, or functions of which any may be meant."""
    first, *others = dict.fromkeys(things)
    if first is None or not others:
        return first
    functions = tuple(each for each in others if each and inspect.isroutine(each.value))
    alike = inspect.isroutine(first.value) and len(functions) == len(others)
    return replace(first, others=functions) if alike else None


def _only(found: Collection[Found]) -> Found | None:
    return next(iter(found)) if len(found) == 1 else None


def _missing(rule: str, owner: str, name: str, known: list[str]) -> Missing:
    return Missing(rule, f"`{owner}` has no `{name}` in the installed SDK ({version()}).{_nearest(name, known)}")


def _nearest(name: str, known: list[str]) -> str:
    found = _similar(name, known, _SIMILAR)
    return f" Did you mean `{found}`?" if found else " Name what it has instead."


def _similar(name: str, known: Iterable[str], cutoff: int) -> str | None:
    found = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=cutoff)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to call something: its arguments by name, those of them that may be given by position, and those that
    must be given. `any_name` and `any_count`: it takes more than it names; `documented` are names of such, and
    `mentioned` all words that it is described with, in which some are only shown by an example."""

    names: tuple[str, ...]
    positional: tuple[str, ...]
    required: tuple[str, ...]
    any_name: bool
    any_count: bool
    documented: frozenset[str]
    mentioned: frozenset[str]


@cache
def _ways(function: Thing) -> tuple[_Way, ...]:
    """All ways to call it: a class may take its arguments in `__new__` or in `__init__`."""
    candidates = [function.value]
    if inspect.isclass(function.value):
        own = [inspect.getattr_static(function.value, name) for name in ("__init__", "__new__")]
        candidates = [each for each in (getattr(each, "__func__", each) for each in own) if inspect.isfunction(each)]
    drops_first = inspect.isclass(function.value) or function.bound
    described = "\n".join(inspect.getdoc(each) or "" for each in (function.value, *candidates))
    documented = frozenset(_DOCUMENTED.findall(described))
    mentioned = frozenset(_WORD.findall(described))
    ways: list[_Way] = []
    for candidate in candidates:
        try:
            parameters = list(inspect.signature(candidate).parameters.values())[1 if drops_first else 0 :]
        except (TypeError, ValueError):
            continue
        named = [each for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
        ways.append(
            _Way(
                names=tuple(each.name for each in named if each.kind is not each.POSITIONAL_ONLY),
                positional=tuple(each.name for each in named if each.kind is not each.KEYWORD_ONLY),
                required=tuple(each.name for each in named if each.default is each.empty),
                any_name=any(each.kind is each.VAR_KEYWORD for each in parameters),
                any_count=any(each.kind is each.VAR_POSITIONAL for each in parameters),
                documented=documented,
                mentioned=mentioned,
            )
        )
    return tuple(ways)


def _refused(name: str, way: _Way, node: ast.Call) -> list[Missing]:
    found: list[Missing] = []
    for keyword in node.keywords:
        given = keyword.arg
        if given is None or given in way.names or (way.any_name and given in way.mentioned):
            continue
        known = [*way.names, *way.documented] if way.any_name else way.names
        near = _similar(given, known, _CLOSE if way.any_name else _SIMILAR)
        if way.any_name and not near:
            continue  # it may well be handed on to something that knows it
        hint = f"Did you mean `{near}`?" if near else f"It takes: {', '.join(way.names) or 'none'}."
        found.append(Missing("sdk-call", f"`{name}` takes no argument `{given}` ({version()}). {hint}"))
    return found + _wrong_count(name, way, node)


def _wrong_count(name: str, way: _Way, node: ast.Call) -> list[Missing]:
    if any(isinstance(each, ast.Starred) for each in node.args):
        return []
    if len(node.args) > len(way.positional) and not way.any_count:
        text = f"`{name}` takes {len(way.positional)} arguments by position, not {len(node.args)}. Name the others."
        return [Missing("sdk-call", text)]
    if any(keyword.arg is None for keyword in node.keywords):
        return []
    given = {*way.positional[: len(node.args)], *(keyword.arg for keyword in node.keywords)}
    names = ", ".join(f"`{each}`" for each in way.required if each not in given)
    return [Missing("sdk-call", f"`{name}` also needs {names} ({version()}). Give it a value.")] if names else []


@cache
def _returned(function: Any) -> Thing | None:
    """The class that the docstring of a function promises, if it promises exactly one."""
    promised = _RETURN_TYPE.search(inspect.getdoc(function) or "")
    dotted = _DOTTED.fullmatch(promised[1].strip()) if promised else None
    kind = _class_named(dotted[1]) if dotted else None
    return Thing(kind, instance=True) if kind else None


@cache
def _class_named(dotted: str) -> type | None:
    name, _, last = dotted.rpartition(".")
    holder = module(name)
    found = getattr(holder.value, last, None) if isinstance(holder, Thing) else None
    return found if inspect.isclass(found) else None


@cache
def _attributes(kind: type) -> dict[str, type | None]:
    """What the methods of a class and of those above it assign to `self`, with the class where it is made on the
    spot."""
    found: dict[str, type | None] = {}
    for each in reversed(kind.__mro__):
        tree = _source(each)
        for node in ast.walk(tree) if tree else ():
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            made = _made(each, node.value)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                match target:
                    case ast.Attribute(value=ast.Name(id="self"), attr=name):
                        found[name] = made if found.get(name, made) is made else None
    return {name: made for name, made in found.items() if not hasattr(kind, name)}


def _made(owner: type, value: ast.expr | None) -> type | None:
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
        return None
    found = getattr(sys.modules.get(owner.__module__), value.func.id, None)
    return found if inspect.isclass(found) and found.__module__.startswith(PACKAGE) else None


@cache
def _is_open(kind: type) -> bool:
    """Whether its objects may have attributes that can't be read from its source."""
    return any(
        "__getattr__" in vars(each) or "__getattribute__" in vars(each) or _source(each) is None
        for each in kind.__mro__
        if each is not object
    )


@cache
def _source(kind: type) -> ast.Module | None:
    if kind is object:
        return None
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return None


def _subclasses(kind: type) -> Iterator[type]:
    """Those that are loaded: what is promised as a `Run` may be a `ScriptRun`."""
    each: type
    for each in type.__subclasses__(kind):
        yield each
        yield from _subclasses(each)


@contextmanager
def _quietly() -> Iterator[None]:
    """The SDK warns on standard error while it is imported; that is no news for somebody who checks a FAQ."""
    logging.getLogger(PACKAGE).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
