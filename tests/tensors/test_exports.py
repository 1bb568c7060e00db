"""Networks with poolings as graphs: as plain operations of torch for any size, saved, compiled, and
traced for a device that is not there; test_onnx.py has them in ONNX."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg.torch as pt
import poolreg.torch.functional as PF
import poolreg.torch.nn as pnn
import torch
from poolreg.engine.windows import Windows
from poolreg.torch.call import Call, parsed
from poolreg.torch.compositions import composed_indices, composition
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

DYNAMIC = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
SIZES = ((2, 3, 9, 10), (1, 3, 14, 7), (3, 3, 6, 12))
BOTH = {"x": DYNAMIC, "logits": DYNAMIC}
WINDOW: dict[str, Any] = dict(kernel_size=3, stride=2, padding=1)


class Several(nn.Module):
    """The results of several poolings of one input; LIP's logits come with it."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        super().__init__()
        self.poolings = nn.ModuleDict(modules)

    def forward(self, x: Tensor, logits: Tensor) -> dict[str, Tensor]:
        found = {}
        for name, pooling in self.poolings.items():
            found[name] = pooling(x, logits=logits) if name == "lip" else pooling(x)
        return found


def every_method() -> Several:
    """Windows of all kinds, spread over all methods."""
    return Several(
        {
            "max": pnn.MaxPool2d(3, 2, 1, ceil_mode=True),
            "avg": pnn.AvgPool2d(3, 2, 1, ceil_mode=True),
            "min": pnn.MinPool2d(2),
            "sum": pnn.SumPool2d(2, padding=1),
            "soft": pnn.SoftPool2d(**WINDOW),
            "lip": pnn.LIPPool2d(**WINDOW),
            "dpp": pnn.DPPPool2d(2, channels=3),
            "gem": pnn.GeMPool2d(output_size=1),
            "lp": pnn.LPPool2d(3, 2),
            "power_avg": pnn.PowerAvgPool2d(2, ceil_mode=True),
            "logavgexp": pnn.LogAvgExpPool2d(2, dilation=2),
            "logsumexp": pnn.LogSumExpPool2d(**WINDOW),
            "avgmax": pnn.AvgMaxPool2d(**WINDOW),
            "mixed": pnn.MixedPool2d(2),
            "mixed_learned": pnn.MixedLearnedPool2d(2, channels=3),
            "stochastic": pnn.StochasticPool2d(2),
            "s3": pnn.S3Pool2d(**WINDOW),
            "s3_dpp": pnn.S3DPPPool2d(2),
            "adaptive": pnn.SoftPool2d(output_size=(2, 3)),
            "adaptive_max": pnn.AdaptiveMaxPool2d((3, 2)),
            "adaptive_avg": pnn.AdaptiveAvgPool2d((3, 2)),
        }
    ).eval()


