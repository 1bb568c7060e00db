"""Tensors in company: layouts, modes, threads, workers, imports, precision."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import numpy as np
import poolreg as pr
import poolreg.torch as pt
import poolreg.torch.functional as PF
import poolreg.torch.nn as pnn
import torch
import torch.nn.functional as TF
from layouts import LAYOUTS
from poolreg.engine.windows import Windows
from poolreg.torch import autograd, general, kernels
from torch.utils.data import DataLoader, Dataset

OF_TENSORS = ("contiguous", "fortran", "second_axis_last", "transposed", "sliced", "sliced_rows")
"""The layouts of NumPy's arrays that a tensor may have and be written to."""

VIEWS: dict[str, Any] = {
    "expanded": lambda x: x[:1].expand_as(x),
    "one channel": lambda x: x[:, :1],
    "one pixel": lambda x: x[:, :, :3, :3],
}


@pytest.mark.parametrize("layout", [*OF_TENSORS, *VIEWS])
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_layouts(layout: str, name: str) -> None:
    x = torch.randn(2, 3, 9, 7)
    x = VIEWS[layout](x) if layout in VIEWS else torch.from_numpy(LAYOUTS[layout](x.numpy()))
    x.requires_grad_()
    z = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    got, expected = getattr(PF, name)(x, 3, 2, 1), getattr(TF, name)(z, 3, 2, 1)
    torch.testing.assert_close(got, expected)
    if layout in ("contiguous", "second_axis_last"):
        assert got.stride() == expected.stride()
    dy = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(got, x, dy)[0], torch.autograd.grad(expected, z, dy)[0]
    )


def test_no_copy_and_no_write() -> None:
    x = torch.randn(2, 3, 8, 8)
    assert kernels.arguments(text_of("max"), x, [])[3]["x"].ctypes.data == x.data_ptr()
    before = x.clone()
    PF.soft_pool2d(x, 2), PF.max_pool2d(x, 2)
    assert torch.equal(x, before)


def text_of(method: str) -> str:
    return general.described(method, Windows(kernel_size=2, rank=2), 4, (), ())[0]


@pytest.mark.parametrize("method", ["max", "soft", "gem"])
def test_eager_and_the_operators_agree(method: str) -> None:
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    by_hand = autograd.pooled(text_of(method), x, [])
    by_operator = torch.ops.poolreg.pool(x, [], text_of(method))
    assert torch.equal(by_hand, by_operator)
    first, second = (torch.autograd.grad(y.square().sum(), x)[0] for y in (by_hand, by_operator))
    assert torch.equal(first, second)


def test_the_inference_mode() -> None:
    x = torch.randn(1, 2, 6, 6)
    with torch.inference_mode():
        y = PF.soft_pool2d(x, 2)
    assert y.is_inference()
    torch.testing.assert_close(y, PF.soft_pool2d(x, 2))


def test_fake_and_meta_tensors_have_shapes() -> None:
    y = PF.max_pool2d(torch.empty(2, 3, 8, 9, device="meta"), 3, 2, 1)
    assert y.device.type == "meta"
    assert y.shape == (2, 3, 4, 5)
    with torch._subclasses.FakeTensorMode():
        assert PF.lp_pool2d(torch.empty(2, 3, 8, 9), 2.0, 3).shape == (2, 3, 2, 3)


