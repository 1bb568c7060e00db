"""Torch's own functions: over its own sample inputs the same results, gradients and refusals."""

import os
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg.torch.functional as PF
import torch
import torch.nn.functional as TF
from torch.testing._internal.common_methods_invocations import op_db

OURS = [name for name in PF.__all__ if hasattr(TF, name) and not name.startswith("lp_")]
INFOS = {info.name.removeprefix("nn.functional."): info for info in op_db}
EXACT = [name for name in OURS if "max" in name]
DTYPES = torch.float32, torch.float64


def samples(name: str, dtype: Any) -> list[Any]:
    return list(INFOS[name].sample_inputs("cpu", dtype, requires_grad=False))


def outputs(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def check(got: Any, expected: Any, exact: bool) -> None:
    for one, other in zip(outputs(got), outputs(expected), strict=True):
        torch.testing.assert_close(
            one, other, **(dict(rtol=0, atol=0) if exact else {}), equal_nan=True
        )
        assert one.stride() == other.stride()


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_as_torch(name: str, dtype: Any) -> None:
    ours, theirs = getattr(PF, name), getattr(TF, name)
    count = 0
    for sample in samples(name, dtype):
        x = sample.input.clone().requires_grad_()
        z = sample.input.clone().requires_grad_()
        expected = outputs(theirs(z, *sample.args, **sample.kwargs))
        got = outputs(ours(x, *sample.args, **sample.kwargs))
        check(got, expected, name in EXACT)
        with torch.no_grad():
            check(ours(x, *sample.args, **sample.kwargs), expected, name in EXACT)
        dy = torch.randn_like(expected[0])
        got[0].backward(dy)
        expected[0].backward(dy)
        torch.testing.assert_close(x.grad, z.grad)
        count += 1
    assert count >= 4


@pytest.mark.parametrize("name", OURS)
def test_what_torch_refuses(name: str) -> None:
    info = INFOS[name]
    if info.error_inputs_func is None:
        errors: list[Any] = []
    else:
        errors = list(info.error_inputs("cpu"))
    for error in errors:
        sample = error.sample_input
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            getattr(PF, name)(sample.input, *sample.args, **sample.kwargs)
