"""Which lines and instructions of some modules were reached: in the interpreter's own words, as no tool for that is
among our needs."""

import dis
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

_OF_THE_COMPILER = {
    "CACHE",
    "COPY_FREE_VARS",
    "MAKE_CELL",
    "NOP",
    "POP_TOP",
    "RESUME",
    "RETURN_GENERATOR",
}

Reached = set[tuple[CodeType, int]]
"""Instructions that were run, each by its code and offset."""


@contextmanager
def reached(found: Reached | None, modules: tuple[ModuleType, ...]) -> Iterator[None]:
    """Add the instructions of `modules` that are run inside to `found`; None watches nothing."""
    if found is None:
        yield
        return
    files = {str(module.__file__) for module in modules}

    def on_instruction(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "opcode":
            found.add((frame.f_code, frame.f_lasti))
        return on_instruction

    def on_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return on_instruction

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(before)


def missing(found: Reached, modules: tuple[ModuleType, ...]) -> list[str]:
    """Lines of the modules' functions with an instruction that was never run: one side of a condition, for example."""
    by_code: dict[tuple[str, int, str], set[int]] = {}
    for code, offset in found:
        by_code.setdefault(_place(code), set()).add(offset)
    lines: list[str] = []
    for module in modules:
        file = str(module.__file__)
        text = Path(file).read_text(encoding="utf-8")
        written = text.splitlines()
        for code in _functions(compile(text, file, "exec")):
            seen = by_code.get(_place(code), set())
            missed = _missed(code, seen)
            lines += [f"{module.__name__}:{number}: {written[number - 1].strip()}" for number in sorted(missed)]
    return sorted(set(lines))


def _place(code: CodeType) -> tuple[str, int, str]:
    return code.co_filename, code.co_firstlineno, code.co_qualname


def _functions(code: CodeType) -> Iterator[CodeType]:
    if code.co_flags & 0x02:  # CO_NEWLOCALS: not a module or a class's body
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _functions(constant)


def _missed(code: CodeType, seen: set[int]) -> set[int]:
    """Lines with an instruction that was never run. Where interpreters tell of instructions differently, only lines
    count of which none was run."""
    run: set[int] = set()
    missed: set[int] = set()
    for line, offsets in _instructions(code):
        (run if offsets & seen else missed).add(line)
    return missed if sys.version_info[:2] == (3, 11) else missed - run


def _instructions(code: CodeType) -> Iterator[tuple[int, set[int]]]:
    """Line and offset of each instruction that a condition decides about: what the compiler adds for itself (frames,
    and how an exception passes through) says nothing of them. One with a long argument may be told of at its prefix."""
    line = code.co_firstlineno
    handlers = min((entry.target for entry in dis._parse_exception_table(code)), default=len(code.co_code))  # type: ignore[attr-defined]  # there is no public way
    prefixes: set[int] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname == "EXTENDED_ARG":
            prefixes.add(instruction.offset)
            continue
        offsets, prefixes = {instruction.offset, *prefixes}, set()
        line = instruction.positions.lineno or line if instruction.positions else line
        if instruction.opname not in _OF_THE_COMPILER and instruction.offset < handlers:
            yield line, offsets