@pytest.mark.parametrize(
    ("dtype", "advice"), [(torch.bool, r"input\.float\(\)"), (torch.complex64, r"input\.real")]
)
def test_other_dtypes_are_refused(dtype: Any, advice: str) -> None:
    x = torch.ones(1, 1, 4, 4, dtype=dtype)
    kinds = "float32 or float64" if dtype.is_complex else "floating-point"
    for function in (PF.max_pool2d, PF.avg_pool2d, PF.soft_pool2d):
        with pytest.raises(pr.DTypeError, match=f"input must be {kinds}.*{advice}"):
            function(x, 2)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("max_pool2d", (3, 2, 1)),
        ("avg_pool2d", (2,)),
        ("adaptive_avg_pool2d", (4,)),
        ("adaptive_max_pool2d", (4,)),
    ],
)
def test_halves_are_torchs(name: str, args: tuple[Any, ...], dtype: Any) -> None:
    found = []
    for functions in (PF, torch.nn.functional):
        x = torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(1)).to(dtype)
        x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
        y = getattr(functions, name)(x, *args)
        y.float().square().sum().backward()
        found.append((y, x.grad))
    (y, dx), (its_y, its_dx) = found
    assert y.dtype == dx.dtype == dtype
    assert y.stride() == its_y.stride()
    assert torch.equal(y, its_y)
    torch.testing.assert_close(dx, its_dx, rtol=0.02, atol=1e-3)  # torch adds in halves


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32])
def test_integers_that_are_exact_in_a_float_are_selected(dtype: Any) -> None:
    info = torch.iinfo(dtype)
    x = torch.randint(info.min, info.max, (2, 3, 9, 9), dtype=dtype)
    x[0, 0, 0, :2] = torch.tensor([info.max - 1, info.max])
    assert torch.equal(PF.max_pool2d(x, 3), torch.nn.functional.max_pool2d(x, 3))
    y, index = PF.max_pool2d(x, 3, return_indices=True)
    its_y, its = torch.nn.functional.max_pool2d(x, 3, return_indices=True)
    assert torch.equal(y, its_y)
    assert torch.equal(index, its)
    with pytest.raises(pr.DTypeError, match="input must be floating-point"):
        PF.avg_pool2d(x, 2)


def long_integers(most: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-most, most, (2, 3, 9, 9), generator=generator)


def test_long_integers_are_torchs() -> None:
    x = long_integers(2**53)
    its, its_index = torch.nn.functional.max_pool2d(x, 3, 2, 1, return_indices=True)
    assert torch.equal(PF.max_pool2d(x, 3, 2, 1), its)
    assert torch.equal(PF.max_pool2d(x, 3, 2, 1, return_indices=True)[1], its_index)
    compiled = torch.compile(PF.max_pool2d, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(x, 3, 2, 1), its)
    for most in (3, 1000, 2**53 // 9):
        x = long_integers(most)
        for args in ((2,), (3, 2, 1), (3, 2, 1, True, False), (2, 2, 0, False, True, 7)):
            assert torch.equal(PF.avg_pool2d(x, *args), torch.nn.functional.avg_pool2d(x, *args))
    assert torch.equal(PF.max_pool2d(x[:0], 3, 2, 1), its[:0])


def test_long_integers_that_no_float_holds_are_refused() -> None:
    x = torch.zeros(1, 1, 4, 4, dtype=torch.int64)
    for value in (2**53 + 1, -(2**53) - 1, -(2**63)):
        x[0, 0, 0, 0] = value
        with pytest.raises(pr.DTypeError, match=rf"integers from .* {2**53}"):
            PF.max_pool2d(x, 2)
    x[0, 0, 0, 0] = 2**51 + 1
    assert PF.max_pool2d(x, 2)[0, 0, 0, 0] == 2**51 + 1
    with pytest.raises(pr.DTypeError, match=rf"-{2**51} to {2**51}"):
        PF.avg_pool2d(x, 2)
    for function in (PF.soft_pool2d, PF.adaptive_avg_pool2d):
        with pytest.raises(pr.DTypeError, match="input must be float"):
            function(x, 2)


def test_norms_of_integers_are_torchs() -> None:
    x = long_integers(20).to(torch.int16)
    y = PF.lp_pool2d(x, 2.0, 3)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y, torch.nn.functional.lp_pool2d(x, 2.0, 3))


