"""Asking: which section, how sure, and what doesn't matter."""

import itertools
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.faq import Metadata, Outcome, Section
from bot.search import Faq, Thresholds, load
from bot.search.index import Index
from bot.search.query import Vocabulary, units
from bot.search.words import lexicon
from tests.search.conftest import SHIPPED, MakeFaq

QUESTION = "how do i install scikit-learn for my training run?"
QUESTION_WORDS = [
    *("how", "do", "i", "install", "xgboost", "deploy", "wheel", "environment", "docker", "role", "vnet", "upload"),
    *("ScriptRunConfig", "exp.submit", "run_cfg", "sumbit", "pasta", "the", "with", "for", "training", "workspace"),
]


def test_a_clear_question_is_answered_with_its_section(shipped: Faq) -> None:
    answer = shipped.ask(QUESTION)

    assert answer.outcome is Outcome.CONFIDENT
    assert answer.best is not None
    assert answer.best.section.location == "submitting-runs.md#how-do-i-install-a-package-for-training"
    assert 'add_conda_package("scikit-learn=1.5")' in answer.best.passage.markdown


@pytest.mark.parametrize(
    "frame",
    [
        "hey team, {}",
        "{} thanks in advance!",
        "Hi all! quick question: {} pls",
        "{}",
        "Hi team! Good morning :wave: hope you're all well, quick question - {} thanks a lot in advance!!",
        "good afternoon all, hope you had a great weekend! {} Thank you so much in advance, best regards",
        "@channel sorry for the basic question :sweat_smile: {} any help would be appreciated :pray::+1:",
    ],
)
def test_politeness_changes_nothing(shipped: Faq, frame: str) -> None:
    plain, polite = shipped.ask(QUESTION), shipped.ask(frame.format(QUESTION))

    assert polite.outcome is plain.outcome
    assert [(hit.section, hit.score) for hit in polite.hits] == [(hit.section, hit.score) for hit in plain.hits]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("create a team", "How do I create a team?"),
        ("hi team, thanks people: how do I make a channel", "How do I create a channel?"),
        ("team how do i create a channel", "How do I create a channel?"),
        ("naming of bot accounts", "How do I name a bot account?"),
        ("ask a question anonymously", "How do I ask a question without my name?"),
    ],
)
def test_who_may_be_greeted_may_be_asked_about(make_faq: MakeFaq, query: str, title: str) -> None:
    faq = make_faq(
        a="# T\n\n## How do I create a channel?\n\nPress one.\n\n## How do I create a team?\n\nPress two.\n\n"
        "## How do I name a service account?\n\nAt length.\n\n## How do I name a bot account?\n\nShortly.\n\n"
        "## How do I ask a question without my name?\n\nBy the form.\n\n## Who owns the printer?\n\nAll of us.\n"
    )

    best = faq.ask(query).best

    assert best is not None
    assert best.section.title == title


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("rollback", "How do I roll back a deployment?"),
        ("how to get a name space", "Where do namespaces come from?"),
        ("dockerimage missing", "Which docker image is used?"),
        ("back fill", "Backfill a table"),
    ],
)
def test_words_written_together_and_apart_are_the_same(make_faq: MakeFaq, query: str, title: str) -> None:
    faq = make_faq(
        a="# T\n\n## How do I name a thing?\n\nShortly.\n\n## Where do namespaces come from?\n\nFrom us.\n\n"
        "## How do I roll back a deployment?\n\nWith undo.\n\n## Which docker image is used?\n\nThe base one.\n\n"
        "## Backfill a table\n\nAt night.\n\n## How do I get back to the roll call?\n\nThere is none.\n"
    )

    best = faq.ask(query).best

    assert best is not None
    assert best.section.title == title


