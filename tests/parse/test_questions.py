"""What is taken for a question in a help channel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.parse import is_question, plain


@pytest.mark.parametrize(
    "text",
    [
        "How do I submit a training run?",
        "how to pin a package version",
        "my run fails with a 403",
        "can't log in to the workspace",
        "thanks, it still won't start",
        "it didn\u2019t start",
        "Traceback (most recent call last): KeyError",
        "```ModuleNotFoundError: No module named 'sklearn'```",
        "anyone know where the logs are",
        "I need more quota on the gpu cluster",
        "gpu quota",
        "the cluster never scales up",
        "thanks! any idea why it is slow?",
        "thanks but it still hangs",
        "hello, is there a way to include extra files",
        "https://ml.azure.com/runs/1 failed again",
        "<@U1> could you look at this",
        "looking for the name of the standard image",
        "wie installiere ich scikit-learn",
    ],
)
def test_a_request_for_help_is_heard(text: str) -> None:
    assert is_question(plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks!",
        "Thank you so much, that worked",
        "ok",
        "ok great",
        ":tada: :+1:",
        "<https://example.com/a?b=1>",
        "<@U1>",
        "<@U1> :pray:",
        "good morning everyone",
        "hello",
        "lol",
        "nvm, found it",
        "fixed it, it was the proxy",
        "FYI: the cluster is upgraded tonight",
        "heads-up: maintenance at noon",
        "yes",
        "works now",
        "...",
    ],
)
def test_small_talk_thanks_and_bare_links_are_left_alone(text: str) -> None:
    assert not is_question(plain(text))


@settings(deadline=None)
@given(st.text(max_size=100))
def test_whatever_ends_with_a_question_mark_is_a_question(text: str) -> None:
    assert is_question(plain(f"{text} why is it slow?"))
