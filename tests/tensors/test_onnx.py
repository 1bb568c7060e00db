"""Poolings in ONNX: onnxruntime and onnx's own evaluator give the core's numbers, for any size."""

import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import poolreg as pr
import pytest

if os.environ.get("TORCH") == "0" or any(
    find_spec(name) is None for name in ("torch", "onnx", "onnxruntime", "onnxscript")
):
    pytest.skip("torch, onnx, onnxruntime, onnxscript are needed", allow_module_level=True)

import poolreg.torch as pt
import poolreg.torch.nn as pnn
import torch
from geometries import named
from poolreg.contract.registry import get_method
from poolreg.testing.calls import Call, drawn
from poolreg.testing.check_windows import WINDOWS
from poolreg.testing.subject import Setting, Subject
from torch import Tensor, nn

slow = pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "thorough", reason="it takes minutes"
)
METHODS = [name for name in pr.methods() if "." not in name]

# ---- Calls as a network ------------------------------------------------------------------------


class Calls(nn.Module):
    """The results of calls, whose x and maps are the input; parameters that are learnable or a
    state are tensors."""

    def __init__(self, calls: Sequence[Call]) -> None:
        super().__init__()
        self.calls = calls
        for number, call in enumerate(calls):
            for param in pr.describe(call.method).params:
                value = call.params.get(param.name)
                if value is not None and param.kind in ("learnable", "state"):
                    tensor = torch.as_tensor(value)
                    tensor = tensor.float() if tensor.is_floating_point() else tensor
                    self.register_buffer(f"{param.name}_{number}", tensor)

    def forward(self, given: Sequence[dict[str, Tensor]]) -> list[Tensor]:
        return [self.pooled(number, **arrays) for number, arrays in enumerate(given)]

    def pooled(self, number: int, x: Tensor, **maps: Tensor) -> Tensor:
        call = self.calls[number]
        params = {n: getattr(self, f"{n}_{number}", value) for n, value in call.params.items()}
        y: Tensor = pt.pool(x, call.method, **call.window, **{**params, **maps})
        return y


def arrays_of(call: Call) -> dict[str, Any]:
    return {"x": call.x, **{name: call.params[name] for name in call.params if name in call.maps}}


def exported(calls: Sequence[Call], dynamic: bool) -> Any:
    """The calls as a model, as it is: nothing is folded."""
    given = [{n: torch.from_numpy(a) for n, a in arrays_of(call).items()} for call in calls]
    sizes = [
        {
            name: {axis: DYNAMIC for axis in range(array.ndim) if axis != 1}
            for name, array in arrays.items()
        }
        for arrays in given
    ]
    with torch.no_grad():
        program = torch.export.export(
            Calls(calls), (given,), dynamic_shapes=(sizes,) if dynamic else None
        )
        made: Any = torch.onnx.export(program, dynamo=True, verbose=False, optimize=False)
    return made.model_proto


DYNAMIC = torch.export.Dim.DYNAMIC


def runs_of(model: Any) -> list[Any]:
    """The model as onnxruntime runs it, and as onnx's own evaluator."""
    import onnxruntime
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.ops import op_gather_elements, op_max_pool

    class GatherElements(op_gather_elements.GatherElements):
        """onnx's own takes up to 64 elements along the axis."""

        op_domain = ""

        def _run(self, data: Any, indices: Any, axis: int) -> Any:
            return (np.take_along_axis(data, indices, axis),)

    class MaxPool(op_max_pool.MaxPool):
        """onnx's own takes pads to be top, bottom, left, right where the stride is 1."""

        op_domain = ""

        def _run(self, x: Any, **attributes: Any) -> Any:
            return self._max_pool(x, **attributes)

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    runtime = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return [runtime, ReferenceEvaluator(model, new_ops=[GatherElements, MaxPool])]


def check(model: Any, runs: Sequence[Any], calls: Sequence[Call]) -> None:
    """The core's numbers, of every call by every runtime."""
    arrays = [array for call in calls for array in arrays_of(call).values()]
    names = [one.name for one in model.graph.input]
    feed = dict(zip(names, arrays, strict=True))
    for run in runs:
        for call, y in zip(calls, run.run(None, feed), strict=True):
            np.testing.assert_allclose(y, call.pool(), 1e-4, 1e-5, err_msg=str(call))


# ---- The windows of the conformance suite, and those that have a name --------------------------


