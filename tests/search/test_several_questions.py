"""More than one question in a message, and messages that go on from their thread."""

import pytest

from bot.domain.faq import Outcome, Section
from bot.search import Faq
from tests.search.conftest import MakeFaq

FILES, RBAC = "how-do-i-include-additional-files", "how-do-i-set-up-role-based-access-control-rbac"


def entry(faq: Faq, file: str, anchor: str) -> Section:
    found = faq.section(file, anchor)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (
            "How do I install a package for training? And how do I set up role-based access control?",
            ["How do I install a package for training?", "How do I set up role-based access control (RBAC)?"],
        ),
        (
            "hi all, how do i submit a training run and what is an environment",
            ["How do I submit a training run?", "What is an environment?"],
        ),
        (
            "two things:\n- how do i submit a training run\n- which authentication options are supported",
            ["How do I submit a training run?", "Which authentication options are supported?"],
        ),
        (
            "1. how do i submit a training run 2. what is inside the standard docker image",
            ["How do I submit a training run?", "What is inside the standard Docker image?"],
        ),
        (
            "secure the workspace + service principal login",
            ["How do I secure a workspace?", "Which authentication options are supported?"],
        ),
        (
            "- install a conda package for training\n- contents of the docker image",
            ["How do I install a package for training?", "What is inside the standard Docker image?"],
        ),
        (
            "how do I submit a training run and set up rbac?",
            ["How do I submit a training run?", "How do I set up role-based access control (RBAC)?"],
        ),
        (
            "How do I include additional files for training? And for deployment?",
            ["How do I include additional files?", "How do I include additional files?"],
        ),
    ],
)
def test_each_question_of_a_message_is_answered(shipped: Faq, text: str, titles: list[str]) -> None:
    answers = shipped.ask_all(text)

    assert [answer.hits[0].section.title for answer in answers] == titles
    assert len({answer.hits[0].section.location for answer in answers}) == len(titles)


@pytest.mark.parametrize(
    "text",
    [
        "how do i install scikit-learn for my training run?",
        "My run fails. Why? How do I fix it?",
        "how do i build a wheel and give it to my runs",
        "conda and pip packages in one environment",
        "how do i submit a training run and cancel my vacation",
        "hey, how are you? how do i submit a training run",
        "my train.py can't import utils. I put it into the same folder. How do I ship it with the run? Thanks!",
        "",
        "???",
    ],
)
def test_one_matter_gets_one_answer(shipped: Faq, text: str) -> None:
    assert len(shipped.ask_all(text)) == 1


def test_no_more_than_three_questions_are_answered(shipped: Faq) -> None:
    text = " ".join(f"{section.title}" for section in shipped.sections if section.title.endswith("?"))

    assert 2 <= len(shipped.ask_all(text)) <= 3


def test_a_message_that_goes_on_is_read_with_the_entry_of_its_thread(shipped: Faq) -> None:
    training = entry(shipped, "submitting-runs.md", FILES)

    for query in ("and for deployment?", "what about deployment", "ok thanks, and when deploying?"):
        answer = shipped.ask(query, training)

        assert (answer.outcome, answer.topic) == (Outcome.CONFIDENT, training), query
        assert answer.hits[0].section.location == f"deploying-models.md#{FILES}"
        assert answer.query == query


@pytest.mark.parametrize("query", ["and how do i cancel it?", "and on windows?", "what about my vacation"])
def test_the_entry_of_a_thread_is_no_answer_to_what_it_says_nothing_of(shipped: Faq, query: str) -> None:
    training = entry(shipped, "submitting-runs.md", FILES)

    assert shipped.ask(query, training).outcome is Outcome.UNKNOWN


def test_what_another_entry_is_about_leads_out_of_the_thread(shipped: Faq) -> None:
    answer = shipped.ask("what about conda", entry(shipped, "submitting-runs.md", FILES))

    assert answer.hits[0].section.file in {"environments.md", "submitting-runs.md"}
    assert answer.hits[0].section.anchor != FILES


def test_who_names_another_entry_s_title_in_a_thread_gets_that_entry(make_faq: MakeFaq) -> None:
    faq = make_faq(
        a="# T\n\n## 1.1 How do I submit a training run?\n\nWith submit.\n\n"
        "## 1.2 How do I install my own package?\n\nAs a wheel, before the training run that you submit.\n\n"
        "## 1.3 How do I install a package for training?\n\nWith conda, in an environment.\n\n"
        "## 2.1 What are environments?\n\nPackages of a training run.\n"
    )

    for topic in faq.sections:
        for section in faq.sections:
            asked = section.title.partition(" ")[2].lower()
            for query in (f"and {asked}", f"ok, {asked}"):
                best = faq.ask(query, topic).best
                assert best is not None
                assert best.section.title == section.title, (query, topic.title)


def test_a_new_question_in_a_thread_is_not_bound_to_it(shipped: Faq) -> None:
    training = entry(shipped, "submitting-runs.md", FILES)

    answer = shipped.ask("how do i set up role-based access control?", training)

    assert answer.topic is None
    assert answer == shipped.ask("how do i set up role-based access control?")
    assert answer.hits[0].section.location == f"security.md#{RBAC}"


def test_what_asks_nothing_stays_nothing_in_a_thread(shipped: Faq) -> None:
    assert shipped.ask("thanks!", entry(shipped, "submitting-runs.md", FILES)).hits == ()
