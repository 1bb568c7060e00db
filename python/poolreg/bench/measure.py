"""Time all peers of a case in interleaved rounds, after the results of each were compared."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from poolreg.bench.cases import Case
from poolreg.bench.expected import expected_results
from poolreg.bench.inputs import copies_of, make_inputs, write_arrays, write_inputs
from poolreg.bench.peers import LIMIT, ON_TENSORS, Peer
from poolreg.bench.process import PeerError, PeerProcess

PAUSE_SECONDS = 0.012  # idle workers of GNU OpenMP spin for about 10 ms before they sleep
PEER_SECONDS = 3.0  # a peer that took so long in all has had its rounds, if they were enough
ENOUGH_ROUNDS = 2  # for a spread
Tick = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """Seconds per call: the median of the rounds, their relative quartile spread, and the best."""

    seconds: float
    spread: float
    best: float
    rounds: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Timing:
        low, median, high = statistics.quantiles(samples, n=4)
        return cls(median, (high - low) / median, min(samples), len(samples))


@dataclass(frozen=True)
class Row:
    """One case at one thread count: every peer that can do it, and why others failed."""

    case: str
    description: str
    threads: int
    copies: int
    timings: dict[str, Timing]
    memory: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class Team:
    """The processes of all peers at one thread count."""

    def __init__(self, peers: Sequence[Peer], threads: int):
        self.threads = threads
        self.absent: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        adapters = dict.fromkeys(peer.adapter for peer in peers)
        self.processes = {name: PeerProcess(name, threads) for name in adapters}
        reasons = {}
        for name, process in list(self.processes.items()):
            try:
                self.versions.update(process.versions())
            except PeerError as error:
                process.stop()
                reasons[name] = str(error)
        for peer in peers:
            if peer.adapter in reasons:
                self.absent[peer.name] = reasons[peer.adapter]
        self.peers = [peer for peer in peers if peer.name not in self.absent]

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes.values():
            process.stop()

    def ask(self, what: str, peer: Peer, *arguments: Any) -> Any:
        return self.processes[peer.adapter].ask(what, peer.name, *arguments)

    def restart(self, peer: Peer) -> None:
        """A new process in place of one that has ended, so that it is there for the next case."""
        process = self.processes[peer.adapter]
        if process.process.poll() is not None:
            process.stop()
            self.processes[peer.adapter] = PeerProcess(peer.adapter, self.threads)
            with suppress(PeerError):  # the error comes again with the next request
                self.processes[peer.adapter].versions()

    def measure(self, case: Case, rounds: int, tick: Tick) -> Row:
        """One row; `tick` is called before each round."""
        failures: dict[str, str] = {}
        with tempfile.TemporaryDirectory(prefix="poolreg-bench-") as directory:
            copies = write_case(case, Path(directory))
            peers = self._ready(case, copies, failures, tick)
        samples = self._samples(peers, rounds, failures, case, tick)
        memory = {peer.name: self._memory(peer) for peer in peers if peer.name in samples}
        self._forget()
        return Row(
            case=case.name,
            description=str(case),
            threads=self.threads,
            copies=len(copies),
            timings={name: Timing.of(taken) for name, taken in samples.items() if len(taken) > 1},
            memory={name: bytes for name, bytes in memory.items() if bytes is not None},
            failures=failures,
        )

    def _ready(
        self, case: Case, copies: list[str], failures: dict[str, str], tick: Tick
    ) -> list[Peer]:
        """The peers that can do the case and do it right."""
        ready = []
        for peer in self.peers:
            if case.tensors and peer.name not in ON_TENSORS:
                continue
            tick(f"{case.name}: {peer.name} is checked")
            try:
                if self.ask("prepare", peer, asdict(case), copies):
                    ready.append(peer)
            except PeerError as error:
                failures[peer.name] = str(error)
                self.restart(peer)
        return ready

    def _samples(
        self, peers: list[Peer], rounds: int, failures: dict[str, str], case: Case, tick: Tick
    ) -> dict[str, list[float]]:
        samples: dict[str, list[float]] = {peer.name: [] for peer in peers}
        order = list(peers)
        for number in range(rounds):
            tick(f"{case.name}: round {number + 1} of {rounds}")
            order = order[1:] + order[:1]  # the first of a round is the last of the next
            for peer in order:
                taken = samples[peer.name]
                if peer.name in failures or had_enough(taken):
                    continue
                time.sleep(PAUSE_SECONDS)
                try:
                    taken.append(self.ask("sample", peer))
                except PeerError as error:
                    failures[peer.name] = str(error)
                    self.restart(peer)
        return {name: taken for name, taken in samples.items() if name not in failures}

    def _memory(self, peer: Peer) -> int | None:
        if peer.name == LIMIT:
            return None
        with suppress(PeerError):
            peak: int | None = self.ask("memory", peer)
            return peak
        return None

    def _forget(self) -> None:
        for name in {peer.adapter for peer in self.peers}:
            with suppress(PeerError):
                self.processes[name].ask("forget")


def had_enough(samples: list[float]) -> bool:
    return len(samples) >= ENOUGH_ROUNDS and sum(samples) > PEER_SECONDS


def write_case(case: Case, directory: Path) -> list[str]:
    """Every copy of the inputs with its results, in a folder each."""
    folders = []
    for copy in range(copies_of(case)):
        folder = directory / str(copy)
        inputs = make_inputs(case, copy)
        write_inputs(folder, inputs)
        results = expected_results(case, inputs)
        write_arrays(folder, **{f"result_{name}": array for name, array in results.items()})
        folders.append(str(folder))
    return folders
