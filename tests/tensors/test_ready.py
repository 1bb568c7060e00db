"""Calls that are ready: the second call takes another way than the first, and is the same."""

from collections.abc import Callable, Iterator
from typing import Any

import poolreg as pr
import pytest

torch = pytest.importorskip("torch")

import poolreg.torch.functional as PF  # noqa: E402
from poolreg.engine.windows import Windows  # noqa: E402
from poolreg.torch import ready  # noqa: E402
from poolreg.torch.general import described  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.autograd import forward_ad  # noqa: E402
from torch.nn import functional as F  # noqa: E402

CALLS: dict[str, tuple[int, tuple[Any, ...]]] = {
    "max_pool1d": (1, (3, 2, 1)),
    "max_pool2d": (2, (2,)),
    "max_pool3d": (3, (2, 1, 1)),
    "avg_pool1d": (1, (3, 2, 1)),
    "avg_pool2d": (2, ((3, 2), 2, 1, True, False, 5)),
    "avg_pool3d": (3, (2,)),
    "adaptive_max_pool2d": (2, (3,)),
    "adaptive_avg_pool2d": (2, ((2, 3),)),
    "lp_pool2d": (2, (2.0, 3, 2)),
}
BEYOND: dict[str, dict[str, Any]] = {
    "avgmax": {},
    "gem": {"p": 2.5},
    "logavgexp": {},
    "logsumexp": {"temperature": 0.5},
    "min": {},
    "mixed_learned": {"lam": 0.25},
    "power_avg": {},
    "soft": {"beta": 2.0},
    "sum": {},
}
SIZES = 9, 7, 8


def sample(rank: int) -> Tensor:
    return torch.randn(2, 3, *SIZES[:rank], generator=torch.Generator().manual_seed(rank))


def is_ready(name: str, x: Tensor, *args: Any) -> bool:
    """Whether the function finds a call for these arguments: it is asked in its stead."""
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PF, "find", lambda *asked: found.append(ready.find(*asked)) or found[-1])
        getattr(PF, name)(x, *args)
    return found != [None]


@pytest.fixture(params=sorted(CALLS))
def call(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Tensor]]:
    """Ours, torch's and an input, when ours has been called twice."""
    rank, args = CALLS[request.param]
    x = sample(rank)
    getattr(PF, request.param)(x, *args)
    assert is_ready(request.param, x, *args)
    return (
        lambda x: getattr(PF, request.param)(x, *args),
        lambda x: getattr(F, request.param)(x, *args),
        x,
    )


Pooling = Callable[[Tensor], Tensor]
Call = tuple[Pooling, Pooling, Tensor]


def test_result_is_torchs(call: Call) -> None:
    ours, theirs, x = call
    y = ours(x)
    assert type(y) is Tensor
    assert not y.requires_grad
    assert y.stride() == theirs(x).stride()
    torch.testing.assert_close(y, theirs(x))
    torch.testing.assert_close(ours(x.double()), theirs(x.double()))


@pytest.mark.parametrize("method", sorted(BEYOND))
def test_methods_beyond_torchs(method: str) -> None:
    name, params = f"{method}_pool2d", BEYOND[method]
    x = sample(2).double()
    pooled = getattr(PF, name)
    arguments = 3, 2, 1
    y = pooled(x, *arguments, **params)
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PF, "find", lambda *asked: found.append(ready.find(*asked)) or found[-1])
        assert torch.equal(pooled(x, *arguments, **params), y)
    assert [type(one) for one in found] == [Tensor]
    assert torch.equal(y, torch.from_numpy(getattr(pr, name)(x.numpy(), *arguments, **params)))
    leaf = x.clone().requires_grad_()
    dy = torch.rand_like(y)
    (dx,) = torch.autograd.grad(pooled(leaf, *arguments, **params), leaf, dy)
    _, vjp = pr.pool_vjp(x.numpy(), method, 3, stride=2, padding=1, axes=(2, 3), **params)
    assert torch.equal(dx, torch.from_numpy(vjp(dy.numpy()).input))
    assert torch.autograd.gradgradcheck(lambda x: pooled(x, 2, **params), leaf[:1, :1, :4, :4])


def test_parameters_are_not_mixed_up() -> None:
    x = sample(2)
    for beta in (1.0, 2.0, 1.0, 3):
        expected = torch.from_numpy(pr.soft_pool2d(x.numpy(), 2, beta=beta))
        for _ in range(2):
            assert torch.equal(PF.soft_pool2d(x, 2, beta=beta), expected)
    for value in (torch.tensor(2.0), torch.tensor(3.0), [2.0, 1.0, 3.0]):
        given = value.numpy() if isinstance(value, Tensor) else value
        expected = torch.from_numpy(pr.soft_pool2d(x.numpy(), 2, beta=given))
        for _ in range(2):
            assert torch.equal(PF.soft_pool2d(x, 2, beta=value), expected)


