"""Plans and buffers that nobody should hand to the core: it refuses them, or pools what they say,
within their memory and in time.

As a program: ``python hostile.py SECONDS SEED``.
"""

import contextlib
import signal
import sys
import time
from typing import Any

import numpy as np
import poolreg._core as _core
from poolreg.errors import PoolregError

REFUSALS = (
    PoolregError,
    BufferError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)
ODD = (-(2**63), -1, 0, 2**31, 2**40, 2**60, 2**61, 2**63 - 1, 2**63, 2**70, "2", 1.5, None)
CODES = ("f4", "f8", "i4", "i8", "u1", "f2", ">f4", "c8", "i2")
MOST = 20_000  # elements of an array
GUARD = 64
SENTINEL = 0x5A


class Draw:
    """What one number makes of the core's arguments."""

    def __init__(self, number: int) -> None:
        self.rng = np.random.default_rng(number)

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def one(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def number(self, low: int, high: int, odd: float = 0.03) -> Any:
        return self.one(ODD) if self.chance(odd) else int(self.rng.integers(low, high))

    def window(self, shape: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
        place = self.number(-1, len(shape) + 1) if self.chance(0.05) else axis
        size = shape[axis] if axis < len(shape) and type(shape[axis]) is int else 4
        kind = self.one(("regular", "regular", "same", "adaptive", "bins", "maps"))
        if kind == "regular":
            K, D = self.number(1, 5), self.number(1, 3)
            P = [self.number(0, 3) for _ in range(2)]
            return (place, kind, K, self.number(1, 4), *P, D, self.one((True, False)))
        if kind == "same":
            return (place, kind, self.number(1, 5), self.number(1, 4), self.number(1, 3), True)
        if kind == "adaptive":
            return (place, kind, self.number(1, 5))
        begins = np.sort(self.rng.integers(0, max(min(size, 9), 1), int(self.rng.integers(1, 5))))
        ends = begins + self.rng.integers(0 if self.chance(0.1) else 1, 3)
        cut = int(self.chance(0.1))
        return (place, kind, tuple(begins.tolist()), tuple(ends.tolist()[cut:]))

    def plan(self) -> _core.Plan:
        ndim = self.one((1, 2, 3, 3, 4, 4, 5, 64, 65, 200)) if self.chance(0.1) else 4
        shape = tuple(self.number(1, 9, 0.01) for _ in range(ndim))
        count = min(int(self.rng.integers(0, 4)), ndim)
        axes = sorted(self.rng.choice(ndim, count, replace=self.chance(0.05)).tolist())
        windows = tuple(self.window(shape, axis) for axis in axes)
        channel = self.one((None, 0, 1, -2, 7)) if self.chance(0.5) else None
        return _core.Plan(shape, windows, channel)

    def array(self, shape: tuple[int, ...], dtype: str, odd: float = 0.04) -> Any:
        """One that suits, as a rule: guarded on both sides."""
        if self.chance(odd):
            return None
        if self.chance(odd):
            dtype = self.one(CODES)
        if self.chance(odd) and shape:
            shape = (*shape[:-1], int(self.rng.integers(1, 9)))
        size = int(np.prod(shape))
        memory = np.full(size * np.dtype(dtype).itemsize + 2 * GUARD, SENTINEL, np.uint8)
        array = np.ndarray(shape, dtype, memory.data, GUARD)
        array[...] = self.rng.integers(0, 4, shape)
        self.memories.append(memory)
        turned = array.T.copy().T if self.chance(0.1) else array
        return turned[::-1].copy()[::-1] if self.chance(0.1) and turned.ndim else turned

    def params(self, plan: _core.Plan, dtype: str) -> tuple[Any, ...]:
        shapes = [(), (3,), (plan.taps,) if plan.taps < MOST else (5,)]
        if plan.channel_axis is not None:
            shapes.append((plan.input_shape[plan.channel_axis],))
        return tuple(self.array(self.one(shapes), dtype) for _ in range(self.rng.integers(0, 3)))

    def call(self, plan: _core.Plan) -> None:
        self.memories: list[Any] = []
        into, out = plan.input_shape, plan.output_shape
        if np.prod(np.array(into, float)) > MOST or np.prod(np.array(out, float)) > MOST:
            return
        dtype, threads = self.one(("f4", "f8")), int(self.rng.integers(0, 4))
        x, y, dx = (self.array(shape, dtype) for shape in (into, out, into))
        taps = self.array(out, self.one(("u1", "i4", "i8")))
        if taps is not None and taps.dtype.kind in "iu" and self.chance(0.5):
            taps[...] = self.rng.integers(np.iinfo(taps.dtype).min, np.iinfo(taps.dtype).max, out)
        numbers = (self.one((0.0, 1.0, 2.0, -1.0)),) * int(self.rng.integers(0, 3))
        options = tuple(self.number(0, 4) for _ in range(self.rng.integers(0, 3)))
        functor = self.number(0, 11)
        params = self.params(plan, dtype)
        maps = {"map_in": self.array(into, dtype, 0.5), "map_out": self.array(out, dtype, 0.7)}
        what = self.one(("select", "scatter", "linear", "linear_back", "windows", "windows_back"))
        if what == "select":
            _core.select_forward(plan, self.number(0, 2), x, y, taps, self.chance(0.5), threads)
        elif what == "scatter":
            _core.select_backward(plan, dx, y, taps, threads)
        elif what == "linear":
            _core.linear_forward(plan, self.number(0, 3), 2.0, x, y, threads)
        elif what == "linear_back":
            _core.linear_backward(plan, self.number(0, 3), 2.0, dx, y, threads)
        elif what == "windows":
            marks = taps if functor == _core.FUNCTORS["sample"] else None
            _core.windows_forward(
                plan, functor, numbers, options, params, x, y, num_threads=threads,
                marks=marks, **maps
            )  # fmt: skip
        else:
            gradients = tuple(np.zeros(np.shape(p)) for p in params) if self.chance(0.7) else None
            _core.windows_backward(
                plan, functor, numbers, options, params, x, y, dx, num_threads=threads,
                dmap_in=self.array(into, dtype, 0.5), dmap_out=self.array(out, dtype, 0.5),
                gradients=gradients, add=self.chance(0.3), **maps
            )  # fmt: skip

    def intact(self) -> bool:
        """Have all arrays still their guards?"""
        return all(
            (memory[:GUARD] == SENTINEL).all() and (memory[-GUARD:] == SENTINEL).all()
            for memory in self.memories
        )


def drawn(number: int) -> bool:
    """Whether the core took it; AssertionError or TimeoutError if it did wrong."""
    draw = Draw(number)
    try:
        plan = draw.plan()
        draw.call(plan)
    except REFUSALS:
        return False
    assert draw.intact(), f"draw {number}: something was written beside an array"
    return True


@contextlib.contextmanager
def limited(seconds: int) -> Any:
    """A call that does not return is stopped."""

    def stop(signum: int, frame: Any) -> None:
        raise TimeoutError(f"a call did not return within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> None:
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    end, taken, number = time.monotonic() + seconds, 0, seed << 32
    while time.monotonic() < end:
        with limited(30):
            try:
                taken += drawn(number)
            except BaseException:
                print(f"draw {number}", flush=True)
                raise
        number += 1
    print(f"{number - (seed << 32)} draws, of which the core took {taken}")


if __name__ == "__main__":
    main()
