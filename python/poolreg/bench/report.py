"""What was measured, as JSON (everything) and as Markdown (the medians and the ratios)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from poolreg.bench.measure import Row, Timing
from poolreg.bench.peers import BY_NAME, LIMIT, OURS, PEERS, TENSORS
from poolreg.terminal.files import replacing

NOISY = 0.25
UNITS = (("ms", 1e3), ("µs", 1e6), ("ns", 1e9))
MIB = 1 << 20


@dataclass
class Report:
    """The rows, what they were measured with, and the peers that were not there."""

    environment: dict[str, Any]
    absent: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def has(self, case: str, threads: int) -> bool:
        return any((row.case, row.threads) == (case, threads) for row in self.rows)


# ---- JSON --------------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    content = json.loads(text)
    rows = [
        Row(**{**row, "timings": {name: Timing(**t) for name, t in row["timings"].items()}})
        for row in content["rows"]
    ]
    return Report(content["environment"], content["absent"], rows)


def write(path: Path, text: str) -> None:
    """All of it or nothing: an interrupted run leaves the last whole file."""
    with replacing(path) as file:
        file.write(text.encode())


# ---- Comparisons -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """The best peer beside us, both allocating their results or both writing into given ones."""

    ours: str
    peer: str
    ratio: float


def comparison(row: Row) -> Comparison | None:
    """Of the two forms the one in which we look worse."""
    found = [one for ours in OURS.values() if (one := best_beside(row, ours))]
    return min(found, key=lambda one: one.ratio, default=None)


def best_beside(row: Row, ours: str) -> Comparison | None:
    """Of the peers that do the case as it lies in memory."""
    beside = [one for one in compared(row, ours) if not BY_NAME[one.peer].converted]
    return min(beside, key=lambda one: one.ratio, default=None)


def compared(row: Row, ours: str) -> list[Comparison]:
    """Every peer of the same form beside this form of ours."""
    if ours not in row.timings:
        return []
    seconds = row.timings[ours].seconds
    return [
        Comparison(ours, name, timing.seconds / seconds)
        for name, timing in row.timings.items()
        if name not in (*OURS.values(), TENSORS, LIMIT) and BY_NAME[name].form == BY_NAME[ours].form
    ]


def is_on_arrays(row: Row) -> bool:
    """Not one for poolreg.torch and torch alone."""
    return any(name in row.timings for name in OURS.values())


def over_limit(row: Row) -> float | None:
    """How many times the limit our faster form takes."""
    ours = [row.timings[name].seconds for name in OURS.values() if name in row.timings]
    if not ours or LIMIT not in row.timings:
        return None
    return min(ours) / row.timings[LIMIT].seconds


@dataclass(frozen=True)
class Summary:
    """A peer's time over ours, for all rows of a thread count."""

    threads: int
    rows: int
    mean: float
    least: float
    least_case: str
    least_peer: str


def summaries(rows: Sequence[Row]) -> list[Summary]:
    """Of the best peer of each row."""
    return [
        summary(threads, [(row.case, one) for row in same if (one := comparison(row))])
        for threads, same in by_threads(rows)
        if any(map(comparison, same))
    ]


def converted_summaries(rows: Sequence[Row]) -> list[Summary]:
    """Of each peer whose arrays are in another layout."""
    found = []
    for threads, same in by_threads(rows):
        pairs: dict[str, list[tuple[str, Comparison]]] = {}
        for row in same:
            for one in (one for ours in OURS.values() for one in compared(row, ours)):
                if BY_NAME[one.peer].converted:
                    pairs.setdefault(one.peer, []).append((row.case, one))
        found += [summary(threads, of_peer) for of_peer in pairs.values()]
    return found


def summary(threads: int, pairs: Sequence[tuple[str, Comparison]]) -> Summary:
    case, least = min(pairs, key=lambda pair: pair[1].ratio)
    mean = statistics.geometric_mean(one.ratio for _, one in pairs)
    return Summary(threads, len(pairs), mean, least.ratio, case, least.peer)


