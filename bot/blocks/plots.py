"""Series of metrics as a picture. Only a worker that draws one imports the drawing library."""

import io
import math
import threading
from collections.abc import Sequence
from typing import Any

from bot.domain.runs import Metric

_COLUMNS = 2
_PANEL = (5.0, 2.6)  # inches
_DOTS = 100  # an inch
_MARKED = 30
_TITLE = 60
# The library's fonts are shared and not made for several threads.
_one_at_a_time = threading.Lock()


def series_png(title: str, series: Sequence[Metric]) -> bytes:
    """A PNG with a panel for each series (at least one), its values over their number; what isn't a number leaves a
    gap."""
    from matplotlib.figure import Figure

    columns = min(_COLUMNS, len(series))
    rows = math.ceil(len(series) / columns)
    with _one_at_a_time:
        figure = Figure(figsize=(_PANEL[0] * columns, _PANEL[1] * rows + 0.4), layout="constrained")
        figure.suptitle(_shown(title), parse_math=False, fontsize="medium")
        panels = figure.subplots(rows, columns, squeeze=False)
        for panel, metric in zip(panels.flat, series, strict=False):
            _draw(panel, metric)
        for panel in panels.flat[len(series) :]:
            panel.set_axis_off()
        written = io.BytesIO()
        figure.savefig(written, format="png", dpi=_DOTS)
    return written.getvalue()


def _draw(panel: Any, metric: Metric) -> None:
    values = [value if isinstance(value, float) and math.isfinite(value) else math.nan for value in metric.values]
    marker = "o" if len(values) <= _MARKED else ""
    panel.plot(range(1, len(values) + 1), values, marker=marker, markersize=4)
    panel.set_title(_shown(metric.name), parse_math=False, fontsize="medium")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(visible=True, alpha=0.3)


def _shown(text: str) -> str:
    line = "".join(each if each.isprintable() else " " for each in text).strip()
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"
