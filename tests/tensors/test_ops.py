"""The operators under torch's own checks: schema, fake kernels, gradients of any order, vmap,
compile, export, autocast and random numbers."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg as pr
import poolreg.torch as pt
import poolreg.torch.functional as PF
import torch
from poolreg.engine.windows import Windows
from poolreg.torch import general, ops
from torch.autograd import gradcheck, gradgradcheck

# torch's own forward-mode rules are scripts, and warn of it.
TORCH_SCRIPTS = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")

SMALL = dict(kernel_size=2, stride=2)
OVERLAPPING = dict(kernel_size=3, stride=2, padding=1)


def double(*shape: int, seed: int = 0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(*shape, dtype=torch.float64, generator=generator)
    return x.requires_grad_()


def number(value: float) -> Any:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def per_channel(*values: float) -> Any:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


# Learnable parameters and maps of every differentiable method, and its settings.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("max", {}, {}),
    ("min", {}, {}),
    ("avg", {}, {"count_include_pad": False}),
    ("sum", {}, {}),
    ("avgmax", {}, {}),
    ("soft", {"beta": number(0.7)}, {}),
    ("soft", {"beta": per_channel(0.7, 1.3)}, {}),
    ("lip", {"logits": double(1, 2, 5, 5, seed=1)}, {}),
    ("lip", {"logits": double(1, 1, 5, 5, seed=1)}, {"gate": 2.0}),
    ("logavgexp", {"temperature": number(0.8)}, {}),
    ("logsumexp", {"temperature": per_channel(0.8, 1.1)}, {}),
    ("lp", {"p": number(2.5)}, {}),
    ("power_avg", {"p": per_channel(1.5, 3.0)}, {}),
    ("gem", {"p": number(2.2)}, {}),
    ("mixed_learned", {"lam": per_channel(0.3, 0.6)}, {}),
    ("mixed", {}, {}),
    ("dpp", {"alpha": number(0.9), "lam": number(1.2)}, {}),
    ("dpp", {"alpha": per_channel(0.9, 1.1), "lam": number(1.2)}, {"variant": "asym"}),
    (
        "dpp",
        {"alpha": number(0.9), "lam": number(1.2), "F": double(2, 3, 3), "b": number(0.1)},
        {"ref": "full", "norm": "sum"},
    ),
    ("stochastic", {}, {"weights": "abs"}),
    ("stochastic", {}, {"weights": "exp", "training": True}),
    ("mixed", {}, {"training": True}),
    ("s3", {}, {}),
    ("s3", {}, {"training": True}),
    ("s3_dpp", {"alpha": number(0.9), "lam": number(1.2)}, {}),
]
IDS = [f"{m}-{'-'.join([*t, *map(str, s.values())])}" for m, t, s in CASES]


def function(
    method: str, names: list[str], settings: dict[str, Any], window: Any
) -> Callable[..., Any]:
    def pooled(x: Any, *tensors: Any) -> Any:
        generator = torch.Generator().manual_seed(3) if settings.get("training") else None
        return pt.pool(
            x,
            method,
            axes=(-2, -1),
            channel_axis=-3,
            generator=generator,
            **window,
            **dict(zip(names, tensors, strict=True)),
            **settings,
        )

    return pooled


@pytest.mark.parametrize(("method", "tensors", "settings"), CASES, ids=IDS)
@pytest.mark.parametrize("window", [SMALL, OVERLAPPING], ids=["small", "overlapping"])
def test_gradients_of_first_and_second_order(
    method: str, tensors: dict[str, Any], settings: dict[str, Any], window: Any
) -> None:
    pooled = function(method, list(tensors), settings, window)
    inputs = (double(1, 2, 5, 5), *tensors.values())
    assert gradcheck(pooled, inputs)
    assert gradgradcheck(pooled, inputs, fast_mode=True)


@TORCH_SCRIPTS
@pytest.mark.parametrize(("method", "tensors", "settings"), CASES, ids=IDS)
def test_tangents(method: str, tensors: dict[str, Any], settings: dict[str, Any]) -> None:
    """Forward mode, by dual numbers; and over backward, as Hessians are taken: both along random
    directions."""
    pooled = function(method, list(tensors), settings, SMALL)
    inputs = (double(1, 2, 4, 4), *tensors.values())
    if method == "lip":
        inputs = double(1, 2, 5, 5), *tensors.values()
    assert gradcheck(pooled, inputs, check_forward_ad=True, fast_mode=True)
    assert gradgradcheck(
        pooled,
        inputs,
        check_fwd_over_rev=True,
        check_rev_over_rev=False,
        check_undefined_grad=False,
        fast_mode=True,
    )


@TORCH_SCRIPTS
@pytest.mark.parametrize("method", ["max", "lp", "soft"])
def test_forward_mode_by_torch_func(method: str) -> None:
    def loss(x: Any) -> Any:
        return pt.pool(x, method, 2, axes=(-2, -1)).square().sum()

    x, t = double(1, 1, 4, 4).detach(), double(1, 1, 4, 4, seed=1).detach()
    hessian = torch.autograd.functional.hessian(loss, x)
    y, slope = torch.func.jvp(loss, (x,), (t,))
    torch.testing.assert_close((y, slope), (loss(x), (torch.func.grad(loss)(x) * t).sum()))
    torch.testing.assert_close(torch.func.hessian(loss)(x), hessian)
    torch.testing.assert_close(torch.func.jacrev(torch.func.jacfwd(loss))(x), hessian)
    with pytest.raises(pr.ParameterError, match="forward-mode derivatives of forward-mode"):
        torch.func.jacfwd(torch.func.jacfwd(loss))(x)


@TORCH_SCRIPTS
def test_tangents_of_selected_elements() -> None:
    x, t = double(2, 3, 6, 6).detach(), double(2, 3, 6, 6, seed=1).detach()
    ours, theirs = (
        torch.func.jvp(lambda x, F=F: F.max_pool2d(x, 3, 2, 1, return_indices=True)[0], (x,), (t,))
        for F in (PF, torch.nn.functional)
    )
    torch.testing.assert_close(ours, theirs)


@TORCH_SCRIPTS
@pytest.mark.parametrize("method", ["max", "soft"])
def test_transforms_of_operators(method: str) -> None:
    text, _ = general.described(method, Windows(kernel_size=2, rank=2), 4, (), ())
    x = double(3, 2, 4, 4).detach()

    def by_operator(x: Any) -> Any:
        return ops.pool(x, [], text).square().sum()

    def loss(x: Any) -> Any:
        return pt.pool(x, method, 2, axes=(-2, -1)).square().sum()

    for transform in (
        torch.func.grad,
        lambda f: torch.vmap(torch.func.grad(f)),
        lambda f: torch.func.jacrev(torch.func.grad(f)),
    ):
        torch.testing.assert_close(transform(by_operator)(x), transform(loss)(x))
    with pytest.raises(pr.ParameterError, match="jvp and jacfwd take the functions"):
        torch.func.jvp(by_operator, (x,), (x,))


# torch looks at the gradients of all tensors, and hides that it warns, but not from an error
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.parametrize(("method", "tensors", "settings"), CASES, ids=IDS)
def test_opcheck(method: str, tensors: dict[str, Any], settings: dict[str, Any]) -> None:
    names = list(tensors)
    windows = Windows(kernel_size=3, stride=2, padding=1, rank=2)
    text, draws = general.described(method, windows, 4, tuple(settings.items()), tuple(names))
    key = [torch.tensor(5)] if draws else []
    x = double(2, 2, 5, 5) if "logits" not in names else double(1, 2, 5, 5)
    given = [t.detach().clone().requires_grad_() for t in tensors.values()]
    torch.library.opcheck(ops.pool, (x, [*given, *key], text))
    constant = x.detach(), [*(g.detach() for g in given), *key], text
    torch.library.opcheck(ops.forward, constant)


def test_penalty_of_a_gradient() -> None:
    """The gradient that comes from above is a constant, and yet its own depends on x."""
    x = double(2, 3, 6, 6)
    (slope,) = torch.autograd.grad(PF.soft_pool2d(x, 2).sum(), x, create_graph=True)
    (penalty,) = torch.autograd.grad(slope.square().sum(), x)
    z = x.detach().clone().requires_grad_()
    weights = z.exp()
    average = torch.nn.functional.avg_pool2d
    pooled = average(z * weights, 2) / average(weights, 2)
    (slope,) = torch.autograd.grad(pooled.sum(), z, create_graph=True)
    torch.testing.assert_close(penalty, torch.autograd.grad(slope.square().sum(), z)[0])


def test_vmap_is_a_loop() -> None:
    x = torch.randn(4, 2, 3, 6, 6)
    y = torch.vmap(lambda x: PF.max_pool2d(x, 3, 2, 1))(x)
    torch.testing.assert_close(y, torch.stack([PF.max_pool2d(one, 3, 2, 1) for one in x]))
    last = torch.vmap(lambda x: PF.soft_pool2d(x, 2), in_dims=-1, out_dims=-1)(x.movedim(0, -1))
    torch.testing.assert_close(
        last.movedim(-1, 0), PF.soft_pool2d(x.flatten(0, 1), 2).unflatten(0, (4, 2))
    )


def test_vmap_over_parameters_and_maps() -> None:
    x, betas = torch.randn(3, 6, 6), torch.tensor([0.5, 1.0, 2.0])
    y = torch.vmap(lambda beta: PF.soft_pool2d(x, 2, beta=beta))(betas)
    torch.testing.assert_close(y, torch.stack([PF.soft_pool2d(x, 2, beta=b) for b in betas]))
    logits = torch.randn(4, 3, 6, 6)
    y = torch.vmap(lambda one: PF.lip_pool2d(x, 2, logits=one))(logits)
    torch.testing.assert_close(y, torch.stack([PF.lip_pool2d(x, 2, logits=one) for one in logits]))


@pytest.mark.parametrize("method", ["max", "soft", "lip"])
def test_gradients_of_each_sample(method: str) -> None:
    x = torch.randn(4, 2, 6, 6, dtype=torch.float64)
    beta = torch.tensor(0.8, dtype=torch.float64)

    def loss(x: Any, beta: Any) -> Any:
        given = {"soft": {"beta": beta}, "lip": {"logits": x * beta}}.get(method, {})
        return pt.pool(x, method, 2, axes=(-2, -1), channel_axis=-3, **given).square().sum() * beta

    each = torch.vmap(torch.func.grad(loss, argnums=(0, 1)), in_dims=(0, None))(x, beta)
    for i in range(4):
        alone = torch.func.grad(loss, argnums=(0, 1))(x[i], beta)
        torch.testing.assert_close([g[i] for g in each], list(alone))


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_vmap_and_random_numbers(randomness: str) -> None:
    x = torch.rand(1, 1, 32, 32).expand(3, 1, 1, 32, 32)
    pooled = torch.vmap(lambda x: PF.stochastic_pool2d(x, 2, training=True), randomness=randomness)
    y = pooled(x)
    assert torch.equal(y[0], y[1]) == (randomness == "same")
    with pytest.raises(RuntimeError, match="random"):
        torch.vmap(lambda x: PF.stochastic_pool2d(x, 2, training=True))(x)


def test_gradients_of_gradients_by_torch_func() -> None:
    def loss(x: Any) -> Any:
        return PF.soft_pool2d(x, 2).square().sum()

    x = torch.randn(1, 4, 4, dtype=torch.float64)
    twice = torch.func.jacrev(torch.func.grad(loss))(x)
    torch.testing.assert_close(twice, torch.autograd.functional.hessian(loss, x))


COMPILED: list[Callable[[Any], Any]] = [
    lambda x: PF.max_pool2d(x * 2, 3, 2, 1) + 1,
    lambda x: PF.max_pool2d(x, 2, return_indices=True)[1] + 1,
    lambda x: PF.avg_pool2d(x.relu(), (3, 2), ceil_mode=True, count_include_pad=False),
    lambda x: PF.adaptive_avg_pool2d(x, (2, None)) * x.mean(),
    lambda x: PF.soft_pool2d(x, 2, beta=x.mean((0, 2, 3))).sum(),
    lambda x: PF.lip_pool2d(x, 3, 2, 1, logits=x.tanh()),
    lambda x: pt.pool(x, "dpp", 2, axes=(2, 3), channel_axis=1, alpha=0.5).square(),
]


@pytest.mark.parametrize("number", range(len(COMPILED)))
@pytest.mark.parametrize("dynamic", [False, True])
def test_compile_without_a_break(number: int, dynamic: bool) -> None:
    torch.compiler.reset()
    compiled = torch.compile(COMPILED[number], fullgraph=True, backend="aot_eager", dynamic=dynamic)
    for shape in ((2, 3, 8, 9), (3, 3, 10, 7)):
        x, z = (torch.randn(*shape, generator=torch.Generator().manual_seed(0)) for _ in range(2))
        x.requires_grad_(), z.requires_grad_()
        got, expected = compiled(x), COMPILED[number](z)
        torch.testing.assert_close(got, expected)
        if got.requires_grad:
            got.sum().backward()
            expected.sum().backward()
            torch.testing.assert_close(x.grad, z.grad)


def test_compile_draws_anew_and_by_the_seed() -> None:
    torch.compiler.reset()
    pooled = torch.compile(
        lambda x: PF.stochastic_pool2d(x, 2, training=True), fullgraph=True, backend="aot_eager"
    )
    x = torch.rand(1, 2, 16, 16)
    torch.manual_seed(1)
    one, two = pooled(x), pooled(x)
    assert not torch.equal(one, two)
    torch.manual_seed(1)
    torch.testing.assert_close(pooled(x), one)


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.max = pt.nn.MaxPool2d(3, 2, 1)
        self.soft = pt.nn.SoftPool2d(2, channels=3)
        self.dpp = pt.nn.DPPPool2d(output_size=(2, 2))

    def forward(self, x: Any) -> Any:
        return self.dpp(self.soft(self.max(x)))


def test_export_and_a_batch_of_any_size() -> None:
    net = Net().eval()
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(net, (torch.randn(2, 3, 16, 16),), dynamic_shapes=({0: batch},))
    for n in (1, 2, 5):
        x = torch.randn(n, 3, 16, 16)
        torch.testing.assert_close(program.module()(x), net(x))


def test_manual_seed_and_a_generator() -> None:
    x = torch.rand(2, 3, 16, 16)
    for function, name in (
        (PF.stochastic_pool2d, "a"),
        (PF.mixed_pool2d, "b"),
        (PF.s3_pool2d, "c"),
    ):
        torch.manual_seed(7)
        one, two = (function(x, 2, training=True) for _ in range(2))
        torch.manual_seed(7)
        assert torch.equal(function(x, 2, training=True), one), name
        assert not torch.equal(one, two), name
        drawn = [
            function(x, 2, training=True, generator=torch.Generator().manual_seed(3))
            for _ in range(2)
        ]
        assert torch.equal(*drawn), name


def test_autocast_pools_in_float32_and_rounds() -> None:
    x = torch.randn(1, 2, 8, 8, dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = PF.soft_pool2d(x, 2)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, PF.soft_pool2d(x.float(), 2).bfloat16())
