"""A result may be changed in place under autograd, as torch's may."""

import os
from importlib.util import find_spec
from typing import Any

import poolreg as pr
import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg.torch as pt
import poolreg.torch.nn as pnn
import torch

METHODS = [name for name in pr.methods() if "." not in name and name != "lip"]
FORMATS = {2: torch.channels_last, 3: torch.channels_last_3d}


def layers(rank: int, of_torch: bool = False) -> list[Any]:
    """torch's own or ours: of windows, of bins, and with indices."""
    made = torch.nn if of_torch else pnn
    sized = [("MaxPool", {}), ("AvgPool", {}), ("LPPool", {"norm_type": 2})]
    plain = [getattr(made, f"{name}{rank}d")(kernel_size=2, **given) for name, given in sized]
    bins = [getattr(made, f"Adaptive{name}Pool{rank}d")(3) for name in ("Max", "Avg")]
    return plain + bins


def drawn(rank: int, last: bool, size: int = 6) -> Any:
    x = torch.randn(2, 3, *[size] * rank, generator=torch.Generator().manual_seed(rank))
    return x.to(memory_format=FORMATS[rank]) if last and rank in FORMATS else x


def gradient(x: Any, function: Any) -> Any:
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    function(x).sum().backward()
    return x.grad


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_torchs_own_layers_before_a_relu_in_place(rank: int, last: bool) -> None:
    x = drawn(rank, last)
    for ours, theirs in zip(layers(rank), layers(rank, of_torch=True), strict=True):
        by_layer = [
            gradient(x, torch.nn.Sequential(layer, torch.nn.ReLU(inplace=True)))
            for layer in (ours, theirs)
        ]
        torch.testing.assert_close(*by_layer, msg=f"{ours}")


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method(method: str, last: bool) -> None:
    for rank, size in ((1, 6), (2, 6), (2, 128), (3, 6)):
        x = drawn(rank, last, size)

        def pooled(x: Any, rank: int = rank) -> Any:
            torch.manual_seed(0)  # of what draws
            return pt.pool(x, method, 2, axes=tuple(range(-rank, 0)))

        changed = gradient(x, lambda x: pooled(x).mul_(2).relu_())
        copied = gradient(x, lambda x: pooled(x).mul(2).relu())
        assert torch.equal(changed, copied), (rank, size)


@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
def test_values_beside_indices(last: bool) -> None:
    x = drawn(2, last)
    ours, theirs = pnn.MaxPool2d(2, return_indices=True), torch.nn.MaxPool2d(2, return_indices=True)
    by_layer = [gradient(x, lambda x, layer=layer: layer(x)[0].relu_()) for layer in (ours, theirs)]
    assert torch.equal(*by_layer)


@pytest.mark.parametrize("method", ["max", "soft"])
def test_compiled(method: str) -> None:
    def pooled(x: Any) -> Any:
        return pt.pool(x, method, 2, axes=(-2, -1)).relu_()

    x = drawn(2, last=True)
    compiled = torch.compile(pooled, backend="aot_eager", fullgraph=True)
    assert torch.equal(gradient(x, compiled), gradient(x, pooled))
