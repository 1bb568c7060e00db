"""The picture of a report: every case with our time, the best peer's and the limit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from poolreg.bench.measure import Row
from poolreg.bench.peers import LIMIT, OURS
from poolreg.bench.report import Report, comparison, is_on_arrays, thread_counts
from poolreg.terminal.files import replacing

ROW_INCHES, MARGIN_INCHES, PANEL_INCHES = 0.22, 1.3, 5.5
MARKS = (("limit", "|", "0.35"), ("best peer", "o", "tab:orange"), ("poolreg", "D", "tab:blue"))


def draw(report: Report) -> Figure:
    """A panel for each thread count."""
    on_arrays = [row for row in report.rows if is_on_arrays(row)]
    counts = thread_counts(on_arrays)
    cases = list(dict.fromkeys(row.case for row in on_arrays))
    size = PANEL_INCHES * len(counts) + 1, ROW_INCHES * len(cases) + MARGIN_INCHES
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(counts), sharey=True, squeeze=False)[0]
    for axes, threads in zip(panels, counts, strict=True):
        rows = [row for row in on_arrays if row.threads == threads]
        for (label, mark, colour), points in zip(MARKS, marked(rows), strict=True):
            places = [cases.index(case) for case in points]
            axes.scatter(points.values(), places, marker=mark, color=colour, label=label)
        axes.set(xscale="log", title=f"{threads} thread{'s' * (threads > 1)}", xlabel="seconds")
        axes.grid(True, which="major", alpha=0.4)
        axes.set_yticks(range(len(cases)), cases)
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def marked(rows: Sequence[Row]) -> list[dict[str, float]]:
    """Seconds by case, of each mark."""
    limits, peers, ours = {}, {}, {}
    for row in rows:
        found = comparison(row)
        name = found.ours if found else OURS["new"]
        if found:
            peers[row.case] = row.timings[found.peer].seconds
        if name in row.timings:
            ours[row.case] = row.timings[name].seconds
        if LIMIT in row.timings:
            limits[row.case] = row.timings[LIMIT].seconds
    return [limits, peers, ours]


def save(report: Report, path: Path) -> None:
    """Write the picture, whole or not at all, in the format of its name."""
    with replacing(path) as file:
        draw(report).savefig(file, dpi=150, format=path.suffix[1:].lower())
