"""Confidence learnt from a FAQ's own cases.

A threshold that is right for one FAQ is wrong for the next, so that the coefficients of the confidence are fitted to
the questions that a FAQ says it answers and doesn't answer. There are few, so that the fit is held near the shipped
coefficients (a Gaussian prior around them), and it is used only if it predicts cases that it hasn't seen better than
the shipped coefficients do. Deterministic: the same sections and cases give the same coefficients.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.domain.errors import ConfigurationError
from bot.domain.faq import Case, Section
from bot.search.confidence import FEATURES, SHIPPED, Coefficients, logistic

FORMAT = 1
ENGINE = 6  # raised whenever scores or features change: what was learnt before doesn't fit any more
_FEWEST = 30
_FEWEST_OF_A_KIND = 5
_FOLDS = 5
_STRENGTH = 0.15  # precision of the prior: about one case's weight for seven
_STEPS = 30
_BINS = 10

Sample = tuple[tuple[float, ...], bool]
"""The features of the first hit of a case, and whether it was right."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a FAQ's cases say about the confidence of its first hits.

    `cases` were used, in `right` of them the first hit answers. `error` is the expected calibration error (ten bins of
    the same size), `loss` the mean log loss, both on cases that the fit hadn't seen; `shipped_error` and `shipped_loss`
    are those of the shipped coefficients. `learnt` is false where the shipped coefficients stay: too few cases, or no
    gain. `content` is the hash of the sections and cases that it belongs to.
    """

    coefficients: Coefficients = SHIPPED
    learnt: bool = False
    cases: int = 0
    right: int = 0
    error: float = 0.0
    loss: float = 0.0
    shipped_error: float = 0.0
    shipped_loss: float = 0.0
    content: str = ""

    def save(self, path: Path) -> None:
        """Write to a JSON file."""
        text = json.dumps({"format": FORMAT, "engine": ENGINE, "features": FEATURES, **asdict(self)}, indent=2)
        path.write_text(text + "\n", encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Calibration | None":
        """Read what `save` wrote; None if it was written for another engine.

        Raises:
            ConfigurationError: the file can't be read or isn't a calibration.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if (data.pop("format"), data.pop("engine"), tuple(data.pop("features"))) != (FORMAT, ENGINE, FEATURES):
                return None
            fitted = data.pop("coefficients")
            coefficients = Coefficients(float(fitted["intercept"]), tuple(map(float, fitted["weights"])))
            return Calibration(coefficients=coefficients, **data)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigurationError(
                f"The calibration “{path}” can't be used. Delete it, or write it again with “aml-bot faq calibrate”.",
                detail=str(error),
            ) from error


def learn(samples: Sequence[Sample], content: str = "", shipped_as: Coefficients = SHIPPED) -> Calibration:
    """Fit the coefficients to samples, in an order that doesn't depend on what they say. `shipped_as` are those that
    the fit starts from and must be better than."""
    right = sum(was_right for _, was_right in samples)
    if not samples:
        return Calibration(shipped_as, content=content)
    shipped = [shipped_as.probability(values) for values, _ in samples]
    truth = [was_right for _, was_right in samples]
    shipped_error, shipped_loss = calibration_error(shipped, truth), log_loss(shipped, truth)
    unlearnt = Calibration(
        shipped_as, False, len(samples), right, shipped_error, shipped_loss, shipped_error, shipped_loss, content
    )
    if len(samples) < _FEWEST or min(right, len(samples) - right) < _FEWEST_OF_A_KIND:
        return unlearnt
    unseen = [0.0] * len(samples)
    for fold in range(_FOLDS):
        fitted = _fit([sample for at, sample in enumerate(samples) if at % _FOLDS != fold], shipped_as)
        for at in range(fold, len(samples), _FOLDS):
            unseen[at] = fitted.probability(samples[at][0])
    error, loss = calibration_error(unseen, truth), log_loss(unseen, truth)
    if loss >= shipped_loss:
        return unlearnt
    return Calibration(
        _fit(samples, shipped_as), True, len(samples), right, error, loss, shipped_error, shipped_loss, content
    )


def content_hash(sections: Sequence[Section], cases: Sequence[Case]) -> str:
    """What a calibration belongs to: the sections' text and the cases, SHA-256 in hexadecimal."""
    digest = hashlib.sha256(f"{FORMAT} {ENGINE}".encode())
    for section in sections:
        parts = (*section.path, section.location, section.body, *section.metadata.alternates)
        sizes = f"{len(section.path)} {len(parts)} {' '.join(map(str, map(len, parts)))}"
        digest.update("\n".join((sizes, *parts)).encode("utf-8", "surrogatepass"))
    for case in cases:
        digest.update(json.dumps([case.query, case.gold, case.split]).encode())
    return digest.hexdigest()


def in_fixed_order(cases: Sequence[Case]) -> list[Case]:
    """The cases in an order that has nothing to do with their places in a file, so that folds are alike."""
    return sorted(cases, key=lambda case: hashlib.sha256(case.query.encode()).digest())


def calibration_error(probabilities: Sequence[float], truth: Sequence[bool]) -> float:
    """The expected calibration error in [0, 1]: ten bins of the same number of cases."""
    order = sorted(range(len(truth)), key=lambda at: (probabilities[at], at))
    bins = min(_BINS, len(order))
    total = 0.0
    for number in range(bins):
        members = order[number * len(order) // bins : (number + 1) * len(order) // bins]
        total += abs(sum(probabilities[at] for at in members) - sum(truth[at] for at in members))
    return total / len(order) if order else 0.0


def log_loss(probabilities: Sequence[float], truth: Sequence[bool]) -> float:
    """The mean of minus the logarithm of what was given to the truth."""
    return -sum(
        math.log(max(value if was_right else 1 - value, 1e-12))
        for value, was_right in zip(probabilities, truth, strict=True)
    ) / len(truth)


def _fit(samples: Sequence[Sample], prior: Coefficients) -> Coefficients:
    """The most likely coefficients given the samples and the prior, by Newton's method."""
    import numpy as np

    start = np.array((prior.intercept, *prior.weights))
    inputs = np.array([(1.0, *values) for values, _ in samples])
    truth = np.array([was_right for _, was_right in samples], float)
    held = _STRENGTH * np.eye(len(start))
    now = start
    for _ in range(_STEPS):
        expected = np.array([logistic(value) for value in (inputs @ now).tolist()])
        gradient = held @ (now - start) + inputs.T @ (expected - truth)
        curvature = held + (inputs.T * (expected * (1 - expected))) @ inputs
        step = np.linalg.solve(curvature, gradient)
        now = now - step
        if np.abs(step).max() < 1e-9:
            break
    intercept, *weights = now.tolist()
    return Coefficients(intercept, tuple(weights))
