"""Train one small network on handwritten digits with every pooling method, and compare.

The data are scikit-learn's digits, 1797 images of 8x8 pixels that come with the package; a quarter
of them is kept for testing.  The network and the recipe are the same for every method.

    pip install ".[examples]"    # in the source folder
    python examples/train_digits.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import poolreg as pr
import poolreg.torch.nn as pnn
import torch
from matplotlib.figure import Figure
from rich.console import Console, JustifyMethod
from rich.progress import track
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

CHANNELS = 16, 32
BATCH, RATE = 64, 3e-3

# Each makes the pooling of so many channels.
POOLINGS: dict[str, Callable[[int], nn.Module]] = {
    "torch.nn.MaxPool2d": lambda channels: nn.MaxPool2d(2),
    "max": lambda channels: pnn.MaxPool2d(2),
    "torch.nn.AvgPool2d": lambda channels: nn.AvgPool2d(2),
    "avg": lambda channels: pnn.AvgPool2d(2),
    "min": lambda channels: pnn.MinPool2d(2),
    "sum": lambda channels: pnn.SumPool2d(2),
    "avgmax": lambda channels: pnn.AvgMaxPool2d(2),
    "mixed": lambda channels: pnn.MixedPool2d(2),
    "mixed_learned": lambda channels: pnn.MixedLearnedPool2d(2, channels=channels),
    "stochastic": lambda channels: pnn.StochasticPool2d(2),
    "s3": lambda channels: pnn.S3Pool2d(2),
    "s3_dpp": lambda channels: pnn.S3DPPPool2d(2, channels=channels),
    "lp": lambda channels: pnn.LPPool2d(2, 2),
    "power_avg": lambda channels: pnn.PowerAvgPool2d(2, channels=channels),
    "gem": lambda channels: pnn.GeMPool2d(2, channels=channels),
    "logavgexp": lambda channels: pnn.LogAvgExpPool2d(2, channels=channels),
    "logsumexp": lambda channels: pnn.LogSumExpPool2d(2, channels=channels),
    "soft": lambda channels: pnn.SoftPool2d(2, channels=channels),
    "dpp": lambda channels: pnn.DPPPool2d(2, channels=channels),
    "dpp full": lambda channels: pnn.DPPPool2d(2, channels=channels, ref="full"),
    "lip": lambda channels: pnn.SimplifiedLIP(channels, 2, 2, 0),
}


def of_method(method: str) -> Callable[[int], nn.Module]:
    return lambda channels: pnn.pool_module(method)(2, channels=channels)


POOLINGS |= {m: of_method(m) for m in pr.methods() if "." not in m and m not in POOLINGS}


@dataclass(frozen=True)
class Digits:
    """Images of 1x8x8 pixels from 0 to 1, and what they show."""

    images: Tensor
    labels: Tensor


def load() -> tuple[Digits, Digits]:
    """For training and for testing."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    parts = train_test_split(range(len(labels)), test_size=0.25, random_state=0, stratify=labels)
    training, testing = (Digits(images[part], torch.tensor(labels[part])) for part in parts)
    return training, testing


def network(pooling: Callable[[int], nn.Module]) -> nn.Module:
    """Two blocks of convolution and pooling, 8x8 to 4x4 to 2x2, and one linear layer."""
    first, second = CHANNELS
    return nn.Sequential(
        *block(1, first),
        pooling(first),
        *block(first, second),
        pooling(second),
        nn.Flatten(),
        nn.Linear(second * 4, 10),
    )


def block(inputs: int, outputs: int) -> list[nn.Module]:
    """The norm takes care of poolings that move or scale what comes in, as logsumexp and sum."""
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def train(model: nn.Module, data: Digits, epochs: int) -> tuple[list[float], float]:
    """The loss of each step, and the seconds that an epoch takes (median)."""
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    losses, seconds = [], []
    model.train()
    for _ in range(epochs):
        start = time.perf_counter()
        for batch in torch.randperm(len(data.labels)).split(BATCH):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model(data.images[batch]), data.labels[batch])
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return losses, statistics.median(seconds)


