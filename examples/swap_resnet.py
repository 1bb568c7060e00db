"""Give a ResNet other poolings, and time it before and after.

`replace_pooling` takes the layers from a network that exists; kernel, stride and padding stay.

    pip install ".[examples]"    # in the source folder
    python examples/swap_resnet.py
"""

from __future__ import annotations

import statistics
import time

import click
import torch
from poolreg import PoolregError
from poolreg.torch import replace_pooling
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

SWAPS = (
    "MaxPool2d=max,AdaptiveAvgPool2d=avg",
    "MaxPool2d=soft",
    "MaxPool2d=lip",
    "AdaptiveAvgPool2d=gem",
    "MaxPool2d=dpp,AdaptiveAvgPool2d=gem",
)


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution(inputs, outputs, 3, stride),
            nn.ReLU(inplace=True),
            *convolution(outputs, outputs, 3, 1),
        )
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Sequential(*([] if same else convolution(inputs, outputs, 1, stride)))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.body(x) + self.shortcut(x))


def convolution(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    padded = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [padded, nn.BatchNorm2d(outputs)]


def resnet(classes: int = 10) -> nn.Module:
    """A stem with max pooling, four blocks, global average pooling."""
    torch.manual_seed(0)
    return nn.Sequential(
        *convolution(3, 32, 7, 2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, padding=1),
        Residual(32, 32, 1),
        Residual(32, 64, 2),
        Residual(64, 128, 2),
        Residual(128, 256, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(256, classes),
    )


def swapped(swap: str, console: Console) -> nn.Module:
    """The network with other poolings, which are printed."""
    model = resnet()
    pairs = (pair.partition("=") for pair in swap.split(","))
    try:
        replaced = replace_pooling(model, {layer: method for layer, _, method in pairs})
    except PoolregError as error:
        raise click.BadParameter(f"{swap}: {error}") from error
    console.print(swap, style="bold")
    for replacement in replaced:
        console.print(f"  {replacement}", markup=False, highlight=False, soft_wrap=True)
    return model


def step(model: nn.Module, x: Tensor) -> tuple[float, float]:
    """Seconds of the forward and of the backward pass."""
    start = time.perf_counter()
    y = model(x)
    between = time.perf_counter()
    y.sum().backward()
    return between - start, time.perf_counter() - between


def timed(models: dict[str, nn.Module], x: Tensor, repeat: int) -> dict[str, tuple[float, float]]:
    """Median seconds of forward and backward; the models take turns."""
    steps: dict[str, list[tuple[float, float]]] = {}
    for name, model in models.items():
        step(model, x)  # warms up
        steps[name] = []
    turns = [name for _ in range(repeat) for name in models]
    for name in track(turns, "timing", console=Console(stderr=True), auto_refresh=False):
        steps[name].append(step(models[name], x))
    return {
        name: (statistics.median(f for f, _ in took), statistics.median(b for _, b in took))
        for name, took in steps.items()
    }


def table(times: dict[str, tuple[float, float]]) -> Table:
    """Milliseconds, and in brackets how many times those of the first row."""
    first = next(iter(times.values()))
    shown = Table("poolings")
    for head in ("forward, ms", "backward, ms"):
        shown.add_column(head, justify="right")
    for name, row in times.items():
        cells = [f"{1e3 * t:.1f} ({t / t0:.2f})" for t, t0 in zip(row, first, strict=True)]
        shown.add_row(name, *cells)
    return shown


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--swap", "swaps", multiple=True, default=SWAPS, help="Layer=method,… many times.")
@click.option("--batch", default=8, type=click.IntRange(1), show_default=True)
@click.option("--size", default=96, type=click.IntRange(32), show_default=True, help="Pixels.")
@click.option("--repeat", default=15, type=click.IntRange(1), show_default=True)
def main(swaps: tuple[str, ...], batch: int, size: int, repeat: int) -> None:
    console = Console()
    models = {"as it was": resnet()} | {swap: swapped(swap, console) for swap in swaps}
    x = torch.randn(batch, 3, size, size)
    console.print(table(timed(models, x, repeat)))
    console.print("In brackets: how many times as long as before.")


if __name__ == "__main__":
    main()