@pytest.mark.parametrize(
    "query", ["how do I stop a spark session?", "delete the spark session", "i want to remove a session"]
)
def test_who_wants_to_undo_a_thing_isn_t_told_how_to_do_it(make_faq: MakeFaq, query: str) -> None:
    text = "# T\n\n## How do I start a Spark session?\n\nBy a click.\n\n## Who owns the printer?\n\nAll of us.\n"
    doing, undoing = make_faq(a=text), make_faq(a=text.replace("By a click.", "By a click; another one stops it."))

    assert doing.ask(query).outcome is not Outcome.CONFIDENT
    assert doing.ask("how do I start a spark session").outcome is Outcome.CONFIDENT
    assert [hit.section.title for hit in undoing.ask(query).hits][:1] == ["How do I start a Spark session?"]
    assert undoing.ask("how do I stop a spark session?").outcome is Outcome.CONFIDENT


def test_a_number_in_front_of_a_title_is_nothing_that_a_question_leaves_out(make_faq: MakeFaq) -> None:
    text = "# T\n\n## {}What are environments?\n\nSets of packages.\n\n## {}How do I submit a run?\n\nBy a click.\n"
    plain, numbered = make_faq(a=text.format("", "")), make_faq(a=text.format("3.1 ", "3.2 "))

    for asked in ("what are environments", "how do i submit"):
        assert numbered.evidence(asked)[1] == pytest.approx(plain.evidence(asked)[1], abs=0.02)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["hey", "Hi team,", "hello everyone,", "please", "quick question:", "good morning!"]),
    st.lists(st.sampled_from(QUESTION_WORDS), min_size=1, max_size=8).map(" ".join),
)
def test_a_greeting_in_front_changes_nothing_whatever_is_asked(greeting: str, query: str) -> None:
    plain, polite = _SHIPPED.ask(query), _SHIPPED.ask(f"{greeting} {query}")

    assert (polite.outcome, polite.hits) == (plain.outcome, plain.hits)


@pytest.mark.parametrize("query", ["", " ", "hi", "thanks!", "hello everyone", "?!", "🎉🎉", "\u200b\u200b"])
def test_what_asks_nothing_finds_nothing(shipped: Faq, query: str) -> None:
    assert shipped.ask(query).outcome is Outcome.UNKNOWN
    assert shipped.ask(query).hits == ()


@pytest.mark.parametrize("query", ["when is lunch", "how do i cook pasta", "who won the game last night?"])
def test_what_the_faq_does_not_know_is_unknown(shipped: Faq, one_file: Faq, query: str) -> None:
    assert shipped.ask(query).outcome is Outcome.UNKNOWN
    assert one_file.ask(query).outcome is Outcome.UNKNOWN


def test_equal_titles_are_offered_unless_the_question_tells_which(shipped: Faq) -> None:
    both = shipped.ask("How do I include additional files?")
    training = shipped.ask("additional files for training")
    deployment = shipped.ask("additional files for deployment")

    assert both.outcome is Outcome.CHOICES
    assert {hit.section.path[0] for hit in both.hits[:2]} == {"Submitting training runs", "Deploying models"}
    assert (training.outcome, training.hits[0].section.path[0]) == (Outcome.CONFIDENT, "Submitting training runs")
    assert (deployment.outcome, deployment.hits[0].section.path[0]) == (Outcome.CONFIDENT, "Deploying models")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("set up role based access control", "set up rloe based acess contrl"),
        ("add a private wheel", "add a privat weel"),
        ("curated environments", "curatd enviroments"),
    ],
)
def test_slips_of_the_pen_find_the_same_section(shipped: Faq, right: str, wrong: str) -> None:
    assert shipped.ask(wrong).hits[0].section == shipped.ask(right).hits[0].section


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("ScriptRunConfig compute_target", "How do I submit a training run?"),
        ("addprivatepipwheel", "How do I install my own package?"),
        ("Environment.add_private_pip_wheel(ws, ...)", "How do I install my own package?"),
        ("what is MsiAuthentication", "Which authentication options are supported?"),
    ],
)
def test_names_from_code_are_found_however_they_are_written(shipped: Faq, query: str, title: str) -> None:
    assert shipped.ask(query).hits[0].section.title == title


