"""How the blocks of an entry use the Azure ML SDK: names and arguments that it doesn't have.

What a name stands for is followed through imports, assignments and `with`, from one block to the next.
"""

import ast
from collections.abc import Iterable, Sequence

from bot.authoring import sdk
from bot.authoring.findings import Finding
from bot.authoring.sdk import Missing, Thing
from bot.authoring.snippets import Snippet

_FAILS_AS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def faults(file: str, snippets: Sequence[Snippet]) -> list[Finding]:
    """What the installed SDK doesn't have, in order of lines. The SDK is only imported if a block imports it."""
    if not any(_imports_sdk(snippet) for snippet in snippets):
        return []
    reader = _Reader(file)
    try:
        for snippet in snippets:
            reader.read(snippet)
    except RecursionError:  # an expression of a thousand levels: nobody pastes that
        return []
    return sorted(set(reader.found))


def _imports_sdk(snippet: Snippet) -> bool:
    return any(sdk.PACKAGE in line for line in snippet.lines) and any(
        (isinstance(node, ast.Import) and any(_is_sdk(alias.name) for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and _is_sdk(node.module or ""))
        for node in ast.walk(snippet.tree)
    )


def _is_sdk(name: str) -> bool:
    return name.partition(".")[0] == sdk.PACKAGE


class _Reader(ast.NodeVisitor):
    """Knows what of the SDK the names stand for while it goes through the blocks. An expression is evaluated as far as
    the SDK is concerned; statements bind what it stands for."""

    def __init__(self, file: str) -> None:
        self.found: list[Finding] = []
        self._file = file
        self._things: dict[str, Thing] = {}
        self._snippet: Snippet | None = None
        self._excused = False  # what is imported need not be there
        self._passed = 0  # imports that were excused

    def read(self, snippet: Snippet) -> None:
        self._snippet = snippet
        self.visit(snippet.tree)

    def _complain(self, missing: Missing, node: ast.AST) -> None:
        line = self._snippet.line(node) if self._snippet else 1
        self.found.append(Finding(self._file, line, missing.rule, missing.message))

    def _known(self, result: Thing | Missing | None, node: ast.AST) -> Thing | None:
        if isinstance(result, Missing):
            self._complain(result, node)
            return None
        return result

    def _imported(self, result: Thing | Missing | None, node: ast.AST) -> Thing | None:
        if self._excused and isinstance(result, Missing):
            self._passed += 1
            return None
        return self._known(result, node)

    # Expressions

    def _value(self, node: ast.AST) -> Thing | None:
        """What an expression stands for, having looked at everything in it."""
        match node:
            case ast.Name(id=name):
                return self._things.get(name)
            case ast.Attribute(value=base, attr=attr):
                owner = self._value(base)
                # `end_lineno`: of a chain over several lines, the line with the name.
                return self._known(sdk.member(owner, attr), _End(node)) if owner else None
            case ast.Call(func=func, args=args, keywords=keywords):
                function = self._value(func)
                for each in (*args, *(keyword.value for keyword in keywords)):
                    self._value(each)
                return self._called(function, node) if function else None
            case ast.NamedExpr(target=target, value=value):
                self._bind(target, made := self._value(value))
                return made
            case ast.Await(value=value):
                return self._value(value)
            case _:
                self.visit(node)
                return None

    def _called(self, function: Thing, node: ast.Call) -> Thing | None:
        result, missing = sdk.call(function, node)
        for each in missing:
            self._complain(each, node)
        return result

    def visit_Name(self, node: ast.Name) -> None:  # the visitor's protocol
        if isinstance(node.ctx, ast.Store):
            self._things.pop(node.id, None)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._value(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._value(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._value(node)

    # Statements

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self._things.pop(name, None)
            if not _is_sdk(alias.name):
                continue
            found = self._imported(sdk.module(alias.name), node)
            if found and not alias.asname:
                found = self._imported(sdk.module(sdk.PACKAGE), node)
            if found:
                self._things[name] = found

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        owner = self._imported(sdk.module(node.module), node) if node.module and _is_sdk(node.module) else None
        for alias in node.names:
            self._things.pop(alias.asname or alias.name, None)
            if owner and alias.name != "*" and (found := self._imported(sdk.member(owner, alias.name), alias)):
                self._things[alias.asname or alias.name] = found

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        """Whoever catches that an import fails has dealt with it. What runs only then, or only if nothing failed, need
        not be there either when it doesn't run here."""
        caught = any(_catches_imports(handler) for handler in node.handlers)
        before = self._passed
        self._all(node.body, excused=caught)
        failed = self._passed > before
        for handler in node.handlers:
            self._all([handler], excused=_catches_imports(handler) and not failed)
        self._all(node.orelse, excused=failed)
        self._all(node.finalbody)

    visit_TryStar = visit_Try  # noqa: N815

    def visit_Assign(self, node: ast.Assign) -> None:
        made = self._value(node.value)
        for target in node.targets:
            self._bind(target, made)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._bind(node.target, self._value(node.value) if node.value else None)

    def visit_withitem(self, node: ast.withitem) -> None:
        made = self._value(node.context_expr)
        if node.optional_vars:
            self._bind(node.optional_vars, made)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._function(node.args, node.body)
        self._things.pop(node.name, None)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def _function(self, arguments: ast.arguments, body: Iterable[ast.AST]) -> None:
        self._all([*arguments.defaults, *(each for each in arguments.kw_defaults if each)])
        before = dict(self._things)
        for each in ast.walk(arguments):
            if isinstance(each, ast.arg):
                self._things.pop(each.arg, None)
        self._all(body)
        self._things = before

    def _bind(self, target: ast.AST, made: Thing | None) -> None:
        if isinstance(target, ast.Name) and made:
            self._things[target.id] = made
        elif isinstance(target, ast.Name):
            self._things.pop(target.id, None)
        else:
            self._value(target)

    def _all(self, nodes: Iterable[ast.AST], *, excused: bool = False) -> None:
        before = self._excused
        self._excused = before or excused
        for node in nodes:
            self.visit(node)
        self._excused = before


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(each, ast.Name) and each.id in _FAILS_AS for each in caught)


class _End(ast.AST):
    """The place where a node ends."""

    def __init__(self, node: ast.expr) -> None:
        super().__init__()
        self.lineno = node.end_lineno or node.lineno
