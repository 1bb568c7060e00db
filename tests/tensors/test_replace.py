"""replace_pooling in networks: which layers, what comes, what goes along, and the way back."""

import copy
import io
import os
from functools import partial
from importlib.util import find_spec
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg as pr
import poolreg.torch as pt
import poolreg.torch.nn as pnn
import torch
from torch import nn
from torch.nn import functional as F


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


# ---- Which layers ------------------------------------------------------------------------------


class Attention(nn.Module):
    """A squeeze-excite block."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.scale = nn.Conv2d(8, 8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.scale(self.pool(x)))


class Net(nn.Module):
    """Layers in an order that no Sequential tells, and a pooling that is a function."""

    def __init__(self, first: type[nn.Module] = nn.Conv2d) -> None:
        super().__init__()
        channels = (8,) if first is nn.LazyConv2d else (3, 8)
        self.first = first(*channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), Attention())
        self.head = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.norm(self.first(x)).relu())
        x = F.max_pool2d(self.block(x), 2)
        return self.last(self.head(x).flatten(1))


X = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"head": "gem"}, ["head"]),
        ({"block.1.pool": "gem"}, ["block.1.pool"]),
        ({"block.*": "gem"}, ["block.1.pool"]),
        ({"*pool": "soft"}, ["pool", "block.1.pool"]),
        ({"*": "soft"}, ["pool", "block.1.pool", "head"]),
        ({"block.*": None, nn.AdaptiveAvgPool2d: "gem"}, ["head"]),
        ({nn.AdaptiveAvgPool2d: "gem", "block.*": None}, ["block.1.pool", "head"]),
        ({"MaxPool2d": "soft", "pool": "gem"}, ["pool"]),
        ({"MaxPool2d": None}, []),
        ({}, []),
    ],
    ids=str,
)
def test_keys(mapping: Any, expected: list[str]) -> None:
    model = Net()
    before = dict(model.named_modules())
    report = pt.replace_pooling(model, mapping)
    assert [one.name for one in report] == expected
    changed = [name for name, layer in model.named_modules() if before.get(name) is not layer]
    assert changed == expected
    assert model(X).shape == (2, 5)


def test_a_callable_chooses() -> None:
    asked: list[tuple[str, str, int | None]] = []

    def choose(name: str, layer: nn.Module, channels: int | None) -> Any:
        asked.append((name, type(layer).__name__, channels))
        if name == "pool":
            return pnn.DPPPool2d(3, 2, 1, channels=channels)
        return "gem" if name == "head" else None

    model = Net()
    report = pt.replace_pooling(model, choose, example=X)
    assert asked == [
        ("pool", "MaxPool2d", 8),
        ("block.1.pool", "AdaptiveAvgPool2d", 8),
        ("head", "AdaptiveAvgPool2d", 8),
    ]
    assert [repr(one.new) for one in report] == [
        "DPPPool2d(kernel_size=3, stride=2, padding=1, channels=8)",
        "GeMPool2d(output_size=1)",
    ]
    asked.clear()
    pt.replace_pooling(Net(), choose_nothing := lambda *given: asked.append(given))
    assert choose_nothing
    assert [channels for *_, channels in asked] == [None, None, None]


# ---- Channels ----------------------------------------------------------------------------------


def test_channels_of_the_layers_before() -> None:
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()),
        nn.MaxPool2d(2),
        nn.Dropout(),
        nn.Sequential(nn.AvgPool2d(2, 1), nn.Conv2d(8, 16, 3)),
        nn.MaxPool2d(2),
    )
    report = pt.replace_pooling(model, {"*": "dpp"}, channels="auto")
    assert [one.new.channels for one in report] == [8, 8, 16]
    assert model(torch.randn(1, 3, 28, 28)).shape == (1, 16, 5, 5)


@pytest.mark.parametrize(
    "before",
    [
        [],
        [nn.PixelShuffle(2)],
        [nn.GLU(1)],
        [Attention()],
        [nn.Conv2d(3, 8, 1), nn.Unflatten(1, (2, 4))],
    ],
)
def test_channels_are_not_guessed(before: list[nn.Module]) -> None:
    model = nn.Sequential(*before, nn.MaxPool2d(2))
    with pytest.raises(pr.ParameterError, match=r"dpp is made for.*give example="):
        pt.replace_pooling(model, {"MaxPool2d": "dpp"}, channels="auto")


def count(module: Any, *_: Any) -> None:
    """A hook that changes a buffer."""
    module.seen.add_(1)


@pytest.mark.parametrize("example", [X, (X,), {"x": X}], ids=["tensor", "tuple", "dict"])
def test_channels_of_an_example(example: Any) -> None:
    model = Net(nn.LazyConv2d)
    model.norm.register_buffer("seen", torch.zeros(()))
    model.norm.register_forward_hook(count)
    generator = torch.get_rng_state()
    report = pt.replace_pooling(
        model, {"MaxPool2d": "lip", "head": "gem"}, example=example, channels="auto"
    )
    assert [one.new.channels for one in report] == [8, 8]
    assert model.training
    assert model.norm.seen == 0
    assert model.norm.running_mean.abs().sum() == 0
    assert torch.equal(torch.get_rng_state(), generator)
    assert report.functions == ["max_pool2d in Net"]
    assert model(X).shape == (2, 5)


def test_an_example_that_the_model_does_not_take() -> None:
    with pytest.raises(pr.ParameterError, match="example: the model does not take it"):
        pt.replace_pooling(Net(), {"pool": "soft"}, example=X[:, :2])


@pytest.mark.parametrize(
    ("maker", "wanted"),
    [
        (pnn.BottleneckLIP, "channels=8, gate"),
        (partial(pnn.BottleneckLIP, bottleneck=4), "channels=8, gate"),
        (partial(pnn.SimplifiedLIP, 8), "channels=8, gate"),
        (partial(pnn.DPPPool2d, norm="sum"), "channels=8, norm='sum'"),
        (partial(pnn.DPPPool2d, channels=8), "channels=8"),
        (lambda **windows: pnn.DPPPool2d(**windows, alpha=2.0), "padding=1)"),
    ],
)
def test_makers_get_channels_if_they_take_them(maker: Any, wanted: str) -> None:
    model = Net()
    (one,) = pt.replace_pooling(model, {"pool": maker}, example=X, channels="auto")
    assert wanted in str(one)
    assert model(X).shape == (2, 5)


def test_a_maker_with_other_defaults_gets_the_windows_of_the_layer() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2))
    (one,) = pt.replace_pooling(model, {"MaxPool2d": pnn.SimplifiedLIP})
    assert (one.new.kernel_size, one.new.stride, one.new.padding) == (2, 2, 0)


# ---- LIP is as any other -----------------------------------------------------------------------


def with_lip() -> Any:
    pools = nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AdaptiveAvgPool2d(1)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), *pools)
    pt.replace_pooling(model, {"MaxPool2d": "lip", "AdaptiveAvgPool2d": "lip"})
    return model


def test_lip_before_its_first_forward() -> None:
    model, other = with_lip(), with_lip()
    other(X).sum().backward()
    file = io.BytesIO()
    torch.save(other.state_dict(), file)
    file.seek(0)
    model.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(model(X), other(X))
    assert torch.equal(copy.deepcopy(with_lip()).eval()(X).isnan().any(), torch.tensor(False))
    assert sum(p.numel() for p in with_lip().parameters()) == 224 + 2 * (8 * 8 * 9 + 16)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_lip_of_every_rank(rank: int) -> None:
    layers = getattr(nn, f"Conv{rank}d")(3, 4, 1), getattr(nn, f"MaxPool{rank}d")(2, ceil_mode=True)
    model, x = nn.Sequential(*layers), torch.randn(2, 3, *[7] * rank)
    shape = model(x).shape
    pt.replace_pooling(model, {"1": "lip"})
    assert model(x).shape == shape


# ---- What goes along, and back -----------------------------------------------------------------


def test_the_report_says_what_became_learnable() -> None:
    model = Net().requires_grad_(False)
    report = pt.replace_pooling(model, {"pool": "dpp", "head": "soft"})
    assert report.learnable == ["pool.alpha", "pool.lam", "head.beta"]
    assert "pool.alpha, pool.lam, head.beta (make the optimizer after this; the rest" in str(report)
    assert "called as functions, which stay: max_pool2d in Net" in str(report)
    assert str(report).startswith(str(report[0]))
    assert all(model.get_parameter(name).requires_grad for name in report.learnable)


@pytest.mark.parametrize("requires_grad", [True, False])
def test_requires_grad(requires_grad: bool) -> None:
    report = pt.replace_pooling(Net(), {"pool": "dpp"}, requires_grad=requires_grad)
    assert {p.requires_grad for p in report[0].new.parameters()} == {requires_grad}
    assert report.learnable == (["pool.alpha", "pool.lam"] if requires_grad else [])


def test_a_shared_layer_is_learnt_once() -> None:
    pool = nn.MaxPool2d(2, 1)
    report = pt.replace_pooling(nn.Sequential(pool, pool), {"MaxPool2d": "soft"})
    assert report.learnable == ["0.beta"]


def test_hooks_go_along_and_back() -> None:
    model = Net()
    called: list[str] = []
    handles = [
        model.pool.register_forward_pre_hook(lambda *_: called.append("before")),
        model.pool.register_forward_hook(lambda *_: called.append("after")),
        model.pool.register_full_backward_hook(lambda *_: called.append("gradient")),
    ]
    report = pt.replace_pooling(model, {"pool": "soft"})
    assert called == []
    assert report.hooked == ["pool"]
    assert "hooks went along: pool" in str(report)
    for back in (False, True):
        if back:
            pt.undo(report)
        model(X).sum().backward()
        assert called == ["before", "after", "gradient"]
        called.clear()
    pt.replace_pooling(model, {"pool": "soft"})
    for handle in handles:
        handle.remove()
    model(X).sum().backward()
    assert called == []


def test_undo() -> None:
    model = Net().eval()
    expected, text = model(X), repr(model)
    report = pt.replace_pooling(model, {"*": "soft"})
    second = pt.replace_pooling(model, {"pool": "gem"})
    assert not torch.equal(model(X), expected)
    with pytest.raises(pr.ParameterError, match="pool has been replaced since"):
        pt.undo(report)
    pt.undo(second)
    pt.undo(report)
    assert torch.equal(model(X), expected)
    assert repr(model) == text


def test_ours_are_replaced_by_others_and_back() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(3, 2, 1), nn.AdaptiveMaxPool2d(2))
    expected = model(X)
    steps = "MaxPool2d", "SoftPool2d", "GeMPool2d", "DPPPool2d", "SimplifiedLIP", "AvgMaxPool2d"
    names = "soft", "gem", "dpp", "lip", "avgmax", "max"
    for old, new in zip(steps, names, strict=True):
        pt.replace_pooling(model, {old: new}, channels="auto")
        assert model(X).shape == expected.shape
    pt.replace_pooling(model, {"AdaptiveMaxPool2d": "gem"})
    pt.replace_pooling(model, {"GeMPool2d": "max"})
    assert torch.equal(model(X), expected)


def test_the_power_of_lp_stays() -> None:
    model = nn.Sequential(nn.LPPool2d(3, 2))
    expected = model(X.abs())
    pt.replace_pooling(model, {"LPPool2d": "lp"})
    torch.testing.assert_close(model(X.abs()), expected)


# ---- Kinds of models ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        (torch.fx.symbolic_trace, ""),
        (nn.DataParallel, "module."),
        (partial(torch.compile, backend="eager"), "_orig_mod."),
    ],
    ids=["fx", "parallel", "compiled"],
)
def test_wrapped_models(wrap: Any, prefix: str) -> None:
    model = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2)))
    report = pt.replace_pooling(model, {"1": "lip"}, example=X)
    assert [one.name for one in report] == [f"{prefix}1"]
    torch.testing.assert_close(report[0].new(torch.ones(1, 4, 4, 4)), torch.ones(1, 4, 2, 2))
    assert model.get_submodule(report[0].name) is report[0].new


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_traced_models_are_refused_in_words() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2))
    traced = torch.jit.trace(model, X)
    with pytest.raises(pr.ParameterError, match="replace in the model it was made of"):
        pt.replace_pooling(traced, {"MaxPool2d": "soft"})
    within = nn.Sequential(traced, nn.MaxPool2d(2))
    assert [one.name for one in pt.replace_pooling(within, {"*": "soft"}, example=X)] == ["1"]


def test_models_on_meta() -> None:
    with torch.device("meta"):
        model = Net()
        pt.replace_pooling(model, {"*": "dpp"}, example=X.to("meta"), channels="auto")
    outside = Net().to("meta")
    pt.replace_pooling(outside, {"*": "dpp"})
    assert all(p.is_meta for m in (model, outside) for p in m.parameters())
    with torch.device("meta"):
        (one,) = pt.replace_pooling(inside := Net(), {"head": "gem"})
    assert inside.head is one.new
    cpu = Net()
    with torch.device("meta"):
        (one,) = pt.replace_pooling(cpu, {"head": "gem"})
    assert one.new.p.item() == 3.0


# ---- Mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("soft", "mapping must be a dict"),
        (nn.ReLU(), "mapping must be a dict"),
        (pnn.SoftPool2d, "mapping must be a dict"),
        ({nn.MaxPool2d: pnn.SoftPool2d(2)}, "give a method's name, a class, or a function"),
        ({nn.MaxPool2d: ("soft",)}, "give a method's name, a class, or a function"),
        ({"MaxPool1d": "soft"}, r"'MaxPool1d'; it has MaxPool2d \(1\), AdaptiveAvgPool2d \(2\)"),
        ({nn.MaxPool1d: "soft"}, "no layer of class MaxPool1d; it has"),
        ({"layer9.*": "soft"}, "functions, which are no layers: max_pool2d in Net"),
        ({"block": "soft"}, "block: Sequential.* is no pooling layer"),
        ({"pool": "sofft"}, "did you mean 'soft'"),
        ({"pool": partial(pnn.DPPPool2d, channels=5)}, r"pool: .* does not take"),
        ({"pool": partial(nn.Conv2d, 7, 8)}, r"pool: Conv2d\(7, 8.* does not take"),
    ],
)
def test_mistakes_in_the_mapping(mapping: Any, message: str) -> None:
    with pytest.raises(pr.PoolregError, match=message):
        pt.replace_pooling(Net(), mapping, example=X)


def test_mistakes_in_the_model() -> None:
    mapping = {"MaxPool2d": "soft"}
    with pytest.raises(pr.ParameterError, match=r"model must be a .* got dict"):
        pt.replace_pooling(mapping, Net())  # type: ignore[arg-type, misc]
    with pytest.raises(pr.ParameterError, match="model is a pooling layer itself"):
        pt.replace_pooling(nn.MaxPool2d(2), mapping)
    with pytest.raises(pr.ParameterError, match="it has no pooling layer"):
        pt.replace_pooling(nn.Sequential(nn.Conv2d(1, 1, 1)), mapping)
    with pytest.raises(pr.ParameterError, match="channels must be None or 'auto'"):
        pt.replace_pooling(Net(), mapping, channels=8)  # type: ignore[arg-type]
