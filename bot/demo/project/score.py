"""An entry script: what a deployment of the weights that train.py stores would call. It needs assets/ beside it."""

import json
import os
from pathlib import Path

from assets.utils import predict

WEIGHTS: list[float] = []


def init() -> None:
    """Read the model, which is put below AZUREML_MODEL_DIR; called once."""
    (file,) = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("weights.txt")
    WEIGHTS[:] = [float(weight) for weight in file.read_text(encoding="utf-8").split()]


def run(data: str) -> list[float]:
    """Probability of label 1 for each pair of features; called for every request."""
    return [predict(WEIGHTS, [1.0, *features]) for features in json.loads(data)["samples"]]
