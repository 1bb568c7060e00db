"""The process of one adapter: it answers requests from its standard input, one JSON text a line.

`python -m poolreg.bench.worker ADAPTER THREADS` is started by `process.py`.  So libraries that
cannot live in one process never meet, and rounds are interleaved all the same: a request is one
sample.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import numpy as np

from poolreg.bench.cases import Case
from poolreg.bench.expected import check
from poolreg.bench.inputs import Inputs, read_array, read_inputs
from poolreg.bench.memory import peak_of
from poolreg.bench.peers import LIMIT, Call

SAMPLE_SECONDS = 0.004
WAKE_SECONDS = 0.012  # after a pause a processor runs slower for about 8 ms
SLOW_SECONDS = 1.0
UNWANTED = "openvino_telemetry"  # OpenVINO would report its use, from a process that stays
WARM_SECONDS = 0.05  # a call that takes longer is its own warm-up


def load(adapter: str, threads: int) -> ModuleType:
    """The adapter, its library set to so many threads."""
    module = importlib.import_module(f"poolreg.bench.peers.{adapter}")
    if hasattr(module, "set_threads"):
        module.set_threads(threads)
    return module


class Prepared:
    """A peer's calls for all copies of a case: checked, and ready to be timed."""

    def __init__(self, module: ModuleType, name: str, case: Case, copies: list[Path], threads: int):
        self.calls: list[Call] = []
        for folder in copies:
            inputs = read_inputs(folder)
            call = module.PEERS[name](case, inputs, threads)
            if call is None:
                return
            if name != LIMIT:
                checked(module, case, inputs, folder, call)
            self.calls.append(call)
        seconds = self.run(1)
        self.slow = seconds > WARM_SECONDS * len(self.calls)
        seconds = seconds if self.slow else min(seconds, self.run(1))
        self.loops = max(1, round(SAMPLE_SECONDS / seconds))
        self.waking = max(1, round(WAKE_SECONDS / seconds))
        self.seconds = seconds / len(self.calls)

    def run(self, loops: int) -> float:
        """Seconds for all calls, `loops` times over, in timeit's tight loop."""
        names = {"calls": self.calls}
        return timeit.timeit("for call in calls: call()", globals=names, number=loops)

    def sample(self) -> float:
        """Seconds per call, after some that wake the processor and the peer's own threads."""
        if not self.slow:
            self.run(self.waking)
        return self.run(self.loops) / (self.loops * len(self.calls))

    def memory(self) -> int | None:
        """The peak of one call in bytes; None of a call that takes seconds, to save time."""
        return peak_of(self.calls[0]) if self.seconds < SLOW_SECONDS else None


def checked(module: ModuleType, case: Case, inputs: Inputs, folder: Path, call: Call) -> None:
    """ValueError if the call does not give what NumPy gave."""
    arrays = module.results(case, call())
    got = {name: np.asarray(array) for name, array in zip(case.results, arrays, strict=True)}
    check(case, inputs, {name: read_array(folder, f"result_{name}") for name in case.results}, got)


class Server:
    """What a request names is a method of this class."""

    def __init__(self, module: ModuleType, threads: int):
        self.module, self.threads = module, threads
        self.prepared: dict[str, Prepared] = {}

    def versions(self) -> dict[str, str]:
        return dict(self.module.VERSIONS)

    def prepare(self, name: str, case: dict[str, Any], copies: list[str]) -> bool:
        """Whether the peer can do the case."""
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in case.items()
        }
        paths = [Path(folder) for folder in copies]
        prepared = Prepared(self.module, name, Case(**fields), paths, self.threads)
        if prepared.calls:
            self.prepared[name] = prepared
        return bool(prepared.calls)

    def sample(self, name: str) -> float:
        return self.prepared[name].sample()

    def memory(self, name: str) -> int | None:
        return self.prepared[name].memory()

    def forget(self) -> None:
        self.prepared.clear()


def answer(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What the function returns, or its error in words."""
    try:
        return {"value": function(*arguments)}
    except Exception as error:
        words = f"{type(error).__name__}: {error}".split()
        return {"error": " ".join(words)[:300], "absent": isinstance(error, ImportError)}


def serve(adapter: str, threads: int, requests: Iterator[str], answers: TextIO) -> None:
    def reply(content: dict[str, Any]) -> None:
        print(json.dumps(content), file=answers, flush=True)

    modules: list[ModuleType] = []
    loaded = answer(lambda: modules.append(load(adapter, threads)))
    if not modules:
        reply(loaded)
        return
    server = Server(modules[0], threads)
    reply(answer(server.versions))
    for line in requests:
        name, *arguments = json.loads(line)
        reply(answer(getattr(server, name), *arguments))


def main() -> None:
    """What a library prints goes to standard error: standard output is for answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.modules[UNWANTED] = None  # type: ignore[assignment]  # as if it were absent
    serve(sys.argv[1], int(sys.argv[2]), iter(sys.stdin), answers)


if __name__ == "__main__":
    main()
