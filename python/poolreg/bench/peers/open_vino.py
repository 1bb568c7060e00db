"""OpenVINO on a model of one operation, with the input's and the result's memory shared."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
import openvino
from openvino import opset8 as ops

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"openvino": openvino.__version__}
CAN = {"max", "avg", "gap", "adaptive_avg", "adaptive_max"}


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if case.op not in CAN or case.way != "forward":
        return None
    request = compiled(case, threads).create_infer_request()
    return partial(request.infer, [inputs.x], share_inputs=True, share_outputs=True)


PEERS = {"openvino": prepare}


@lru_cache(maxsize=1)
def compiled(case: Case, threads: int) -> Any:
    x = ops.parameter(case.shape, np.float32)
    first = from_last(x, case.rank) if case.channels_last else x
    outputs = operation(case, first)
    if case.channels_last and case.op != "gap":
        outputs = [to_last(y, case.rank) for y in outputs]
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return openvino.Core().compile_model(openvino.Model(outputs, [x]), "CPU", settings)


def operation(case: Case, x: Any) -> list[Any]:
    axes = list(range(2, 2 + case.rank))
    if case.op == "gap":
        return [ops.reduce_mean(x, np.array(axes), keep_dims=False)]
    if case.output:
        size = np.array(case.output)
        if case.op == "adaptive_avg":
            return [ops.adaptive_avg_pool(x, size)]
        return [ops.adaptive_max_pool(x, size, "i32").output(0)]
    kernel, stride, padding = list(case.kernel), list(case.stride), list(case.padding)
    if case.op == "avg":
        return [ops.avg_pool(x, stride, padding, padding, kernel, exclude_pad=False)]
    ones = [1] * case.rank
    pooled = ops.max_pool(
        x, stride, ones, padding, padding, kernel, index_element_type="i64", axis=2
    )
    return [pooled.output(number) for number in range(len(case.results))]


def from_last(x: Any, rank: int) -> Any:
    return ops.transpose(x, np.array([0, rank + 1, *range(1, rank + 1)]))


def to_last(x: Any, rank: int) -> Any:
    return ops.transpose(x, np.array([0, *range(2, rank + 2), 1]))


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    return tuple(returned[number] for number in range(len(case.results)))
