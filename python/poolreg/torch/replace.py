"""Another pooling for the layers of a network that exists."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import torch
from torch import nn

from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.errors import ParameterError, PoolregError
from poolreg.torch import nn as pooling

__all__ = ["Replacement", "replace_pooling"]

Layer = TypeVar("Layer", bound=str | type[nn.Module])
Target = str | Callable[..., nn.Module]


class Replacement(NamedTuple):
    """One layer: where it is, what it was and what it is now."""

    name: str
    old: nn.Module
    new: nn.Module

    def __str__(self) -> str:
        return f"{self.name}: {_line(self.old)} -> {_line(self.new)}"


def _line(module: nn.Module) -> str:
    """A module without what it holds."""
    return f"{type(module).__name__}({module.extra_repr()})"


def replace_pooling(model: nn.Module, mapping: Mapping[Layer, Target]) -> list[Replacement]:
    """Replace the pooling layers of a model, in place.

    Kernel, stride, padding, dilation and ceil_mode stay, and the output size of adaptive layers.
    All or nothing: the model changes only if every layer can be replaced.  Poolings that the model
    calls as functions are not layers, and stay.

    Parameters
    ----------
    model : torch.nn.Module
        It holds the layers; itself it cannot be replaced.
    mapping : dict
        From a layer's class or its name (``"MaxPool2d"``, ``torch.nn.AvgPool2d``) to a method's
        name, ``"lip"`` meaning ``SimplifiedLIP``; or to what makes a module of the keywords
        kernel_size, stride, … or output_size, as ``functools.partial(pnn.SoftPool2d, beta=2.0)``.

    Returns
    -------
    list of Replacement
        In the order of the model; a layer that is used in several places is listed at each.

    Raises
    ------
    ParameterError
        No layer is of a class; or one cannot be replaced faithfully: it returns indices that the
        method has not, has a divisor of its own, or has no stride where the method needs one.

    Examples
    --------
    >>> import torch, poolreg.torch as pt
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.MaxPool2d(3, 2, 1))
    >>> [replaced] = pt.replace_pooling(model, {"MaxPool2d": "soft"})
    >>> replaced.name, replaced.new
    ('1', SoftPool2d(kernel_size=3, stride=2, padding=1))
    """
    made: dict[nn.Module, nn.Module] = {}
    places: list[tuple[nn.Module, str, Replacement]] = []
    unused = list(mapping)
    for path, parent, name, layer in _layers(model):
        for key, target in mapping.items():
            if _is_of(layer, key):
                unused = [other for other in unused if other is not key]
                if layer not in made:
                    made[layer] = _made(path, layer, target, model)
                places.append((parent, name, Replacement(path, layer, made[layer])))
                break
    if unused:
        raise ParameterError(f"mapping: the model has no layer of class {_name(unused[0])}")
    for parent, name, replacement in places:
        setattr(parent, name, replacement.new)
    return [replacement for _, _, replacement in places]


def _layers(model: nn.Module) -> Iterator[tuple[str, nn.Module, str, nn.Module]]:
    """Every place of a layer: its path, who holds it, under which name, and itself."""
    for path, layer in model.named_modules(remove_duplicate=False):
        holder, _, name = path.rpartition(".")
        if path:
            yield path, model.get_submodule(holder), name, layer


def _name(key: str | type[nn.Module]) -> str:
    return key if isinstance(key, str) else key.__name__


def _is_of(layer: nn.Module, key: str | type[nn.Module]) -> bool:
    return type(layer).__name__ == key if isinstance(key, str) else isinstance(layer, key)


def _made(path: str, layer: nn.Module, target: Target, model: nn.Module) -> nn.Module:
    """What comes in place of a layer; an error if it would not be faithful."""
    rank = next((r for r in (1, 2, 3) if f"Pool{r}d" in type(layer).__name__), None)
    windows = _windows_of(layer)
    if rank is None or not windows:
        raise ParameterError(f"{path}: {layer} is no pooling layer of torch.nn")
    if isinstance(target, str):
        new = _by_name(path, layer, target, rank, windows)
    elif getattr(layer, "return_indices", False):
        raise ParameterError(f"{path}: {layer} returns indices, what comes in place may not")
    else:
        new = target(**windows)
    _try(path, layer, new, rank)
    like = next((p for p in model.parameters() if p.is_floating_point()), None)
    new = new if like is None else new.to(like.device, like.dtype)
    return new.train(layer.training)


_WINDOW = "kernel_size", "stride", "padding", "dilation", "ceil_mode"


def _windows_of(layer: Any) -> dict[str, Any]:
    """The arguments of windows that a layer has; those that are defaults are left out."""
    if hasattr(layer, "output_size"):
        return {"output_size": layer.output_size}
    given = {name: getattr(layer, name) for name in _WINDOW if hasattr(layer, name)}
    defaults = {"padding": 0, "dilation": 1, "ceil_mode": False, "stride": given.get("kernel_size")}
    return {n: v for n, v in given.items() if v is not None and v != defaults.get(n)}


def _by_name(path: str, layer: Any, method: str, rank: int, windows: dict[str, Any]) -> nn.Module:
    if getattr(layer, "return_indices", False) and method != "max":
        raise ParameterError(f"{path}: {layer} returns indices, the module of {method!r} does not")
    if getattr(layer, "divisor_override", None) is not None and method != "avg":
        raise ParameterError(f"{path}: {layer} has a divisor of its own, {method!r} has none")
    if method in ("max", "avg"):
        return _torchs_own(path, layer, method, rank, windows)
    if method == "lip":
        return _lip(path, layer, rank, windows)
    for param in get_method(method).params:
        if param.kind == "map" and param.default is Param.required:
            raise ParameterError(
                f"{path}: {method!r} needs {param.name} beside the input, which a layer has not"
            )
    return pooling.pool_module(method, rank)(**windows)


def _torchs_own(
    path: str, layer: Any, method: str, rank: int, windows: dict[str, Any]
) -> nn.Module:
    adaptive = "Adaptive" if "output_size" in windows else ""
    cls = getattr(pooling, f"{adaptive}{method.capitalize()}Pool{rank}d")
    if method == "avg" and windows.get("dilation", 1) != 1:
        raise ParameterError(f"{path}: {layer} has a dilation, {cls.__name__} has none")
    if type(layer).__name__ == cls.__name__:
        own = ("return_indices", "count_include_pad", "divisor_override")
        windows = windows | {name: getattr(layer, name) for name in own if hasattr(layer, name)}
    elif method == "avg" and not adaptive:
        windows = windows | {"count_include_pad": False}
    new: nn.Module = cls(**windows)
    return new


def _lip(path: str, layer: Any, rank: int, windows: dict[str, Any]) -> nn.Module:
    if rank != 2 or set(windows) - {"kernel_size", "stride", "padding"}:
        raise ParameterError(f"{path}: SimplifiedLIP has plain windows in 2-D alone, not {layer}")
    return pooling.SimplifiedLIP(**{"stride": None, "padding": 0} | windows)


def _try(path: str, layer: nn.Module, new: nn.Module, rank: int) -> None:
    """Both take a small input to the same shape; where the new one refuses, it says why."""
    if any(isinstance(p, nn.UninitializedParameter) for p in new.parameters()):
        return  # it waits for its first input, which tells the channels
    channels = getattr(new, "channels", None) or 1
    reach = 1 + 2 * max(_reach(layer))
    x = torch.zeros(1, channels, *[reach] * rank)
    try:
        expected, got = (_shape(copy.deepcopy(module), x) for module in (layer, new))
    except PoolregError as error:
        raise ParameterError(f"{path}: {error}") from error
    if got != expected:
        raise ParameterError(
            f"{path}: {new} takes {tuple(x.shape)} to {got}, {layer} takes it to {expected}"
        )


def _reach(layer: Any) -> list[int]:
    """How far a window of the layer reaches, by axis; of adaptive ones their number will do."""
    size = getattr(layer, "output_size", None) or getattr(layer, "kernel_size", 1)
    dilation = getattr(layer, "dilation", 1)
    steps = max(dilation) if isinstance(dilation, (list, tuple)) else dilation
    sizes = size if isinstance(size, (list, tuple)) else [size]
    return [(1 if n is None else int(n)) * int(steps) for n in sizes]


def _shape(module: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    with torch.no_grad():
        y = module.eval()(x)
    return tuple((y[0] if isinstance(y, tuple) else y).shape)
