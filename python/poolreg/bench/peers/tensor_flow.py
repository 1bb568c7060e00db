"""TensorFlow in graph mode.

On a CPU it pools channels last only.  For an average of other layouts each plane is an image of one
channel; a maximum would so take a thousand times as long as others do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"tensorflow": tf.__version__}
LARGE = 100  # taps; with one channel a window of so many takes seconds


def set_threads(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if not can(case):
        return None
    x = tf.constant(as_images(case, inputs.x))
    function = compiled(case)
    if case.way == "forward":
        return lambda: function(x)
    y, dy = function.forward(x), tf.constant(inputs.dy)
    return lambda: function(x, y, dy)


PEERS = {"tensorflow": prepare}


def can(case: Case) -> bool:
    if case.op == "gap":
        return True
    if case.op == "max":
        return case.channels_last and not case.indices
    small = case.taps < LARGE or case.channels_last
    return case.op == "avg" and case.way == "forward" and case.rank > 1 and small


def as_images(case: Case, array: Any) -> Any:
    if case.channels_last or case.op == "gap":
        return array
    return array.reshape(-1, *array.shape[2:], 1)


@lru_cache(maxsize=1)
def compiled(case: Case) -> Any:
    if case.op == "gap":
        return tf.function(lambda x: tf.reduce_mean(x, case.pooled))
    forward = pooling(case)
    if case.way == "forward":
        return tf.function(forward)
    sizes = [[1, *sizes, 1] for sizes in (case.kernel, case.stride)]
    sides = [0, 0, *(p for p in case.padding for _ in range(2)), 0, 0]

    def gradient(x: Any, y: Any, dy: Any) -> Any:
        return tf.raw_ops.MaxPoolGrad(
            orig_input=x,
            orig_output=y,
            grad=dy,
            ksize=sizes[0],
            strides=sizes[1],
            padding="EXPLICIT",
            explicit_paddings=sides,
        )

    function = tf.function(gradient)
    function.forward = forward
    return function


def pooling(case: Case) -> Callable[[Any], Any]:
    sides = [[0, 0], *([p, p] for p in case.padding), [0, 0]]
    outside = -np.inf if case.op == "max" else 0.0
    pool = getattr(tf.nn, f"{case.op}_pool{case.rank}d")
    explicit = case.op == "max" and case.rank == 2

    def forward(x: Any) -> Any:
        if any(case.padding) and not explicit:
            x = tf.pad(x, sides, constant_values=outside)
        padding = sides if any(case.padding) and explicit else "VALID"
        return pool(x, list(case.kernel), list(case.stride), padding)

    return forward


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    array = returned.numpy()
    return (array.reshape(case.shape if case.way == "backward" else case.out_shape),)
