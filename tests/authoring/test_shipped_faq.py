"""The FAQ that comes with the bot holds what its own tools ask for.

After a change that is meant, commit to its figures: `aml-bot faq eval --update-baseline`.
"""

from tests.authoring.conftest import SHIPPED, faq_command


def test_links_code_claims_and_cases_are_in_order() -> None:
    ended = faq_command("check", "faq", cwd=SHIPPED.parent)

    assert (ended.code, ended.err) == (0, ""), ended.out


def test_no_figure_is_worse_than_committed() -> None:
    ended = faq_command("eval", "--faq", "faq", "--baseline", "faq/baseline.json", cwd=SHIPPED.parent)

    assert ended.code == 0, ended.err
