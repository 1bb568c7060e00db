"""Modules are copied, pickled, averaged, made anywhere and reset as torch's own are."""

import copy
import io
import math
import os
import pickle
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg as pr
import poolreg.torch.nn as pnn
import torch
from poolreg.torch.modules import pool_module
from torch import nn
from torch.nn.utils import parametrize, skip_init
from torch.optim.swa_utils import AveragedModel

CLASSES = [name for name in pnn.__all__ if isinstance(getattr(pnn, name), type) and name != "Pool"]
LIPS = [name for name in CLASSES if name.startswith(("Simplified", "Bottleneck"))]
MADE = [name for name in CLASSES if issubclass(getattr(pnn, name), pnn.Pool) and name not in LIPS]
SUBCLASSES: dict[str, type[nn.Module]] = {}


def subclass(name: str) -> type[nn.Module]:
    """A class of a user, which pickle finds in this module."""
    base: Any = getattr(pnn, name)
    if name not in SUBCLASSES:
        names = {
            "__module__": __name__,
            "__qualname__": f"My{name}",
            "forward": lambda self, *args, **maps: 2 * base.forward(self, *args, **maps),
        }
        SUBCLASSES[name] = globals()[f"My{name}"] = type(f"My{name}", (base,), names)
    return SUBCLASSES[name]


def made(cls: Any, **keywords: Any) -> Any:
    """With channels, if it takes them."""
    if issubclass(cls, pnn.Pool):
        return cls(channels=3, kernel_size=2, **keywords)
    size = {"output_size": 2} if "Adaptive" in cls.__name__ else {"kernel_size": 2}
    norm = {"norm_type": 2.0} if "LP" in cls.__name__ else {}
    return cls(**norm, **size)


def saved(module: Any) -> Any:
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda module: pickle.loads(pickle.dumps(module)),
    "save": saved,
    "average": lambda module: AveragedModel(module).module,
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("name", CLASSES)
def test_a_copy_is_of_the_same_class(name: str, way: str) -> None:
    for cls in (getattr(pnn, name), subclass(name)):
        module = made(cls)
        other = COPIES[way](module)
        assert type(other) is cls
        assert repr(other) == repr(module)
        mine, its = module.state_dict(), other.state_dict()
        assert mine.keys() == its.keys()
        assert all(torch.equal(mine[key], its[key]) for key in mine)


def test_a_subclass_computes_what_it_did() -> None:
    module, x = subclass("SoftPool2d")(2), torch.randn(1, 3, 8, 8)
    expected = 2 * pnn.SoftPool2d(2)(x)
    for way in COPIES.values():
        assert torch.equal(way(module)(x), expected)


@pytest.mark.parametrize("method", ["lp", "max", "avg"])
def test_a_class_without_a_name_is_pickled_by_its_method(method: str) -> None:
    cls = pool_module(method, 2)
    assert getattr(pnn, cls.__name__, None) is not cls
    assert type(pickle.loads(pickle.dumps(cls(2)))) is cls


def test_modules_may_be_loaded_as_weights_if_their_class_is_allowed() -> None:
    file = io.BytesIO()
    torch.save(pnn.GeMPool2d(2).state_dict(), file)
    file.seek(0)
    assert torch.load(file, weights_only=True).keys() == {"p"}


class Twice(nn.Module):
    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return 2 * value


def test_parametrized() -> None:
    module, x = pnn.SoftPool2d(2), torch.randn(1, 3, 8, 8)
    parametrize.register_parametrization(module, "beta", Twice())
    expected = pnn.SoftPool2d(2, beta=2.0)(x)
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(copy.deepcopy(module)(x), expected)


# ---- Devices and dtypes ------------------------------------------------------------------------

KEYWORDS: list[dict[str, Any]] = [{}, {"learn": False}]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
@pytest.mark.parametrize("name", MADE)
def test_made_on_meta_and_reset(name: str, keywords: dict[str, Any]) -> None:
    cls = getattr(pnn, name)
    expected = made(cls, **keywords)
    with torch.device("meta"):
        module = made(cls, **keywords)
    check_reset(module, expected)
    check_reset(made(cls, device="meta", **keywords), expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda **of: pnn.DPPPool2d(2, channels=3, ref="full", **of),
        lambda **of: pnn.DPPPool2d(2, channels=2, alpha=[0.5, 2.0], **of),
        lambda **of: pnn.MixedPool2d(2, channels=3, eval="majority", **of),
    ],
)
def test_what_begins_otherwise_is_reset(make: Any) -> None:
    check_reset(make(device="meta"), make())


def check_reset(module: Any, expected: Any) -> None:
    tensors = module.state_dict().values()
    assert all(tensor.is_meta for tensor in tensors)
    module.to_empty(device="cpu")
    for tensor in module.state_dict().values():
        tensor.fill_(7)
    module.reset_parameters()
    mine, its = module.state_dict(), expected.state_dict()
    assert mine.keys() == its.keys()
    assert all(torch.equal(mine[key], its[key]) for key in its)


