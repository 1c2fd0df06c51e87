"""What people see of an answer."""

import json

import pytest

from bot.blocks import answers
from bot.domain.faq import Answer, Hit, Outcome, Passage, Referred, Substitution
from bot.parse import actions
from tests.blocks import sound
from tests.blocks.samples import hit, section

KEY = "T1:C1:1700000000.000100"
FIRST = section()
SECOND = section("How do I update a package?", path=("Environments", "Packages", "How do I update a package?"))


def answer(outcome: Outcome, *hits: Hit) -> tuple[Answer, ...]:
    return (Answer("how to pin?", outcome, hits),)


def test_a_confident_answer_shows_the_snippet_its_source_and_how_sure_it_is() -> None:
    message = answers.answer(KEY, answer(Outcome.CONFIDENT, hit(FIRST)), can_call_human=True)

    sound.check(message)
    assert message.text == (
        "*How do I pin a package?*\nWrite the version:\n```\npip_packages=['scikit-learn==1.5']\n```\n"
        "Source: environments.md \u203a How do I pin a package? (line 44)\nI'm fairly sure (87%)."
    )
    assert sound.buttons(message) == {
        "Helpful": "feedback_helpful",
        "Not helpful": "feedback_not_helpful",
        "Ask a human": "ask_human",
    }
    assert {button["value"] for button in sound.all_buttons(list(message.blocks))} == {KEY}


def test_the_source_is_a_link_where_the_faq_is_on_the_web() -> None:
    message = answers.answer(
        KEY,
        answer(Outcome.CONFIDENT, hit(FIRST)),
        source_url=lambda found: f"https://git.example.com/faq/{found.location}?a=1&b=2",
        can_call_human=False,
    )

    sound.check(message)
    assert (
        "<https://git.example.com/faq/environments.md#how-do-i-pin-a-package?a=1&amp;b=2|environments.md"
        in message.text
    )
    assert "Ask a human" not in sound.buttons(message)


def test_a_part_of_an_entry_says_that_there_is_more() -> None:
    found = Hit(FIRST, 0.95, Passage("Write the version.", FIRST.file, 44, truncated=True))

    message = answers.answer(KEY, answer(Outcome.CONFIDENT, found))

    sound.check(message)
    assert "a part of the entry" in message.text
    assert "I'm very sure (95%)" in message.text
    (more,) = (button for button in sound.all_buttons(list(message.blocks)) if button["text"]["text"] == "More")
    assert actions.choice(more["value"]) == actions.ShownChoice(KEY, FIRST.file, FIRST.anchor)


def test_a_part_of_an_entry_that_no_button_can_name_sends_to_its_source() -> None:
    unnamed = section(anchor="a" * 3_000)
    found = Hit(unnamed, 0.95, Passage("Write the version.", unnamed.file, 44, truncated=True))

    message = answers.answer(KEY, answer(Outcome.CONFIDENT, found))

    assert "its source has the rest" in message.text
    assert "More" not in sound.buttons(message)


POINTER = section("How do I pin a package for deployment?", body="See above, but replace `A<x>` by `B`. Mind the gap.")
REPLACED = Substitution("A<x>", "B")


def pointing(passage: Passage) -> Hit:
    shown = Passage(FIRST.body, FIRST.file, 44, truncated=False)
    return Hit(POINTER, 0.95, passage, (Referred(FIRST, shown, "See above, but replace `A<x>` by `B`.", (REPLACED,)),))


def test_what_an_entry_points_to_is_shown_below_it_with_what_to_write_instead() -> None:
    whole = Passage(POINTER.body, POINTER.file, 70, truncated=False)

    message = answers.answer(KEY, answer(Outcome.CONFIDENT, pointing(whole)))

    sound.check(message)
    own, _, other = message.text.partition("From *How do I pin a package?*:\n")
    assert "but replace `A&lt;x&gt;` by `B`" in own
    assert other == (
        "`A&lt;x&gt;` \u2192 `B`\nWrite the version:\n```\npip_packages=['scikit-learn==1.5']\n```\n"
        "Source: environments.md \u203a How do I pin a package? (line 44)"
    )


def test_what_an_entry_tells_of_another_is_shown_when_the_passage_does_not_have_it() -> None:
    part = Passage("Mind the gap.", POINTER.file, 71, truncated=True)

    message = answers.answer(KEY, answer(Outcome.CONFIDENT, pointing(part)))

    assert "From *How do I pin a package?*:\nSee above, but replace `A&lt;x&gt;` by `B`.\n" in message.text


def test_what_a_chosen_entry_points_to_is_shown_too() -> None:
    whole = Passage(POINTER.body, POINTER.file, 70, truncated=False)

    message = answers.section(KEY, POINTER, pointing(whole).referred)

    sound.check(message)
    assert message.text.count("but replace") == 1
    assert "\u2192 `B`\nWrite the version:" in message.text


