"""A small training script: logistic regression by gradient descent, on data that it makes itself.

It uses nothing but the standard library and azureml-core, so it runs wherever the SDK does.
"""

import argparse
import random
from pathlib import Path

from assets.utils import accuracy, loss, make_data, predict
from azureml.core import Run


def main() -> None:
    """Train for a number of epochs and log what a run's page should show."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=0.0012)
    parser.add_argument("--samples", type=int, default=400)
    options = parser.parse_args()

    run = Run.get_context()
    random.seed(7)
    train, test = make_data(options.samples), make_data(options.samples // 4)
    run.log("samples", len(train))

    weights = [0.2, -0.3, 0.6]  # a bad start, so that there is something to learn
    for epoch in range(1, options.epochs + 1):
        for features, label in train:
            error = label - predict(weights, features)
            weights = [w + options.learning_rate * error * x for w, x in zip(weights, features, strict=True)]
        score, cost = accuracy(weights, test), loss(weights, test)
        run.log("accuracy", round(score, 4))
        run.log("loss", round(cost, 4))
        print(f"epoch {epoch}/{options.epochs}: accuracy {score:.3f}, loss {cost:.3f}", flush=True)

    Path("outputs").mkdir(exist_ok=True)
    Path("outputs/weights.txt").write_text(" ".join(f"{weight:.6f}" for weight in weights), encoding="utf-8")
    print("weights are in outputs/weights.txt")


if __name__ == "__main__":
    main()
