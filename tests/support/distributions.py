"""Distributions as pip leaves them: a module and its metadata, in a folder on the path."""

import os
import subprocess
import sys
from pathlib import Path

PEAK = """
import poolreg as pr

class Peak(pr.Method):
    "The largest member."
    name = "acme.peak"
    reducer = pr.Select("max")
"""


def install(folder: Path, distribution: str, entry_points: str, module: str = PEAK) -> None:
    """One module, and the entry points that it offers methods under."""
    add_metadata(folder, distribution, entry_points)
    (folder / f"{distribution}.py").write_text(module)


def add_metadata(folder: Path, distribution: str, entry_points: str) -> None:
    metadata = folder / f"{distribution}-1.2.dist-info"
    metadata.mkdir()
    header = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
    (metadata / "METADATA").write_text(header)
    (metadata / "entry_points.txt").write_text(f"[poolreg.methods]\n{entry_points}\n")


def python(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter with the distributions of this folder."""
    variables = {"PYTHONPATH": str(folder), **environment}
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        env=os.environ | variables,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def run(folder: Path, program: str, **environment: str) -> str:
    """What a program prints that has them."""
    program = "import sys, poolreg as pr\n" + program
    done = python(folder, "-c", program, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
