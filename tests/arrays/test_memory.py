"""Large arrays: results in memory that is used again, and written past the caches."""

import pickle
import sys
import threading
from functools import cache, partial
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from command import python
from poolreg.engine.arrays import LARGE, new_array

SHAPE = (8, 32, 256, 256)  # 64 MiB of float32


def large_input() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


def address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]


def test_memory_is_used_again() -> None:
    x = large_input()
    y = pr.max_pool2d(x, 3, stride=1, padding=1)
    assert y.nbytes >= LARGE
    place = address(y)
    del y
    again = pr.min_pool2d(x, 3, stride=1, padding=1)
    other = pr.avg_pool2d(x, 3, stride=1, padding=1)
    assert address(again) == place
    assert not np.may_share_memory(again, other)
    assert again[1, 2, 8, 9] == x[1, 2, 7, 8]
    assert other[1, 2, 8, 9] == x[1, 2, 8, 9]


def test_views_keep_the_memory() -> None:
    x = large_input()
    y = pr.max_pool2d(x, 1)
    view, buffer = y[1:, 3:, ::2], memoryview(y)
    place = address(y)
    del y
    assert address(pr.min_pool2d(-x, 1)) != place
    np.testing.assert_array_equal(view, x[1:, 3:, ::2])
    assert buffer[7, 31, 255, 255] == x[-1, -1, -1, -1]


def test_it_is_an_array_as_any() -> None:
    y = pr.max_pool2d(large_input(), 1)
    assert type(y) is np.ndarray
    assert y.flags.c_contiguous
    assert y.flags.writeable
    assert y.flags.aligned
    y[0] = 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(y)), y)
    np.testing.assert_array_equal(pr.max_pool2d(y, 1, out=np.empty_like(y)), y)
    with pytest.raises(pr.ParameterError, match="must not share memory"):
        pr.max_pool2d(y, 1, out=y)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 1, 2), (3, 0, 2, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_the_order_is_that_of_the_input(order: tuple[int, ...], dtype: Any) -> None:
    like = np.empty((2, 4, 8, 16), np.float32).transpose(order)
    shape = tuple(32 * n if a < 3 else n for a, n in enumerate(like.shape))
    large = new_array(like, shape, dtype)
    assert large.strides == np.empty_like(like, dtype, shape=shape).strides
    assert large.dtype == dtype


def test_threads_get_memory_of_their_own() -> None:
    x = large_input()
    wrong = []

    def pools(k: float) -> None:
        for _ in range(10):
            y = pr.sum_pool2d(x[:5], 1, num_threads=1)
            y *= k
            if not np.array_equal(y, x[:5] * np.float32(k)):
                wrong.append(k)

    threads = [threading.Thread(target=pools, args=(k,)) for k in (2.0, 3.0, 4.0)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong


RESIDENT = """
import numpy as np, poolreg as pr
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
x = np.ones((8, 32, 256, 256), np.float32)
before = resident()
y = pr.max_pool2d(x, 1)
del y
print((resident() - before) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is kept")
@pytest.mark.parametrize(("kept", "least", "most"), [("", 60, 80), ("60", 0, 20), ("0", 0, 20)])
def test_how_much_is_kept(kept: str, least: int, most: int) -> None:
    done = python(RESIDENT, POOLREG_KEEP_MEMORY=kept)
    assert least <= int(done.stdout) <= most, done.stderr


@pytest.mark.parametrize("value", ["-1", "many", "1.5", "4294967296", "²"])
def test_malformed_keep_memory_is_refused(value: str) -> None:
    done = python("import poolreg", POOLREG_KEEP_MEMORY=value)
    assert done.returncode == 1
    assert "ParameterError: POOLREG_KEEP_MEMORY must be MiB, an integer" in done.stderr
    assert value in done.stderr.splitlines()[-1]


# ---- Beside the arrays of a call -----------------------------------------------------------------


MEASURE = """
import numpy as np, poolreg as pr

def memory(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))

def rise(call):
    "KiB that the process had more at its largest than before, and than the results take"
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = memory("VmRSS")
    results = call()
    return memory("VmHWM") - before - sum(r.nbytes for r in results) // 1024

shape = 8, 32, 56, 56
x = np.random.default_rng(0).random(shape, np.float32) + 1
y, dx = np.ones((8, 32, 28, 28), np.float32), np.ones(shape, np.float32)
dy = np.ones_like(y)
for method in pr.methods():
    given = {"logits": np.ones(shape, np.float32)} if method == "lip" else {}
    if method == "lp":
        given["p"] = 2.5
    window = dict(kernel_size=3, stride=2, padding=1, data_format="NCHW", num_threads=2)

    def forward():
        pr.pool(x, method, **window, **given, out=y)
        return []

    def backward():
        gradients = vjp(dy, out=dx)
        return [*gradients.inputs.values(), *gradients.params.values()]

    _, vjp = pr.pool_vjp(x, method, **window, **given)
    forward(), backward()
    print(method, rise(forward), rise(backward))
"""
MOST = 2 * 1024
"""KiB; an array of the input's shape takes 3136."""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says how large a process was")
def test_a_call_needs_little_memory() -> None:
    """A megabyte a thread; and for s3 the results at all places, of a group of planes."""
    done = python(MEASURE, MALLOC_MMAP_THRESHOLD_="65536")  # and what is freed is gone
    assert done.returncode == 0, done.stderr
    rises = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _, _ in rises] == list(pr.methods())
    assert not [line for line in rises if max(int(line[1]), int(line[2])) > MOST], rises


