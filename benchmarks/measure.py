"""Times all peers of one case in interleaved rounds, after it has checked that they agree."""

from __future__ import annotations

import statistics
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import poolreg as pr
from peers import PEERS, Call, Work, result_of, thread_count
from workloads import Case

ROTATED_BYTES = 16 << 20  # copies of small cases together fill half of a usual L3 cache
MAX_COPIES = 8
SAMPLE_SECONDS = 0.004
PAUSE_SECONDS = 0.012  # idle workers of GNU OpenMP spin for about 10 ms before they sleep


@dataclass(frozen=True)
class Timing:
    """Seconds per call: the median of the rounds, their relative quartile spread, and the best."""

    seconds: float
    spread: float
    best: float

    @classmethod
    def of(cls, samples: list[float]) -> Timing:
        low, median, high = statistics.quantiles(samples, n=4)
        return cls(median, (high - low) / median, min(samples))


@dataclass(frozen=True)
class Row:
    """One case at one thread count, with every peer that has such a path."""

    case: str
    description: str
    threads: int
    copies: int
    bytes_moved: int
    timings: dict[str, Timing]


def measure(case: Case, threads: int, rounds: int, tick: Callable[[], None]) -> Row:
    """One row; `tick` is called after each round."""
    with thread_count(threads):
        works = make_works(case, threads)
        prepared = {
            name: [call for work in works if (call := prepare(case, work))]
            for name, prepare in PEERS.items()
        }
        peers = {name: calls for name, calls in prepared.items() if calls}
        check(case, works, peers)
        loops = {name: loops_for(calls) for name, calls in peers.items()}
        samples: dict[str, list[float]] = {name: [] for name in peers}
        names = list(peers)
        for _ in range(rounds):
            names.append(names.pop(0))  # whoever was first is last in the next round
            for name in names:
                samples[name].append(sample(peers[name], loops[name]))
            tick()
    moved = works[0].dy.nbytes + works[0].gx.nbytes
    timings = {name: Timing.of(taken) for name, taken in samples.items()}
    return Row(case.name, str(case), threads, len(works), moved, timings)


def make_works(case: Case, threads: int) -> list[Work]:
    """Distinct random inputs: many copies of a small one, so that no predictor learns the data."""
    random = np.random.default_rng(0)
    shape = case.problem.shape
    out_shape = pr.output_shape(shape, case.problem.kernel, **case.keywords)

    def work() -> Work:
        x = random.standard_normal(shape, dtype=np.float32)
        dy = random.standard_normal(out_shape, dtype=np.float32)
        return Work(x, dy, np.ones_like(dy), np.ones_like(x), threads)

    first = work()
    copies = min(max(ROTATED_BYTES // (first.x.nbytes + first.dy.nbytes), 1), MAX_COPIES)
    return [first, *(work() for _ in range(copies - 1))]


def check(case: Case, works: list[Work], peers: dict[str, list[Call]]) -> None:
    """Every peer must give what PyTorch gives, on every copy, before anything is timed."""
    for copy, work in enumerate(works):
        expected = result_of(case, peers["torch"][copy]())
        for name, calls in peers.items():
            if name == "limit":
                continue
            for out in (work.y, work.gx):  # nobody passes with what another has written
                out.fill(np.nan)
            actual = result_of(case, calls[copy]())
            np.testing.assert_allclose(actual, expected, 1e-5, 1e-5, err_msg=name)


def loops_for(calls: list[Call]) -> int:
    """How often to go through the calls so that one sample is long enough for the clock."""
    seconds = run(calls, 1)
    return max(1, round(SAMPLE_SECONDS / seconds))


def sample(calls: list[Call], loops: int) -> float:
    """Seconds per call, after a pause for other peers' threads and a warm-up for its own."""
    time.sleep(PAUSE_SECONDS)
    if loops > 1:  # a call longer than a sample is its own warm-up
        calls[0]()
    return run(calls, loops) / (loops * len(calls))


def run(calls: list[Call], loops: int) -> float:
    """Seconds for all calls, `loops` times over, in timeit's tight loop."""
    return timeit.timeit("for call in calls: call()", globals={"calls": calls}, number=loops)
