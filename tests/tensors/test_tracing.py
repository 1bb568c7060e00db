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


# ---- Sizes that are symbols --------------------------------------------------------------------

FORMS: dict[str, dict[str, Any]] = {
    "a kernel": dict(kernel_size=(3, 2)),
    "more taps than a byte counts": dict(kernel_size=17, stride=1),
    "valid": dict(kernel_size=3, padding="valid"),
    "same": dict(kernel_size=2, stride=3, padding="same"),
    "same, dilated": dict(kernel_size=(2, 3), stride=2, dilation=(2, 3), padding="same"),
    "same_lower": dict(kernel_size=(2, 3), stride=2, padding="same_lower"),
    "padding": dict(kernel_size=3, stride=2, padding=(1, 0)),
    "padding of each side": dict(kernel_size=(3, 2), stride=2, padding=((2, 0), (0, 1))),
    "dilation": dict(kernel_size=3, stride=1, padding=(2, 1), dilation=(2, 1)),
    "ceil_mode": dict(kernel_size=3, stride=2, padding=1, ceil_mode=True),
    "ceil_mode, with gaps": dict(kernel_size=2, stride=3, padding=1, ceil_mode=True),
    "ceil_mode, each side": dict(kernel_size=2, stride=4, padding=((0, 1), (1, 0)), ceil_mode=True),
    "ceil_mode, dilated": dict(
        kernel_size=2, stride=2, padding=((1, 2), (0, 2)), dilation=2, ceil_mode=True
    ),
}
ADAPTIVE: dict[str, dict[str, Any]] = {
    "adaptive": dict(output_size=(3, 2)),
    "more outputs than inputs": dict(output_size=(3, 40)),
    "as many outputs as inputs": dict(output_size=(2, None)),
    "global": dict(output_size=1),
}


class Windowed(nn.Module):
    """A method in these windows."""

    def __init__(self, method: str, window: dict[str, Any]) -> None:
        super().__init__()
        self.method, self.window = method, window

    def forward(self, x: Any) -> Any:
        return pt.pool(x, self.method, axes=(-2, -1), **self.window)


class Behind(nn.Module):
    """Layers of two axes, each behind parameters of its own."""

    def __init__(self, layers: dict[str, nn.Module]) -> None:
        super().__init__()
        self.names = list(layers)
        behind = (nn.Sequential(nn.Conv2d(3, 4, 1), layer) for layer in layers.values())
        self.layers = nn.ModuleList(behind)

    def forward(self, x: Any) -> dict[str, Any]:
        return {name: layer(x) for name, layer in zip(self.names, self.layers, strict=True)}


def every_layer(training: bool) -> Behind:
    """Of every method; in training of those that draw then."""
    layers = {layer: network(layer)[1] for layer in LAYERS if rank_of(layer) == 2}
    layers["a parameter for each channel"] = pnn.DPPPool2d(3, 2, 1, channels=4)
    layers["counted draws"] = pnn.MixedPool2d(2, channels=4, eval="majority")
    layers["dilated draws"] = pnn.S3Pool2d(2, dilation=2)
    layers["more taps than a byte counts"] = pnn.MaxPool2d(17, 1)
    if training:
        layers = {name: layer for name, layer in layers.items() if draws(layer)}
    return Behind(layers).train(training)


def draws(layer: Any) -> bool:
    declared = pr.describe(layer.method).params if isinstance(layer, pnn.Pool) else ()
    return any(param.name == "training" for param in declared)


def every_form() -> Behind:
    """Windows of every form, by methods that select, that sum and that do neither."""
    layers = {}
    for method in ("max", "avg", "soft", "s3"):
        forms = FORMS if method == "s3" else FORMS | ADAPTIVE
        layers |= {f"{method}, {name}": Windowed(method, forms[name]) for name in forms}
    return Behind(layers).eval()


def images() -> list[Any]:
    """Of three sizes; the first is the example of an export."""
    sizes = (
        (2, 32),
        (5, 25),
        (2, 27),
    )  # no batch of 1 or of as many as channels: torch compiles anew
    return [torch.cat([image("MaxPool2d", size)] * 3)[:batch, ..., :-3] for batch, size in sizes]


@pytest.mark.parametrize("training", [False, True])
def test_compiled_once_for_any_size(training: bool) -> None:
    """Forward and backward."""
    model, graphs = every_layer(training), []

    def compiler(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return make_boxed_func(graph.forward)

    torch._dynamo.reset()
    compiled = torch.compile(
        model, backend=aot_autograd(fw_compiler=compiler), dynamic=True, fullgraph=True
    )
    for x in images()[1:]:
        found = []
        for network in (compiled, model):
            model.zero_grad()
            torch.manual_seed(2)
            y = network(x)
            sum(one.square().sum() for one in y.values()).backward()
            gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
            found.append((y, gradients))
        torch.testing.assert_close(*found)
    assert len(graphs) == 2


EXPORTS = {
    "inference": (lambda: every_layer(False), False),
    "training": (lambda: every_layer(True), False),
    "strict": (lambda: every_layer(True), True),
    "forms": (every_form, False),
}


@pytest.mark.parametrize(("made", "strict"), EXPORTS.values(), ids=EXPORTS)
def test_exported_for_any_size(made: Any, strict: bool) -> None:
    model, (first, *others) = made(), images()
    dynamic = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    program = torch.export.export(model, (first,), dynamic_shapes=(dynamic,), strict=strict)
    for x in (first, *others):
        found = []
        for network in (program.module(), model):
            torch.manual_seed(2)
            found.append(network(x))
        torch.testing.assert_close(*found, rtol=0, atol=0)


# ---- Tensors of other kinds --------------------------------------------------------------------


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
