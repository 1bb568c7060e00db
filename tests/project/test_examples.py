"""The examples with torch: the real scripts in short, and that ours trains as torch's does."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)
if find_spec("sklearn") is None:
    pytest.skip("scikit-learn is not installed", allow_module_level=True)

import poolreg as pr
import torch
from click.testing import CliRunner

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = "--seeds", "2", "--epochs", "3"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of so small a network wait for one another, for long where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def script(name: str, *arguments: object) -> str:
    """What an example prints, run as a user does, on one thread."""
    command = [sys.executable, EXAMPLES / name, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def example(name: str) -> Any:
    """An example as a module."""
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits() -> Any:
    return example("train_digits")


def test_digits_are_learnt_and_reported(tmp_path: Path) -> None:
    page, plot = tmp_path / "table.md", tmp_path / "plot.svg"
    written = "--markdown", page, "--plot", plot
    printed = script("train_digits.py", "--methods", "max,dpp", *SHORT, "--at-least", 90, *written)
    rows = re.findall(r"(max|dpp) +│ +([\d.]+) ± [\d.]+ │ +[\d.]+ │", printed)
    assert [name for name, _ in rows] == ["max", "dpp"]
    assert all(90 <= float(percent) <= 100 for _, percent in rows)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| max", "| dpp"]
    assert "</svg>" in plot.read_text(encoding="utf-8")


def test_a_pooling_that_falls_short_is_an_error(digits: Any) -> None:
    ran = CliRunner().invoke(digits.main, ["--methods", "min", *SHORT, "--at-least", "100"])
    assert ran.exit_code == 1
    assert re.search(r"Error: below 100 % on average: min \(\d\d\.\d %\)", ran.stderr)


def test_an_unknown_pooling_is_refused(digits: Any) -> None:
    ran = CliRunner().invoke(digits.main, ["--methods", "max,median"])
    assert ran.exit_code == 2
    assert "'median' is none of" in ran.stderr


def test_every_method_is_in_it(digits: Any) -> None:
    assert {name for name in pr.methods() if "." not in name} <= set(digits.POOLINGS)


def trained(digits: Any, name: str) -> tuple[list[float], dict[str, torch.Tensor]]:
    """The losses of an epoch, and what was learnt."""
    torch.manual_seed(0)
    model = digits.network(digits.POOLINGS[name])
    losses, _ = digits.train(model, digits.load()[0], 1)
    return losses, model.state_dict()


def test_max_trains_as_torchs_to_the_bit(digits: Any) -> None:
    (losses, learnt), (its_losses, its) = (
        trained(digits, name) for name in ("max", "torch.nn.MaxPool2d")
    )
    assert losses == its_losses
    assert all(torch.equal(learnt[name], its[name]) for name in its)


def test_avg_trains_as_torchs(digits: Any) -> None:
    (losses, _), (its_losses, _) = (trained(digits, name) for name in ("avg", "torch.nn.AvgPool2d"))
    assert losses == pytest.approx(its_losses, rel=1e-4)


def test_a_resnet_is_given_other_poolings() -> None:
    swap = "MaxPool2d=lip,AdaptiveAvgPool2d=gem"
    small = "--batch", 2, "--size", 32, "--repeat", 1
    printed = script("swap_resnet.py", "--swap", swap, *small)
    assert re.search(r"3: MaxPool2d\(.*\) -> SimplifiedLIP\(", printed)
    assert re.search(r"8: AdaptiveAvgPool2d\(.*\) -> GeMPool2d\(", printed)
    for row in ("as it was", swap):
        assert re.search(rf"{row} +│( +[\d.]+ \([\d.]+\) │){{2}}", printed)


@pytest.mark.parametrize("swap", ["MaxPool2d", "MaxPool2d=median", "AvgPool2d=soft"])
def test_what_cannot_be_swapped_is_refused(swap: str) -> None:
    ran = CliRunner().invoke(example("swap_resnet").main, ["--swap", swap])
    assert ran.exit_code == 2
    assert f"Invalid value: {swap}: " in ran.stderr