def test_words_of_the_field_find_each_other(make_faq: MakeFaq) -> None:
    faq = make_faq(
        a="# Jobs\n\n## How do I start a run?\n\nPress start.\n\n## How do I assign permissions?\n\nIn the portal.\n",
        b="# Images\n\n## What is in the container?\n\nPrograms.\n",
    )

    assert faq.ask("rbac").hits[0].section.title == "How do I assign permissions?"
    assert faq.ask("docker").hits[0].section.title == "What is in the container?"
    assert faq.ask("kick off a job").hits[0].section.title == "How do I start a run?"


def test_every_alternate_is_a_title_of_its_own(make_faq: MakeFaq) -> None:
    faq = Faq(
        tuple(
            replace(section, metadata=Metadata(alternates=alternates))
            for section, alternates in zip(
                make_faq(a="# T\n\n## How do I submit a run?\n\nSo.\n\n## How do I stop it?\n\nThus.\n").sections,
                [("kick the tyres", "fire up a thing"), ("pull the plug",)],
                strict=True,
            )
        )
    )

    assert faq.ask("Pull the plug").hits[0].section.title == "How do I stop it?"
    assert faq.ask("fire up a thing").hits[0].section.title == "How do I submit a run?"
    assert faq.ask("how do i kick the tyers").hits[0].section.title == "How do I submit a run?"


def with_alternates(faq: Faq, *alternates: tuple[str, ...]) -> Faq:
    """The same FAQ where each section has these alternates, in order."""
    return Faq(
        tuple(
            replace(section, metadata=Metadata(alternates=own))
            for section, own in zip(faq.sections, alternates, strict=True)
        )
    )


def test_many_alternates_dont_take_the_questions_of_another_title(make_faq: MakeFaq) -> None:
    faq = make_faq(a="# T\n\n## How do I delete an environment?\n\nSo.\n\n## How do I start a run?\n\nThus.\n")
    many = tuple(f"How do I {verb} the environment of a run?" for verb in ("set", "choose", "name", "change", "delete"))

    crowded = with_alternates(faq, (), many)

    assert crowded.ask("delete environment").hits[0].section.title == "How do I delete an environment?"
    assert crowded.ask("how do i delte an environmnet").hits[0].section.title == "How do I delete an environment?"
    assert crowded.ask("how do i choose the environment of my run").hits[0].section.title == "How do I start a run?"


def test_alternates_of_one_entry_change_nothing_for_what_others_are_asked(make_faq: MakeFaq) -> None:
    titles = ("submit a training run", "register a model", "attach a cluster")
    faq = make_faq(a="# T\n\n" + "\n".join(f"## How do I {title}?\n\nLike this.\n" for title in titles))
    same_words = ("register the registered model", "model registry", "which models are registered")

    more = with_alternates(faq, (), same_words, ())

    for query in ("submit a training run now", "attach my cluster"):
        before, after = faq.ranking(query).matches[0], more.ranking(query).matches[0]
        assert after.document == before.document
        assert after.score == pytest.approx(before.score)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("sp", "How do I use a service principal?"),
        ("msi login", "How do I use a managed identity?"),
        ("whl", "How do I upload a wheel?"),
        ("put it behind a vnet", "How do I use a virtual network?"),
        ("aks", "How do I deploy to Azure Kubernetes Service?"),
        ("xgboost", "How do I install a package?"),
    ],
)
def test_abbreviations_and_names_of_packages_are_understood(make_faq: MakeFaq, query: str, title: str) -> None:
    titles = [
        "use a service principal", "use a managed identity", "upload a wheel", "use a virtual network",
        "deploy to Azure Kubernetes Service", "install a package",
    ]  # fmt: skip
    faq = make_faq(a="# T\n\n" + "\n".join(f"## How do I {name}?\n\nLike this.\n" for name in titles))

    assert faq.ask(query).hits[0].section.title == title


