"""Whole networks with other poolings: they train, are kept, traced, exported, split, quantized and
trained by several processes, as with torch's own layers."""

import copy
import io
import os
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import poolreg.torch as pt
import poolreg.torch.nn as pnn
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

with warnings.catch_warnings():  # of torch.ao, which is deprecated
    warnings.simplefilter("ignore")
    from torch.ao import quantization
    from torch.ao.quantization import quantize_fx


# ---- Networks ----------------------------------------------------------------------------------


def convolution(before: int, after: int, size: int = 3, stride: int = 1, groups: int = 1) -> Any:
    padding = size // 2
    made = nn.Conv2d(before, after, size, stride, padding, groups=groups, bias=False)
    return nn.Sequential(made, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


class Residual(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        second = nn.Sequential(nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after))
        self.body = nn.Sequential(convolution(before, after, stride=stride), second)
        self.short = nn.Conv2d(before, after, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return (self.body(x) + self.short(x)).relu_()


class Resnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(3, 8)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.blocks = nn.Sequential(Residual(8, 8, 1), Residual(8, 12, 2))
        self.head = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.head(self.blocks(self.pool(self.stem(x)))).flatten(1))


class Unet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (convolution(n, 8) for n in (3, 8, 8))
        self.pool, self.deeper = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2)
        self.back, self.last = convolution(16, 8), nn.Conv2d(16, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        second = self.second(self.pool(first))
        third = self.third(self.deeper(second))
        back = self.back(torch.cat([second, self.up(third)], 1))
        return self.last(torch.cat([first, self.up(back)], 1))


class Segnet(nn.Module):
    """A pooling that hands its indices to an unpooling."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pool = convolution(3, 8), nn.MaxPool2d(3, 2, 1)
        self.marked, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
        self.deep, self.up = convolution(8, 8), nn.Upsample(scale_factor=2)
        self.last = nn.Conv2d(8, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.first(x))
        y, indices = self.marked(x)
        return self.last(self.up(self.unpool(self.deep(y), indices, x.shape[-2:])))


class Excitation(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.scale = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.Hardsigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale(self.pool(x))


class Mobilenet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        depthwise = convolution(8, 8, groups=8)
        block = nn.Sequential(convolution(8, 8, 1), depthwise, Excitation(8), nn.Conv2d(8, 8, 1))
        self.layers = nn.Sequential(convolution(3, 8), nn.AvgPool2d(2), block, nn.Hardswish())
        self.head = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.head(self.layers(x)).flatten(1))


NETWORKS = Resnet, Unet, Mobilenet, Segnet
OWN = "max or avg"
METHODS = "soft", "lip", "dpp", "gem", "lp", "avgmax", "mixed", "mixed_learned", "stochastic", "s3"


def images(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X, OTHER = images(6, 3, 16, 16), images(2, 3, 24, 32, seed=1)


def swapped(network: type[nn.Module], method: str = OWN) -> Any:
    """With a method in place of all poolings but those with indices, which torch's own keep."""

    def choose(name: str, layer: Any, channels: Any) -> str:
        takes = not getattr(layer, "return_indices", False)
        takes = takes and (method != "s3" or hasattr(layer, "kernel_size"))
        return (
            method
            if method != OWN and takes
            else ("max" if "Max" in type(layer).__name__ else "avg")
        )

    torch.manual_seed(0)
    model = network()
    pt.replace_pooling(model, choose, example=X, channels="auto")
    return model


# ---- Training ----------------------------------------------------------------------------------


def losses(model: nn.Module, steps: int) -> Tensor:
    """What a few steps of training give."""
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    found = []
    for _ in range(steps):
        y = model.train()(X)
        loss = F.cross_entropy(y, torch.arange(y.shape[0] * y[0, 0].numel()).view_as(y[:, 0]) % 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.detach())
    return torch.stack(found)


@pytest.mark.parametrize("network", NETWORKS)
def test_drop_ins_train_as_torchs_own(network: Any) -> None:
    torch.manual_seed(0)
    theirs, ours = losses(network(), 6), losses(swapped(network), 6)
    assert theirs[-1] < theirs[0]
    torch.testing.assert_close(ours, theirs)
    if network in (Unet, Segnet):  # selections round nothing
        assert torch.equal(ours, theirs)


def again(file: Any, save: Callable[..., Any], load: Callable[..., Any], **keywords: Any) -> Any:
    save(file)
    file.seek(0)
    return load(file, **keywords)


def through_state(model: nn.Module, other: nn.Module) -> nn.Module:
    state = model.state_dict()
    load = again(io.BytesIO(), lambda f: torch.save(state, f), torch.load, weights_only=True)
    other.load_state_dict(load)
    return other.eval()


def through_pickle(model: nn.Module) -> Any:
    save = lambda file: torch.save(model, file)  # noqa: E731
    return again(io.BytesIO(), save, torch.load, weights_only=False)


def through_trace(model: nn.Module) -> Any:
    traced = torch.jit.trace(model, X)
    return again(io.BytesIO(), lambda file: torch.jit.save(traced, file), torch.jit.load)


SWAPPED = [(Resnet, method) for method in METHODS]
SWAPPED += [(Unet, method) for method in ("soft", "dpp")]
SWAPPED += [(Mobilenet, method) for method in ("gem", "lip")] + [(Segnet, "soft")]


@pytest.mark.parametrize(("network", "method"), SWAPPED)
def test_trains_and_is_kept(network: Any, method: str) -> None:
    model = swapped(network, method)
    before = copy.deepcopy(model)
    found = losses(model, 8)
    assert found[-3:].mean() < found[0], found
    learnt = [n for n, p in model.named_parameters() if not torch.equal(p, before.get_parameter(n))]
    unlearnt = {name for name, _ in model.named_parameters()} - {*learnt}
    # of a norm behind a sum over its planes' weights, a constant in all logits
    assert all(method == "lip" and name.endswith("logits.1.bias") for name in unlearnt)
    model.eval()
    expected = model(OTHER)
    others = {
        "state": through_state(model, before),
        "pickle": through_pickle(model),
        "copy": copy.deepcopy(model),
        "average": AveragedModel(model),
    }
    if network is not Segnet:  # torch cannot trace its own MaxUnpool2d
        others["trace"] = through_trace(model)
    for way, other in others.items():
        assert torch.equal(other(OTHER), expected), way


# ---- Graphs ------------------------------------------------------------------------------------


class Several(nn.Module):
    """What some networks make of one batch, so that one graph is enough for all."""

    def __init__(self, networks: dict[str, nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)

    def forward(self, x: Tensor) -> list[Tensor]:
        return [network(x) for network in self.networks.values()]


N, H, W = (torch.export.Dim(name, min=2, max=64) for name in "nhw")
SIZES = ({0: N, 2: 4 * H, 3: 4 * W},)  # which the U-Net halves twice


def in_onnxruntime(program: Any) -> Callable[[Tensor], list[Tensor]]:
    import onnxruntime

    model = torch.onnx.export(program, dynamo=True, verbose=False, optimize=False).model_proto
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    run = onnxruntime.InferenceSession(model.SerializeToString(), options)
    (name,) = (given.name for given in run.get_inputs())
    return lambda x: [torch.from_numpy(y) for y in run.run(None, {name: x.numpy()})]


def test_exported_for_any_size() -> None:
    """A program, one that was saved, and onnxruntime give the same numbers."""
    methods = {Resnet: "soft", Unet: "dpp", Mobilenet: "lip", Segnet: OWN}
    networks = {network.__name__: swapped(network, name) for network, name in methods.items()}
    several = Several(networks).eval()
    program = torch.export.export(several, (X,), dynamic_shapes=SIZES)
    save = lambda file: torch.export.save(program, file)  # noqa: E731
    runs = [one.module() for one in (program, again(io.BytesIO(), save, torch.export.load))]
    if all(find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript")):
        runs.append(in_onnxruntime(program))
    for x in (OTHER, X[:3, :, :, :12]):
        expected = several(x)
        for run in runs:
            torch.testing.assert_close(run(x), expected, rtol=1e-4, atol=1e-5)


# ---- Layers stay layers ------------------------------------------------------------------------


def split(model: nn.Module, path: str) -> torch.fx.GraphModule:
    """The model up to what a layer returns, as torchvision's create_feature_extractor makes it."""
    traced = torch.fx.symbolic_trace(model)
    within = [n for n in traced.graph.nodes if path in (n.meta.get("nn_module_stack") or n.name)]
    (output,) = (node for node in traced.graph.nodes if node.op == "output")
    output.args = (within[-1],)
    traced.graph.eliminate_dead_code()
    traced.delete_all_unused_submodules()
    traced.recompile()
    return traced


@pytest.mark.parametrize("method", [OWN, *METHODS])
def test_a_network_is_split_at_a_pooling(method: str) -> None:
    model = swapped(Resnet, method).eval()
    seen: list[Tensor] = []
    model.pool.register_forward_hook(lambda module, args, y: seen.append(y))
    model(X)
    features = split(model, "pool")
    assert torch.equal(features(X), seen[0])
    assert not any(name.startswith(("blocks", "last")) for name, _ in features.named_parameters())


ENGINE = torch.backends.quantized.engine


def by_layers(model: Any, training: bool) -> Any:
    model = nn.Sequential(quantization.QuantStub(), *model, quantization.DeQuantStub())
    made = quantization.get_default_qat_qconfig if training else quantization.get_default_qconfig
    model.qconfig = made(ENGINE)
    prepare = quantization.prepare_qat if training else quantization.prepare
    return prepare(model.train(training)), quantization.convert


def by_graph(model: Any, training: bool) -> Any:
    name = f"get_default_{'qat_' if training else ''}qconfig_mapping"
    prepare = quantize_fx.prepare_qat_fx if training else quantize_fx.prepare_fx
    mapping = getattr(quantization, name)(ENGINE)
    return prepare(model.train(training), mapping, (X,)), quantize_fx.convert_fx


def quantized(way: Any, pooling: nn.Module, training: bool) -> Tensor:
    """What the quantized network gives; in training it has learnt from one batch."""
    torch.manual_seed(0)
    model, convert = way(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), pooling), training)
    y = model(X)
    if training:
        y.sum().backward()
        assert all(p.grad is not None for p in model.parameters())
    return convert(model.eval())(X)


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated", "ignore:.*quant.*")
@pytest.mark.parametrize("training", [False, True], ids=["after training", "in training"])
@pytest.mark.parametrize("way", [by_layers, by_graph])
def test_quantized_as_torchs_own(way: Any, training: bool) -> None:
    for ours, theirs in ((pnn.MaxPool2d, nn.MaxPool2d), (pnn.AvgPool2d, nn.AvgPool2d)):
        found = [quantized(way, pooling(2), training) for pooling in (ours, theirs)]
        step = found[1].unique().diff().min()
        torch.testing.assert_close(*found, rtol=0, atol=1.01 * step.item())


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated", "ignore:.*quant.*")
@pytest.mark.parametrize("training", [False, True], ids=["after training", "in training"])
def test_other_poolings_stay_floats_in_quantized_graphs(training: bool) -> None:
    for pooling in (pnn.SoftPool2d(2), pnn.SimplifiedLIP(4), pnn.GeMPool2d(output_size=1)):
        torch.manual_seed(0)
        expected = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), copy.deepcopy(pooling))(X)
        found = quantized(by_graph, pooling, training)
        torch.testing.assert_close(found, expected, rtol=0, atol=0.03 * expected.max().item())


