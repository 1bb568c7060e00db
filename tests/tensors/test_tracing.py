"""Layers stay layers: traced, split at their outputs, run on subclasses of tensors and in modes, as
torch's own are."""

import copy
import os
import warnings
from importlib.util import find_spec
from typing import Any

import poolreg as pr
import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg.torch as pt
import poolreg.torch.functional as PF
import poolreg.torch.nn as pnn
import torch
from torch import nn
from torch._dynamo.backends.common import aot_autograd
from torch._functorch.aot_autograd import make_boxed_func

LOGITS = [f"LIPPool{rank}d" for rank in (1, 2, 3)]  # which need a second input
LAYERS = [
    n for n in pnn.__all__ if isinstance(getattr(pnn, n), type) and n not in ("Pool", *LOGITS)
]
FIRST = {"AdaptiveAvg": (2,), "AdaptiveMax": (2,), "Bottleneck": (4,), "Simplified": (4,)}


def rank_of(layer: str) -> int:
    return int(layer[-2]) if layer.endswith("d") else 2


def network(layer: str) -> Any:
    """The layer behind parameters, in inference."""
    arguments = next((given for name, given in FIRST.items() if layer.startswith(name)), (2,))
    arguments = (2, 2) if layer.startswith("LPPool") else arguments
    convolution = getattr(nn, f"Conv{rank_of(layer)}d")(3, 4, 1)
    return nn.Sequential(convolution, getattr(pnn, layer)(*arguments)).eval()


def image(layer: str, size: int = 8) -> Any:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, *[size] * rank_of(layer), generator=generator)


@pytest.mark.parametrize("layer", LAYERS)
def test_traced_by_fx(layer: str) -> None:
    """One call of a public function; parameters stay parameters."""
    model = network(layer)
    traced = torch.fx.symbolic_trace(model)
    targets = [node.target for node in traced.graph.nodes if node.op == "call_function"]
    ours = [t for t in targets if getattr(t, "__module__", "").startswith("poolreg.")]
    (target,) = ours
    public = pt.pool if target.__name__ == "pool" else getattr(PF, target.__name__)
    assert target is public
    assert {n for n, _ in traced.named_parameters()} == {n for n, _ in model.named_parameters()}
    for size in (8, 9):
        x = image(layer, size)
        assert torch.equal(copy.deepcopy(traced)(x), model(x))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_traced_by_jit_with_its_checks(layer: str) -> None:
    model = network(layer)
    traced = torch.jit.trace(model, image(layer))
    x = image(layer, 9)
    assert torch.equal(traced(x), model(x))


def test_functions_are_traced_by_fx() -> None:
    def function(x: Any, weight: Any) -> Any:
        y = PF.dpp_pool2d(PF.max_pool2d(x, 2, padding=1), 2, alpha=weight)
        return pt.pool(y, "lp", 2, axes=(-2, -1), p=3.0)

    traced = torch.fx.symbolic_trace(function)
    assert [n.target for n in traced.graph.nodes if n.op == "call_function"] == [
        PF.max_pool2d,
        PF.dpp_pool2d,
        pt.pool,
    ]
    x, weight = image("MaxPool2d"), torch.tensor(0.5)
    assert torch.equal(traced(x, weight), function(x, weight))


def test_a_traced_network_learns() -> None:
    traced = torch.fx.symbolic_trace(
        nn.Sequential(nn.Conv2d(3, 4, 1), pnn.DPPPool2d(2, channels=4))
    )
    traced(image("MaxPool2d")).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in traced.parameters())


SIZED = {
    "selected": lambda: pnn.MaxPool2d(3, 2, 1),
    "more taps than a byte counts": lambda: pnn.MaxPool2d(17, 1),
    "adaptive": lambda: pnn.AdaptiveMaxPool2d(3),
    "averaged": lambda: pnn.AvgPool2d(2),
    "global": lambda: pnn.GeMPool2d(output_size=1),
    "weighed": lambda: pnn.SoftPool2d(3, 2, 1, ceil_mode=True),
    "drawn": lambda: pnn.S3DPPPool2d(2),
}


