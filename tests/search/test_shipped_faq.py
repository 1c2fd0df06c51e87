"""The FAQ that comes with the bot: its code is right for the installed SDK, its links lead somewhere."""

import ast
import builtins
import importlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.faq import CodeBlock, Section
from bot.search import Faq, load
from tests.search.conftest import SHIPPED

SECTIONS = load(SHIPPED).sections
# What methods of the SDK return, where the class can't be read from the call itself.
RETURNS = {
    ("Experiment", "start_logging"): ("azureml.core", "Run"),
    ("Experiment", "submit"): ("azureml.core", "ScriptRun"),
    ("Run", "get_context"): ("azureml.core", "Run"),
    ("Model", "deploy"): ("azureml.core", "Webservice"),
}


def python_blocks(section: Section) -> list[CodeBlock]:
    return [block for block in section.code if block.language == "python"]


def name_of(section: Section) -> str:
    return section.location


def test_nothing_in_it_is_skipped_or_leads_nowhere(shipped: Faq) -> None:
    assert [str(problem) for problem in shipped.problems] == []


def test_each_topic_has_its_file_and_the_readme_is_not_asked(shipped: Faq) -> None:
    assert {section.file for section in shipped.sections} == {
        "deploying-models.md",
        "environments.md",
        "security.md",
        "submitting-runs.md",
    }


def test_each_question_is_answered_by_its_own_section(shipped: Faq) -> None:
    for section in shipped.sections:
        found = shipped.ask(section.title)

        assert section in [hit.section for hit in found.hits[:2]]
        assert shipped.ask(" ".join(section.path)).hits[0].section == section


def test_every_answer_is_shown_whole() -> None:
    assert [section.location for section in SECTIONS if len(section.body) > 2600] == []


@pytest.mark.parametrize("section", SECTIONS, ids=name_of)
def test_code_blocks_parse_and_define_what_they_use(section: Section) -> None:
    known = set(dir(builtins)) | {"__file__"}
    for block in python_blocks(section):
        tree = ast.parse(block.text)
        if block.text.startswith("# part of "):
            continue
        known |= set(_defined(tree))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert used - known == set(), f"{section.file}:{block.line}"
    for block in section.code:
        assert block.language, f"{section.file}:{block.line} has no language"
        if block.language == "json":
            json.loads(block.text)


def test_links_to_documentation_are_current() -> None:
    for section in SECTIONS:
        for link in section.links:
            assert "docs.microsoft.com" not in link.target
            assert link.target.startswith(("https://", "#")) or ".md" in link.target


def test_the_code_uses_only_what_the_installed_sdk_has() -> None:
    faults: list[str] = []
    checked = 0
    for section in SECTIONS:
        classes: dict[str, Any] = {}
        objects: dict[str, Any] = {}
        for block in python_blocks(section):
            tree = ast.parse(block.text)
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("azureml"):
                    module = importlib.import_module(node.module)
                    classes.update({alias.name: getattr(module, alias.name) for alias in node.names})
            for target, call in _assigned_calls(tree):
                if (made := _made(call, classes, objects)) is not None:
                    objects[target] = made
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and (function := _function(node.func, classes, objects)) is not None:
                    checked += 1
                    faults.extend(
                        f"{section.file}:{block.line + node.lineno - 1} {text}" for text in _faults(function, node)
                    )

    assert faults == []
    assert checked >= 50


def test_the_training_script_runs_outside_azure_too(shipped: Faq, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_block(shipped, "submitting-runs.md", "Run.get_context()"))

    done = subprocess.run(
        [sys.executable, "train.py", "--epochs", "2"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.count("scalar metric loss") == 2
    assert "scalar metric epochs" in done.stdout


def test_the_entry_script_answers_a_request(shipped: Faq, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(_block(shipped, "deploying-models.md", "def init()"))
    (tmp_path / "regions.csv").write_text("code,name\nn,North\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.pkl").touch()
    code = 'import score; score.init(); print(score.run(\'{"codes": ["n", "x"]}\'))'

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "AZUREML_MODEL_DIR": str(tmp_path / "model")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines() == ["model files: ['model.pkl']", "['North', 'unknown']"]


def test_code_that_needs_no_workspace_runs(shipped: Faq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scoring").mkdir()
    (tmp_path / "scoring" / "score.py").touch()
    ran = 0
    for section in shipped.sections:
        for block in python_blocks(section):
            if "workspace" in block.text.lower() or "get_context" in block.text or "def init" in block.text:
                continue
            if not block.text.startswith("# part of "):
                exec(compile(block.text, f"{section.file}:{block.line}", "exec"), {})  # noqa: S102  # our own FAQ
                ran += 1

    assert ran >= 4


def _block(faq: Faq, file: str, text: str) -> str:
    blocks = (block for section in faq.sections if section.file == file for block in python_blocks(section))
    return next(block.text for block in blocks if text in block.text)


def _defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.FunctionDef):
            yield node.name
            yield from (argument.arg for argument in node.args.args)


def _assigned_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif (
            isinstance(node, ast.withitem)
            and isinstance(node.context_expr, ast.Call)
            and isinstance(node.optional_vars, ast.Name)
        ):
            yield node.optional_vars.id, node.context_expr


def _made(call: ast.Call, classes: dict[str, Any], objects: dict[str, Any]) -> Any:
    """The class of what a call returns: of a constructor or an alternative one, or by `RETURNS`."""
    if isinstance(call.func, ast.Name):
        return classes.get(call.func.id)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        owner = classes.get(call.func.value.id) or objects.get(call.func.value.id)
        if owner is None:
            return None
        if found := RETURNS.get((owner.__name__, call.func.attr)):
            return getattr(importlib.import_module(found[0]), found[1])
        return owner if call.func.attr.startswith(("from_", "get", "clone")) else None
    return None


def _function(node: ast.expr, classes: dict[str, Any], objects: dict[str, Any]) -> Any:
    """The SDK's function that is called, a sentence if it doesn't exist, None if the call isn't the SDK's."""
    if isinstance(node, ast.Name):
        return classes.get(node.id)
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return None
    owner = classes.get(node.value.id) or objects.get(node.value.id)
    if owner is None:
        return None
    return getattr(owner, node.attr, f"{owner.__name__} has no {node.attr}")


def _faults(function: Any, call: ast.Call) -> Iterator[str]:
    if isinstance(function, str):
        yield function
        return
    target = inspect.unwrap(function.__init__ if inspect.isclass(function) else function)
    parameters = inspect.signature(target).parameters
    takes_more = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for keyword in call.keywords:
        documented = takes_more and f":param {keyword.arg}:" in (target.__doc__ or "")
        if keyword.arg not in parameters and not documented:
            yield f"{function.__qualname__} has no argument {keyword.arg}"
    if not takes_more:
        positional = [p for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if len(call.args) > len(positional):
            yield f"{function.__qualname__} takes {len(positional)} arguments"
