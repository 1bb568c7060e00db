"""How much a composition does and keeps, counted on small tensors: operations but views, bytes of
their results, and bytes that autograd keeps beyond the input.

    python counted.py        # the table of docs/torch.md
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Operations(TorchDispatchMode):
    """Counts operations that make a tensor, and the bytes of these."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.made = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {id_of(t) for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        new = [t for t in tree_leaves(result) if isinstance(t, Tensor) and id_of(t) not in given]
        if new:
            self.names.append(str(func))
            self.made += sum(t.nbytes for t in new)
        return result


def id_of(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


@dataclass
class Counts:
    """In units of the input: what forward and backward make, and what is kept between them."""

    forward: int
    made: float
    saved: float
    backward: int
    made_backward: float
    names: list[str]


def counted(function: Callable[[Tensor], Tensor], x: Tensor) -> Counts:
    """Of y = function(x), and of the gradient of its sum."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if id_of(tensor) != id_of(x):
            kept[id_of(tensor)] = tensor.untyped_storage().nbytes()
        return tensor

    x.requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t), Operations() as forward:
        y = function(x)
    with Operations() as backward:
        torch.autograd.grad(y, x, torch.ones_like(y))
    size = x.nbytes
    return Counts(
        len(forward.names),
        forward.made / size,
        sum(kept.values()) / size,
        len(backward.names),
        backward.made / size,
        forward.names,
    )


def composed(method: str, x: Tensor, window: dict[str, Any], **given: Any) -> Counts:
    """Of the composition of a method over the last two axes."""
    from poolreg.engine.windows import Windows
    from poolreg.torch.call import Call
    from poolreg.torch.compositions import composition

    windows = Windows(**window, axes=(-2, -1), channel_axis=-3).frozen().from_end(4)
    tensors = {name: value for name, value in given.items() if isinstance(value, Tensor)}
    settings = tuple((n, value) for n, value in given.items() if n not in tensors)
    call = Call(method, windows, settings, tuple(tensors))
    return counted(lambda t: composition(call, t, list(tensors.values())), x)


def table() -> None:
    x = torch.rand(2, 64, 56, 56)
    key = torch.tensor(7)
    for method, given in {
        "max": {},
        "avg": {},
        "soft": {},
        "lip": {"logits": torch.rand(x.shape)},
        "dpp": {},
        "gem": {"p": 3.0},
        "stochastic": {"training": True, "key": key},
        "mixed": {"training": True, "key": key},
        "s3": {"training": True, "key": key},
    }.items():
        for window in (dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1)):
            c = composed(method, x.detach().clone(), window, **given)
            name = f"{method} {'/'.join(map(str, window.values()))}"
            print(
                f"| {name} | {c.forward}, {c.made:.1f} x | {c.saved:.1f} x "
                f"| {c.backward}, {c.made_backward:.1f} x |"
            )
            if "-v" in sys.argv:
                print(c.names)


if __name__ == "__main__":
    table()
