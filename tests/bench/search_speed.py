"""How fast and how large the search is, beside tantivy, and whether that is good enough.

    python3 -m venv BENCH && BENCH/bin/pip install . tantivy   # a folder to throw away: tantivy is no dependency
    BENCH/bin/python -m tests.bench.search_speed [--sections 10000 100000] [--repeats 3]

Each engine indexes and is asked in a process of its own, in turn and as often as `--repeats` says; the medians count,
and those of the two are compared. The FAQ is made up (`tests.bench.corpus`) and the same each time. tantivy gets title
and body with its English stemmer, the title at twice the weight, questions without stop words, which it has no other
way to weigh less. Its index is made twice: by a writer with one thread, as the shared bench of retrieval engines does,
and by the writer that it makes by itself, which uses all processors, as ours does; both are judged. Times are those
of the wall clock, and the processor's beside it, which tell what both take on a busy machine.

"Start" is what a fresh process needs, with everything imported, from the call that loads a folder of Markdown to the
first answer: all files are read and hashed, and what was kept in the state folder is used if it belongs to them. Memory
is what the process has then, above what it had with slack-bolt alone.

Says for each figure whether it is met, and ends with 1 if one isn't.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_QUESTIONS = 300
_LIBRARIES = ("numpy", "rapidfuzz", "pystemmer", "markdown-it-py", "tantivy")
_JUDGED = 10_000  # sections: the size for which there are figures for starts, memory and `faq check`
_ASKED, _BUILT, _STARTED = "query p50, ms", "index, s", "start to the first answer, s"
_HELD, _CHECKED = "memory above slack-bolt, MB", "faq check, s"


def main(sizes: Sequence[int], repeats: int) -> bool:
    """Print all figures; whether each is met."""
    machine = f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}"
    print(f"machine: {machine}, Python {platform.python_version()}")
    print("libraries:", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))
    if _version("tantivy") == "-":
        print("tantivy isn't there (pip install tantivy): only the bot's engine is measured")
    shipped = _medians([_run("shipped") for _ in range(repeats)])
    print(_row("the shipped FAQ", shipped))
    met = [_judge("a question to the shipped FAQ takes less than 1 ms", shipped[_ASKED] < 1)]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{size:,} sections")
            met += _beside_tantivy(folder, size, repeats)
            met += _started(folder, size, repeats)
    return all(met)


def _beside_tantivy(folder: str, size: int, repeats: int) -> list[bool]:
    is_there = _version("tantivy") != "-"
    engines = {"ours": "aml-bot"}
    if is_there:
        engines |= {"tantivy": "tantivy, one thread", "tantivy-default": "tantivy, its default"}
    runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in engines}
    for _ in range(repeats):
        for engine, of_engine in runs.items():
            of_engine.append(_run(engine, folder, str(size)))
    found = {engine: _medians(of_engine) for engine, of_engine in runs.items()}
    for engine, name in engines.items():
        print(_row(name, found[engine]))
    asked = found["ours"][_ASKED]
    if not is_there:
        return [_judge("a question takes less than 1 ms", asked < 1)]
    ratios = {name: found["ours"][name] / value for name, value in found["tantivy"].items() if value}
    print(_row("ratio", ratios))
    by_default = found["ours"][_BUILT] / found["tantivy-default"][_BUILT]
    return [
        _judge("an index takes at most 1.5 times as long as tantivy's with one thread", ratios[_BUILT] <= 1.5),
        _judge(f"... as tantivy's with its default writer ({by_default:.2f} times)", by_default <= 1.5),
        _judge("a question takes at most twice as long, or less than 1 ms", ratios[_ASKED] <= 2 or asked < 1),
    ]


def _started(folder: str, size: int, repeats: int) -> list[bool]:
    _run("write", folder, str(size))
    first = _run("start", folder)
    print(_row("first start", first))
    kept = _medians([_run("start", folder) for _ in range(repeats)])
    print(_row("start with the kept index", kept))
    if size != _JUDGED:
        return []
    checked = _run("check", folder)
    print(_row("faq check", checked))
    return [
        _judge("a start with a kept index takes less than 0.5 s", kept[_STARTED] < 0.5),
        _judge("memory is less than 150 MB above slack-bolt", max(first[_HELD], kept[_HELD]) < 150),
        _judge("faq check takes less than 20 s", checked[_CHECKED] < 20),
    ]


def _judge(figure: str, is_met: bool) -> bool:
    print(f"  {'met' if is_met else 'NOT MET':26} {figure}")
    return is_met


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _row(name: str, figures: dict[str, float]) -> str:
    return f"  {name:26} " + "; ".join(f"{figure} {value:.3f}" for figure, value in figures.items())


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
    return {_ASKED: times[len(times) // 2], "p99, ms": times[len(times) * 99 // 100]}


def _sections(size: str) -> tuple[list[dict[str, str]], list[str]]:
    from tests.bench.corpus import Corpus

    corpus = Corpus()
    entries = list(corpus.entries(int(size)))
    sections = [{"id": str(at), "title": title, "body": body} for at, (title, body) in enumerate(entries)]
    return sections, corpus.questions([title for title, _ in entries], _QUESTIONS)


def _index(row: Any, size: str) -> dict[str, float]:
    sections, questions = _sections(size)
    row.index(sections[:100])  # what is imported and loaded once
    before, start, worked = _megabytes(), time.perf_counter(), time.process_time()
    row.index(sections)
    built = {_BUILT: time.perf_counter() - start, "of processors, s": time.process_time() - worked}
    built["memory, MB"] = _megabytes() - before
    return built | _asked(lambda question: row.search(question, 10), questions)


def _ours(_folder: str, size: str) -> dict[str, float]:
    from tests.bench.search_row import LexicalRow

    return _index(LexicalRow(), size)


def _tantivy(_folder: str, size: str) -> dict[str, float]:
    return _index(_Tantivy(1), size)


def _tantivy_default(_folder: str, size: str) -> dict[str, float]:
    return _index(_Tantivy(0), size)


class _Tantivy:
    """tantivy, with what it does best; 0 threads are its own default."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def index(self, sections: Sequence[dict[str, str]]) -> None:
        """Index one section per dictionary."""
        import tantivy  # type: ignore[import-not-found,unused-ignore]

        from bot.search.words import lexicon

        self._light = lexicon().light_words
        schema = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        for name in ("title", "body"):
            schema.add_text_field(name, tokenizer_name="en_stem")
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer(50_000_000, self._threads)
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

    before = _megabytes()
    imported = time.perf_counter()
    import numpy as np  # noqa: F401  # imported where it is used

    from bot.search import load

    start, worked = time.perf_counter(), time.process_time()
    load(Path(folder) / "faq", cached_in=Path(folder) / "state").ask("how do i submit a training run")
    return {
        _STARTED: time.perf_counter() - start,
        "of processors, s": time.process_time() - worked,
        "imports before, s": start - imported,
        _HELD: _megabytes() - before,
    }


def _check(folder: str) -> dict[str, float]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bot", "faq", "check", str(Path(folder) / "faq")], stdout=subprocess.DEVNULL, check=False
    )
    return {_CHECKED: time.perf_counter() - start, "exit code": done.returncode}


def _shipped() -> dict[str, float]:
    from bot.search import load, load_cases
    from tests.bench.corpus import SHIPPED

    faq = load(SHIPPED)
    questions = [case.query for case in load_cases(SHIPPED) if case.split == "tune"]
    return _asked(faq.ask, questions)


_TASKS: dict[str, Callable[..., dict[str, float]]] = {
    "ours": _ours,
    "tantivy": _tantivy,
    "tantivy-default": _tantivy_default,
    "write": _write,
    "start": _start,
    "check": _check,
    "shipped": _shipped,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, nargs="+", default=[10_000], metavar="N")
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        print(json.dumps(_TASKS[given.task[0]](*given.task[1:])))
    else:
        sys.exit(0 if main(given.sections, given.repeats) else 1)
