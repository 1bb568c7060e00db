"""What a network tells of its poolings: layers, their channels, and calls that are no layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from poolreg.errors import ParameterError
from poolreg.torch.modules import RANKS, Pool

__all__ = ["Place", "Seen", "channels_before", "places", "rank_of", "run"]

WINDOW = "kernel_size", "stride", "padding", "dilation", "ceil_mode"
FUNCTION = re.compile(r"\w*pool\dd(_with_indices)?")

# ---- Layers ------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a layer is: its path, which module holds it, and under which name."""

    path: str
    holder: nn.Module
    name: str
    layer: nn.Module


def places(model: nn.Module) -> list[Place]:
    """Every place of every layer."""
    modules = dict(model.named_modules(remove_duplicate=False))
    found = []
    for path, layer in modules.items():
        holder, _, name = path.rpartition(".")
        if path:
            found.append(Place(path, modules[holder], name, layer))
    return found


def rank_of(layer: nn.Module) -> int | None:
    """The rank of a pooling layer of torch's, or of a kind of it, or of ours; None: it is none."""
    if isinstance(layer, Pool):
        return layer.rank
    names = [cls.__name__ for cls in type(layer).__mro__]
    ranks = (rank for rank in RANKS if any(f"Pool{rank}d" in name for name in names))
    return next(ranks, None) if windows(layer) else None


def windows(layer: nn.Module) -> dict[str, Any]:
    """The arguments of windows that a layer has."""
    if getattr(layer, "output_size", None) is not None:
        return {"output_size": layer.output_size}
    held = {name: getattr(layer, name) for name in WINDOW if hasattr(layer, name)}
    return held if held.get("kernel_size") is not None else {}


KEEP_CHANNELS = "activation", "dropout", "padding", "upsampling"


def channels_before(place: Place, modules: dict[str, nn.Module]) -> int | None:
    """The channels that reach a layer, if only Sequentials pass them on; None: a run tells them."""
    path = place.path
    while path:
        above, _, name = path.rpartition(".")
        holder = modules[above]
        if type(holder).forward is not nn.Sequential.forward:
            return None
        names = [n for n, _ in holder.named_modules(remove_duplicate=False) if n and "." not in n]
        before = [getattr(holder, n) for n in names[: names.index(name)]]
        channels = _last_channels(before)
        if channels is not None:
            return channels or None
        path = above
    return None


def _last_channels(layers: list[nn.Module]) -> int | None:
    """The channels after these layers; 0: they are unknown; None: as many as before."""
    for layer in reversed(layers):
        kind = type(layer).__module__
        if type(layer).forward is nn.Sequential.forward:
            channels = _last_channels(list(layer.children()))
        elif rank_of(layer) or isinstance(layer, nn.Identity):
            channels = None
        elif isinstance(layer, (nn.GLU, nn.MultiheadAttention)) or "torch.nn.modules" not in kind:
            channels = 0
        elif kind.endswith(KEEP_CHANNELS):
            channels = None
        else:
            counts = (getattr(layer, name, 0) for name in ("out_channels", "num_features"))
            channels = next(filter(None, counts), 0)
        if channels is not None:
            return channels
    return None


# ---- What a run shows --------------------------------------------------------------------------


class Seen(NamedTuple):
    """The input of every pooling layer, on meta, and the poolings that were called as functions."""

    inputs: dict[nn.Module, Tensor]
    functions: list[str]


def run(model: nn.Module, example: Any) -> Seen:
    """What one call of the model shows, which leaves nothing behind but lazy parameters made."""
    args, kwargs = (example, {}) if isinstance(example, tuple) else ((example,), {})
    if isinstance(example, dict):
        args, kwargs = (), example
    watch = _Watch()
    with undisturbed(model), watch.hooks(model), watch, _uncompiled(model):
        try:
            model(*args, **kwargs)
        except Exception as error:
            raise ParameterError(f"example: the model does not take it: {error}") from error
    return Seen(watch.inputs, list(dict.fromkeys(watch.functions)))


class _Watch(TorchFunctionMode):
    """Sees torch's functions, and by hooks which module calls them."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[nn.Module, Tensor] = {}
        self.functions: list[str] = []
        self.running: list[tuple[str, nn.Module]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        path, module = self.running[-1]
        if FUNCTION.fullmatch(getattr(func, "__name__", "")) and rank_of(module) is None:
            self.functions.append(f"{func.__name__} in {path or type(module).__name__}")
        return func(*args, **(kwargs or {}))

    @contextmanager
    def hooks(self, model: nn.Module) -> Iterator[None]:
        handles = []
        for path, module in model.named_modules():
            if not isinstance(module, torch.jit.ScriptModule):
                enter, leave = self._enter(path), self._leave
                handles.append(module.register_forward_pre_hook(enter, with_kwargs=True))
                handles.append(module.register_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, path: str) -> Callable[..., None]:
        def enter(module: nn.Module, args: Any, kwargs: Any) -> None:
            self.running.append((path, module))
            x = next(iter((*args, *kwargs.values())), None)
            if rank_of(module) is not None and isinstance(x, Tensor):
                self.inputs.setdefault(module, x.detach().to("meta"))

        return enter

    def _leave(self, *_: Any) -> None:
        self.running.pop()


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """In it modules evaluate, without gradients; modes, buffers and random numbers come back."""
    modes = [(module, module.training) for module in model.modules()]
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
        if not isinstance(buffer, nn.UninitializedBuffer)
    ]
    devices = {p.device.index for p in model.parameters() if p.is_cuda}
    try:
        for module, _ in modes:
            module.training = False
        with torch.no_grad(), torch.random.fork_rng(devices):
            yield
    finally:
        for module, training in modes:
            module.training = training
        for module, name, buffer, kept in buffers:
            with torch.no_grad():
                buffer.copy_(kept)
            setattr(module, name, buffer)


@contextmanager
def _uncompiled(model: nn.Module) -> Iterator[None]:
    """In it what torch.compile has made runs as it was."""
    if any(hasattr(module, "_orig_mod") for module in model.modules()):
        with torch.compiler.set_stance("force_eager"):
            yield
    else:
        yield


def functions_of(model: nn.Module) -> list[str]:
    """The poolings that the methods of its classes name and that are no layers, without a run."""
    found: dict[str, None] = {}
    for module in model.modules():
        for cls in type(module).__mro__:
            if cls.__module__.startswith(("torch.nn.", "poolreg.")):
                continue
            codes = (getattr(method, "__code__", None) for method in vars(cls).values())
            for name in (name for code in codes if code for name in code.co_names):
                if FUNCTION.fullmatch(name) and not hasattr(module, name):
                    found[f"{name} in {type(module).__name__}"] = None
    return list(found)