@pytest.mark.parametrize("name", LIPS)
def test_lip_is_made_on_meta_and_reset(name: str) -> None:
    with torch.device("meta"):
        module = getattr(pnn, name)(3)
    assert all(tensor.is_meta for tensor in module.state_dict().values())
    module.to_empty(device="cpu").requires_grad_(False)
    for layer in module.modules():
        if layer is not module and hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    rank = module.rank
    x = torch.randn(2, 3, *[6] * rank)
    mean = pnn.pool_module("avg", rank)(3, 2, 1, count_include_pad=False)
    torch.testing.assert_close(module(x), mean(x))


@pytest.mark.parametrize("name", ["DPPPool2d", "GeMPool1d", "SoftPool3d", *LIPS])
def test_dtype(name: str) -> None:
    module = made(getattr(pnn, name), dtype=torch.float64)
    assert {p.dtype for p in module.parameters()} == {torch.float64}


def test_torchs_own_ways_to_skip_beginnings() -> None:
    module = skip_init(pnn.DPPPool2d, 2, channels=3)
    assert module.alpha.shape == (3,)
    torch.set_default_device("meta")
    try:
        assert pnn.SoftPool2d(2).beta.is_meta
    finally:
        torch.set_default_device(None)


@pytest.mark.parametrize("value", ["big", True, float("nan"), [0.5, -1.0], torch.tensor(-1.0)])
def test_a_value_that_is_not_allowed(value: Any) -> None:
    with pytest.raises(pr.ParameterError, match="alpha must be"):
        pnn.DPPPool2d(2, alpha=value, device="meta")


def test_a_value_without_memory() -> None:
    with pytest.raises(pr.ParameterError, match="alpha is a tensor on meta"):
        pnn.DPPPool2d(2, alpha=torch.empty(3, device="meta"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", CLASSES)
def test_script_is_refused_in_words(name: str) -> None:
    model = nn.Sequential(made(getattr(pnn, name)))
    with pytest.raises(pr.ParameterError, match=r"torch.jit.script cannot compile \w+.*export"):
        torch.jit.script(model)


# ---- LIP ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIPS)
@pytest.mark.parametrize(
    "windows",
    [
        {"kernel_size": 2, "stride": None, "padding": 0, "ceil_mode": True},
        {"kernel_size": 2, "dilation": 2},
        {"output_size": 1},
        {"output_size": 3},
    ],
    ids=str,
)
def test_lip_has_all_windows(name: str, windows: dict[str, Any]) -> None:
    module = getattr(pnn, name)(3, **windows)
    x = torch.randn(2, 3, *[7] * module.rank, requires_grad=True)
    held = {"stride": 2, "padding": 1} | windows
    if "output_size" in windows:
        held = windows
    mean = pnn.pool_module("avg", module.rank)(**held, count_include_pad=False)
    torch.testing.assert_close(module(x), mean(x))
    torch.testing.assert_close(module(x[0]), mean(x[0]))
    module(x).sum().backward()
    assert all(p.grad is not None for p in module.parameters())


def test_the_logits_of_lip_are_normed_as_torchs() -> None:
    norm = pnn.SimplifiedLIP(3).logits[1]
    theirs = nn.InstanceNorm2d(3, affine=True)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    theirs.load_state_dict(norm.state_dict())
    x = torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(norm(x), theirs(x))
    with pytest.raises(ValueError, match="more than 1 spatial element"):
        theirs(x[..., :1, :1])
    one = norm(x[..., :1, :1])
    torch.testing.assert_close(one, norm.bias.view(3, 1, 1).expand(2, 3, 1, 1))


@pytest.mark.parametrize("channels", [None, 0, 2.5])
def test_lip_wants_channels(channels: Any) -> None:
    with pytest.raises(pr.ParameterError, match="replace_pooling finds them"):
        pnn.SimplifiedLIP(channels)


# ---- States ------------------------------------------------------------------------------------

STATES: dict[str, dict[str, float]] = {
    "SoftPool2d": {"beta": 1.0},
    "GeMPool2d": {"p": 3.0},
    "PowerAvgPool2d": {"p": 2.0},
    "LogAvgExpPool2d": {"temperature": math.log(math.expm1(1.0))},
    "LogSumExpPool2d": {"temperature": math.log(math.expm1(1.0))},
    "MixedLearnedPool2d": {"lam": 0.0},
    "DPPPool2d": {"alpha": 0.0, "lam": 0.0},
    "S3DPPPool2d": {"alpha": 0.0, "lam": 0.0},
    "SimplifiedLIP": {"logits.0.weight": 0.0, "logits.1.weight": 1.0, "logits.1.bias": 0.0},
}
"""Names and raw beginnings, which files of states have: a change of them is one of those files."""


@pytest.mark.parametrize("name", STATES)
def test_states_keep_their_names_and_meaning(name: str) -> None:
    state = made(getattr(pnn, name)).state_dict()
    assert state.keys() == STATES[name].keys()
    for key, begins in STATES[name].items():
        torch.testing.assert_close(state[key], torch.full_like(state[key], begins))
