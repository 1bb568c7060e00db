"""What was measured, as JSON (everything) and as a Markdown table (the medians and the ratios)."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import torch
from bandwidth import COMPILER
from measure import Row
from workloads import ROOT

NOISY = 0.25
UNITS = (("ms", 1e3), ("µs", 1e6), ("ns", 1e9))
TIMES = {
    "poolreg": "poolreg",
    "poolreg_out": "poolreg out=",
    "torch": "torch",
    "torch_out": "torch out=",
    "torch_onednn": "oneDNN",
    "torch_onednn_blocked": "oneDNN blocked",
    "limit": "limit",
}
RATIOS = {  # the faster of the first, over the second
    "torch / poolreg": (("torch",), "poolreg"),
    "oneDNN / poolreg": (("torch_onednn", "torch_onednn_blocked"), "poolreg"),
    "out=: torch / poolreg": (("torch_out",), "poolreg_out"),
    "poolreg out= / limit": (("poolreg_out",), "limit"),
}


def environment() -> dict[str, Any]:
    """The machine, the compilers and the versions that the numbers belong to."""
    onednn = re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())
    return {
        "date": datetime.date.today().isoformat(),
        "commit": first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "onednn": onednn[1] if onednn else None,
        "probe_compiler": first_line(COMPILER, "--version"),
        "poolreg": pr.show_config().to_dict(),
    }


def cpu_name() -> str:
    """The processor's own name where Linux tells it, else its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return found[1] if found else platform.machine()


def first_line(*command: str) -> str | None:
    """The first line that a command prints, or None if it fails."""
    answer = subprocess.run(command, capture_output=True, text=True)
    return answer.stdout.partition("\n")[0] if answer.returncode == 0 else None


def as_json(rows: list[Row]) -> str:
    content = {"environment": environment(), "rows": [asdict(row) for row in rows]}
    return json.dumps(content, indent=2) + "\n"


def as_markdown(rows: list[Row]) -> str:
    """One line a row, columns padded so that the source reads as well as the rendered table."""
    header = ["case", "threads", *TIMES.values(), *RATIOS]
    body = [
        [row.case, str(row.threads)]
        + [time_cell(row, peer) for peer in TIMES]
        + [ratio_cell(row, *pair) for pair in RATIOS.values()]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]

    def line(cells: list[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * width for width in widths]
    return "".join(map(line, (header, rule, *body)))


def time_cell(row: Row, peer: str) -> str:
    """A median with its unit; `~` marks a quartile spread too wide to trust."""
    if peer not in row.timings:
        return ""
    timing = row.timings[peer]
    unit, scale = next(unit for unit in UNITS if timing.seconds * unit[1] >= 1 or unit[0] == "ns")
    return f"{timing.seconds * scale:.4g} {unit}" + "~" * (timing.spread > NOISY)


def ratio_cell(row: Row, peers: tuple[str, ...], base: str) -> str:
    """How many times as long the fastest of the peers takes, if both sides were measured."""
    seconds = [row.timings[peer].seconds for peer in peers if peer in row.timings]
    if not seconds or base not in row.timings:
        return ""
    return f"{min(seconds) / row.timings[base].seconds:.2f}"
