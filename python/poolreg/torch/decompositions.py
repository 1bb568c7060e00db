"""The operators of a graph as plain operations of torch, for exporters and compilers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.errors import ParameterError
from poolreg.torch.call import Call, parsed
from poolreg.torch.compositions import composed_indices, composition, has_composition
from poolreg.torch.internals import DECOMPOSITIONS
from poolreg.torch.pools import is_for_onnx

__all__ = ["decompositions"]


def decompositions() -> dict[Any, Callable[..., Any]]:
    """What ``torch.export.ExportedProgram.run_decompositions`` puts in place of our operators.

    ``poolreg::pool`` and ``poolreg::select`` become operations of torch's own, ``aten``, as they
    are on devices other than the CPU.  What is left needs no import of poolreg where it runs.
    ``torch.onnx.export(…, dynamo=True)`` knows them and needs no argument.

    Returns
    -------
    dict
        Functions by operator, to be given alone or with others.

    Examples
    --------
    >>> import torch, poolreg.torch as pt, poolreg.torch.nn as pnn
    >>> program = torch.export.export(pnn.MaxPool2d(2), (torch.ones(1, 1, 4, 4),))
    >>> plain = program.run_decompositions(pt.decompositions())
    >>> [str(node.target) for node in plain.graph.nodes if node.op == "call_function"]
    ['aten.max_pool2d.default']
    """
    return {
        torch.ops.poolreg.pool.default: _pool,
        torch.ops.poolreg.select.default: _select,
    }


def _pool(x: Tensor, tensors: Sequence[Tensor], text: str) -> Tensor:
    return composition(_checked(parsed(text)), x, tensors)


def _select(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, Tensor]:
    return composed_indices(_checked(parsed(text)), x, tensors)


def _checked(call: Call) -> Call:
    if not has_composition(call.method):
        raise ParameterError(f"method {call.method!r} has no composition of torch operations")
    if {"key", "samples"} & {*call.tensors} and is_for_onnx():
        raise ParameterError(
            f"method {call.method!r} draws random numbers in training, which ONNX has not got: "
            "export the model in eval() mode"
        )
    return call


DECOMPOSITIONS.update(decompositions())
