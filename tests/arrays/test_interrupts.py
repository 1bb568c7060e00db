"""A call that lasts is stopped by a signal, and leaves nothing behind."""

import pytest
from command import python

# Each would take from ten seconds to some minutes; what is written to overlaps, to be small.
CALLS = """
import os, signal, threading, time
import numpy as np, poolreg as pr
import poolreg._core as _core

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
x = np.random.default_rng(0).random((32, 512, 512), np.float32)
volumes = np.broadcast_to(x[:8].reshape(128, 128, 128), (512, 128, 128, 128))
line = np.broadcast_to(np.float32(1), (1 << 40,))
planes = np.broadcast_to(x, (256, *x.shape))
wide = dict(stride=1, axes=(1, 2), num_threads=2)
deep = dict(stride=2, axes=(1, 2, 3), num_threads=2)

plan = _core.Plan((1 << 20, 256, 256), tuple((a, "regular", 63, 8, 9, 0, 1, False) for a in (1, 2)))
many = np.broadcast_to(x[0, :256, :256], plan.input_shape)
dx = np.lib.stride_tricks.as_strided(np.zeros((256, 256), np.float32), many.shape, (0, 1024, 4))
dy = np.broadcast_to(np.float32(1), plan.output_shape)
taps = np.broadcast_to(np.int32(31 * 64), plan.output_shape)
power = _core.FUNCTORS["power"], (0.0,), (0, 0), (np.float32(3),)

class Slow(pr.Method):
    name = "mylab.slow"
    reducer = pr.WindowFunction(forward=lambda block: time.sleep(0.05) or block.win.mean(axis=0))

pr.register_method(Slow)
calls = {
    "sums": lambda: pr.pool(volumes, "avg", 63, **deep),
    "marks": lambda: pr.pool(volumes, "max", 63, return_indices=True, **deep),
    "one window": lambda: pr.pool(line, "sum", 1 << 40, axes=0),
    "windows": lambda: pr.pool(x, "gem", 31, **wide),
    "one thread": lambda: pr.pool(x, "gem", 31, **wide | {"num_threads": 1}),
    "shared weights": lambda: pr.pool(planes, "soft", 33, stride=32, axes=(2, 3)),
    "blocks": lambda: pr.pool(x, "mylab.slow", 3, **wide),
    "gradients of windows": lambda: _core.windows_backward(
        plan, *power, many, dy, dx, num_threads=2),
    "gradients of sums": lambda: _core.linear_backward(plan, 0, 1.0, dx, dy, 2),
    "scattered gradients": lambda: _core.select_backward(plan, dx, dy, taps, 2),
}

def interrupted(call, sent=signal.SIGINT):
    timer = threading.Timer(0.2, os.kill, (os.getpid(), sent))
    begin = time.monotonic()
    timer.start()
    raised = "nothing"
    try:
        call()
    except BaseException as error:
        raised = type(error).__name__
    took = time.monotonic() - begin
    timer.join()
    return raised, took
"""


def ran(program: str) -> list[list[str]]:
    """The lines that it prints, by words."""
    done = python(CALLS + program)
    assert done.returncode == 0, done.stderr
    return [line.split(" | ") for line in done.stdout.splitlines()]


def test_a_signal_stops_a_call() -> None:
    rows = ran(
        """
for kind, call in calls.items():
    raised, took = interrupted(call)
    y = pr.pool(x[0, :4, :4], "max", (4, 4))
    print(kind, raised, took, _core.live_memory(), y[0, 0] == x[0, :4, :4].max(), sep=" | ")
"""
    )
    assert len(rows) == 10
    for kind, raised, took, kept, is_right in rows:
        assert (kind, raised) == (kind, "KeyboardInterrupt")
        assert float(took) < 5, kind  # on a machine at rest a tenth of a second after the signal
        assert (kept, is_right) == ("0", "True"), kind


def test_what_a_handler_raises_is_raised() -> None:
    ((raised, took),) = ran(
        """
def late(number, frame):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
print(*interrupted(calls["windows"], signal.SIGALRM), sep=" | ")
"""
    )
    assert raised == "TimeoutError"
    assert float(took) < 5


def test_a_handler_pools_while_a_call_goes_on() -> None:
    rows = ran(
        """
came = []
def note(number, frame):
    came.append(pr.max_pool1d(np.array([[1.0, 2.0]]), 2)[0, 0])
signal.signal(signal.SIGALRM, note)
few = lambda: pr.pool(x[:1], "gem", 25, stride=2, axes=(1, 2))
print(*interrupted(few, signal.SIGALRM), sep=" | ")
print(*came, np.isfinite(few()).all(), sep=" | ")
"""
    )
    assert rows[0][0] == "nothing"
    assert rows[1] == ["2.0", "True"]


def test_a_signal_stops_an_operator_of_torch() -> None:
    pytest.importorskip("torch")
    rows = ran(
        """
import torch, poolreg.torch
t = torch.from_numpy(x).requires_grad_()
windows = dict(kernel_size=31, stride=1, axes=(1, 2))
print(*interrupted(lambda: poolreg.torch.pool(t, "gem", **windows)), sep=" | ")

def stopped(graph, inputs):  # a compiler, so that no signal comes while torch compiles
    def run(*values):
        print(*interrupted(lambda: graph(*values)), sep=" | ")
        raise SystemExit
    return run
torch.compile(poolreg.torch.pool, backend=stopped)(t, "gem", **windows)
"""
    )
    assert [raised for raised, took in rows] == ["KeyboardInterrupt", "KeyboardInterrupt"]
    assert max(float(took) for raised, took in rows) < 10