def test_parameters_may_be_halves_too() -> None:
    x = torch.randn(1, 3, 8, 8, dtype=torch.bfloat16)
    beta = torch.rand(3, dtype=torch.bfloat16, requires_grad=True)
    y = PF.soft_pool2d(x, 2, beta=beta)
    y.sum().backward()
    assert y.dtype == beta.grad.dtype == torch.bfloat16
    torch.testing.assert_close(
        y.float(), PF.soft_pool2d(x.float(), 2, beta=beta.float()).bfloat16().float()
    )


def test_autocast_pools_what_a_convolution_gives() -> None:
    convolution, x = torch.nn.Conv2d(3, 4, 3), torch.randn(1, 3, 9, 9)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = convolution(x)
        assert y.dtype == torch.bfloat16
        pooled = PF.avg_pool2d(y, 2)
        pooled.sum().backward()
    assert pooled.dtype == torch.bfloat16
    assert convolution.weight.grad.abs().sum() > 0


def test_threads_are_torchs() -> None:
    seen = []
    method = pr.get_method("max")

    class Watching(type(method)):  # type: ignore[misc]
        name = "tests.watching"

        def forward(self, *arguments: Any) -> None:
            seen.append(arguments[-1])
            super().forward(*arguments)

    before = torch.get_num_threads()
    try:
        with pr.registered(Watching()):
            for n in (1, 2):
                torch.set_num_threads(n)
                pt.pool(torch.ones(4, 4), "tests.watching", (2, 2))
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 2]


def test_many_threads_at_once() -> None:
    x = [torch.randn(2, 3, 16, 16, requires_grad=True) for _ in range(16)]

    def step(x: Any) -> Any:
        y = PF.soft_pool2d(PF.max_pool2d(x, 2), 2)
        return torch.autograd.grad(y.sum(), x)[0]

    alone = [step(one) for one in x]
    with ThreadPoolExecutor(8) as pool:
        for got, expected in zip(pool.map(step, x), alone, strict=True):
            assert torch.equal(got, expected)


class Pooled(Dataset):  # type: ignore[type-arg]
    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Any:
        x = torch.full((1, 64, 64), float(index))
        return PF.dpp_pool2d(x, 2) + PF.stochastic_pool2d(x, 2, training=True)


def test_workers_of_a_loader() -> None:
    PF.max_pool2d(torch.randn(8, 8, 64, 64), 2)  # threads are there before the fork
    loader = DataLoader(Pooled(), batch_size=2, num_workers=1, multiprocessing_context="fork")
    for batch, y in enumerate(loader):
        expected = 2 * torch.tensor([2.0 * batch, 2.0 * batch + 1])[:, None, None, None]
        torch.testing.assert_close(y, expected.expand_as(y))


