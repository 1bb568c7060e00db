"""How much a composition does and keeps, counted on small tensors: operations but views, bytes of
their results, and bytes that autograd keeps beyond the input.

    python counted.py        # the table of docs/torch.md; -v with the operations
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


WINDOWS: tuple[dict[str, Any], ...] = (
    dict(kernel_size=2),
    dict(kernel_size=3, stride=2, padding=1),
)


def arguments(x: Tensor) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every method by the name of its row: parameters as they are by default, and learnt; logits
    always are."""
    each = x.new_ones(x.shape[1]).requires_grad_()
    logits, key = torch.rand(x.shape).requires_grad_(), torch.tensor(7)
    drawn = {"training": True, "key": key}
    rows: dict[str, tuple[str, dict[str, Any]]] = {
        "max": ("max", {}),
        "min": ("min", {}),
        "avg": ("avg", {}),
        "sum": ("sum", {}),
        "avgmax": ("avgmax", {}),
        "mixed": ("mixed", {}),
        "mixed, training": ("mixed", drawn),
        "mixed_learned, learnt": ("mixed_learned", {"lam": 0.5 * each}),
        "soft": ("soft", {}),
        "soft, learnt": ("soft", {"beta": each}),
        "lip": ("lip", {"logits": logits}),
        "lip, gate": ("lip", {"logits": logits, "gate": 12.0}),
        "dpp": ("dpp", {}),
        "dpp, learnt": ("dpp", {"alpha": each, "lam": each}),
        "gem": ("gem", {}),
        "gem, learnt": ("gem", {"p": 3 * each}),
        "lp": ("lp", {}),
        "power_avg": ("power_avg", {}),
        "power_avg, learnt": ("power_avg", {"p": 2 * each}),
        "logavgexp": ("logavgexp", {}),
        "logavgexp, learnt": ("logavgexp", {"temperature": each}),
        "logsumexp": ("logsumexp", {}),
        "logsumexp, learnt": ("logsumexp", {"temperature": each}),
        "stochastic": ("stochastic", {}),
        "stochastic, training": ("stochastic", drawn),
        "s3": ("s3", {}),
        "s3, training": ("s3", drawn),
        "s3_dpp": ("s3_dpp", {}),
        "s3_dpp, training": ("s3_dpp", drawn),
    }
    return rows


def table() -> None:
    x = torch.rand(2, 64, 56, 56)
    for name, (method, given) in arguments(x).items():
        counts = [composed(method, x.detach().clone(), window, **given) for window in WINDOWS]
        cells = " | ".join(f"{c.forward} | {c.saved:.1f} x" for c in counts)
        print(f"| {name} | {cells} |")
        if "-v" in sys.argv:
            for c in counts:
                print(f"made {c.made:.1f} x; backward {c.backward}, {c.made_backward:.1f} x")
                print(*c.names)


if __name__ == "__main__":
    table()
