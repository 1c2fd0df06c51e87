"""Entries made of Python blocks."""

from bot.domain.faq import CodeBlock, Section


def entry(*blocks: str, language: str = "python") -> Section:
    """An entry whose first block begins on line 10, the next on line 20, and so on."""
    code = tuple(CodeBlock(language, text, 10 * number) for number, text in enumerate(blocks, start=1))
    return Section(("Q",), "Q", 2, "q", "a.md", 1, 99, "", "", code)