# ---- Written past the caches ---------------------------------------------------------------------


STREAMED = 10 << 20  # elements: a call that reads and writes so many goes past the caches
MEMORY = [np.zeros(STREAMED + (1 << 20), np.float32) for _ in range(2)]


def placed(at: int, shape: tuple[int, ...], offset: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """An array that begins `offset` bytes after a multiple of 64, and whose pages are there."""
    memory = MEMORY[at]
    begin = (-address(memory) % 64 + offset) // memory.itemsize
    array = memory[begin : begin + int(np.prod(shape))].reshape(shape)
    array[:] = np.nan
    return array


@cache
def numbers(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(1).standard_normal(shape, np.float32)


# Rows of 112, 56, 20, 6 and 5 outputs; taps that adjoin, and that overlap.  What begins 4 bytes
# after a line is not written past the caches, whatever the width.
@pytest.mark.parametrize("data_format", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("width", "offset"), [(224, 16), (112, 16), (41, 16), (12, 16), (11, 16), (41, 4)]
)
def test_large_calls_are_small_ones(width: int, offset: int, data_format: str) -> None:
    """One call, which writes past the caches where it can, as one call for each image."""
    shape = (8, 1 + STREAMED // (8 * 20 * width), 20, width)
    shape = shape if data_format == "NCHW" else (shape[0], shape[2], width, shape[1])
    x = numbers(shape)
    for kernel, stride, padding in ((2, 2, 0), (3, 2, 1), (3, 2, 0), (3, 3, 0), (4, 4, 0)):
        for method in ("max", "avg"):
            pool = partial(
                pr.pool_vjp,
                method=method,
                kernel_size=kernel,
                stride=stride,
                padding=padding,
                data_format=data_format,
            )
            parts = [pool(x[i : i + 1]) for i in range(len(x))]
            out = placed(0, (len(x), *parts[0][0].shape[1:]), offset)
            into = placed(1, shape, offset)
            y, vjp = pool(x, out=out)
            vjp(y, out=into)
            for i, (part, back) in enumerate(parts):
                case = (kernel, stride, padding, method, i)
                assert np.array_equal(y[i : i + 1], part), case
                assert np.array_equal(into[i : i + 1], back(part).input), case


@pytest.mark.parametrize("width", [224, 112, 41])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1)])
def test_large_calls_have_the_indices_of_small_ones(width: int, kernel: int, stride: int) -> None:
    x = np.random.default_rng(2).standard_normal((8, 60000 // width, 24, width), np.float32)
    y, indices = pr.max_pool2d(x, kernel, stride, return_indices=True)
    y, indices = pr.max_pool2d(x, kernel, stride, return_indices=True, out=(y, indices))
    for i in range(len(x)):
        part, at = pr.max_pool2d(x[i], kernel, stride, return_indices=True)
        np.testing.assert_array_equal(y[i], part)
        np.testing.assert_array_equal(indices[i], at)
