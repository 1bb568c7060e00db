"""The same bits whatever the instruction set, the threads and the company."""

import itertools
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import poolreg as pr
import pytest
import samples
from cases import cases
from command import run_program

THREADS = ("1", "3")
SUPPORTED = pr.show_config().isa_supported


def run(script: str, *arguments: str, **environment: str) -> str:
    """What a program prints."""
    done = run_program(script, *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def found_by(isa: str) -> dict[str, dict[str, int]]:
    """The digests of an instruction set, by the number of threads."""
    return json.loads(run("digests.py", *THREADS, POOLREG_CPU=isa))


def test_every_isa_and_thread_count_gives_the_same_bits() -> None:
    expected = found_by("baseline")["1"]
    for isa, threads in itertools.product(SUPPORTED, THREADS):
        digests = found_by(isa)[threads]
        assert digests.keys() == expected.keys()
        different = [key for key in expected if digests[key] != expected[key]]
        assert not different, f"{isa} with {threads} threads"


def test_fork_after_threads() -> None:
    assert run("forking.py") == "done\n"


@pytest.mark.parametrize(("method", "params"), cases())
def test_calls_from_many_threads(method: str, params: dict) -> None:
    """Each with its own data, geometry and number of threads, all at once."""

    def pooled(seed: int, threads: int) -> bytes:
        x = samples.normals((8, 4, 40 + seed % 3, 41), np.float32, seed)
        y, vjp = pr.pool_vjp(
            x, method, 3, stride=1 + seed % 2, padding=1, axes=(2, 3), num_threads=threads, **params
        )
        return y.tobytes() + vjp(y).input.tobytes()

    seeds = range(24)
    expected = [pooled(seed, 1) for seed in seeds]
    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(pooled, seeds, [1, 2, 3] * 8)) == expected


@pytest.mark.parametrize("axes", [(1, 2), (0, 1)])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
def test_large_gradients_are_those_of_their_parts(
    kernel: int, stride: int, padding: int, axes: tuple[int, int]
) -> None:
    """A gradient that no cache holds is written past them, where its rows are aligned."""
    whole = np.random.default_rng(0).standard_normal((132, 128, 608), dtype=np.float32)
    whole = whole.reshape((132, 128, -1) if axes == (0, 1) else (-1, 128, 132))
    window = dict(kernel_size=kernel, stride=stride, padding=padding, axes=axes)
    along = 2 if axes == (0, 1) else 0
    parts = np.array_split(whole, 11, axis=along)
    for first in (0, 1):
        memory = np.empty(whole.size + first, np.float32)[first:]
        y, vjp = pr.pool_vjp(whole, "max", **window)
        dx = vjp(y, out=memory.reshape(whole.shape)).input
        pieces = []
        for part in parts:
            y, vjp = pr.pool_vjp(np.ascontiguousarray(part), "max", **window)
            pieces.append(vjp(y).input)
        np.testing.assert_array_equal(dx, np.concatenate(pieces, axis=along))


def test_num_threads_is_per_thread_of_python() -> None:
    """A context in one thread is not seen by another."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with pr.num_threads(3):
            inside.set()
            assert leave.wait(60)

    before = pr.show_config().num_threads
    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(60)
    seen = pr.show_config().num_threads
    leave.set()
    holder.join()
    assert seen == before != 3


def test_the_gil_is_released() -> None:
    """A waiting thread gets to run during a call, though no one else would let go of the GIL."""
    x = np.zeros((64, 512, 512), np.float32)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        assert any(_ran_during(lambda: pr.pool(x, "max", 3, axes=(1, 2))) for _ in range(50))
        assert not any(_ran_during(lambda: sum(range(1000))) for _ in range(50))
    finally:
        sys.setswitchinterval(interval)


def _ran_during(call: object) -> bool:
    ran = []
    gate = threading.Lock()

    def wait() -> None:
        with gate:
            ran.append(True)

    gate.acquire()
    thread = threading.Thread(target=wait)
    thread.start()
    gate.release()
    call()
    during = bool(ran)
    thread.join()
    return during