def test_several_questions_are_answered_one_below_the_other_with_one_row_of_buttons() -> None:
    found = (
        Answer("how to <pin>?", Outcome.CONFIDENT, (hit(FIRST),)),
        Answer("how to update?", Outcome.CHOICES, (hit(FIRST, 0.5), hit(SECOND, 0.4))),
        Answer("when is lunch?", Outcome.UNKNOWN, ()),
    )

    message = answers.answer(KEY, found, can_call_human=True)

    sound.check(message)
    headers = [block["text"]["text"] for block in message.blocks if block["type"] == "header"]
    assert headers == ["how to <pin>?", "how to update?", "when is lunch?"]
    assert message.text.startswith("*how to &lt;pin&gt;?*\n*How do I pin a package?*\nWrite the version:")
    assert [len(block["elements"]) for block in message.blocks if block["type"] == "actions"] == [3]


def test_a_question_that_is_cut_within_its_code_opens_no_fence() -> None:
    query = f"why does this fail? ```{'raise ' * 40}```"
    found = (Answer(query, Outcome.UNKNOWN, ()), Answer("how to pin?", Outcome.CONFIDENT, (hit(FIRST),)))

    message = answers.answer(KEY, found)

    sound.check(message)
    assert message.text.startswith("*why does this fail? raise raise")


def test_several_long_answers_are_all_heard() -> None:
    long = section(body="word " * 500)
    found = tuple(Answer(f"question {number}?", Outcome.CONFIDENT, (hit(long),)) for number in (1, 2, 3))

    message = answers.answer(KEY, found)

    sound.check(message)
    assert [f"*question {number}?*\n" in message.text for number in (1, 2, 3)] == [True] * 3
    assert message.text.index("word") < message.text.index("question 2")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_three_answers_of_the_longest_names_stay_within_slacks_limits(outcome: Outcome) -> None:
    worst = "&" * 5_000
    named = section(worst, path=(worst, worst), file=worst, anchor="a", body=worst, prose=worst)
    shown = Passage(worst, worst, 1, truncated=True)
    other = Referred(named, shown, worst, (Substitution(worst, worst),))
    found = Answer(worst, outcome, (Hit(named, 0.3, shown, (other, other)),) * 3, topic=named)

    message = answers.answer(
        KEY, (found,) * 3, source_url=lambda _: "https://e.com/" + "a" * 1_400, can_call_human=True
    )

    sound.check(message)
    assert "Ask a human" in sound.buttons(message)


def test_an_answer_that_goes_on_from_the_thread_says_from_what() -> None:
    going_on = (Answer("and then?", Outcome.CONFIDENT, (hit(SECOND),), topic=FIRST),)

    message = answers.answer(KEY, going_on)

    sound.check(message)
    assert message.text.startswith("About *How do I pin a package?*:\n*How do I update a package?*\n")


def test_choices_are_told_apart_by_their_path_and_can_be_shown() -> None:
    message = answers.answer(KEY, answer(Outcome.CHOICES, hit(FIRST, 0.5), hit(SECOND, 0.4)), can_call_human=True)

    sound.check(message)
    assert "I'm not sure" in message.text
    assert "in Environments \u203a Packages" in message.text
    shows = [button for button in sound.all_buttons(list(message.blocks)) if button["action_id"] == "show_choice"]
    assert [actions.choice(button["value"]) for button in shows] == [
        actions.ShownChoice(KEY, "environments.md", "how-do-i-pin-a-package")
    ] * 2
    assert shows[1]["accessibility_label"] == "Show entry 2: How do I update a package?"


def test_an_entry_that_was_chosen_is_shown_whole() -> None:
    message = answers.section(KEY, FIRST, can_call_human=True)

    sound.check(message)
    assert "scikit-learn==1.5" in message.text
    assert "(line 42)" in message.text
    assert "Helpful" in sound.buttons(message)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_without_any_entry_it_says_that_it_does_not_know(outcome: Outcome) -> None:
    message = answers.answer(KEY, answer(outcome), can_call_human=True)

    sound.check(message)
    assert message.text.startswith("I don't know")
    assert sound.buttons(message) == {"Ask a human": "ask_human"}


def test_the_nearest_entries_of_an_unknown_question_are_named_and_not_shown() -> None:
    message = answers.answer(KEY, answer(Outcome.UNKNOWN, hit(FIRST, 0.1)), can_call_human=False)

    assert "How do I pin a package?" in message.text
    assert "scikit-learn" not in message.text
    assert sound.buttons(message) == {}


def test_an_anchor_too_long_for_a_button_costs_only_the_button() -> None:
    message = answers.answer(KEY, answer(Outcome.CHOICES, hit(section(anchor="a" * 3_000))))

    sound.check(message)
    assert sound.buttons(message) == {}


def test_a_value_of_a_button_has_nothing_that_slack_escapes() -> None:
    message = answers.answer(KEY, answer(Outcome.CHOICES, hit(section(file="a&b.md", anchor="<x>"))))

    (button,) = sound.all_buttons(list(message.blocks))
    assert not set("&<>") & set(button["value"])
    assert json.loads(button["value"]) == {"key": KEY, "file": "a&b.md", "anchor": "<x>"}
