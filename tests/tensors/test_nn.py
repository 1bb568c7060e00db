"""Modules: torch's own by its own samples; every method's, learnt and kept; replacements."""

import copy
import io
import os
import pickle
from functools import partial
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg as pr
import poolreg.torch as pt
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


def network() -> Any:
    pool = nn.AvgPool2d(2)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), pool),
        pool,
        nn.AdaptiveAvgPool2d((2, 1)),
    )


@pytest.mark.parametrize(
    "method", ["max", "avg", "soft", "dpp", "gem", "mixed", "stochastic", "s3"]
)
def test_replacing_keeps_windows(method: str) -> None:
    model, x = network(), torch.randn(2, 3, 17, 21)
    shape = model(x).shape
    done = pt.replace_pooling(model, {"MaxPool2d": method, nn.AvgPool2d: method})
    assert [d.name for d in done] == ["1", "2.1", "3"]
    assert model[3] is model[2][1] is done[1].new
    assert model(x).shape == shape
    assert type(model[4]) is nn.AdaptiveAvgPool2d
    assert "MaxPool2d(kernel_size=3, stride=2, padding=1" in str(done[0])


def test_replacing_by_itself_changes_no_number() -> None:
    model, x = network(), torch.randn(2, 3, 17, 21)
    expected = model(x)
    names = {"MaxPool2d": "max", "AvgPool2d": "avg", "AdaptiveAvgPool2d": "avg"}
    pt.replace_pooling(model, names)
    assert {type(m).__module__ for m in model.modules() if "Pool" in type(m).__name__} == {
        "poolreg.torch.nn"
    }
    torch.testing.assert_close(model(x), expected)


def test_replacing_by_lip_finds_the_channels() -> None:
    model, x = (
        nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)),
        torch.randn(2, 3, 16, 16),
    )
    pt.replace_pooling(model, {"MaxPool2d": "lip"})
    expected = nn.functional.avg_pool2d(model[0](x), 2)
    torch.testing.assert_close(model(x), expected)
    assert model[1].logits[0].weight.shape == (4, 4, 3, 3)


def test_replacing_by_what_makes_modules() -> None:
    model = network().double().eval()
    make = partial(pnn.SoftPool2d, beta=3.0)
    (one,) = pt.replace_pooling(model, {"MaxPool2d": make})
    assert one.new.beta.dtype == torch.float64
    assert one.new.beta.item() == 3.0
    assert not one.new.training
    pt.replace_pooling(model, {"AdaptiveAvgPool2d": "gem"})
    assert model(torch.rand(1, 3, 17, 21, dtype=torch.float64)).shape == (1, 4, 2, 1)


@pytest.mark.parametrize(
    ("layer", "target", "message"),
    [
        (nn.MaxPool2d(2, return_indices=True), "soft", "returns indices"),
        (nn.MaxPool2d(2, return_indices=True), pnn.SoftPool2d, "returns indices"),
        (nn.AvgPool2d(2, divisor_override=3), "soft", "divisor"),
        (nn.MaxPool2d(2, dilation=2), "avg", "dilation"),
        (nn.AdaptiveAvgPool2d(2), "s3", "windows with a stride"),
        (nn.AdaptiveAvgPool2d(2), "lip", "give example="),
        (nn.Conv2d(1, 1, 1), "soft", "no pooling layer"),
        (nn.MaxPool2d(3), lambda **windows: pnn.SoftPool2d(2), "takes"),
    ],
)
def test_what_cannot_be_replaced(layer: Any, target: Any, message: str) -> None:
    model = nn.Sequential(nn.MaxPool2d(2), layer)
    first = model[0]
    mapping = (
        {type(layer): target} if not isinstance(layer, nn.MaxPool2d) else {"MaxPool2d": target}
    )
    with pytest.raises(pr.ParameterError, match=message):
        pt.replace_pooling(model, mapping)
    assert model[0] is first
    assert model[1] is layer


def test_a_class_that_the_model_has_not() -> None:
    with pytest.raises(pr.ParameterError, match="no layer of class or name 'MaxPool3d'"):
        pt.replace_pooling(network(), {"MaxPool3d": "soft"})
