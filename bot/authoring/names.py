"""Names in the Python blocks of an entry: those that nothing defines, and those that nothing uses.

Python's own scope rules, applied to all blocks as if they were one file: what stands at the outermost level is looked
at in its order, the inside of functions when everything is defined. In doubt nothing is reported: a branch that may not
run defines its names all the same.
"""

import ast
import builtins
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot.authoring.findings import Finding
from bot.authoring.snippets import Snippet

_KNOWN = frozenset(dir(builtins)) | {"display", "get_ipython"}  # the latter two in notebooks
_DUNDER = re.compile(r"__\w+__")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_GENERIC = re.compile(r"[A-Z]\w*|dict|frozenset|list|set|tuple|type")  # as types are named, and the built-in ones
_TAKES_TYPES = frozenset({"cast", "NewType", "TypeVar"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class _Binding:
    """An import or a simple assignment, which somebody should use."""

    line: int
    what: str


@dataclass(slots=True)
class _Scope:
    """What a name can be found in. A class's names aren't seen by the functions in it."""

    kind: str
    parent: "_Scope | None"
    names: set[str] = field(default_factory=set)
    bindings: dict[str, _Binding] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def holder(self, name: str) -> "_Scope | None":
        scope: _Scope | None = self
        while scope:
            if name in scope.names and (scope is self or scope.kind != "class"):
                return scope
            scope = scope.parent
        return None


def faults(file: str, snippets: Sequence[Snippet]) -> list[Finding]:
    """What is wrong with the names of one entry's blocks, each name once, in order of lines."""
    try:
        return sorted(_Resolver(file).run(snippets))
    except RecursionError:  # an expression of a thousand levels: nobody pastes that
        return []


class _Resolver(ast.NodeVisitor):
    """One pass over an entry."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._module = self._scope = _Scope("module", None)
        self._functions: list[_Scope] = []
        self._deferred: list[tuple[Snippet, Callable[[], None]]] = []
        self._missing: dict[str, int] = {}
        self._snippet: Snippet | None = None
        self._later: set[str] | None = None  # what this block defines at its outermost level, once that is asked for
        self._deleted: set[str] = set()
        self._loops = 0
        self._for_types = 0  # inside of `if TYPE_CHECKING:`
        self._everything = False  # `from x import *`: any name may be defined

    def run(self, snippets: Sequence[Snippet]) -> list[Finding]:
        for snippet in snippets:
            self._snippet = snippet
            self._later = None
            for statement in snippet.tree.body:
                self.visit(statement)
        self._module.names |= self._deleted  # a function may have run before
        while self._deferred:
            self._snippet, visit = self._deferred.pop(0)
            visit()
        found = [] if self._everything else [self._undefined(name, line) for name, line in self._missing.items()]
        for scope in (self._module, *self._functions):
            found += [
                Finding(self._file, binding.line, "unused-name", f"{binding.what}. Leave it out, or show its use.")
                for name, binding in scope.bindings.items()
                if name not in scope.used
            ]
        return found

    def _undefined(self, name: str, line: int) -> Finding:
        if name in self._module.names:
            message = f"`{name}` is used before the line that defines it. Change the order."
        else:
            message = f"`{name}` is defined nowhere in this entry. Import or define it, so that the code can be pasted."
        return Finding(self._file, line, "undefined-name", message)

    # Names

    def visit_Name(self, node: ast.Name) -> None:  # the visitor's protocol
        if isinstance(node.ctx, ast.Load):
            self._use(node.id, node)
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._use(node.id, node)
            if self._scope is self._module:
                self._module.names.discard(node.id)
                self._deleted.add(node.id)

    def _use(self, name: str, node: ast.AST) -> None:
        holder = self._scope.holder(name)
        if holder:
            holder.used.add(name)
        elif name not in _KNOWN and not _DUNDER.fullmatch(name) and not self._in_a_later_round(name):
            self._module.used.add(name)  # one complaint is enough
            self._missing.setdefault(name, self._line(node))

    def _mention(self, name: str) -> None:
        """Count as used what stands in quotes; it may be no name at all, so that nothing is missing."""
        if holder := self._scope.holder(name):
            holder.used.add(name)

    def _quoted(self, node: ast.AST) -> None:
        """Mention the names in the strings of an annotation, or of what is like one."""
        for text in _texts(node):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # as for the block itself
                    inner = ast.parse(text.strip(), mode="eval")
            except (SyntaxError, ValueError, MemoryError):  # words, such as those of `Literal`
                continue
            for each in ast.walk(inner):
                if isinstance(each, ast.Name):
                    self._mention(each.id)
            self._quoted(inner)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _GENERIC.fullmatch(_last_name(node.value)):
            self._quoted(node.slice)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if _last_name(node.func) in _TAKES_TYPES:
            self._quoted(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="__all__"), attr="append" | "extend"):
                self._hand_on(node)
            case _:
                pass
        self.generic_visit(node)

    def _hand_on(self, node: ast.AST) -> None:
        """Count as used what is put into `__all__`."""
        self._module.used.update(_texts(node))

    def _in_a_later_round(self, name: str) -> bool:
        """Whether a loop may have defined the name in the round before."""
        if not self._loops or self._snippet is None:
            return False
        if self._later is None:
            self._later = _bound(self._snippet.tree.body)
        return name in self._later

    def _bind(self, name: str, binding: _Binding | None = None) -> None:
        scope = self._scope
        while scope.kind == "comprehension" and scope.parent and binding is None and name not in scope.names:
            scope = scope.parent  # the name of `:=`
        scope.names.add(name)
        if binding and not name.startswith("_") and scope.kind != "class":
            scope.bindings.setdefault(name, binding)

    def _line(self, node: ast.AST) -> int:
        return self._snippet.line(node) if self._snippet else 1

    def _excused(self, node: ast.AST) -> bool:
        """The author says by `# noqa` that a name is meant to be unused."""
        line = int(getattr(node, "lineno", 1)) - 1
        return self._snippet is not None and "# noqa" in self._snippet.lines[line]

    # Imports and assignments

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.asname or alias.name.split(".")[0], alias, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self._everything = True
            elif node.module != "__future__":
                self._imported(alias.asname or alias.name, alias, node)

    def _imported(self, name: str, alias: ast.alias, node: ast.AST) -> None:
        wanted = alias.asname != alias.name and not self._for_types  # `import x as x` hands it on
        wanted = wanted and not self._excused(node)
        self._bind(name, _Binding(self._line(alias), f"`{name}` is imported and never used") if wanted else None)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and self._scope.kind == "function" and not self._excused(node):
                self._bind(target.id, _Binding(self._line(node), f"`{target.id}` is assigned and never used"))
            else:
                self.visit(target)
            if _last_name(target) == "__all__":
                self._hand_on(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._use(node.target.id, node)
            if node.target.id == "__all__":
                self._hand_on(node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._defer(node.annotation)
        if node.value:
            self.visit(node.value)
            if _last_name(node.target) == "__all__":
                self._hand_on(node.value)
        self.visit(node.target)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        for_types = _last_name(node.test) == "TYPE_CHECKING"  # such a name may be used in a comment only
        self._for_types += for_types
        self._all(node.body)
        self._for_types -= for_types
        self._all(node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self._loop(node.body)
        self._all(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_While(self, node: ast.While) -> None:
        self._loop([node.test, *node.body])
        self._all(node.orelse)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._bind(node.rest)
        self.generic_visit(node)

    def _loop(self, body: Iterable[ast.AST]) -> None:
        self._loops += 1
        self._all(body)
        self._loops -= 1

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._bind(node.name)
        self._function(node, node.body)
        if node.returns:
            self._defer(node.returns)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, [node.body])

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, body: Sequence[ast.AST]) -> None:
        arguments = node.args
        self._all([*arguments.defaults, *(each for each in arguments.kw_defaults if each)])
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        scope = _Scope("function", self._scope, {each.arg for each in every} | _type_parameters(node))
        for each in every:
            if each.annotation:
                self._defer(each.annotation)
        outside = {name for inner in _own_nodes(body) if isinstance(inner, ast.Global) for name in inner.names}
        enclosing = {name for inner in _own_nodes(body) if isinstance(inner, ast.Nonlocal) for name in inner.names}
        bound = _bound(body)
        self._module.names |= outside & bound  # as if it had been called
        scope.names |= bound - outside - enclosing
        self._functions.append(scope)

        def visit() -> None:
            self._scope, before = scope, self._scope
            self._all(body)
            self._scope = before
            scope.names -= outside | enclosing
            for name in outside | enclosing:
                scope.bindings.pop(name, None)
            if any(isinstance(inner, ast.Name) and inner.id == "locals" for inner in _own_nodes(body)):
                scope.bindings.clear()

        self._postpone(visit)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._scope, before = _Scope("class", self._scope, {"__qualname__"} | _type_parameters(node)), self._scope
        before.names.add(node.name)  # its methods may name it
        self._all(node.body)
        self._scope = before

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        before = self._scope
        targets = {name for each in node.generators for name in _stored(each.target)}
        self._scope = _Scope("comprehension", before, targets)
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            self._all([generator.target, *generator.ifs])
        self._all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._scope = before

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def _defer(self, annotation: ast.AST) -> None:
        scope = self._scope

        def visit() -> None:
            self._scope, before = scope, self._scope
            self._quoted(annotation)
            self.visit(annotation)
            self._scope = before

        self._postpone(visit)

    def _postpone(self, visit: Callable[[], None]) -> None:
        if self._snippet:
            self._deferred.append((self._snippet, visit))


def _bound(body: Iterable[ast.AST]) -> set[str]:
    """All names that a body binds in its own scope."""
    names: set[str] = set()
    for node in _own_nodes(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.Import(names=aliases):
                names |= {alias.asname or alias.name.split(".")[0] for alias in aliases}
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
            case _:
                pass
    return names


def _own_nodes(body: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """All nodes that belong to a body's own scope: not what is inside of functions and classes. The targets of
    comprehensions don't, the name of `:=` in one does."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, _COMPREHENSIONS):
            waiting += [inner for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
            continue
        waiting += list(ast.iter_child_nodes(node))


def _stored(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _type_parameters(node: ast.AST) -> set[str]:
    return {str(each.name) for each in getattr(node, "type_params", ())}  # Python 3.12


def _texts(node: ast.AST) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _last_name(node: ast.AST) -> str:
    """`List` of `List` and of `typing.List`; nothing of what is no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
