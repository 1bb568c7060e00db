"""onnxruntime on a model of one node: a new result, or one that is bound beforehand."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}
OPERATORS = {
    "max": "MaxPool",
    "avg": "AveragePool",
    "gap": "GlobalAveragePool",
    "lp": "LpPool",
}
OPSET = 18


def allocating(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if not can(case):
        return None
    return partial(session(case, threads).run, None, {"x": inputs.x})


def preallocated(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if not can(case):
        return None
    running = session(case, threads)
    binding = running.io_binding()
    types = {"y": np.float32, "index": np.int64}
    empty = [np.empty(out_shape(case), types[name]) for name in case.results]
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in empty]
    binding.bind_cpu_input("x", inputs.x)
    for name, value in zip(case.results, values, strict=True):
        binding.bind_ortvalue_output(name, value)

    def run() -> Any:
        running.run_with_iobinding(binding)
        return values

    return run


PEERS = {"onnxruntime": allocating, "onnxruntime_out": preallocated}


def can(case: Case) -> bool:
    return case.op in OPERATORS and case.way == "forward" and not case.channels_last


def out_shape(case: Case) -> tuple[int, ...]:
    return (*case.shape[:2], *case.out_lengths)


def session(case: Case, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.force_spinning_stop", "1")
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model(case).SerializeToString(), options, providers)


def model(case: Case) -> Any:
    attributes: dict[str, Any] = {}
    if case.kernel:
        attributes = {
            "kernel_shape": case.kernel,
            "strides": case.stride,
            "pads": (*case.padding, *case.padding),
        }
    if case.op == "avg":
        attributes["count_include_pad"] = 1
    if case.op == "lp":
        attributes["p"] = int(case.p)
    node = helper.make_node(OPERATORS[case.op], ["x"], case.results, **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, case.shape)
    types = {"y": TensorProto.FLOAT, "index": TensorProto.INT64}
    outputs = [
        helper.make_tensor_value_info(name, types[name], out_shape(case)) for name in case.results
    ]
    graph = helper.make_graph([node], "pooling", [x], outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    """onnxruntime numbers the elements of the whole array; we those of a plane."""
    y, *index = (one.numpy() if hasattr(one, "numpy") else one for one in returned)
    return (y, *(one % np.prod(case.lengths) for one in index))
