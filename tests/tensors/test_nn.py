"""Modules: torch's own by its own samples; every method's, learnt and kept; replacements."""

import copy
import io
import os
import pickle
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg as pr
import poolreg.torch.functional as PF
import poolreg.torch.nn as pnn
import torch
from torch import nn
from torch.testing._internal.common_modules import module_db

OWN = [name for name in pnn.__all__ if hasattr(nn, name)]
BEYOND = [
    name for name in pnn.__all__ if name.endswith("d") and name not in OWN and "LIP" not in name
]


def samples(name: str) -> Any:
    (info,) = [info for info in module_db if info.module_cls is getattr(nn, name)]
    return info.module_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=True
    )


@pytest.mark.parametrize("name", OWN)
def test_torchs_own(name: str) -> None:
    ours, theirs = getattr(pnn, name), getattr(nn, name)
    count = 0
    for sample in samples(name):
        made, forward = sample.constructor_input, sample.forward_input
        mine = ours(*made.args, **made.kwargs)
        its = theirs(*made.args, **made.kwargs)
        assert isinstance(mine, theirs)
        assert repr(mine) == repr(its)
        if name.startswith("LP"):
            forward.args = (forward.args[0].abs(), *forward.args[1:])
        torch.testing.assert_close(
            mine(*forward.args, **forward.kwargs), its(*forward.args, **forward.kwargs)
        )
        count += 1
    assert count > 0


@pytest.mark.parametrize("name", BEYOND)
def test_every_method(name: str) -> None:
    cls = getattr(pnn, name)
    x = torch.randn(2, 3, *[7] * cls.rank, generator=torch.Generator().manual_seed(0))
    module = cls(2, channels=3)
    learnt = dict(module.named_parameters())
    expected = {
        p.name for p in module.declared.params if p.kind == "learnable" and p.default is not None
    }
    assert set(learnt) == expected
    x.requires_grad_()
    module(x).sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad.shape == p.shape for p in learnt.values())
    module.eval()
    effective = {n: t.detach().numpy() for n, t in module.effective().items()}
    wanted = getattr(pr, f"{module.method}_pool{cls.rank}d")(x.detach().numpy(), 2, **effective)
    torch.testing.assert_close(module(x), torch.from_numpy(wanted))
    stored = io.BytesIO()
    torch.save(module.state_dict(), stored)
    stored.seek(0)
    fresh = cls(2, channels=3).eval()
    fresh.load_state_dict(torch.load(stored))
    for other in (fresh, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(other) == repr(module) == f"{name}(kernel_size=2, channels=3)"
        torch.testing.assert_close(other(x), module(x))


def test_parameters_are_raw() -> None:
    dpp = pnn.DPPPool2d(2, alpha=0.5, lam=2.0)
    assert dpp.alpha.item() == pytest.approx(-0.6931472)
    assert dpp.effective()["lam"].item() == pytest.approx(2.0)
    mixed = pnn.MixedLearnedPool2d(2, lam=0.25)
    assert mixed.lam.item() == pytest.approx(-1.0986123)
    gem = pnn.GeMPool2d(2)
    gem.p.data.fill_(-1.0)
    assert 0 < gem.effective()["p"].item() < 1e-6


def test_learn_is_optional() -> None:
    fixed = pnn.SoftPool2d(2, learn=False, beta=2.0)
    assert list(fixed.parameters()) == []
    assert set(fixed.state_dict()) == {"beta"}


def test_the_full_filter_is_learnt() -> None:
    dpp = pnn.DPPPool2d(2, channels=4, ref="full")
    assert {n: tuple(p.shape) for n, p in dpp.named_parameters()} == {
        "alpha": (4,),
        "lam": (4,),
        "F": (4, 3, 3),
        "b": (4,),
    }
    with pytest.raises(pr.ParameterError, match="channels="):
        pnn.DPPPool2d(2, ref="full")


def test_the_majority_is_counted() -> None:
    mixed = pnn.MixedPool2d(2, channels=3, eval="majority")
    x = torch.randn(5, 3, 8, 8, requires_grad=True)
    mixed(x).sum().backward()
    mixed(x)
    assert mixed.counts.sum(1).tolist() == [10, 10, 10]
    mixed.counts.copy_(torch.tensor([[2, 1], [1, 2], [1, 1]]))
    mixed.eval()
    largest, mean = PF.max_pool2d(x, 2), PF.avg_pool2d(x, 2)
    expected = torch.where(torch.tensor([True, False, True])[:, None, None], largest, mean)
    torch.testing.assert_close(mixed(x), expected)


def test_train_draws_and_eval_does_not() -> None:
    module, x = pnn.StochasticPool2d(2), torch.rand(1, 2, 16, 16)
    assert not torch.equal(module(x), module(x))
    module.eval()
    assert torch.equal(module(x), module(x))


@pytest.mark.parametrize("cls", [pnn.SimplifiedLIP, pnn.BottleneckLIP])
def test_lip_begins_as_the_mean(cls: Any) -> None:
    module, x = cls(4), torch.randn(2, 4, 9, 9)
    expected = PF.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(pickle.loads(pickle.dumps(module))(x), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pnn.SoftPool2d(), "kernel_size or output_size"),
        (lambda: pnn.SoftPool2d(2, output_size=1), "not both"),
        (lambda: pnn.SoftPool2d(2, gamma=1), "no parameter 'gamma'"),
        (lambda: pnn.StochasticPool2d(2, training=True), "train"),
        (lambda: pnn.LIPPool2d(2, logits=None), "arguments of forward"),
        (lambda: pnn.GeMPool2d(2, p=-1.0), "p must be"),
        (lambda: pnn.MixedPool2d(2, eval="majority"), "channels="),
        (lambda: pnn.pool_module("soft", rank=4), "rank must be"),
        (lambda: pnn.pool_module("soff"), "did you mean"),
    ],
)
def test_what_modules_refuse(make: Any, message: str) -> None:
    with pytest.raises(pr.PoolregError, match=message):
        make()
