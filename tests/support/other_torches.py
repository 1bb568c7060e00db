"""Uses poolreg.torch with torches that lack a name: one process for each name that is given.

Prints the names with which all is right, or what goes wrong.  A torch that lacks a name is one that
has not got it while poolreg.torch is imported; torch itself uses it.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional as F


@contextmanager
def without(path: str) -> Iterator[None]:
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, torch)
    kept = getattr(owner, name)
    delattr(owner, name)
    yield
    setattr(owner, name, kept)


def right_or_refused(function: Callable[[], Any], expected: Any) -> None:
    try:
        found = function()
    except (RuntimeError, ValueError):
        return
    torch.testing.assert_close(found, expected)


def warm_up() -> None:
    """What torch imports and makes once, for all processes."""
    x = torch.ones(1, 1, 2, 2, requires_grad=True)
    torch.func.jvp(torch.sin, (x,), (x,))
    torch.func.jacrev(torch.sin)(x)
    torch.fx.experimental.proxy_tensor.make_fx(torch.sin)(x)
    torch.compile(torch.sin, fullgraph=True, backend="aot_eager")(x).sum().backward()


def check() -> None:
    import poolreg.torch.functional as PF

    x = torch.arange(32.0).reshape(1, 2, 4, 4)
    leaf = x.clone().requires_grad_()

    def ours(x: Tensor) -> Tensor:
        return PF.avg_pool2d(x, 2).square()

    def theirs(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2).square()

    def both(transform: Callable[[Any], Any]) -> tuple[Any, Any]:
        return transform(ours), transform(theirs)

    y = F.max_pool2d(leaf, 2)
    (dx,) = torch.autograd.grad(y.sum(), leaf)
    for _ in range(2):
        assert torch.equal(PF.max_pool2d(x, 2), y)
        assert torch.equal(torch.autograd.grad(PF.max_pool2d(leaf, 2).sum(), leaf)[0], dx)
        with torch.no_grad():
            assert torch.equal(PF.max_pool2d(leaf, 2), y)
    beta = torch.tensor(0.5, requires_grad=True)
    assert torch.equal(PF.soft_pool2d(x, 2, beta=beta), PF.soft_pool2d(x, 2, beta=0.5))

    for transform in (
        lambda f: torch.func.grad(lambda x: f(x).sum())(x),
        lambda f: torch.vmap(torch.func.grad(lambda x: f(x).sum()))(x[None]),
        lambda f: torch.func.jacrev(f)(x),
    ):
        torch.testing.assert_close(*both(transform))
    for transform in (
        lambda f: torch.func.functionalize(f)(x),
        lambda f: torch.func.jvp(f, (x,), (x,)),
        lambda f: torch.func.jvp(lambda x: torch.func.jvp(f, (x,), (x,))[1], (x,), (x,)),
        lambda f: torch.autograd.grad(
            f(leaf), leaf, torch.ones(3, *y.shape), is_grads_batched=True
        ),
    ):
        right_or_refused(lambda: transform(ours), transform(theirs))  # noqa: B023

    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, x)
        right_or_refused(
            lambda: forward_ad.unpack_dual(ours(dual)).tangent,
            forward_ad.unpack_dual(theirs(dual)).tangent,
        )
    with torch._subclasses.FakeTensorMode() as mode:
        assert ours(mode.from_tensor(x)).shape == y.shape
    graph = torch.fx.experimental.proxy_tensor.make_fx(ours)(x)
    assert any("poolreg" in str(node.target) for node in graph.graph.nodes)
    compiled = torch.compile(PF.max_pool2d, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(leaf, 2), y)
    assert torch.equal(torch.autograd.grad(compiled(leaf, 2).sum(), leaf)[0], dx)


def main(paths: list[str]) -> None:
    torch.set_num_threads(1)
    warm_up()
    for path in paths:
        process = os.fork()
        if process:
            os.waitpid(process, 0)
            continue
        try:
            with without(path):
                import poolreg.torch  # noqa: F401
            check()
            print(f"right: {path}", flush=True)
        except BaseException:
            print(f"wrong: {path}\n{traceback.format_exc()}", flush=True)
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
