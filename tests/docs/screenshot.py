"""Draws the README's picture from a real demo: `python -m tests.docs.screenshot`."""

import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

SCRIPT = """\
can i use a managed identity to sign in?
/aml submit train.py --project demo --compute cpu-cluster -- --epochs 5
as rui: /aml submit train.py --project demo
"""
WIDTH = 104
PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"


def main() -> None:
    """Run the demo on the script and draw what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / ".demo"
        shown = subprocess.run(
            [sys.executable, "-m", "bot", "demo", "--state", str(state)],
            input=SCRIPT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
        ).stdout.replace(str(state), ".demo")
    shown = re.sub(r"(/page/)\w+/\?token=[\w-]+", r"\1...", shown)
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.strip()))
    picture = console.export_svg(title="make demo", theme=MONOKAI)
    # No font is fetched from anywhere: the reader's own will do.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code", "ui-monospace, Menlo, Consolas")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