def inputs(shape: tuple[int, ...], seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def targets(program: Any) -> list[str]:
    return [str(node.target) for node in program.graph.nodes if node.op == "call_function"]


# ---- Programs ----------------------------------------------------------------------------------


def test_a_program_takes_any_batch_height_and_width() -> None:
    """As our operators, and as operations of torch; test_onnx_of_every_method… has the others."""
    every = every_method().poolings
    names = "max", "avg", "soft", "lip", "dpp", "stochastic", "s3", "adaptive"
    network = Several({name: every[name] for name in names}).eval()
    program = torch.export.export(network, inputs(SIZES[0]), dynamic_shapes=BOTH)
    plain = program.run_decompositions(pt.decompositions())
    assert "poolreg.pool.default" in targets(program)
    assert not any("poolreg" in name for name in targets(plain))
    for size in SIZES:
        given = inputs(size, 1)
        with torch.no_grad():
            expected = network(*given)
        for found in (program.module()(*given), plain.module()(*given)):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_indices_as_operations_of_torch() -> None:
    pool = pnn.MaxPool2d(3, 2, 1, return_indices=True)
    program = torch.export.export(pool, (inputs(SIZES[0])[0],), dynamic_shapes=(DYNAMIC,))
    plain = program.run_decompositions(pt.decompositions())
    assert not any("poolreg" in name for name in targets(plain))
    for size in SIZES:
        x, _ = inputs(size, 3)
        for ours, expected in zip(plain.module()(x), pool(x), strict=True):
            torch.testing.assert_close(ours, expected, rtol=0, atol=0)


def test_a_saved_program_needs_the_import_only_before_decompositions(tmp_path: Path) -> None:
    program = torch.export.export(pnn.MaxPool2d(2), (torch.ones(1, 1, 4, 4),))
    plain = program.run_decompositions(pt.decompositions())
    torch.export.save(program, tmp_path / "ours.pt2")
    torch.export.save(plain, tmp_path / "plain.pt2")
    code = """
import sys, torch
x = torch.ones(1, 1, 4, 4)
torch.export.load(sys.argv[1]).module()(x)
try:
    torch.export.load(sys.argv[2])
except Exception:
    import poolreg.torch
    torch.export.load(sys.argv[2]).module()(x)
else:
    raise SystemExit("the operator was known")
"""
    files = [str(tmp_path / name) for name in ("plain.pt2", "ours.pt2")]
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, *files], check=True)


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "thorough", reason="it calls a compiler of C++"
)
def test_ahead_of_time_compiled(tmp_path: Path) -> None:
    model = nn.Sequential(pnn.SoftPool2d(2), pnn.MaxPool2d(2)).eval()
    x = torch.randn(2, 3, 18, 18)
    with torch.no_grad():
        program = torch.export.export(model, (x,), dynamic_shapes=(DYNAMIC,))
        plain = program.run_decompositions(pt.decompositions())
        package = torch._inductor.aoti_compile_and_package(
            plain, package_path=str(tmp_path / "model.pt2")
        )
        compiled = torch._inductor.aoti_load_package(package)
        z = torch.randn(3, 3, 20, 14)
        torch.testing.assert_close(compiled(z), model(z))


# ---- Compiled, and traced ----------------------------------------------------------------------

TEST = torch.library.Library("poolreg_test", "DEF")
TEST.define("composed(Tensor x, Tensor[] tensors, str call) -> Tensor")
TEST.impl(
    "composed",
    lambda x, tensors, text: composition(parsed(text), x, tensors),
    "CompositeImplicitAutograd",
)


def calls() -> list[Any]:
    """Every method, drawing or not: its call and its tensors, for a device."""
    found = []
    for method in pr.methods():
        can_draw = any(param.name == "training" for param in pr.describe(method).params)
        for training in (False, True) if can_draw else (False,):
            name = f"{method}-training" if training else method
            found.append(pytest.param(method, training, id=name))
    return found


def made(method: str, training: bool, x: Tensor, **window: Any) -> tuple[Call, list[Tensor]]:
    windows = Windows(**(window or WINDOW), axes=(-2, -1), channel_axis=-3).frozen().from_end(4)
    tensors = {}
    if method == "lip":
        tensors["logits"] = x.new_full(x.shape, 0.5)
    if training:
        tensors["key"] = torch.full((), 7, dtype=torch.int64, device=x.device)
    settings = (("training", True),) if training else ()
    return Call(method, windows, settings, tuple(tensors)), list(tensors.values())


@pytest.mark.parametrize(
    ("method", "training"),
    [
        ("avg", False),
        ("soft", False),
        ("lip", False),
        ("dpp", False),
        ("gem", False),
        ("mixed", True),
        ("stochastic", True),
        ("s3", True),
    ],
)
def test_a_composition_is_one_graph_to_the_compiler(method: str, training: bool) -> None:
    x = inputs(SIZES[0])[0].requires_grad_()
    call, tensors = made(method, training, x)
    text = call.text

    def pooled(x: Tensor) -> Tensor:
        y: Tensor = torch.ops.poolreg_test.composed(x, tensors, text).sin()
        return y

    torch.compiler.reset()  # or the ninth of these would be one too many
    compiled = torch.compile(pooled, fullgraph=True, backend="aot_eager")
    results = []
    for function in (pooled, compiled):
        y = function(x)
        results.append((y, *torch.autograd.grad(y.sum(), x)))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "thorough", reason="it calls a compiler of C++"
)
@pytest.mark.parametrize(("method", "training"), calls())
def test_the_default_compiler_takes_every_composition(
    method: str, training: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the key of torch's cache does not know what an operator is made of
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    x = inputs(SIZES[0])[0].requires_grad_()
    call, tensors = made(method, training, x)
    text = call.text

    def pooled(x: Tensor) -> Tensor:
        y: Tensor = torch.ops.poolreg_test.composed(x, tensors, text)
        return y

    torch.compiler.reset()
    results = []
    for function in (pooled, torch.compile(pooled, fullgraph=True)):
        y = function(x)
        results.append((y, *torch.autograd.grad(y.sum(), x)))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("method", "training"), calls())
