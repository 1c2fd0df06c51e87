"""The FAQ that comes with the bot holds what its own tools ask for.

After a change that is meant, commit to its figures: `aml-bot faq eval --update-baseline`.
"""

from tests.authoring.conftest import SHIPPED, faq_command


def test_there_is_nothing_to_mend_but_questions_that_are_hard_to_find() -> None:
    ended = faq_command("check", "faq", "--ignore", "not-found", "--ignore", "false-answer", cwd=SHIPPED.parent)

    assert (ended.code, ended.err) == (0, ""), ended.out


def test_no_figure_is_worse_than_committed() -> None:
    ended = faq_command("eval", "--faq", "faq", "--baseline", "faq/baseline.json", cwd=SHIPPED.parent)

    assert ended.code == 0, ended.err
