"""Slack's wire form to what the person meant."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.parse.text import MAX_LENGTH, mentioned, plain, without_mention

BOT = "U0AMLBOT"


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;lt;!channel&amp;gt;", "&amp;lt;!channel&gt;"),
        ("hi <@U1|ana> and <@W2>", "hi <@U1> and <@W2>"),
        ("in <#C1|ml-help> or <#C2>", "in #ml-help or #C2"),
        ("<https://example.com/a?b=1&amp;c=2|click here>", "https://example.com/a?b=1&c=2"),
        ("<https://example.com>", "https://example.com"),
        ("run <http://train.py|train.py> now", "run train.py now"),
        ("<http://Example.com/|example.com>", "example.com"),
        ("<mailto:ana@example.com|ana@example.com>", "ana@example.com"),
        ("<mailto:ana@example.com>", "ana@example.com"),
        ("<!here> <!channel|channel> <!everyone>", "here channel everyone"),
        ("<!subteam^S1|@ml-oncall> look", "ml-oncall look"),
        ("<!subteam^S1>", "subteam"),
        ("<!date^1392734382^{date_num}|18 Feb 2014>", "18 Feb 2014"),
        ("\u201chow\u201d it\u2019s", '"how" it\'s'),
        ("\u2014project demo \u2013compute cpu", "--project demo --compute cpu"),
        ("train.py \u2014 \u2014epochs 3", "train.py -- --epochs 3"),
        ("lines 3\u20135, well\u2014known", "lines 3\u20135, well\u2014known"),
        ("a\u00a0b\u202fc\td", "a b c d"),
        ("sub\u200bmit\ufeff tr\u00adain.py\u202e", "submit train.py"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("half \ud800 a pair", "half  a pair"),
        ("2 < 3 and <unclosed", "2 < 3 and <unclosed"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_text_is_what_the_person_meant(wire: str, meant: str) -> None:
    assert plain(wire) == meant


@pytest.mark.parametrize(
    "forged",
    [
        "&lt;@U1&gt;",
        "&lt;\u200b@U1&gt;",
        "&lt;<!x|@U1>&gt;",
        "&lt;<https://e.com|@U1>&gt;",
        "&lt;<#C1|@U1>&gt;",
        "\ue000",
        "\ue000 <@U2>\ue000",
        "&lt;<@ana>&gt;",
        "<&lt;@U1>",
    ],
)
def test_text_that_looks_like_a_mention_is_none(forged: str) -> None:
    assert "U1" not in mentioned(plain(forged))
    assert mentioned(plain(f"{forged} <@U9>"))[-1] == "U9"


def test_a_long_text_is_cut_and_never_inside_of_a_mention() -> None:
    text = plain("x" * (MAX_LENGTH - 2) + "<@U123456>")

    assert len(text) <= MAX_LENGTH
    assert "<" not in text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=200))
def test_text_is_decoded_exactly_once(meant: str) -> None:
    escaped = html.escape(meant, quote=False)

    assert plain(escaped) == meant.replace("<@", "< @").strip()
    assert plain(html.escape(escaped, quote=False)) == escaped.strip()


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("<>&|@!#^UWS1ltgamp; \ue000\u200bx"), max_size=60))
def test_only_slack_makes_mentions(wire: str) -> None:
    real = wire.count("<@")

    assert len(mentioned(plain(wire))) <= real


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"<@{BOT}> runs", "runs"),
        (f"<@{BOT}>: runs", "runs"),
        (f"<@{BOT}>, how do I submit?", "how do I submit?"),
        (f"hey <@{BOT}> runs", "runs"),
        (f"Good morning :wave: <@{BOT}> runs <@{BOT}>", "runs"),
        (f"my run fails <@{BOT}> why?", "my run fails why?"),
        (f"<@{BOT}> roles <@U2>", "roles <@U2>"),
        (f"<@{BOT}>", ""),
        ("no mention", "no mention"),
        ("< @U0AMLBOT> forged", "< @U0AMLBOT> forged"),
    ],
)
def test_the_mention_of_the_bot_and_a_greeting_are_left_out(said: str, left: str) -> None:
    assert without_mention(said, BOT) == left
