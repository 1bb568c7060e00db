"""Real networks with other poolings: torchvision's, and timm's and smp's where they are installed.

Each trains a step; then two runs in eval() must give equal bits, and so must a copy, a second
network that loads the state, and the graphs of torch.jit.trace and torch.fx, where torch can trace
the network as it is.  What is printed is the table of docs/train.md.

    nox -s networks
    python benchmarks/networks.py resnet18 vgg11    # some
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import torch
from poolreg import PoolregError
from poolreg.torch import replace_pooling
from torch import Tensor, nn

MAXIMA = "max", "soft", "lip", "dpp", "mixed", "stochastic", "gem", "lp", "s3"
AVERAGES = "avg", "soft", "gem", "lp", "avgmax", "lip", "dpp"
METHODS = {"Max": MAXIMA, "Avg": AVERAGES, "AdaptiveAvg": AVERAGES}

TORCHVISION = (
    "resnet18",
    "vgg11",
    "densenet121",
    "googlenet",
    "inception_v3",
    "squeezenet1_0",
    "mobilenet_v3_small",
    "r3d_18",
)
TIMM = (
    "resnet50",
    "resnetv2_50",
    "dla34",
    "densenet121",
    "selecsls42",
    "hrnet_w18_small",
    "convnext_atto",
)

TRACERS: dict[str, Callable[[nn.Module, Tensor], nn.Module]] = {
    "jit": lambda model, x: torch.jit.trace(model, x, check_trace=False),
    "fx": lambda model, x: torch.fx.symbolic_trace(model),
}

SPECIAL = {"inception_v3": torch.randn(2, 3, 128, 128), "r3d_18": torch.randn(2, 3, 8, 32, 32)}


def networks() -> Iterator[tuple[str, Callable[[], nn.Module], Tensor]]:
    """By name what makes one, and a batch for it."""
    images = torch.randn(2, 3, 64, 64)
    if find_spec("torchvision"):
        models = import_module("torchvision.models")
        for name in TORCHVISION:
            x = SPECIAL.get(name, images)
            more = {"aux_logits": False} if name in ("googlenet", "inception_v3") else {}
            make = partial(models.get_model_builder(name), **more)
            yield name, make, x
    if find_spec("timm"):
        timm = import_module("timm")
        for name in TIMM:
            yield f"timm {name}", partial(timm.create_model, name), images
    if find_spec("segmentation_models_pytorch"):
        smp = import_module("segmentation_models_pytorch")
        yield "smp Unet", partial(smp.Unet, "resnet18", encoder_weights=None), images


def pools(model: nn.Module) -> Counter[str]:
    """torch's pooling layers by class."""
    names = (type(layer).__name__ for layer in model.modules())
    return Counter(name for name in names if hasattr(nn, name) and "Pool" in name)


def tracing(make: Callable[[], nn.Module], x: Tensor) -> list[str]:
    """The tracers of torch that take the network as it is."""
    found = []
    for name, trace in TRACERS.items():
        with suppress(Exception):
            trace(make().eval(), x)
            found.append(name)
    return found


def trained(
    make: Callable[[], nn.Module], x: Tensor, tracers: list[str], layer: str, method: str
) -> str:
    """ "" if the network works with the method in the place of a layer, else why not."""
    torch.manual_seed(0)
    model, again = make(), make()
    try:
        for one in (model, again):
            replace_pooling(one, {layer: method}, example=x, channels="auto")
    except PoolregError as error:
        return f"{method}: {error}"
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    loss = model.train()(x).square().mean()
    loss.backward()
    if not all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None):
        return f"{method}: gradients are not finite"
    optimizer.step()
    again.load_state_dict(model.eval().state_dict())
    others = {"again": model, "state": again.eval(), "copy": copy.deepcopy(model)}
    others |= {tracer: TRACERS[tracer](model, x) for tracer in tracers}
    with torch.no_grad():
        y = model(x)
        wrong = [way for way, other in others.items() if not torch.equal(y, other(x))]
    return f"{method}: other bits by {', '.join(wrong)}" if wrong else ""


def row(name: str, make: Callable[[], nn.Module], x: Tensor) -> str:
    found, tracers = pools(make()), tracing(make, x)
    tried, refused = 0, []
    for layer in found:
        for method in METHODS.get(layer.partition("Pool")[0], ()):
            tried += 1
            why = trained(make, x, tracers, layer, method)
            refused += [f"{layer}, {why}"] if why else []
    layers = ", ".join(f"{layer} {count}" for layer, count in found.items())
    worked = f"{tried - len(refused)} of {tried}"
    return f"| {name} | {layers} | {', '.join(tracers)} | {worked} | {'; '.join(refused)} |"


def main() -> None:
    warnings.simplefilter("ignore")  # those of other packages
    chosen = sys.argv[1:]
    print("| network | its pooling layers | traced by | worked | refused |\n|" + 5 * " --- |")
    for name, make, x in networks():
        if not chosen or name in chosen:
            print(row(name, make, x), flush=True)


if __name__ == "__main__":
    main()
