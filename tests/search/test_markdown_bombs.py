"""Markdown that is large, deep or malicious: sections all the same, in time that grows with the length only."""

import time
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from bot.search.markdown import parse

ENTRY = """## How do I do thing {0}?

Use `run.submit` and **bold** [link](x.md#a) text, {0} times, and some more words so that the paragraph has a length.

```python
run.submit({0})
```

- a
- b
  - c

| a | b |
|---|---|
| 1 | 2 |

"""


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_five_megabytes_take_little_more_than_parsing_them() -> None:
    text = "".join(ENTRY.format(number) for number in range(22_000))
    assert len(text) > 5_000_000
    parse(text[:100_000], "warm.md")

    ours = seconds(lambda: parse(text, "big.md"))

    assert ours < 4 * seconds(lambda: MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))


def test_ten_thousand_headings_are_ten_thousand_sections() -> None:
    text = "".join(f"{'#' * (1 + number % 6)} Heading {number}\n\nx\n\n" for number in range(10_000))

    found = parse(text, "f.md").sections

    assert len(found) == 10_000
    assert found[-1].line == 39_997
    assert len(found[-1].path) == 4


# Each grows with a number, and costs the square of it in a careless reader.
BOMBS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n,
    "images": lambda n: ("![" * 400 + "\n\n") * (n // 1600),
    "emphasis": lambda n: "**a" * (n // 3),
    "open comments": lambda n: "<div><!-- faq\n\n" * (n // 15),
    "open details": lambda n: "<details><summary>How?\n\n" * (n // 25),
    "closed details": lambda n: "<details><summary>How is it?</summary>\n\nx\n\n</details>\n\n" * (n // 55),
    "bold questions in a paragraph": lambda n: "**How do I?** x y\n" * (n // 18),
    "terms": lambda n: "<dt>\n" * (n // 5),
    "open pre": lambda n: "<pre>" * (n // 5),
    "scripts": lambda n: "<p><script>" * (n // 11),
    "equal headings": lambda n: "# a\n\nx\n\n" * (n // 8),
    "contents": lambda n: "- [a](#a)\n- [b](#b)\n\ntext\n\n" * (n // 26),
    "links in a paragraph": lambda n: "[a](#x)\n" * (n // 8),
    "numbered questions": lambda n: "1. How?\n\n   x\n" * (n // 14),
    "metadata": lambda n: "# a\n<!-- faq\na = 1\n-->\nx\n" * (n // 26),
    "misplaced metadata": lambda n: "x\n<!-- faq\na = 1\n-->\n" * (n // 22),
    "anchors by hand": lambda n: "# " + "{#a" * (n // 3),
    "attributes": lambda n: "<a " + "alt=x " * (n // 6) + ">",
    "deep quotes": lambda n: "> " * n,
    "deep lists": lambda n: "".join(" " * (number % 60) + "- a\n" for number in range(n // 33)),
    "table rows": lambda n: "|a|b|\n|-|-|\n" + "|[a](#a)|b|\n" * (n // 12),
    "open definitions": lambda n: "[a\n" * (n // 3),
    "a huge line": lambda n: "x " * n,
    "a huge heading": lambda n: "# " + "x " * n,
    "entities": lambda n: "<p>&amp;" * (n // 8),
    "open links": lambda n: "<a href=x>" * (n // 10),
    "null bytes": lambda n: "# a\0\n\0\n" * (n // 7),
    "open fence": lambda n: "```\n" + "# a\n" * (n // 4),
}


@pytest.mark.parametrize("name", BOMBS)
def test_time_grows_with_the_length_only(name: str) -> None:
    bomb = BOMBS[name]
    parse(bomb(2_000), "warm.md")
    small = max(seconds(lambda: parse(bomb(8_000), "f.md")), 0.02)

    # Eight times the text; sixty-four times if it were the square. One measure of a busy machine says little.
    assert any(seconds(lambda: parse(bomb(64_000), "f.md")) < 8 * small * 3 for _ in range(3))
