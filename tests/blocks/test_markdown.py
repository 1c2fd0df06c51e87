"""FAQ Markdown to mrkdwn."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.markdown import Code, Prose, add, render
from bot.domain.faq import Link
from tests.blocks import sound


def prose(markdown: str) -> str:
    """The mrkdwn of a text that has no code blocks."""
    pieces = render(markdown)
    assert all(isinstance(piece, Prose) for piece in pieces)
    return "\n".join(piece.mrkdwn for piece in pieces if isinstance(piece, Prose))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("plain & <simple>", "plain &amp; &lt;simple&gt;"),
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("# A *title* with `code`", "*A _title_ with `code`*"),
        ("Title\n=====", "*Title*"),
        ("## **Bold** title", "*Bold title*"),
        ("## Where do `*.py` files go?", "Where do `*.py` files go?"),
        ("## All \\*.py files", "*All \u200b\u2217.py files*"),
        ('`git commit -m "x   y"`', '`git commit -m "x   y"`'),
        ("**bold** *soft* ~~gone~~ `a < b`", "*bold* _soft_ ~gone~ `a &lt; b`"),
        ("- one\n- two", "• one\n• two"),
        ("- one\n  - deep\n    - deeper\n- two", "• one\n    ◦ deep\n        ▪ deeper\n• two"),
        ("3. three\n4. four\n   - inner", "3. three\n4. four\n    • inner"),
        ("- first\n\n  second", "• first\n    second"),
        ("> quoted\n> more", "> quoted more"),
        ("[docs](https://example.com/a?b=1&c=2)", "<https://example.com/a?b=1&amp;c=2|docs>"),
        ("<https://example.com>", "<https://example.com>"),
        ("[mail](mailto:ana@example.com)", "<mailto:ana@example.com|mail>"),
        ("[below](#below) and [other](other.md#x)", "below and other"),
        ("[x](javascript:alert)", "x"),
        ("[file](file:///etc/passwd)", "file"),
        (
            "[https://good.example.com](https://evil.example.org)",
            "https://good.example.com (<https://evil.example.org>)",
        ),
        ("[bank.com](https://evil.example.org)", "bank.com (<https://evil.example.org>)"),
        ("[example.com](https://www.example.com/a)", "<https://www.example.com/a|example.com>"),
        ("[a|b](https://example.com)", "<https://example.com|a\u00a6b>"),
        ("![a chart](https://example.com/c.png)", "<https://example.com/c.png|Image: a chart>"),
        ("![a chart](chart.png)", "Image: a chart"),
        ("<!channel> &lt;!here&gt; <@U123456>", "&lt;!channel&gt; &lt;!here&gt; &lt;@U123456&gt;"),
        ("a <b>tag</b><br>and <!-- a note --> more", "a &lt;b&gt;tag&lt;/b&gt;\nand  more"),
        ("<div>\nhtml & more\n</div>", "&lt;div&gt;\nhtml &amp; more\n&lt;/div&gt;"),
        ("<!-- for authors -->", ""),
        ("above\n\n---\n\nbelow", "above\n\n———\n\nbelow"),
        ("files \\*.py and \\*.txt, snake_case_name", "files \u200b*.py and \u200b*.txt, snake_case_name"),
    ],
)
def test_markdown_reads_the_same_in_slack(markdown: str, expected: str) -> None:
    assert prose(markdown) == expected


def test_code_is_kept_as_it_is_between_the_prose() -> None:
    pieces = render("Do this:\n\n```python\nif a < b:\n\n    run()\n```\n\nand\n\n    indented\n")

    assert pieces == (Prose("Do this:"), Code("if a < b:\n\n    run()"), Prose("and"), Code("indented"))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Run ``echo `date` ``.", (Prose("Run"), Code("echo `date` "))),
        ("Run ``a `b` <!here>``, *then* go.", (Prose("Run"), Code("a `b` <!here>"), Prose(", _then_ go."))),
        ("- ``a ` b``\n- two", (Prose("•"), Code("a ` b"), Prose("• two"))),
        ("- Run ``a ` b`` now\n  and\n", (Prose("• Run"), Code("a ` b"), Prose("    now and"))),
        ("**Run *x* ``a ` b`` now**", (Prose("Run x"), Code("a ` b"), Prose("now"))),
        ("> Run ``a ` b`` now", (Prose("> Run"), Code("a ` b"), Prose("> now"))),
        ("## What does ``a ` b`` do?", (Prose("*What does*"), Code("a ` b"), Prose("*do?*"))),
        (f"Run `{'x  ' * 400}y`.", (Prose("Run"), Code("x  " * 400 + "y"))),
    ],
)
def test_code_that_has_no_inline_form_is_a_block(markdown: str, expected: tuple[Prose | Code, ...]) -> None:
    pieces = render(markdown)

    assert pieces == expected
    sound.check(add(Layout(), markdown).message())


def test_code_in_a_list_keeps_its_place() -> None:
    pieces = render("1. first\n   ```sh\n   make\n   ```\n2. second\n\n   ```\n   x\n   ```\n")

    assert pieces == (Prose("1. first"), Code("make"), Prose("2. second"), Code("x"))


def test_a_narrow_table_is_aligned_text() -> None:
    (piece,) = render("| name | what |\n|---|:-:|\n| a | `b` |\n| long name | |\n")

    assert piece == Code("name       what\n---------  ----\na          b\nlong name")


def test_a_wide_table_loses_nothing() -> None:
    long = "a sentence that is much too long for a column of a chat " * 3

    text = prose(f"| layer | what | who |\n|---|---|---|\n| one | {long} | you |\n| two | x | |\n")

    assert text == f"• *one* — what: {long.strip()}; who: you\n• *two* — what: x"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "| what | where |\n|---|---|\n| Studio | [open](https://ml.azure.com) <@U123456> |\n| `a  b` | |\n",
            "• *Studio* — where: <https://ml.azure.com|open> &lt;@U123456&gt;\n• *`a  b`*",
        ),
        (
            "| what | [where](https://w.com) |\n|---|---|\n| [**x**](https://x.com/*) | <!channel> `*.py` |\n",
            "• <https://x.com/*|x> — <https://w.com|where>: &lt;!channel&gt; `*.py`",
        ),
        ("| [a](https://a.com) | b |\n|---|---|\n", "• *<https://a.com|a>* — b"),
        ("| | |\n|---|---|\n| | <https://a.com> |\n", "• - — <https://a.com>"),
        (
            "| a | b |\n|---|---|\n| ![c](https://a.com/c.png) | d<br>e |\n",
            "• *<https://a.com/c.png|Image: c>* — b: d e",
        ),
        (
            f"| a | b |\n|---|---|\n| {'long ' * 30}| [c](https://c.com) and [d][1] |\n| x | |",
            f"• *{('long ' * 30).strip()}* — b: <https://c.com|c> and <https://d.com|d>\n• *x*",
        ),
    ],
)
def test_a_table_with_links_keeps_them(table: str, expected: str) -> None:
    pieces = render(table, (Link("d", "https://d.com", "1"),))

    assert pieces == (Prose(expected),)
    sound.check(add(Layout(), table).message())


def test_a_table_keeps_the_code_in_its_cells() -> None:
    long = "word " * 20

    assert render("| a | b |\n|---|---|\n| c   d | `e   f` |\n") == (Code("a    b\n---  -----\nc d  e   f"),)
    assert render(f"| a | b |\n|---|---|\n| c | `e   f` ``g ` h`` {long} |\n") == (
        Prose("• *c* — b: `e   f`"),
        Code("g ` h"),
        Prose(long.strip()),
    )


def test_a_long_code_block_becomes_several_at_line_ends() -> None:
    lines = [f"line {number} = '<value>'" for number in range(300)]
    source = "\n".join(lines)

    message = add(Layout(), f"```python\n{source}\n```").message()

    sound.check(message)
    fences = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    inside = "\n".join(fence.removeprefix("```\n").removesuffix("\n```") for fence in fences)
    assert len(fences) > 1
    assert inside == mrkdwn.escape(source)


def test_a_fence_inside_of_code_does_not_end_it() -> None:
    message = add(Layout(), "````\n```\nx\n```\n````").message()

    sound.check(message)
    assert "x" in sound.shown(message)


def test_what_does_not_fit_is_cut_visibly_and_what_is_kept_stays() -> None:
    layout = add(Layout().header("Title"), "\n\n".join(f"paragraph {number} " + "word " * 100 for number in range(60)))

    message = layout.context("Source: here").message()

    sound.check(message)
    assert "… cut" in sound.shown(message)
    assert message.blocks[-1]["elements"][0]["text"] == "Source: here"
    assert message.text.startswith("*Title*")
    assert message.text.endswith("Source: here")
    assert "… cut" in message.text


def test_more_than_fifty_blocks_are_cut() -> None:
    layout = Layout()
    for number in range(80):
        layout.text(f"line {number}")

    message = layout.message()

    sound.check(message)
    assert len(message.blocks) == 50
    assert "line 0" in message.text


def test_a_message_of_nothing_still_says_something() -> None:
    sound.check(Layout().header(" \x00").text("").code("\n").context("").buttons(None).message())


_HOSTILE = st.text(alphabet=st.sampled_from("<>&|@!#^*_~`\\[](){}-+.1 \n\t:/hUSx\u202e\ud800\x00é"), max_size=120)
_MARKDOWN = st.lists(
    st.one_of(
        _HOSTILE,
        st.sampled_from(
            [
                "<!channel>",
                "<@U12345678>",
                "[<!here>](https://e.com)",
                "[x](https://e.com/<!here>)",
                "![<!here>](https://e.com/a|b>c)",
                "```\n<!channel>\n```",
                "    <@U12345678>",
                "|a|b|\n|-|-|\n|<!here>|x|",
                "<https://e.com|x>",
                "- > # x",
                "&lt;!channel&gt;",
                "x" * 3500,
                "`" * 7,
            ]
        ),
    ),
    max_size=8,
).map("\n".join)


@settings(deadline=None, max_examples=60)
@example("1```")  # a fence behind a word opened a block in prose
@given(_MARKDOWN)
def test_no_markdown_pings_links_falsely_or_breaks_a_limit(markdown: str) -> None:
    sound.check(add(Layout(), markdown).message())


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("ab &<>\n`*"), max_size=400), st.integers(40, 120))
def test_splitting_loses_no_word_and_breaks_no_entity(text: str, limit: int) -> None:
    parts = list(mrkdwn.split(mrkdwn.escape(text), limit))

    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(mrkdwn.escape(text).split())
    for part in parts:
        sound.check_mrkdwn(part.replace("`", ""))


@settings(deadline=None, max_examples=60)
@given(_HOSTILE, st.integers(20, 100))
def test_cutting_holds_the_limit_and_breaks_nothing(text: str, limit: int) -> None:
    line = f"{mrkdwn.escape(text)} {mrkdwn.link('https://example.com/a?b=1&c=2', text)}"

    cut = mrkdwn.cut(line.replace("`", "'"), limit)

    assert len(cut) <= limit
    sound.check_mrkdwn(cut)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("See [the *guide*][1].", "See <https://example.com/g|the guide>."),
        ("See [the guide][].", "See <https://example.com/g|the guide>."),
        ("See [The\nGuide].", "See <https://example.com/g|The Guide>."),
        ("See [the guide][3].", "See [the guide][3]."),
        ("See [the guide][src].", "See <https://example.org/src|the guide>."),
        ("See [the guide](https://example.net) or [x][].", "See <https://example.net|the guide> or <https://x.com|x>."),
        ("- [x] done\n- [ ] to do", "• [x] done\n• [ ] to do"),
        ("See [bad][2].", "See bad."),
        ("`[the guide][1]`", "`[the guide][1]`"),
    ],
)
def test_a_link_by_reference_is_resolved_from_the_links_of_its_entry(markdown: str, expected: str) -> None:
    links = (
        Link("the guide", "https://example.com/g", "1"),
        Link("the guide", "https://example.com/g", "THE GUIDE"),
        Link("the guide", "https://example.org/src", "SRC"),
        Link("the guide", "https://example.net"),
        Link("bad", "javascript:alert(1)", "2"),
        Link("x", "https://x.com", "X"),
        Link("", "https://example.com/image"),
    )
    pieces = render(markdown, links)

    assert "\n".join(piece.mrkdwn for piece in pieces if isinstance(piece, Prose)) == expected