def test_nothing_is_computed_on_the_host(method: str, training: bool) -> None:
    """A number of the device that was read by the host would be an error here."""
    windows: list[dict[str, Any]] = [WINDOW, dict(kernel_size=2, stride=3, ceil_mode=True)]
    if not method.startswith("s3"):
        windows += [dict(output_size=(2, 3)), dict(output_size=1)]
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        x = torch.empty(2, 3, 8, 9, device="cuda")
        for window in windows:
            call, tensors = made(method, training, x, **window)
            y = composition(call, x, tensors)
            assert y.device.type == "cuda"
            assert y.dtype == x.dtype


def test_forward_and_backward_in_one_trace() -> None:
    x = inputs(SIZES[0])[0]
    call, tensors = made("soft", False, x)

    def gradient(x: Tensor) -> Tensor:
        y, vjp = torch.func.vjp(lambda x: composition(call, x, tensors), x)
        found: Tensor = vjp(torch.ones_like(y))[0]
        return found

    graph = make_fx(gradient)(x)
    z = inputs(SIZES[0], 5)[0].requires_grad_()
    expected = torch.autograd.grad(PF.soft_pool2d(z, **WINDOW).sum(), z)[0]
    torch.testing.assert_close(graph(z.detach()), expected)


# ---- Indices and integers of compositions ------------------------------------------------------

SELECTING: list[dict[str, Any]] = [
    dict(kernel_size=3, stride=2, padding=1, ceil_mode=True),
    dict(kernel_size=2, padding=((0, 1), (1, 0))),
    dict(kernel_size=2, stride=1, dilation=2, padding=1),
    dict(kernel_size=3, padding="same", stride=2),
    dict(output_size=(2, 3)),
    dict(output_size=1),
]


@pytest.mark.parametrize("window", SELECTING, ids=str)
@pytest.mark.parametrize("method", ["max", "min"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.uint8], ids=str)
def test_indices_are_the_cores(method: str, window: dict[str, Any], dtype: torch.dtype) -> None:
    x = torch.randint(0, 4, (2, 3, 7, 8), generator=torch.Generator().manual_seed(1)).to(dtype)
    if dtype == torch.float32:
        x[0, 0, 2:5], x[1, 0, :, 3:] = torch.nan, -torch.inf
    call, tensors = made(method, False, x, **window)
    y, index = composed_indices(call, x, tensors)
    axes = dict(axes=(-2, -1), return_indices=True)
    expected, places = pr.pool(x.double().numpy(), method, **window, **axes)
    np.testing.assert_array_equal(y.double().numpy(), expected)
    np.testing.assert_array_equal(index.numpy(), places)
    assert y.dtype == dtype
    np.testing.assert_array_equal(composition(call, x, tensors).double().numpy(), expected)


@pytest.mark.parametrize("window", SELECTING, ids=str)
def test_averages_of_integers_are_the_cores(window: dict[str, Any]) -> None:
    x = torch.randint(-50, 50, (2, 3, 7, 8), generator=torch.Generator().manual_seed(1))
    call, tensors = made("avg", False, x, **window)
    y = composition(call, x, tensors)
    expected = np.trunc(pr.pool(x.double().numpy(), "avg", **window, axes=(-2, -1)))
    np.testing.assert_array_equal(y.numpy(), expected)
