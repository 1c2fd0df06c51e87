"""The Python blocks of an entry: do they parse, and does what they use exist?

The blocks of one entry build on each other in their order, as a reader pastes them. A block whose first line is a
comment like `# part of scripts/train.py` is a piece of a file that isn't shown in full: it only has to parse.
"""

import ast
import re
import warnings
from dataclasses import dataclass

from bot.authoring.findings import Finding
from bot.domain.faq import CodeBlock, Section

_PYTHON = frozenset({"python", "python3", "py", "py3"})
_FRAGMENT = re.compile(r"#\s*part of\s+\S")
_NOTEBOOK_LINE = re.compile(r"\s*[%!]\s*\w")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block that parses. `first` is the line of the file on which its line 1 stands; `lines` are its own."""

    tree: ast.Module
    first: int
    lines: tuple[str, ...]

    def line(self, node: ast.AST) -> int:
        """The line of the file on which a node begins."""
        return self.first + int(getattr(node, "lineno", 1)) - 1


def python_blocks(section: Section) -> list[CodeBlock]:
    """The blocks that say of themselves that they are Python."""
    return [block for block in section.code if block.language.lower() in _PYTHON]


def parsed(section: Section) -> tuple[list[Snippet], list[Finding]]:
    """The blocks to look into, in order, without fragments; and a finding for each that doesn't parse."""
    snippets: list[Snippet] = []
    findings: list[Finding] = []
    for block in python_blocks(section):
        try:
            tree = _parse(block.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            findings.append(_unparsable(section.file, block, error))
            continue
        if not _FRAGMENT.match(block.text):
            snippets.append(Snippet(tree, block.line, tuple(block.text.split("\n"))))
    return snippets, findings


def _parse(text: str) -> ast.Module:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in a notebook
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape in a string is no reason to speak up on standard error
        tree = compile(text, "<block>", "exec", flags=flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)  # noqa: S101  # what these flags make
    return tree


def _unparsable(file: str, block: CodeBlock, error: Exception) -> Finding:
    notebook = next((n for n, line in enumerate(block.text.split("\n")) if _NOTEBOOK_LINE.match(line)), None)
    if not isinstance(error, SyntaxError):
        message = "This block can't be parsed. Make it shorter, or give it another language than Python."
        return Finding(file, block.line, "syntax", message)
    if notebook is not None:
        line = block.line + notebook
        message = "“%” and “!” lines only work in notebooks. Put them into a shell block, or mark the block `ipython`."
    else:
        line = block.line + max((error.lineno or 1) - 1, 0)
        message = f"This isn't Python: {error.msg}. Mend it, or give the block another language (`text`, `console`)."
    return Finding(file, line, "syntax", message)
