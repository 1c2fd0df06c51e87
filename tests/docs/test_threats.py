"""The threat model names the test that covers each threat, and those tests exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threats.md"


def threats() -> list[tuple[str, list[str]]]:
    """Each threat with the tests that its row names."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Threats\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [
        (row[0], re.findall(r"`(tests/[^`]+)`", row[-1])) for row in rows if row[0] != "threat" and "---" not in row[0]
    ]


def test_every_threat_has_a_test_that_is_there() -> None:
    found = threats()

    assert len(found) > 20
    for threat, tests in found:
        assert tests, threat
        for name in tests:
            file, _, function = name.partition("::")
            defined = {
                node.name
                for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            }
            assert function in defined if function else defined, name
