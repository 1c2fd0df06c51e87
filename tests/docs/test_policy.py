"""The policy's page lists the tables and keys that are read. `python -m tests.docs.test_policy` writes it anew."""

import re
from pathlib import Path

from bot.adapters.policy_file import policy_of
from bot.adapters.policy_schema import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
PART = re.compile(r"(?<=<!-- schema -->\n).*?(?=<!-- /schema -->)", re.DOTALL)
PRICES = """
### `[prices]`

What an hour of one node costs. `currency` is a text; `[prices.node_hour]` has a number for each compute target.
"""


def schema() -> str:
    """Every table with its keys."""
    parts = ["\n`version` is 2."]
    for table in TABLES:
        rows = [f"| `{key.name}` | {key.kind} | {key.help}{'; needed' if key.needed else ''} |" for key in table.keys]
        parts += [
            f"\n### `[[{table.name}]]`\n\n{table.help}\n",
            "| key | takes | what it says |",
            "|---|---|---|",
            *rows,
        ]
    return "\n".join(parts) + "\n" + PRICES + "\n"


def test_the_page_lists_the_tables_and_keys_that_are_read() -> None:
    found = PART.search(PAGE.read_text(encoding="utf-8"))

    assert found is not None
    assert found[0].strip() == schema().strip(), "write it anew: python -m tests.docs.test_policy"


def test_the_example_on_the_page_is_a_policy() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None

    policy = policy_of(example[1].encode())

    assert (len(policy.rules), len(policy.denials), len(policy.limits), len(policy.approvals)) == (2, 1, 1, 1)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PART.sub(lambda _: schema(), text), encoding="utf-8")