@pytest.mark.parametrize("first", ["import torch, poolreg", "import poolreg, torch"])
def test_torch_and_poolreg_are_imported_in_either_order(first: str) -> None:
    program = f"{first}\nimport poolreg.torch as pt\nx = torch.randn(1, 8, 64, 64)\n" + (
        "y = pt.functional.max_pool2d(x, 2)\nassert torch.equal(y, "
        "torch.nn.functional.max_pool2d(x, 2))\nprint(y.shape)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "torch.Size([1, 8, 32, 32])\n", done.stderr


class Lehmer(pr.Method):
    """The mean, each member weighted by its size."""

    name = "tests.lehmer"
    params = (pr.Param("p", kind="learnable", default=2.0, low=1, doc="1 is the mean."),)
    reducer = pr.WeightedMean(
        lambda x, p: (p - 1) * (abs(x) + 1e-300) ** 0,
        partials={"x": lambda x, p: 0 * x, "p": lambda x: 0 * x + 1},
    )


def test_methods_of_others() -> None:
    with pr.registered(Lehmer):
        module = pt.nn.pool_module("tests.lehmer", 1)(2, channels=3)
        assert type(module).__name__ == "TestsLehmerPool1d"
        x = torch.rand(2, 3, 8, dtype=torch.float64, requires_grad=True)
        y = module.double()(x)
        torch.testing.assert_close(y, TF.avg_pool1d(x, 2))
        (dx,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        with pytest.raises(pr.ParameterError, match="differentiable once"):
            dx.sum().backward()


def test_a_name_means_what_is_registered_now() -> None:
    x = torch.tensor([[1.0, 3.0]])
    for select, expected in (("max", 3.0), ("min", 1.0)):

        class Chosen(pr.Method):
            """The largest or the smallest member."""

            name = "tests.chosen"
            reducer = pr.Select(select)

        with pr.registered(Chosen):
            assert pt.pool(x, "tests.chosen", 2, axes=-1).item() == expected


def test_equal_numbers_of_other_types_are_told_apart() -> None:
    x = torch.randn(1, 1, 4, 4)
    for kernel in ((2, 2), 2, np.int64(2), (np.int32(2), 2)):
        assert PF.soft_pool2d(x, kernel, beta=np.float32(1.0)).shape == (1, 1, 2, 2)
    for kernel in ((2.0, 2), 2.0, True, object()):
        with pytest.raises(pr.ParameterError, match="kernel_size must be"):
            PF.soft_pool2d(x, kernel)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: PF.max_pool2d(x, 2, padding=2), "padding must be at most half"),
        (lambda x: PF.max_pool2d(x[0, 0], 2), "input must have 3 axes"),
        (lambda x: PF.max_pool2d(x[:, :0], 2), "must not be empty"),
        (lambda x: PF.soft_pool2d(x, 2, gamma=1), "gamma"),
        (lambda x: PF.soft_pool2d(x, 2, beta=torch.ones(5)), "beta must be"),
        (lambda x: PF.lip_pool2d(x, 2), "logits"),
        (lambda x: pt.pool(x, "soff", 2, axes=-1), "did you mean"),
        (lambda x: pt.pool(x, "soft", 2), "which axes are pooled"),
        (lambda x: pt.pool(x, "soft", 2, axes=-1, return_indices=True), "does not select"),
        (lambda x: pt.pool(x, "max", 2, axes=-1, generator=torch.Generator()), "draws no random"),
    ],
)
def test_refusals_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises((pr.PoolregError, TypeError), match=message):
        call(torch.randn(1, 2, 4, 4))


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (
            lambda x: PF.dpp_pool2d(x, 2, alpha=[1.0] * 64, data_format="NCHW"),
            pr.ShapeError,
            r"where C is 3 \(axis 1 of \(2, 3, 8, 8\)\), got shape \(64,\)",
        ),
        (lambda x: PF.soft_pool2d(x.numpy(), 2), pr.DTypeError, "must be a torch.Tensor, got nd"),
        (
            lambda x: PF.lip_pool2d(x.double(), 2, logits=x),
            pr.DTypeError,
            "logits must be float64 as the input is, got float32",
        ),
        (lambda x: PF.soft_pool2d(x, 2, rng=1), pr.ParameterError, "rng is no arg.*generator="),
        (
            lambda x: PF.soft_pool2d(x, 2, num_threads=2),
            pr.ParameterError,
            "num_threads is no argument for tensors: torch.set_num_threads",
        ),
        (lambda x: PF.soft_pool2d(x, 2, out=x), pr.ParameterError, "out is no argument"),
        (
            lambda x: PF.stochastic_pool2d(x, 2, training=True, generator=7),
            pr.ParameterError,
            "generator must be a torch.Generator, got 7",
        ),
        (lambda x: PF.soft_pool2d(x, 2, beta="big"), pr.ParameterError, "beta must be a number"),
        (lambda x: pnn.LIPPool2d(2)(x), pr.ParameterError, "logits must be given.*SimplifiedLIP"),
    ],
)
def test_mistakes_are_answered_in_words(function: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        function(torch.zeros(2, 3, 8, 8))