def pairs(method: str) -> Iterator[tuple[tuple[int, ...], dict[str, Any], Setting]]:
    """Sizes, windows and settings that draw nothing: every one of each at least once for each
    check."""
    subject = Subject(get_method(method))
    for check, windows in WINDOWS.items():
        if method.startswith("s3") and check in ("adaptive", "global"):
            continue
        settings = subject.settings() if check == "values" else subject.usual()
        settings = [one for one in settings if not is_training(subject, one)]
        many = len(windows)
        for number in range(max(many, len(settings))):
            sizes, window = windows[(number + number // many) % many]
            yield sizes, window, settings[number % len(settings)]


def is_training(subject: Subject, setting: Setting) -> bool:
    call = subject.planes((4, 4), 0, setting, kernel_size=2)
    return bool(call.params.get("training"))


def call_of(
    method: str, sizes: tuple[int, ...], window: dict[str, Any], setting: Setting, batch: int = 2
) -> Call:
    subject = Subject(get_method(method))
    return subject.planes(sizes, 0, setting, batch, **window).astype("float32")


# The first are exported: torch.export takes a size of 1, of outputs too, for a constant.
PLANES: dict[int, list[tuple[int, ...]]] = {
    1: [(11,), (13,), (8,)],
    2: [(11, 10), (14, 7), (6, 12)],
    3: [(5, 4, 7), (4, 6, 8), (6, 5, 7)],
}


@slow
@pytest.mark.parametrize("method", METHODS)
def test_windows_of_the_conformance_suite(method: str) -> None:
    calls = [call_of(method, *pair) for pair in pairs(method)]
    model = exported(calls, dynamic=False)
    check(model, runs_of(model), calls)


@slow
@pytest.mark.parametrize("rank", PLANES)
@pytest.mark.parametrize("method", METHODS)
def test_the_same_windows_of_any_size(method: str, rank: int) -> None:
    first, *others = PLANES[rank]
    of_rank = [pair[1:] for pair in pairs(method) if len(pair[0]) == rank]
    model = exported([call_of(method, first, *pair) for pair in of_rank], dynamic=True)
    runs = runs_of(model)
    for batch, sizes in enumerate(others, 1):
        check(model, runs, [call_of(method, sizes, *pair, batch) for pair in of_rank])


@slow
@pytest.mark.parametrize("method", METHODS)
def test_named_geometries(method: str) -> None:
    calls = []
    for geometry in named(3000).values():
        x = drawn(geometry.shape, 1, -2.0, 2.0, "float32")
        maps = {"logits": drawn(geometry.shape, 2, -2.0, 2.0, "float32")} if method == "lip" else {}
        calls.append(Call(method, x, geometry.window, maps, maps=frozenset(maps)))
    model = exported(calls, dynamic=False)
    check(model, runs_of(model), calls)


# ---- Some of them, in a moment -----------------------------------------------------------------


def chosen() -> list[tuple[str, dict[str, Any], Setting]]:
    """Every method in other windows, with parameters that are tensors."""
    of_planes = [w for some in WINDOWS.values() for sizes, w in some if len(sizes) == 2]
    regular = [window for window in of_planes if "kernel_size" in window]
    found = []
    for number, method in enumerate(METHODS):
        windows = regular if method.startswith("s3") else of_planes
        learnable = Subject(get_method(method)).of_kind("learnable")
        names = tuple(param.name for param in learnable)
        found.append((method, windows[(number + 4) % len(windows)], Setting(names=names)))
    return found


def test_every_method_takes_any_size() -> None:
    first, *others = PLANES[2]
    model = exported([call_of(method, first, *pair) for method, *pair in chosen()], dynamic=True)
    assert all(node.domain == "" for node in model.graph.node)
    runs = runs_of(model)
    for batch, sizes in enumerate(others, 1):
        check(model, runs, [call_of(m, sizes, *pair, batch) for m, *pair in chosen()])


@pytest.mark.parametrize("rank", PLANES)
def test_torchs_own_poolings_are_one_node(rank: int) -> None:
    """Padding, dilation and ceil_mode, of one axis to three."""
    maxima, means = (getattr(pnn, f"{kind}Pool{rank}d") for kind in ("Max", "Avg"))
    layers = [
        maxima(3, 2, 1, ceil_mode=True),
        maxima(2, 1, dilation=2),
        means(3, 2, 1, ceil_mode=True),
        means(3, 2, 1, count_include_pad=False),
    ]
    x = torch.randn(2, 3, *PLANES[rank][0])
    program = torch.export.export(Each(layers), (x,))
    model: Any = torch.onnx.export(program, dynamo=True, verbose=False)
    kinds = Counter(node.op_type for node in model.model_proto.graph.node)
    assert kinds == {"MaxPool": 2, "AveragePool": 2}
    for run in runs_of(model.model_proto):
        found = run.run(None, {model.model_proto.graph.input[0].name: x.numpy()})
        for layer, y in zip(layers, found, strict=True):
            np.testing.assert_allclose(y, layer(x).numpy(), 1e-5, 1e-6)


class Each(nn.Module):
    """The results of several layers."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        return [layer(x) for layer in self.layers]


# ---- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["stochastic", "mixed", "s3", "s3_dpp"])
def test_draws_cannot_be_exported(method: str) -> None:
    x = torch.randn(1, 1, 4, 4)
    pooling = pt.pool_module(method, rank=2)(2)
    program = torch.export.export(pooling, (x,))
    with pytest.raises(Exception, match=f"'{method}' draws random numbers in training"):
        torch.onnx.export(program, dynamo=True, verbose=False)


@pytest.mark.filterwarnings("ignore")
def test_the_older_exporter_is_refused_by_name() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 1), pnn.SoftPool2d(2)).eval()
    with pytest.raises(pr.ParameterError, match=r"'soft': torch\.onnx\.export needs dynamo=True"):
        torch.onnx.export(network, (torch.randn(1, 1, 4, 4),), io.BytesIO(), dynamo=False)
