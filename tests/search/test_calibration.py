"""The confidence is learnt from a FAQ's own cases, and only where that helps."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Case
from bot.search import CALIBRATION_FILE, Faq, calibrate, load, read
from bot.search.calibration import Calibration, calibration_error, content_hash, learn
from bot.search.confidence import FEATURES, SHIPPED, Coefficients
from tests.search.conftest import SHIPPED as FOLDER

LIBRARY = read(FOLDER)


def faq_with(cases: Sequence[Case], calibrated: Calibration | None = None) -> Faq:
    return Faq(LIBRARY.sections, cases=cases, calibrated=calibrated)


@pytest.fixture(scope="module")
def calibrated() -> Faq:
    return load(FOLDER)


def test_cases_make_the_confidence_true(calibrated: Faq) -> None:
    learnt = calibrated.calibration

    assert learnt.learnt
    assert learnt.cases >= 300
    assert learnt.error <= 0.08
    assert learnt.loss < learnt.shipped_loss


def test_the_same_cases_teach_the_same_in_any_order(calibrated: Faq) -> None:
    again = calibrate(calibrated, list(reversed(LIBRARY.cases)))

    assert again.coefficients == calibrated.calibration.coefficients


def test_test_cases_and_repeated_titles_teach_nothing(calibrated: Faq) -> None:
    cases = LIBRARY.cases
    hidden = [Case(case.query, (), split="test") for case in cases]
    titles = [Case(section.title.upper(), (section.location,)) for section in calibrated.sections]

    more = calibrate(calibrated, [*cases, *hidden, *titles])

    assert more.coefficients == calibrated.calibration.coefficients


@pytest.mark.parametrize("count", [0, 10, 29])
def test_too_few_cases_leave_the_shipped_confidence(count: int) -> None:
    faq = faq_with(LIBRARY.cases[:count])

    assert not faq.calibration.learnt
    assert faq.calibration.coefficients == SHIPPED


def test_cases_of_one_kind_leave_the_shipped_confidence() -> None:
    assert not learn([((0.9, 0.9, 0.5, 0.9, 0.0, 0.0, 0.0), True)] * 100).learnt


def test_noise_does_not_replace_the_shipped_confidence() -> None:
    middling = (0.5,) * len(FEATURES)
    samples = [(middling, SHIPPED.probability(middling) > number / 40) for number in range(40)]

    assert learn(samples).loss <= learn(samples).shipped_loss


def test_a_stored_calibration_is_used_while_nothing_changes(calibrated: Faq, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    calibrated.calibration.save(file)
    stored = Calibration.load(file)
    assert stored == calibrated.calibration

    marked = Calibration(coefficients=SHIPPED, content=calibrated.calibration.content)
    same = faq_with(LIBRARY.cases, marked)
    changed = faq_with(LIBRARY.cases[:-1], marked)

    assert same.calibration is marked
    assert changed.calibration is not marked


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1, "engine": 0, "features": []}'])
def test_a_broken_calibration_is_refused_and_an_old_one_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text, encoding="utf-8")

    if "engine" in text:
        assert Calibration.load(file) is None
    else:
        with pytest.raises(ConfigurationError, match="aml-bot faq calibrate"):
            Calibration.load(file)


def test_a_folder_brings_its_calibration_and_its_cases(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# T\n\n## How do I bake bread?\n\nIn the oven.\n", encoding="utf-8")
    first = load(tmp_path)
    content = content_hash(first.sections, ())
    Calibration(Coefficients(9, (0,) * len(FEATURES)), content=content).save(tmp_path / CALIBRATION_FILE)

    assert load(tmp_path).ask("bread").hits[0].score > 0.99
    assert first.ask("bread").hits[0].score < 0.99


def test_the_calibration_error_is_what_confidence_and_truth_differ_by() -> None:
    assert calibration_error([0.75] * 40, [True, True, True, False] * 10) == pytest.approx(0)
    assert calibration_error([1.0] * 20, [True] * 20) == 0
    assert calibration_error([1.0] * 20, [False] * 20) == 1
    assert calibration_error([], []) == 0
