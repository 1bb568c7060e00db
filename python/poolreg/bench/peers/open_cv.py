"""OpenCV, plane by plane: dilation, box filter, and area resampling for windows side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"opencv": cv2.__version__}


def set_threads(threads: int) -> None:
    cv2.setNumThreads(threads)


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if case.rank != 2 or case.results != ("y",) or case.op not in ("max", "avg"):
        return None
    if case.channels_last or case.shape[1] > 1000:
        return None
    if case.stride == (1, 1) and same(case):
        return partial(at_every_place, case, inputs.x)
    if case.stride == case.kernel and tiled(case):
        return partial(side_by_side, case, inputs.x)
    return None


PEERS = {"opencv": prepare}


def same(case: Case) -> bool:
    return all(k == 2 * p + 1 for k, p in zip(case.kernel, case.padding, strict=True))


def tiled(case: Case) -> bool:
    """The windows cover each plane and nothing else."""
    whole = all(n % k == 0 for n, k in zip(case.lengths, case.kernel, strict=True))
    return whole and case.padding == (0, 0)


def at_every_place(case: Case, x: Any) -> Any:
    y = np.empty_like(x)
    height, width = case.kernel
    element = np.ones(case.kernel, np.uint8)
    planes = zip(x.reshape(-1, *case.lengths), y.reshape(-1, *case.lengths), strict=True)
    for source, target in planes:
        if case.op == "max":
            cv2.dilate(source, element, target)
        else:
            cv2.boxFilter(source, -1, (width, height), target, borderType=cv2.BORDER_CONSTANT)
    return y


def side_by_side(case: Case, x: Any) -> Any:
    """All planes as one tall image: no window crosses from one to the next."""
    tall = x.reshape(-1, case.lengths[1])
    height, width = case.kernel
    if case.op == "avg":
        size = tall.shape[1] // width, tall.shape[0] // height
        return cv2.resize(tall, size, interpolation=cv2.INTER_AREA)
    element = np.ones(case.kernel, np.uint8)
    largest = cv2.dilate(tall, element, anchor=(0, 0))
    return np.ascontiguousarray(largest[::height, ::width])


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    return (returned.reshape(case.out_shape),)
