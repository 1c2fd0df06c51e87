"""Data and arithmetic for train.py."""

import math
import random

Sample = tuple[list[float], int]


def make_data(count: int) -> list[Sample]:
    """`count` points around two centres; each has a constant feature and a label of 0 or 1."""
    samples: list[Sample] = []
    for number in range(count):
        label = number % 2
        centre = 0.7 if label else -0.7
        samples.append(([1.0, random.gauss(centre, 0.9), random.gauss(-centre, 0.9)], label))
    random.shuffle(samples)
    return samples


def predict(weights: list[float], features: list[float]) -> float:
    """Probability of label 1."""
    activation = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, activation))))


def accuracy(weights: list[float], samples: list[Sample]) -> float:
    """Share of `samples` that are put on the right side."""
    right = sum((predict(weights, features) >= 0.5) == bool(label) for features, label in samples)
    return right / len(samples)


def loss(weights: list[float], samples: list[Sample]) -> float:
    """Mean cross-entropy over `samples`."""
    total = 0.0
    for features, label in samples:
        probability = min(max(predict(weights, features), 1e-9), 1 - 1e-9)
        total -= math.log(probability if label else 1.0 - probability)
    return total / len(samples)