def ceilings(rows: Sequence[Row]) -> dict[int, float]:
    """Best peer / limit in the mean, by thread count: what no kernel could get past."""
    found: dict[int, list[float]] = {}
    for row in rows:
        if LIMIT in row.timings and (one := comparison(row)):
            seconds = row.timings[one.peer].seconds
            found.setdefault(row.threads, []).append(seconds / row.timings[LIMIT].seconds)
    return {threads: statistics.geometric_mean(found[threads]) for threads in sorted(found)}


def by_threads(rows: Sequence[Row]) -> list[tuple[int, list[Row]]]:
    counts = thread_counts(rows)
    return [(threads, [row for row in rows if row.threads == threads]) for threads in counts]


def thread_counts(rows: Iterable[Row]) -> list[int]:
    return sorted({row.threads for row in rows})


# ---- Markdown ----------------------------------------------------------------------------------


def as_markdown(report: Report) -> str:
    """The table for a README, then everything that was timed."""
    parts = [
        said_of_machine(report.environment),
        headline(report.rows),
        main_table(report.rows),
        "Best peer / poolreg, over all rows:",
        "".join(f"- {mean_text(one)}\n" for one in summaries(report.rows)),
        ceiling_part(report.rows),
        converted_part(report.rows),
        tensor_part(report.rows),
        "## All peers",
        *(part for threads in thread_counts(report.rows) for part in peer_part(report, threads)),
        memory_part(report.rows),
        not_measured(report),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def said_of_machine(environment: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in environment["peers"].items())
    ours = environment["poolreg"]
    return (
        f"{environment['date']}, commit {environment['commit']}, {environment['cpu']}, "
        f"{environment['cpus']} CPUs, {ours['isa']}, compiler {ours['compiler']}, Python "
        f"{environment['python']}, numpy {environment['numpy']}; {versions}."
    )


def headline(rows: Sequence[Row]) -> str:
    counts = " / ".join(map(str, thread_counts(rows)))
    return (
        f"Medians at {counts} thread(s). poolreg and the best peer both allocate their results, or "
        "both write into given ones (*out=*), whichever is worse for poolreg. The last column "
        "takes the faster form of poolreg. `~`: quartiles more than 25 % apart."
    )


def main_table(rows: Sequence[Row]) -> str:
    """One line a case; a cell has the thread counts side by side."""
    header = [
        "case",
        "poolreg",
        "best peer",
        "which",
        "limit",
        "best peer / poolreg",
        "poolreg / limit",
    ]
    body = []
    rows = [row for row in rows if is_on_arrays(row)]
    for case in dict.fromkeys(row.case for row in rows):
        same = sorted((row for row in rows if row.case == case), key=lambda row: row.threads)
        columns = [[case, *main_cells(row)] for row in same]
        body.append([side_by_side(cells) for cells in zip(*columns, strict=True)])
    return table(header, body)


def main_cells(row: Row) -> list[str]:
    found, limit = comparison(row), over_limit(row)
    ours = found.ours if found else OURS["new"]
    peer = found.peer if found else ""
    return [
        time_cell(row, ours) + (" out=" if ours == OURS["out"] else ""),
        time_cell(row, peer),
        peer,
        time_cell(row, LIMIT),
        f"{found.ratio:.2f}" if found else "",
        f"{limit:.2f}" if limit else "",
    ]


def side_by_side(cells: Sequence[str]) -> str:
    return cells[0] if len(set(cells)) == 1 else " / ".join(cell or "–" for cell in cells)


def mean_text(one: Summary) -> str:
    return (
        f"{one.threads} thread(s), {one.rows} rows: geometric mean {one.mean:.2f}, smallest "
        f"{one.least:.2f} ({one.least_case}, {one.least_peer})"
    )


def ceiling_part(rows: Sequence[Row]) -> str:
    means = [f"{mean:.2f} at {threads}" for threads, mean in ceilings(rows).items()]
    if not means:
        return ""
    return (
        f"If every row that has a limit ran at it, the mean of these would be {', '.join(means)} "
        "thread(s).\n"
    )


def converted_part(rows: Sequence[Row]) -> str:
    found = converted_summaries(rows)
    if not found:
        return ""
    heading = (
        "Not among them is who wants another layout than the array has. Peer / poolreg, the "
        "conversion not counted:\n\n"
    )
    return heading + "".join(f"- {mean_text(one)}\n" for one in found)


def tensor_part(rows: Sequence[Row]) -> str:
    """poolreg.torch beside torch's own functions, one line a case."""
    body = []
    for case in dict.fromkeys(row.case for row in rows):
        same = [
            row for row in rows if row.case == case and {TENSORS, "torch"} <= row.timings.keys()
        ]
        columns = [
            [
                time_cell(row, TENSORS),
                time_cell(row, "torch"),
                f"{row.timings['torch'].seconds / row.timings[TENSORS].seconds:.2f}",
            ]
            for row in sorted(same, key=lambda row: row.threads)
        ]
        if columns:
            cells = [side_by_side(cells) for cells in zip(*columns, strict=True)]
            body.append([case, *cells])
    if not body:
        return ""
    heading = (
        "## On tensors\n\nThe same by `poolreg.torch`, autograd included, beside torch eager (for "
        "what torch has not, the best composition).\n\n"
    )
    return heading + table(["case", "poolreg.torch", "torch", "torch / poolreg.torch"], body)


def peer_part(report: Report, threads: int) -> list[str]:
    rows = [row for row in report.rows if row.threads == threads]
    names = [peer.name for peer in PEERS if any(peer.name in row.timings for row in rows)]
    body = [[row.case, *(time_cell(row, name) for name in names)] for row in rows]
    return [f"### {threads} thread(s)", table(["case", *names], body)]


def memory_part(rows: Sequence[Row]) -> str:
    """MiB that a call takes at its peak; from the rows with the fewest threads."""
    least = min(thread_counts(rows), default=0)
    rows = [row for row in rows if row.threads == least and row.memory]
    names = [peer.name for peer in PEERS if any(peer.name in row.memory for row in rows)]
    body = [
        [row.case, *(f"{row.memory[n] / MIB:.1f}" if n in row.memory else "" for n in names)]
        for row in rows
    ]
    if not rows:
        return ""
    heading = (
        f"### Memory, {least} thread(s)\n\nMiB that one call adds at its peak, with its result; "
        "what a library keeps from earlier calls is not seen.\n\n"
    )
    return heading + table(["case", *names], body)


def not_measured(report: Report) -> str:
    absent = [f"- {name}: {reason}{how_to_get(name)}\n" for name, reason in report.absent.items()]
    failed = [
        f"- {row.case}, {row.threads} thread(s), {name}: {reason}\n"
        for row in report.rows
        for name, reason in row.failures.items()
    ]
    if not absent and not failed:
        return ""
    return "### Not measured\n\n" + "".join(absent + failed)


def how_to_get(peer: str) -> str:
    """What installs a peer that is absent."""
    package = BY_NAME[peer].package
    return f"; pip install {package} brings it" if package else ""


def table(header: list[str], body: list[list[str]]) -> str:
    """Columns padded so that the source reads as well as the rendered table."""
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]

    def line(cells: list[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * max(width, 1) for width in widths]
    return "".join(map(line, (header, rule, *body)))


def time_cell(row: Row, name: str) -> str:
    """A median with its unit; `~` marks a quartile spread too wide to trust."""
    if name not in row.timings:
        return ""
    timing = row.timings[name]
    unit, scale = next(unit for unit in UNITS if timing.seconds * unit[1] >= 1 or unit[0] == "ns")
    return f"{timing.seconds * scale:.4g} {unit}" + "~" * (timing.spread > NOISY)