def test_the_best_of_many_sections_are_those_of_a_full_search() -> None:
    draw = random.Random(7)  # noqa: S311  # the same sections at every call
    names = [f"{first}{second}" for first in ("ba", "ce", "di", "fo", "gu") for second in ("lan", "mer", "nis", "pot")]
    weights = list(itertools.accumulate(1 / (at + 1) for at in range(len(names))))
    texts = [[" ".join(draw.choices(names, cum_weights=weights, k=count)) for count in (3, 9)] for _ in range(3000)]
    sections = tuple(
        Section((name,), name, 1, str(number), "a.md", number, number, body, body)
        for number, (name, body) in enumerate(texts)
    )
    index = Index.of(sections, lexicon())
    vocabulary = Vocabulary(index.terms.__contains__)

    for _ in range(20):
        asked = units(" ".join(draw.sample(names, 5)), vocabulary, lexicon())
        best, full = index.search(asked, 10).matches, index.search(asked, len(sections)).matches[:10]

        assert [match.document for match in best] == [match.document for match in full]
        assert [match.score for match in best] == pytest.approx([match.score for match in full])


def test_other_scripts_are_searched(make_faq: MakeFaq) -> None:
    faq = make_faq(
        a="# 質問\n\n## 学習ジョブの実行方法\n\n実行を押します。\n\n## パスワードの変更\n\n設定を開きます。\n",
        b="# 질문\n\n## 학습은 어떻게 시작하나요?\n\n단추를 누릅니다.\n",
        c="# Käse\n\n## Where is the CAFÉ?\n\nThere.\n",
    )

    assert faq.ask("パスワードを変更したい").hits[0].section.title == "パスワードの変更"
    assert faq.ask("학습 시작").hits[0].section.title == "학습은 어떻게 시작하나요?"
    assert faq.ask("cafe").hits[0].section.title == "Where is the CAFÉ?"


def test_hits_are_best_first_and_bounded(shipped: Faq) -> None:
    for limit in (1, 2, 3, 10):
        answer = shipped.ask("environment for a training run with docker", limit=limit)
        scores = [hit.score for hit in answer.hits]

        assert len(scores) <= limit
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_equal_sections_come_in_file_order(make_faq: MakeFaq) -> None:
    faq = make_faq(b="# T\n\n## Widgets\n\nsame text\n", a="# T\n\n## Widgets\n\nsame text\n")

    assert [hit.section.file for hit in faq.ask("widgets").hits] == ["a.md", "b.md"]


def test_thresholds_decide_the_outcome(tmp_path: Path) -> None:
    query = "which python version does a run use"

    always = load(SHIPPED, thresholds=Thresholds(confident=0, choices=0)).ask(query)
    never = load(SHIPPED, thresholds=Thresholds(confident=1, choices=1)).ask(query)
    offered = load(SHIPPED, thresholds=Thresholds(confident=1, choices=0)).ask(query)

    assert [always.outcome, never.outcome, offered.outcome] == [Outcome.CONFIDENT, Outcome.UNKNOWN, Outcome.CHOICES]
    assert never.hits
    assert never.hits == always.hits


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
@example("x" * 40_000)
@example("a_b." * 10_000)
@example("how do i " * 5_000)
@example("((((((((((a+)+)+)+)+)+)+)+)+)+)+" * 100)
@example("\x00\x1b[2J\u202e\ufeff")
def test_any_text_may_be_asked(query: str) -> None:
    answer = _SHIPPED.ask(query)

    assert answer.query == query
    for hit in answer.hits:
        assert hit.passage.markdown in hit.section.body


_SHIPPED = load(SHIPPED)


def test_it_needs_nothing_but_its_own_libraries() -> None:
    code = (
        "import sys, pathlib, bot.search; "
        f"bot.search.load(pathlib.Path({str(SHIPPED)!r})).ask('how do i sbmit a run'); "
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    foreign = {name for name in loaded.stdout.split() if not name.startswith("_")}
    assert foreign & {"slack_sdk", "slack_bolt", "azureml", "sqlalchemy", "dbos", "pydantic", "aiohttp"} == set()
    assert {"bot", "markdown_it", "rapidfuzz", "Stemmer"} <= foreign


@pytest.mark.parametrize("query", ["how do i", "can you", "what is this", "(a+)+$" * 50, "i have a problem"])
def test_words_that_name_nothing_are_no_reason_to_offer_anything(shipped: Faq, query: str) -> None:
    assert shipped.ask(query).outcome is Outcome.UNKNOWN
