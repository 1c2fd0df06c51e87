"""Packages that a run needs, named in the submit itself."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Packages:
    """Specs as conda and pip spell them, each list sorted; `python` is a version such as 3.10."""

    python: str
    conda: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """The name of the environment that has exactly these: the same packages are registered once."""
        content = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return f"aml-bot-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    def __str__(self) -> str:
        named = (("conda", self.conda), ("pip", self.pip))
        return "; ".join([f"Python {self.python}", *(f"{by} {', '.join(some)}" for by, some in named if some)])