@pytest.mark.parametrize("made", SIZED.values(), ids=SIZED)
def test_compiled_once_for_any_size(made: Any) -> None:
    """Forward and backward: sizes are symbols."""
    model, graphs = nn.Sequential(nn.Conv2d(3, 4, 1), made()), []

    def compiler(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return make_boxed_func(graph.forward)

    torch._dynamo.reset()
    compiled = torch.compile(
        model, backend=aot_autograd(fw_compiler=compiler), dynamic=True, fullgraph=True
    )
    for size in (32, 25, 27):
        x = image("MaxPool2d", size)[..., :-3]
        found = []
        for network in (compiled, model):
            model.zero_grad()
            torch.manual_seed(2)
            y = network(x)
            y.square().sum().backward()
            found.append((y, [p.grad.clone() for p in model.parameters()]))
        torch.testing.assert_close(*found)
    assert len(graphs) == 2


@pytest.mark.parametrize("made", SIZED.values(), ids=SIZED)
def test_exported_behind_parameters_for_any_size(made: Any) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), made()).eval()
    dynamic = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    program = torch.export.export(model, (image("MaxPool2d", 32),), dynamic_shapes=(dynamic,))
    x = image("MaxPool2d", 21)[:1, ..., :-3]
    assert torch.equal(program.module()(x), model(x))


class Tagged(torch.Tensor):
    """A tensor that stays what it is."""


FUNCTIONS = [n for n in PF.__all__ if not n.startswith("lip")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_subclasses_of_tensors_stay(name: str) -> None:
    x = image(name.replace("pool", "Pool"))
    arguments = (2, 2) if name.startswith("lp_") else (2,)
    torch.manual_seed(0)
    y = getattr(PF, name)(x.as_subclass(Tagged), *arguments)
    torch.manual_seed(0)
    assert type(y) is Tagged
    assert torch.equal(y.as_subclass(torch.Tensor), getattr(PF, name)(x, *arguments))


class Seen(torch.overrides.TorchFunctionMode):
    """Which functions a mode sees."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.names.append(function.__name__)
        return function(*args, **kwargs or {})


def test_a_mode_sees_the_public_function() -> None:
    x = image("MaxPool2d")
    PF.max_pool2d(x, 2)  # from now on it is ready
    with Seen() as seen:
        PF.max_pool2d(x, 2)
        PF.soft_pool2d(x, 2, beta=torch.tensor(2.0))
        pt.pool(x, "max", 2, axes=(-2, -1))
        pnn.GeMPool2d(2)(x)
    assert [n for n in seen.names if "pool" in n] == ["max_pool2d", "soft_pool2d", "pool", "pool"]


def quantized() -> Any:
    return torch.quantize_per_tensor(image("MaxPool2d"), 0.1, 0, torch.quint8)


# torch's own warning of quantized tensors
@pytest.mark.filterwarnings("ignore:.*quant.*")
@pytest.mark.parametrize("layer", ["MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d"])
def test_torchs_own_take_quantized_and_mkldnn(layer: str) -> None:
    for x, read in ((quantized(), "dequantize"), (image(layer).to_mkldnn(), "to_dense")):
        ours, theirs = (getattr(made, layer)(2)(x) for made in (pnn, nn))
        assert torch.equal(getattr(ours, read)(), getattr(theirs, read)())


@pytest.mark.filterwarnings("ignore:.*quant.*")
def test_others_say_how_to_give_them() -> None:
    layer = pnn.SoftPool2d(2)
    with pytest.raises(pr.DTypeError, match=r"quantized, got quint8; give input.dequantize\(\)"):
        layer(quantized())
    with pytest.raises(pr.DTypeError, match=r"strided, got _mkldnn; give input.to_dense\(\)"):
        layer(image("SoftPool2d").to_mkldnn())


@pytest.mark.parametrize("layer", [n for n in LAYERS if rank_of(n) == 2])
@pytest.mark.parametrize("axes", [2, 5])
def test_as_many_axes_as_the_rank_says(layer: str, axes: int) -> None:
    """torch's own refuse the same."""
    (pooling,) = list(network(layer))[1:]
    x = torch.ones([4] * axes)
    with pytest.raises(pr.ShapeError, match=f"input must have 3 axes .* or 4, got {axes}"):
        pooling(x)
    with pytest.raises((RuntimeError, ValueError, AssertionError)):
        nn.MaxPool2d(2)(x)


def test_hooks_and_warnings_as_with_torchs_own() -> None:
    called = []
    layer = pnn.SoftPool2d(2)
    layer.register_forward_hook(lambda module, args, y: called.append(y.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(image("SoftPool2d"))
    assert called == [(2, 3, 4, 4)]
