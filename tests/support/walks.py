"""The walks of the named problems, and the table of walks: the core's choices, written down.

``python tests/support/walks.py`` writes both again: walks.txt beside this file, and the table in
src/poolcore/README.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
from poolreg import _core
from problems import Problem, load_shapes

HERE = Path(__file__).parent
CORE = HERE.parents[1] / "src" / "poolcore"
WALKS = HERE / "walks.txt"
LARGEST = 1_000_000
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "max": ("max", {}),
    "argmax": ("max", {"backward": True}),
    "avg": ("avg", {"backward": True}),
}
HEADINGS = {
    "FORWARD": "y alone: max, min, sums",
    "ARGMAX": "y, and which element it was",
    "SUM_GRADIENT": "dx of sums",
    "SELECT_GRADIENT": "dx of selected elements",
}


def walk_of(call: pr.CoreCall) -> str:
    """A call in a word or two."""
    first = {
        "planes of short rows laid end to end": "folded",
        "the gradient as sums of dy": "turned",
    }
    return " ".join([*(first[step] for step in call.steps), str(call.walk)])


def walks_of(problem: Problem) -> Iterator[str]:
    """The walks of a problem: of maxima, with indices too, of averages, and of gradients."""
    x = np.zeros(problem.shape, np.float32)
    axes = tuple(i for i, letter in enumerate(problem.layout) if letter not in "NC")
    for name, (method, extra) in CALLS.items():
        found = pr.explain(
            x,
            method,
            problem.kernel,
            stride=problem.stride,
            padding=problem.padding,
            dilation=problem.dilation,
            ceil_mode=problem.ceil_mode,
            axes=axes,
            num_threads=1,
            **extra,
        )
        for call in found.calls:
            yield f"{name}{'_gradient' if call.backward else ''}={walk_of(call).replace(' ', '+')}"


def lines() -> list[str]:
    """A line for each problem and each instruction set of this machine."""
    before, found = _core.isa(), []
    problems = [p for p in load_shapes(HERE / "shapes.txt") if p.size <= LARGEST]
    try:
        for isa, supported in _core.isas():
            if supported and _core.select_isa(isa):
                found += [" ".join([isa, p.name, *walks_of(p)]) for p in problems]
    finally:
        _core.select_isa(before)
    return found


def table() -> str:
    """The walks, family by family, as Markdown."""
    source = (CORE / "drive" / "walks.def").read_text(encoding="utf-8")
    rows = re.findall(r"^PC_(\w+)_WALK\((\w+)\)\s*/\* (.+?) \*/", source, re.M | re.S)
    found = []
    for family, heading in HEADINGS.items():
        found += [f"| {heading} | |", "| --- | --- |"]
        found += [
            f"| `{name}` | {' '.join(words.split())} |" for of, name, words in rows if of == family
        ]
        found += [""]
    return "\n".join(found)


def with_table(page: str) -> str:
    """A page with the table where its mark is."""
    mark = re.search(r"<!-- walks: .* -->\n", page)
    assert mark is not None
    return page[: mark.end()] + "\n" + table()


def kept() -> list[str]:
    """The lines of instruction sets that this machine has not."""
    supported = {isa for isa, runs in _core.isas() if runs}
    written = WALKS.read_text(encoding="utf-8").splitlines()
    return [line for line in written if line.split()[0] not in supported]


if __name__ == "__main__":
    WALKS.write_text("\n".join([*lines(), *kept()]) + "\n", encoding="utf-8")
    readme = CORE / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
