"""Slack's blocks in a terminal."""

from typing import Any

import pytest

from bot.authoring.terminal import lines


def said(text: str) -> list[str]:
    """The lines of a section with this mrkdwn."""
    return [line.plain for line in lines([{"type": "section", "text": {"type": "mrkdwn", "text": text}}])]


@pytest.mark.parametrize(
    ("mrkdwn", "shown"),
    [
        ("plain &lt;b&gt; &amp;amp;", ["plain <b> &amp;"]),
        ("a *bold* and _slanted_ and ~gone~ word", ["a bold and slanted and gone word"]),
        ("snake_case_name and 2*3*4", ["snake_case_name and 2*3*4"]),
        ("\u200b*not bold*", ["*not bold*"]),
        (
            "<https://example.com/a|a page> and <https://example.com/b>",
            ["a page (https://example.com/a) and https://example.com/b"],
        ),
        ("*<https://example.com/a|a page>*", ["a page (https://example.com/a)"]),
        ("use `a_b_c &gt; *d*`", ["use a_b_c > *d*"]),
        ("> quoted", ["\u258e quoted"]),
        (
            "before\n```\nx = 1\n\ny_z_w\n```\nafter",
            ["before", "  \u2502 x = 1", "  \u2502 ", "  \u2502 y_z_w", "after"],
        ),
    ],
)
def test_mrkdwn_is_shown_as_it_reads(mrkdwn: str, shown: list[str]) -> None:
    assert said(mrkdwn) == shown


def test_formatting_becomes_style() -> None:
    (line,) = lines([{"type": "section", "text": {"type": "mrkdwn", "text": "a *b _c_* `d`"}}])

    assert {(line.plain[span.start : span.end], str(span.style)) for span in line.spans} == {
        ("c", "italic"),
        ("b c", "bold"),
        ("d", "cyan"),
    }


def test_each_kind_of_block_has_its_place() -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Show"}}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Title *as is*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "one\ntwo"}, "accessory": button},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "actions", "elements": [button, button]},
        {"type": "divider"},
        {"type": "video"},
    ]

    shown = [line.plain for line in lines(blocks)]

    assert shown[:8] == ["Title *as is*", "", "one  [ Show ]", "two", "", "small", "", "[ Show ]  [ Show ]"]
    assert shown[-1] == "(video)"
