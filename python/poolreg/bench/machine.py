"""The machine, the compilers and the versions that numbers belong to."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import poolreg as pr


def environment(versions: dict[str, str]) -> dict[str, Any]:
    return {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "cpu": cpu_name(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "poolreg": pr.show_config().to_dict(),
        "peers": versions,
    }


def cpu_name() -> str:
    """The processor's own name where Linux tells it, else its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return found[1] if found else platform.machine()


def commit() -> str | None:
    """Of the source tree that poolreg is imported from, or that is the current folder."""
    for folder in (Path(__file__).parent, Path.cwd()):
        command = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
        try:
            told = subprocess.run(command, capture_output=True, text=True)
        except OSError:
            return None
        tracked = (folder / "pyproject.toml").exists() or "site-packages" not in folder.parts
        if told.returncode == 0 and tracked:
            return told.stdout.strip()
    return None
