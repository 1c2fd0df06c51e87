"""What is shown of a section: verbatim, chosen for the question, code intact."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.faq import Passage
from bot.search import Faq
from bot.search.markdown import parse
from bot.search.passages import choose, rest
from bot.search.query import Vocabulary, units
from bot.search.words import lexicon
from tests.search.conftest import MakeFaq
from tests.search.test_markdown import DOCUMENTS

FILLER = "Some words that fill the page and say nothing of interest to anybody. " * 4
LONG = f"""# T

## How do I use the machine?

{FILLER}

### Starting it

{FILLER}

To start the engine, turn the crank:

```python
crank.turn(times=3)

engine.start()
```

{FILLER}

### Cleaning it

Use a brush for the boiler:

```sh
brush --soft boiler
```

{FILLER}
"""


def passage(text: str, query: str, limit: int) -> Passage:
    section = parse(text, "f.md").sections[0]
    asked = units(query, Vocabulary(lambda _: True), lexicon())
    return choose(section, asked, lexicon(), limit=limit)


def test_a_short_answer_is_shown_whole() -> None:
    found = passage("## Q?\n\nA.\n\n- b\n- c\n", "q", 100)

    assert found == Passage("A.\n\n- b\n- c", "f.md", 3, truncated=False)


def test_of_a_long_answer_the_part_that_fits_the_question_is_shown_with_its_code() -> None:
    start, clean = passage(LONG, "start the engine", 600), passage(LONG, "brush for cleaning the boiler", 600)

    assert "crank.turn(times=3)\n\nengine.start()\n```" in start.markdown
    assert "turn the crank:" in start.markdown
    assert "brush --soft boiler" in clean.markdown
    assert clean.markdown.startswith("### Cleaning it")
    assert clean.line == LONG.split("\n").index("### Cleaning it") + 1
    assert start.truncated
    assert clean.truncated


def test_a_code_block_is_not_cut_where_it_fits() -> None:
    for limit in range(60, 700, 20):
        found = passage(LONG, "start the engine with the crank", limit).markdown

        assert len(found) <= limit
        if "```python" in found:
            assert "engine.start()\n```" in found


def test_a_block_that_is_too_long_is_cut_at_a_line() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(500))

    found = passage(f"## Q?\n\n```python\n{code}\n```\n", "line", 300)

    assert found.truncated
    assert len(found.markdown) <= 300
    assert found.markdown.split("\n")[-1] in code.split("\n")


@pytest.mark.parametrize("middle", ["{items}", "```yaml\n{items}\n```", "{paragraphs}"])
def test_who_names_the_title_alone_gets_the_beginning(middle: str) -> None:
    items = "\n".join(f"- option {number} has a value" for number in range(40))
    body = middle.format(items=items, paragraphs=f"{FILLER}\n\n" * 3)

    found = passage(f"## How do I restore a backup?\n\nFirst of all.\n\n{body}\n\nThe backup is kept.\n", "backup", 400)

    assert found.markdown.startswith("First of all.\n\n" + body.split("\n", 1)[0][:40])
    assert len(found.markdown) > 200


def test_of_a_long_list_the_items_that_fit_the_question_are_shown() -> None:
    steps = "\n".join(f"{number}. Turn lamp {number} on and wait, whatever it takes." for number in range(1, 60))

    found = passage(f"## How do I start?\n\nLike this:\n\n{steps}\n\nThat was all.\n", "start lamp 35", 300)

    assert "35. Turn lamp 35 on" in found.markdown
    assert found.markdown.split("\n")[0] in steps.split("\n")
    assert len(found.markdown) > 200


def test_the_limit_is_a_parameter_of_the_faq(make_faq: MakeFaq) -> None:
    faq = make_faq(a=LONG)

    assert faq.ask("machine").hits[0].passage.markdown == faq.sections[0].body


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.text(max_size=30), st.integers(min_value=1, max_value=200))
def test_passages_are_unchanged_pieces_that_begin_at_their_line(text: str, query: str, limit: int) -> None:
    asked = units(query, Vocabulary(lambda _: True), lexicon())

    for section in parse(text, "f.md").sections:
        found = choose(section, asked, lexicon(), limit=limit)

        assert found.markdown in section.body
        assert len(found.markdown) <= limit
        assert section.body_line <= found.line <= section.end_line
        assert section.body.split("\n")[found.line - section.body_line].startswith(found.markdown.split("\n")[0])
        assert found.truncated == (found.markdown != section.body)


def test_the_rest_of_an_entry_follows_its_passage(make_faq: MakeFaq) -> None:
    faq = Faq(make_faq(a=LONG).sections, passage_limit=500)
    section = faq.sections[0]
    shown = faq.ask("turn the crank").hits[0].passage

    more = faq.rest(section, shown)

    assert shown.truncated
    assert all(len(piece.markdown) <= 500 for piece in more)
    assert any("brush --soft boiler\n```" in piece.markdown for piece in more)
    whole = sorted([shown, *more], key=lambda piece: piece.line)
    assert "".join("".join(piece.markdown for piece in whole).split()) == "".join(section.body.split())
    assert faq.rest(section, Passage(section.body, section.file, section.body_line, truncated=False)) == ()


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, st.text(max_size=30), st.integers(min_value=1, max_value=200))
def test_passage_and_rest_are_the_whole_entry(text: str, query: str, limit: int) -> None:
    asked = units(query, Vocabulary(lambda _: True), lexicon())

    for section in parse(text, "f.md").sections:
        shown = choose(section, asked, lexicon(), limit=limit)
        more = rest(section, shown, limit=limit)
        before = [piece for piece in more if piece.line < shown.line]

        assert all(piece.markdown in section.body and len(piece.markdown) <= limit for piece in more)
        pieces = [*before, shown, *more[len(before) :]]
        assert "".join("".join(piece.markdown for piece in pieces).split()) == "".join(section.body.split())
