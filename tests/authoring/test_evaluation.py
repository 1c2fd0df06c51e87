"""Figures: what counts for what, how sure they are, and when they have fallen."""

import json
from pathlib import Path

import pytest

from bot.authoring import cases, evaluation, scores
from bot.authoring.evaluation import Asked
from bot.domain.errors import ConfigurationError
from bot.domain.faq import Outcome
from bot.search import load
from tests.authoring.conftest import Write

CONFIDENT, CHOICES, UNKNOWN = Outcome.CONFIDENT, Outcome.CHOICES, Outcome.UNKNOWN
FAQ = {
    "training.md": "# Training\n\n## 1.1 More files?\n\nOne.\n\n### In a zip\n\nUnpack it.\n",
    "deploying.md": "# Deploying\n\n## 2.1 More `files`?\n\nTwo.\n\n## How do I see *logs*?\n\nThere.\n",
}


def asked(
    rank: int,
    outcome: Outcome,
    probability: float = 0.5,
    *,
    answerable: bool = True,
    kind: str = "",
    split: str = "tune",
) -> Asked:
    offered = 1 <= rank <= {CONFIDENT: 1, CHOICES: 3, UNKNOWN: 0}[outcome]
    return Asked(kind, split, answerable, rank, outcome, offered, probability, 0.001)


def test_figures_count_each_answer_for_what_it_is() -> None:
    figures = evaluation.figures(
        [
            asked(1, CONFIDENT),
            asked(2, CONFIDENT),
            asked(2, CHOICES),
            asked(1, UNKNOWN),
            asked(0, UNKNOWN, answerable=False),
            asked(0, CHOICES, answerable=False),
            asked(0, CONFIDENT, answerable=False),
            asked(0, UNKNOWN, answerable=False),
        ]
    )

    assert figures.hit1 == 2 / 4
    assert figures.hit3 == 1
    assert figures.mrr == (1 + 0.5 + 0.5 + 1) / 4
    assert figures.decision_accuracy == 5 / 8  # right, offered, and silent three times
    assert figures.strict_accuracy == 4 / 8
    assert figures.false_answers == 1 / 4


def test_figures_without_a_case_to_count_are_none() -> None:
    assert evaluation.figures([]).hit1 is None
    assert evaluation.figures([asked(1, CONFIDENT)]).false_answers is None
    assert evaluation.figures([asked(0, UNKNOWN, answerable=False)]).mrr is None


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ([(1.0, True)] * 10, 0.0),
        ([(0.9, False)] * 10, 0.9),
        ([(0.0, False)] * 50 + [(1.0, False)] * 50, 0.5),
        ([(0.2, True)] * 2 + [(0.2, False)] * 8, 0.2),  # ten bins of one: each is off by .2 or .8
        ([(0.5, True)], 0.5),
    ],
)
def test_the_calibration_error_is_the_mean_distance_over_bins_of_equal_mass(
    claims: list[tuple[float, bool]], error: float
) -> None:
    expected = error if claims[0] != (0.2, True) else (2 * 0.8 + 8 * 0.2) / 10

    assert evaluation.calibration_error(claims) == pytest.approx(expected)


def test_intervals_hold_the_figure_and_are_the_same_in_each_run() -> None:
    answers = [asked(1 if number % 4 else 2, CONFIDENT) for number in range(100)]

    low, high = evaluation.intervals(answers)["hit1"]

    assert 0.6 < low < 0.75 < high < 0.9
    assert evaluation.intervals(answers) == evaluation.intervals(answers)


