"""What is read by a short cut is read as the parser would."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from bot.search import anchors, tokens

_TEXTS = st.one_of(
    st.text("ab_ .:-\n+=@#'\"", max_size=25),
    st.text("ab \n\t.,;-+=|$%^{}()/?0\u00e9\u00a0\u2028\x0b~_*!<[]&\\`", max_size=25),
    st.text(max_size=25),
)


def seen(found: list[Token]) -> list[object]:
    """What is looked at of tokens."""
    return [(token.type, token.tag, token.content, token.level, token.children) for token in found]


@settings(max_examples=500, deadline=None)
@given(_TEXTS)
@example("set azureml_core to\n1.2, a__b too")
@example("a_ b")
@example("a  \nb")
@example("")
def test_text_without_markup_is_what_the_parser_makes_of_it(text: str) -> None:
    parsed: list[Token] = []
    parser = tokens._parser()
    parser.inline.parse(text, parser, {}, parsed)

    assert seen(tokens.inline(text, {})) == seen(parsed)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="ascii"), max_size=25))
def test_the_anchor_of_an_english_title_is_that_of_its_letters(title: str) -> None:
    kept = (char for char in title.lower() if anchors._stays(char))

    assert anchors.slug(title) == "".join("-" if char == " " else char for char in kept)