# ---- Several processes -------------------------------------------------------------------------


@pytest.fixture
def one_process(tmp_path: Path) -> Any:
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/meeting", None, 1, 0)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("method", ["soft", "lip", "dpp", "stochastic"])
def test_distributed_as_alone(method: str) -> None:
    alone = swapped(Resnet, method)
    model = copy.deepcopy(alone)
    together = nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)
    assert torch.equal(losses(together, 3), losses(alone, 3))
    for name, parameter in alone.named_parameters():
        assert torch.equal(model.get_parameter(name), parameter), name


def test_data_parallel_pools_with_the_parameters_of_replicas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a replica holds tensors, copies for another device, in place of its parameters."""
    copied = lambda tensors, devices, detach: [[1 * t for t in tensors] for _ in devices]  # noqa: E731
    replicate = import_module("torch.nn.parallel.replicate")
    monkeypatch.setattr(replicate, "_broadcast_coalesced_reshape", copied)
    model = nn.Sequential(pnn.DPPPool2d(2, channels=3), pnn.SimplifiedLIP(3))
    for replica in replicate.replicate(model, [0, 1]):
        model.zero_grad()
        y = replica(X)
        assert torch.equal(y, model(X))
        y.square().sum().backward()
        assert all(p.grad is not None for p in model.parameters())