@pytest.mark.parametrize(
    ("name", "locations"),
    [
        ("training.md#11-more-files", ["training.md#11-more-files"]),
        ("How do I see logs", ["deploying.md#how-do-i-see-logs"]),
        ("## HOW DO I SEE **LOGS**?", ["deploying.md#how-do-i-see-logs"]),
        ("how-do-i-see-logs", ["deploying.md#how-do-i-see-logs"]),
        ("#how-do-i-see-logs", ["deploying.md#how-do-i-see-logs"]),
        ("2.1 More files?", ["deploying.md#21-more-files"]),
        ("2.1", ["deploying.md#21-more-files"]),
        ("More files", ["deploying.md#21-more-files", "training.md#11-more-files"]),
        ("Training > More files", ["training.md#11-more-files"]),
        ("In a zip", ["training.md#11-more-files"]),
        ("training.md#in-a-zip", ["training.md#11-more-files"]),
        ("./training.md#11-more-files", ["training.md#11-more-files"]),
        ("./training.md#in-a-zip", ["training.md#11-more-files"]),
        ("Nothing", []),
    ],
)
def test_gold_is_found_by_heading_or_place(write: Write, name: str, locations: list[str]) -> None:
    entries = cases.Entries(load(write(FAQ)).sections)

    assert [section.location for section in entries.named(name)] == locations


def test_gold_that_is_no_entry_counts_as_lost_and_is_named(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"q": "logs", "gold": ["Gone"], "id": 7}\n\n{"q": "lunch", "gold": []}\n{"q": "x", "gold": "In a zip"}\n'
    )

    known = cases.of_file(path, load(write(FAQ)))

    assert known.unmatched == ("Gone",)
    assert [case.gold for case in known.cases] == [("Gone",), (), ("training.md#11-more-files",)]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "line 2 is not a JSON object"),
        ("[1]", "line 2 is not a JSON object"),
        pytest.param("[" * 100_000, "line 2 is not a JSON object", id="brackets"),
        ('{"gold": []}', "has no question"),
        ('{"q": "x", "gold": [1]}', "“gold”"),
        ('{"q": "x", "kind": 1}', "“kind”"),
        ('{"q": "x", "split": "train"}', "“split”"),
    ],
)
def test_a_case_file_that_can_not_be_used_is_refused_by_line(
    write: Write, tmp_path: Path, line: str, says: str
) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(f'{{"q": "fine"}}\n{line}\n')

    with pytest.raises(ConfigurationError, match=says):
        cases.of_file(path, load(write(FAQ)))


def test_a_figure_is_worse_only_beyond_the_tolerance_and_in_its_own_direction(tmp_path: Path) -> None:
    before = {"n": 3, "hit1": 0.68, "mrr": 0.9, "false_answers": 0.9, "ece": 0.1, "hit3": None}
    baseline = scores.Baseline(tmp_path / "b.json", {"tune": before})
    now = [asked(1, CONFIDENT, 1.0), asked(1, CONFIDENT, 1.0), asked(0, CONFIDENT, 1.0)]
    now += [asked(0, CONFIDENT, 0.0, answerable=False)]

    worse = baseline.worse(now, 0.02)

    assert [str(each) for each in worse] == [
        "MRR (tune) fell from 0.900 to 0.667",
        "false answers (tune) rose from 0.900 to 1.000",
        "calibration error (tune) rose from 0.100 to 0.250",
    ]
    assert baseline.other_counts(now) == ["There are 4 cases in the split tune, there were 3."]
    assert baseline.worse([asked(0, CONFIDENT, split="test")], 0.0) == []


def test_a_written_baseline_is_read_again_with_the_other_splits_kept(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    scores.read(path, must_exist=False).write([asked(1, CONFIDENT)])
    scores.read(path).write([asked(2, CONFIDENT, split="test"), asked(1, CONFIDENT, split="test")])

    read = scores.read(path)

    assert {split: figures["hit1"] for split, figures in read.splits.items()} == {"tune": 1.0, "test": 0.5}
    assert json.loads(path.read_text())["splits"]["test"]["n"] == 2


@pytest.mark.parametrize("text", ["", "[]", '{"splits": {"all": {"hit1": "high"}}}', '{"splits": 1}'])
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match="update-baseline"):
        scores.read(path)
