"""How a call is made: which of the core's walks it takes, and why none of those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poolreg._core import explain_calls, isa
from poolreg.faces.any_method import pool, pool_vjp

__all__ = ["CoreCall", "Explanation", "explain"]


@dataclass(frozen=True)
class CoreCall:
    """A call of the core.

    Attributes
    ----------
    backward : bool
        Whether it computes gradients.
    steps : tuple of str
        What was done before a walk was chosen.
    walk : str or None
        The walk that was taken; None if there was nothing to walk.
    refusals : dict of str to str
        The walks that come before it, in their order, and what each asks for that the call has not
        got.
    """

    backward: bool
    steps: tuple[str, ...]
    walk: str | None
    refusals: dict[str, str]

    def __str__(self) -> str:
        lines = [f"{'backward' if self.backward else 'forward'}: {self.walk or 'nothing to walk'}"]
        lines += [f"  first: {step}" for step in self.steps]
        lines += [f"  not {walk}: it asks for {asks}" for walk, asks in self.refusals.items()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Explanation:
    """How a call of a method is made: the kernels in use, and the calls of the core, in order."""

    isa: str
    calls: tuple[CoreCall, ...]

    def __str__(self) -> str:
        return "\n".join([f"kernels: {self.isa}", *map(str, self.calls)])


def explain(x: Any, method: str, *args: Any, backward: bool = False, **kwargs: Any) -> Explanation:
    """How the core makes a call: the walk that it takes, and why none of those before it.

    A walk is one way of the core to go over windows; there is a list of them, and a call goes by
    the first that takes it.  Which one that is depends on the windows, the layout, the dtype and
    the instruction set, never on values.

    Parameters
    ----------
    x, method, *args, **kwargs
        Those of ``poolreg.pool``.  The call is made, and its result dropped.
    backward : bool
        Also the gradient's calls.

    Raises
    ------
    PoolregError
        What ``poolreg.pool`` raises.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> x = np.zeros((1, 2, 8, 8), np.float32)
    >>> print(pr.explain(x, "max", 2, data_format="NCHW").calls[0].walk)
    few_columns
    >>> pr.explain(x, "max", 7, stride=2, data_format="NCHW").calls[0].refusals["few_columns"]
    '2 to 5 columns at stride 2, 3 at 3 or 4 at 4'
    """

    def call() -> None:
        if not backward:
            pool(x, method, *args, **kwargs)
            return
        y, vjp = pool_vjp(x, method, *args, **kwargs)
        vjp(y)

    calls = (CoreCall(*found[:3], dict(found[3])) for found in explain_calls(call))
    return Explanation(isa(), tuple(calls))
