"""Entries that only point to another one are answered with it, and with what they say to do differently."""

import pytest

from bot.domain.faq import Substitution
from bot.search import Faq
from tests.search.conftest import MakeFaq

TARGET = """# 1. Training

## 1.1 How do I send files along?

Put them into a folder:

```python
config = TrainConfig(folder="scripts")
```

# 2. Serving

"""


CONFIGS = ("TrainConfig", "ServeConfig")
ONLY_A_POINTER = "See [here](#11-how-do-i-send-files-along)."


def pointing(make_faq: MakeFaq, body: str) -> Faq:
    return make_faq(faq=f"{TARGET}## 2.1 How do I serve with files?\n\n{body}\n")


@pytest.mark.parametrize(
    ("body", "replaced", "by"),
    [
        ("See [there](#11-how-do-i-send-files-along).\nReplace `TrainConfig` by `ServeConfig`.", *CONFIGS),
        ("See 1.1, but use `ServeConfig` instead of `TrainConfig`.", *CONFIGS),
        ("Same as in [1.1 Files](#11-how-do-i-send-files-along), with ServeConfig in place of TrainConfig.", *CONFIGS),
        ("See section 1.1. Instead of `TrainConfig`, use `ServeConfig`.", *CONFIGS),
        ("See 1.1 and substitute `ServeConfig` for `TrainConfig`.", *CONFIGS),
        ("See [it](#99-how-do-i-send-files-along), but change the argument `folder` to `source`.", "folder", "source"),
    ],
)
def test_the_part_and_the_substitution_come_with_the_pointer(
    make_faq: MakeFaq, body: str, replaced: str, by: str
) -> None:
    hit = pointing(make_faq, body).ask("how do i serve with files").hits[0]

    assert hit.section.title == "2.1 How do I serve with files?"
    assert hit.passage.markdown == body
    (referred,) = hit.referred
    assert referred.section.title == "1.1 How do I send files along?"
    assert 'config = TrainConfig(folder="scripts")' in referred.passage.markdown
    assert referred.passage.markdown in referred.section.body
    assert referred.substitutions == (Substitution(replaced, by),)
    assert referred.told
    assert referred.told in " ".join(body.split("\n"))


def test_a_pointer_that_changes_nothing_brings_the_part_alone(make_faq: MakeFaq) -> None:
    (referred,) = pointing(make_faq, ONLY_A_POINTER).ask("serve with files").hits[0].referred

    assert (referred.told, referred.substitutions) == ("", ())


@pytest.mark.parametrize(
    "body",
    [
        "Use a server.\n\n```python\nserve()\n```\n\nSee [files](#11-how-do-i-send-files-along).",
        "Use a server.\n\nMore: [files](#11-how-do-i-send-files-along)",
        "See [the docs](https://example.com/docs#11-how-do-i-send-files-along).",
        "See [itself](#21-how-do-i-serve-with-files).",
        "See 7.7.",
    ],
)
def test_an_entry_that_answers_for_itself_brings_nothing_else(make_faq: MakeFaq, body: str) -> None:
    assert pointing(make_faq, body).ask("how do i serve with files").hits[0].referred == ()


def test_words_of_the_other_entry_find_the_pointer_when_its_own_are_named(make_faq: MakeFaq) -> None:
    faq = pointing(make_faq, ONLY_A_POINTER)

    assert faq.ask("serve with a scripts folder").hits[0].section.title.startswith("2.1")
    assert faq.ask("scripts folder").hits[0].section.title.startswith("1.1")


def test_the_shipped_entries_answer_for_themselves(shipped: Faq) -> None:
    assert not any(hit.referred for section in shipped.sections for hit in shipped.ask(section.title).hits)