def accuracy(model: nn.Module, data: Digits) -> float:
    """Percent of the digits that are recognised."""
    model.eval()
    with torch.inference_mode():
        right = model(data.images).argmax(1) == data.labels
    return 100 * float(right.double().mean())


@dataclass(frozen=True)
class Result:
    """What the seeds of one pooling gave."""

    percents: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return statistics.mean(self.percents)

    def cells(self) -> tuple[str, str]:
        spread = statistics.stdev(self.percents)
        return f"{self.mean:.1f} ± {spread:.1f}", f"{statistics.median(self.seconds):.3f}"


def compare(names: Sequence[str], seeds: int, epochs: int) -> dict[str, Result]:
    """Every pooling with every seed; the poolings of a seed one after the other."""
    training, testing = load()
    results = {name: Result() for name in names}
    runs = [(seed, name) for seed in range(seeds) for name in names]
    # No thread draws the bar while an epoch is timed.
    for seed, name in track(runs, "training", console=Console(stderr=True), auto_refresh=False):
        torch.manual_seed(seed)
        model = network(POOLINGS[name])
        _, seconds = train(model, training, epochs)
        results[name].percents.append(accuracy(model, testing))
        results[name].seconds.append(seconds)
    return results


HEADS = "pooling", "test accuracy, %", "seconds an epoch"
SIDES: tuple[JustifyMethod, ...] = "left", "right", "right"


def table(results: dict[str, Result]) -> Table:
    shown = Table()
    for head, side in zip(HEADS, SIDES, strict=True):
        shown.add_column(head, justify=side)
    for name, result in results.items():
        shown.add_row(name, *result.cells())
    return shown


def markdown(results: dict[str, Result]) -> str:
    rows = [HEADS, ("---", "---:", "---:"), *((name, *r.cells()) for name, r in results.items())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def draw(results: dict[str, Result]) -> Figure:
    """A row for each pooling: its seeds as points, their mean as a bar; the best on top."""
    ranked = sorted(results, key=lambda name: results[name].mean)
    figure = Figure(figsize=(7, 0.25 * len(ranked) + 1), layout="constrained")
    axes = figure.subplots()
    for row, name in enumerate(ranked):
        percents = results[name].percents
        axes.scatter(percents, [row] * len(percents), color="tab:blue", alpha=0.5)
        axes.scatter(results[name].mean, row, marker="|", s=200, color="black")
    axes.set_yticks(range(len(ranked)), ranked)
    axes.set_xlabel("test accuracy, % (points: seeds; bars: their means)")
    axes.grid(alpha=0.3)
    return figure


def chosen(context: click.Context, option: click.Parameter, text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in POOLINGS]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(POOLINGS)}")
    return names


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--methods", default=",".join(POOLINGS), callback=chosen, help="Only these: a,b,c.")
@click.option("--seeds", default=3, type=click.IntRange(2), show_default=True)
@click.option("--epochs", default=15, type=click.IntRange(1), show_default=True)
@click.option("--threads", default=1, type=click.IntRange(1), show_default=True)
@click.option("--at-least", default=95.0, show_default=True, help="Percent that each must reach.")
@click.option("--markdown", "page", type=click.Path(path_type=Path), help="Where the table goes.")
@click.option("--plot", type=click.Path(path_type=Path), help="Where the picture goes: SVG, PNG.")
def main(
    methods: list[str],
    seeds: int,
    epochs: int,
    threads: int,
    at_least: float,
    page: Path | None,
    plot: Path | None,
) -> None:
    torch.set_num_threads(threads)  # of so small a network they mostly wait for one another
    results = compare(methods, seeds, epochs)
    Console().print(table(results))
    if page is not None:
        page.write_text(markdown(results), encoding="utf-8")
    if plot is not None:
        draw(results).savefig(plot, dpi=150)
    short = [f"{name} ({r.mean:.1f} %)" for name, r in results.items() if r.mean < at_least]
    if short:
        raise click.ClickException(f"below {at_least:g} % on average: {', '.join(short)}")


if __name__ == "__main__":
    main()
