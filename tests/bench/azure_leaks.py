"""What stays behind in the child that makes the SDK's calls: `python -m tests.bench.azure_leaks`.

One child, from its first call to its last, never restarted: many submits, and cancels of runs that wait. Prints its
threads and its resident memory on the way; exits with 1 where threads were left behind or memory grew too much.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.adapters.azureml import AzureMLConfig, wire
from bot.adapters.azureml.process import Child
from tests.bench import azure

GROWTH_MB = 20.0
_PATIENCE_SECONDS = 120.0


def measured(config: AzureMLConfig, folder: Path, submits: int, cancels: int) -> Iterator[tuple[str, azure.Process]]:
    """The child after its start, after its first submit and cancel, and after each tenth of the rest."""
    child = Child("bench-1", config)
    try:
        yield "started", azure.Process.of(child.pid)
        every = max(1, submits // 10)
        for number in range(submits):
            canceled = number < cancels
            spec = azure.spec(folder, f"bench-{os.getpid()}-{number}", "wait.py" if canceled else "train.py")
            arguments = {"spec": wire.SPEC.dump_python(spec, mode="json")}
            child.call("submit", arguments, time.monotonic() + _PATIENCE_SECONDS)
            if canceled:
                child.call("cancel", {"run_id": spec.run_id}, time.monotonic() + _PATIENCE_SECONDS)
            if number == 0 or (number + 1) % every == 0:
                done = f"{number + 1} submits, {min(number + 1, cancels)} cancels"
                yield done, azure.Process.of(child.pid)
    finally:
        child.close()


def main(submits: int, cancels: int) -> int:
    """Measure and print; 0 when nothing was left behind."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with azure.sandbox(root / "sandbox") as ready:
            rows = []
            for row in measured(azure.config(ready, root / "home"), azure.project(root / "project"), submits, cancels):
                rows.append(row)
                print(f"{row[0]:28} {row[1].threads:4} threads {row[1].rss:7.1f} MB", flush=True)
    first, last = rows[0][1], rows[-1][1]
    threads = max(process.threads for _, process in rows[1:]) - rows[1][1].threads
    growth = last.rss - first.rss
    print(f"threads left behind: {threads} (0 allowed)")
    print(f"memory since the start: {growth:+.1f} MB ({GROWTH_MB:g} allowed)")
    print(f"memory since the first call: {last.rss - rows[1][1].rss:+.1f} MB")
    return 0 if threads <= 0 and growth < GROWTH_MB else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submits", type=int, default=200)
    parser.add_argument("--cancels", type=int, default=50)
    given = parser.parse_args()
    sys.exit(main(given.submits, given.cancels))
