"""What is wrong with a policy file, and where."""

from dataclasses import dataclass

from bot.domain.errors import ConfigurationError

_TOLD = 8


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One mistake; `line` counts from 1, and is 0 for one that is at no place."""

    line: int
    text: str


class InvalidPolicy(ConfigurationError):
    """A policy file that isn't understood, with all that is wrong in it, in the order of its lines."""

    def __init__(self, file: str, complaints: tuple[Complaint, ...], digest: str = "") -> None:
        self.file, self.complaints, self.digest = file, tuple(sorted(complaints)), digest
        told = " ".join(self.sentences[:_TOLD])
        more = len(self.complaints) - _TOLD
        rest = f" And {more} more; `aml-bot policy check` lists all." if more > 0 else ""
        super().__init__(f"The policy can't be used. {told}{rest}", detail=f"{len(self.complaints)} complaints")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each mistake with its place, as FILE:LINE: TEXT."""
        return tuple(f"{self.file}:{each.line}: {each.text}" for each in self.complaints)
