"""How fast the search is at any size, beside tantivy: `python -m tests.bench.search_speed [--sections 10000 100000]`.

Each engine indexes and is asked in a process of its own, one after the other, on a made-up FAQ (`tests.bench.corpus`).
tantivy is no dependency: `pip install tantivy` into an environment of your own. It gets title and body with its English
stemmer, the title at twice the weight, and questions without stop words, which it has no other way to weigh less.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_QUESTIONS = 300
_REPEATS = 3  # of short measurements, of which the median counts
_LIBRARIES = ("numpy", "rapidfuzz", "pystemmer", "markdown-it-py", "tantivy")
_CHECK_FROM = 10_000  # sections: the size for which `faq check` is timed


def main(sizes: Sequence[int]) -> None:
    """Print all figures."""
    print(
        f"machine: {platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
    print("libraries:", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))
    if _version("tantivy") == "-":
        print("tantivy isn't there (pip install tantivy): only the bot's engine is measured")
    print(_row("the shipped FAQ", _run("shipped")))
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{size:,} sections")
            ours = _run("ours", folder, str(size))
            print(_row("aml-bot", ours))
            if _version("tantivy") != "-":
                theirs = _run("tantivy", folder, str(size))
                print(_row("tantivy", theirs))
                print(_row("ratio", {name: ours[name] / theirs[name] for name in theirs if theirs[name]}, unit=""))
            _run("write", folder, str(size))
            print(_row("first start", _run("start", folder)))
            starts = sorted((_run("start", folder) for _ in range(_REPEATS)), key=lambda each: each["start, s"])
            print(_row("start with the kept index", starts[_REPEATS // 2]))
            if size <= _CHECK_FROM:
                print(_row("faq check", _run("check", folder)))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _row(name: str, figures: dict[str, float], unit: str = "") -> str:
    return f"  {name:26} " + "; ".join(f"{figure} {value:.3f}{unit}" for figure, value in figures.items())


def _run(*task: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-m", __spec__.name, "--task", *task], stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def _asked(ask: Callable[[str], object], questions: Sequence[str]) -> dict[str, float]:
    for question in questions[:20]:
        ask(question)
    times = []
    for question in questions:
        start = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return {"query p50, ms": times[len(times) // 2], "p99, ms": times[len(times) * 99 // 100]}


def _sections(size: str) -> tuple[list[dict[str, str]], list[str]]:
    from tests.bench.corpus import Corpus

    corpus = Corpus()
    entries = list(corpus.entries(int(size)))
    sections = [{"id": str(at), "title": title, "body": body} for at, (title, body) in enumerate(entries)]
    return sections, corpus.questions([title for title, _ in entries], _QUESTIONS)


def _index(row: Any, size: str) -> dict[str, float]:
    sections, questions = _sections(size)
    row.index(sections[:100])  # what is imported and loaded once
    start, before = time.perf_counter(), _megabytes()
    row.index(sections)
    built = {"index, s": time.perf_counter() - start, "memory, MB": _megabytes() - before}
    return built | _asked(lambda question: row.search(question, 10), questions)


def _ours(_folder: str, size: str) -> dict[str, float]:
    from tests.bench.search_row import LexicalRow

    return _index(LexicalRow(), size)


def _tantivy(_folder: str, size: str) -> dict[str, float]:
    return _index(_Tantivy(), size)


class _Tantivy:
    """tantivy, with what it does best."""

    def index(self, sections: Sequence[dict[str, str]]) -> None:
        """Index one section per dictionary."""
        import tantivy  # type: ignore[import-not-found,unused-ignore]

        from bot.search.words import lexicon

        self._light = lexicon().light_words
        schema = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        for name in ("title", "body"):
            schema.add_text_field(name, tokenizer_name="en_stem")
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer(50_000_000, 1)
        for section in sections:
            writer.add_document(tantivy.Document(**section))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, k: int) -> list[tuple[str, float]]:
        """The best `k` sections with their scores."""
        asked = " ".join(word for word in query.replace("?", "").lower().split() if word not in self._light)
        parsed, _ = self._index.parse_query_lenient(asked, ["title", "body"], field_boosts={"title": 2.0})
        hits = self._searcher.search(parsed, k).hits
        return [(self._searcher.doc(place)["id"][0], score) for score, place in hits]


def _write(folder: str, size: str) -> dict[str, float]:
    from tests.bench.corpus import Corpus

    faq = Path(folder) / "faq"
    faq.mkdir()
    Corpus().write(faq, int(size))
    return {}


def _start(folder: str) -> dict[str, float]:
    import slack_bolt  # noqa: F401  # the memory is measured above what a bot needs anyhow

    start, before = time.perf_counter(), _megabytes()
    from bot.search import load

    imported = time.perf_counter()
    load(Path(folder) / "faq", cached_in=Path(folder) / "state")
    done = time.perf_counter()
    return {
        "start, s": done - start,
        "of it imports, s": imported - start,
        "memory above slack-bolt, MB": _megabytes() - before,
    }


def _check(folder: str) -> dict[str, float]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bot", "faq", "check", str(Path(folder) / "faq")], stdout=subprocess.DEVNULL, check=False
    )
    return {"s": time.perf_counter() - start, "exit code": done.returncode}


def _shipped() -> dict[str, float]:
    from bot.search import load, load_cases
    from tests.bench.corpus import SHIPPED

    faq = load(SHIPPED)
    questions = [case.query for case in load_cases(SHIPPED) if case.split == "tune"]
    return _asked(faq.ask, questions)


_TASKS: dict[str, Callable[..., dict[str, float]]] = {
    "ours": _ours,
    "tantivy": _tantivy,
    "write": _write,
    "start": _start,
    "check": _check,
    "shipped": _shipped,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, nargs="+", default=[10_000], metavar="N")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        print(json.dumps(_TASKS[given.task[0]](*given.task[1:])))
    else:
        main(given.sections)
