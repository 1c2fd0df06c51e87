"""How sure an answer is, learnt from the cases of a FAQ."""

from pathlib import Path

from bot.search import Faq, read
from bot.search.calibration import Calibration
from bot.search.mixing import Mix


def calibrated(folder: Path) -> Calibration:
    """What the cases for tuning say; those of the split `test` aren't looked at.

    Raises:
        ConfigurationError: the folder, or a file of it, can't be used.
    """
    library = read(folder, strict=False)
    return Faq(library.sections, cases=library.cases).calibration


def told(calibration: Calibration) -> str:
    """A sentence about it."""
    if not calibration.cases:
        return "There are too few cases to learn from: the coefficients that ship with the bot stay."
    errors = f"calibration error {calibration.error:.3f}, as shipped {calibration.shipped_error:.3f}"
    basis = f"{calibration.cases} cases, {calibration.right} of them found first ({errors}, on cases not learnt from)"
    if not calibration.learnt:
        return f"Learning from {basis} gains nothing: the coefficients that ship with the bot stay."
    return f"Learnt from {basis}."


def told_of_mix(mix: Mix) -> str:
    """A sentence about words and meaning together."""
    return (
        f"With the model, words weigh {mix.lexical_weight:g} against 1 for meaning; "
        "that isn't written: the bot learns it whenever it has the vectors."
    )