@pytest.mark.parametrize("spread", [False, True])
def test_gradient_is_torchs(call: Call, spread: bool) -> None:
    ours, theirs, x = call
    gradients = []
    for function in (ours, theirs):
        leaf = x.clone().requires_grad_()
        y = function(leaf)
        torch.manual_seed(0)
        dy = torch.tensor(2.0).expand(y.shape) if spread else torch.rand_like(y)
        gradients.append(torch.autograd.grad(y, leaf, dy)[0])
        assert gradients[-1].stride() == x.stride()
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    "shape", [(2, 3, 6, 17), (3, 64, 2, 2), (2, 5, 40, 40), (1, 1, 9, 8)], ids=str
)
def test_gradient_of_whole_planes(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Of dy as it comes, spread, and in another order."""
    n, c, *plane = shape
    dys = torch.rand(n, c, 1, 1), torch.rand(1, c, 1, 1).expand(n, c, 1, 1), torch.rand(c, n, 1, 1)
    for dy in (dys[0], dys[1], dys[1][:, :1].expand(n, c, 1, 1), dys[2].transpose(0, 1)):
        for name, args in (("adaptive_avg_pool2d", (1,)), ("avg_pool2d", (plane,))):
            x = torch.rand(shape, dtype=dtype, requires_grad=True)
            y = [getattr(functions, name)(x, *args) for functions in (PF, PF, F)]
            dx = [torch.autograd.grad(one, x, dy.to(dtype))[0] for one in y]
            torch.testing.assert_close(
                dx[1], dx[2], rtol=1e-6 if dtype == torch.float32 else 1e-15, atol=0
            )


def test_gradient_of_gradient(call: Call) -> None:
    ours, _, x = call
    leaf = x[:1, :1].double().requires_grad_()
    ours(leaf.detach())
    dy = torch.rand_like(ours(leaf), requires_grad=True)
    assert torch.autograd.gradgradcheck(ours, (leaf,), (dy,))


def test_many_gradients_at_once(call: Call) -> None:
    ours, theirs, x = call
    found = []
    for function in (ours, theirs):
        leaf = x.clone().requires_grad_()
        y = function(leaf)
        torch.manual_seed(1)
        several = torch.rand(3, *y.shape)
        found += torch.autograd.grad(y, leaf, several, is_grads_batched=True)
    torch.testing.assert_close(*found)


def test_transforms(call: Call) -> None:
    ours, theirs, x = call
    for transform in (
        lambda f: torch.func.grad(lambda x: f(x).square().sum()),
        lambda f: torch.vmap(f, in_dims=1, out_dims=1),
        torch.func.functionalize,
        lambda f: torch.func.vmap(torch.func.grad(lambda x: f(x).square().sum())),
    ):
        torch.testing.assert_close(transform(ours)(x), transform(theirs)(x))


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_ready_call_is_traced_by_jit_fx_and_fake_tensors(call: Call) -> None:
    ours, theirs, x = call
    traced = torch.jit.trace(ours, x)
    torch.testing.assert_close(traced(-x), theirs(-x))
    graph = torch.fx.experimental.proxy_tensor.make_fx(ours)(x)
    assert any("poolreg" in str(node.target) for node in graph.graph.nodes)
    torch.testing.assert_close(graph(-x), theirs(-x))
    with torch._subclasses.FakeTensorMode() as mode:
        fake = mode.from_tensor(x)
        assert ours(fake).shape == theirs(fake).shape
    with torch.autocast("cpu"):
        assert ours(x).dtype == torch.float32
    with torch.inference_mode():
        assert ours(x).is_inference()


def test_a_tangent_is_not_lost(call: Call) -> None:
    ours, theirs, x = call
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, x.flip(-1))
        torch.testing.assert_close(
            forward_ad.unpack_dual(ours(dual)).tangent, forward_ad.unpack_dual(theirs(dual)).tangent
        )


def test_imaginary_parts_keep_their_sign() -> None:
    for shape in ((1, 1, 4, 4), (1, 1, 1, 1)):
        z = torch.randn(shape, dtype=torch.complex64).conj()
        for function in (PF.max_pool2d, PF.avg_pool2d):
            function(torch.randn(shape), 1)
            assert z.imag.is_neg()
            assert torch.equal(function(z.imag, 1), z.imag.resolve_neg())


def test_zero_tensors_without_memory() -> None:
    x = sample(2).requires_grad_()
    for function in (PF.max_pool2d, PF.soft_pool2d):
        for _ in range(2):
            y = function(x, 2)
            (dx,) = torch.autograd.grad(y, x, torch._efficientzerotensor(y.shape))
            assert torch.equal(dx, torch.zeros_like(x))
        assert torch.equal(function(torch._efficientzerotensor(x.shape), 2), torch.zeros_like(y))


def test_elements_that_are_not_aligned() -> None:
    memory = bytearray(4 * 16 + 1)
    x = torch.frombuffer(memory, dtype=torch.float32, offset=1).reshape(1, 1, 4, 4)
    x.copy_(torch.arange(16.0).reshape(x.shape))
    assert x.data_ptr() % 4 != 0
    for function in (PF.max_pool2d, PF.avg_pool2d, PF.soft_pool2d):
        assert torch.equal(function(x, 2), function(x.clone(), 2))
        assert torch.equal(function(x, 2), function(x.clone(), 2))


def test_backward_makes_what_is_not_saved_and_refuses_more() -> None:
    x = sample(2)
    text = described("max", Windows(kernel_size=2, rank=2), 4, (), ())[0]
    y, [taps] = torch.ops.poolreg.forward(x, [], text)
    dx, _ = torch.ops.poolreg.backward(y, x, [], [taps], text)
    assert torch.equal(torch.ops.poolreg.backward(y, x, [], [], text)[0], dx)
    with pytest.raises(ValueError, match="zip"):
        torch.ops.poolreg.backward(y, x, [], [taps, taps], text)


def test_a_ready_call_is_not_used_for_other_dtypes_and_layouts() -> None:
    x = sample(2)
    y = PF.max_pool2d(x, 2)
    assert torch.equal(PF.max_pool2d(x.long(), 2), F.max_pool2d(x.long(), 2))
    for other in (x.bool(), x.cfloat()):
        with pytest.raises(TypeError):
            PF.max_pool2d(other, 2)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(PF.max_pool2d(last, 2), y)
    assert PF.max_pool2d(last, 2).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(PF.max_pool2d(x.mT.contiguous().mT, 2), y)
    assert PF.max_pool2d(x[:0], 2).shape[0] == 0
    assert PF.max_pool2d(x[:1], 2).shape[0] == 1
    assert torch.equal(PF.max_pool2d(x[0], 2), y[0])
    assert torch.equal(PF.max_pool2d(torch.nn.Parameter(x), 2), y)


def test_equal_arguments_of_other_types_are_different_calls() -> None:
    x = sample(2)
    PF.max_pool2d(x, 2, 1, 1)
    for wrong in ((2.0, 1, 1), (2, True, 1), (2, 1, 1.0), (2, 1, 1, 1, 0)):
        with pytest.raises((TypeError, ValueError)):
            PF.max_pool2d(x, *wrong)
    PF.max_pool2d(x, (2, 2))
    with pytest.raises((TypeError, ValueError)):
        PF.max_pool2d(x, (2, 2.0))
    assert torch.equal(PF.max_pool2d(x, [2, 2]), PF.max_pool2d(x, [2, 2]))


def test_a_ready_call_ends_when_its_method_is_replaced() -> None:
    class Smallest(type(pr.get_method("min"))):  # type: ignore[misc]
        name, __module__ = "max", "poolreg.methods.max"

    x = sample(2)
    y = PF.max_pool2d(x, 2), PF.max_pool2d(x, 2)
    before = pr.get_method("max")
    pr.register_method(Smallest, replace=True)
    try:
        assert torch.equal(PF.max_pool2d(x, 2), PF.min_pool2d(x, 2))
        assert torch.equal(PF.max_pool2d(x, 2), PF.min_pool2d(x, 2))
    finally:
        pr.register_method(before, replace=True)
    assert torch.equal(PF.max_pool2d(x, 2), y[0])


def test_more_shapes_than_are_kept() -> None:
    for _ in range(2):
        for n in range(1, 20):
            x = torch.randn(n, 2, 6, 6)
            assert torch.equal(PF.max_pool2d(x, 2), F.max_pool2d(x, 2))


def test_windows_without_members_raise_again_and_again() -> None:
    x = torch.randn(1, 1, 4, 4)
    for _ in range(3):
        with pytest.raises(ValueError, match="does not fit"):
            PF.max_pool2d(x, 5)


def test_saved_tensors_may_be_moved() -> None:
    x = sample(2).requires_grad_()
    PF.max_pool2d(x, 2)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy().copy(), torch.from_numpy):
        y = PF.max_pool2d(x, 2)
    expected = torch.autograd.grad(F.max_pool2d(x, 2).sum(), x)[0]
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], expected)


def ranges(function: Callable[[], Any]) -> set[str]:
    """The ranges of poolreg that a profiler shows, of a call that has been made before."""
    function()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        function()
    return {event.key for event in profile.key_averages() if event.key.startswith("poolreg::")}


def test_a_profiler_shows_the_method() -> None:
    x = sample(2)
    leaf = x.clone().requires_grad_()
    beta = torch.tensor(0.5, requires_grad=True)
    both = {"poolreg::soft", "poolreg::soft_backward"}
    assert ranges(lambda: PF.avg_pool2d(x, 2)) == {"poolreg::avg"}
    assert ranges(lambda: PF.max_pool2d(x, 2, return_indices=True)) == {"poolreg::max"}
    assert ranges(lambda: PF.soft_pool2d(leaf, 2).sum().backward()) == both
    assert ranges(lambda: PF.soft_pool2d(leaf, 2, beta=beta).sum().backward()) == both
    with torch.autocast("cpu", torch.bfloat16):
        assert ranges(lambda: PF.dpp_pool2d(x, 2)) == {"poolreg::dpp", "poolreg::pool"}
