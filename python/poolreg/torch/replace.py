"""Another pooling for the layers of a network that exists."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, TypeVar

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.errors import ParameterError
from poolreg.torch import nn as pooling
from poolreg.torch.network import (
    Place,
    Seen,
    channels_before,
    functions_of,
    places,
    rank_of,
    run,
    undisturbed,
    windows,
)

__all__ = ["Replacement", "Report", "replace_pooling", "undo"]

Layer = TypeVar("Layer", bound=str | type[nn.Module])
Target = str | Callable[..., nn.Module] | None
Choice = Callable[[str, nn.Module, int | None], Target | nn.Module]


class Replacement(NamedTuple):
    """One layer: where it is, what it was and what it is now."""

    name: str
    old: nn.Module
    new: nn.Module

    def __str__(self) -> str:
        return f"{self.name}: {_line(self.old)} -> {_line(self.new)}"


class Report(list[Replacement]):
    """What ``replace_pooling`` did, in the order of the model; its text is a line for each.

    Attributes
    ----------
    learnable : list of str
        The names of new parameters that require gradients.  An optimizer that was made before has
        none of them.
    frozen : bool
        Whether no parameter of the model required a gradient before.
    hooked : list of str
        The layers whose hooks are now those of the new layer.
    functions : list of str
        Poolings that the model calls as functions: they stay as they are.
    """

    def __init__(self, done: list[tuple[Place, Replacement]], frozen: bool, functions: list[str]):
        super().__init__(replacement for _, replacement in done)
        self.places = [place for place, _ in done]
        self.frozen, self.functions = frozen, functions
        self.hooked = [r.name for r in self if any(_hooks(r.old).values())]
        names: dict[nn.Parameter, str] = {}
        for replacement in self:
            for name, parameter in replacement.new.named_parameters():
                names.setdefault(parameter, f"{replacement.name}.{name}")
        self.learnable = [name for parameter, name in names.items() if parameter.requires_grad]

    def __str__(self) -> str:
        lines = [str(replacement) for replacement in self]
        if self.learnable:
            frozen = "; the rest of the model is frozen" if self.frozen else ""
            names = ", ".join(self.learnable)
            lines.append(f"learnable: {names} (make the optimizer after this{frozen})")
        if self.hooked:
            lines.append(f"hooks went along: {', '.join(self.hooked)}")
        if self.functions:
            lines.append(f"called as functions, which stay: {', '.join(self.functions)}")
        return "\n".join(lines)


def _line(module: nn.Module) -> str:
    """A module without what it holds."""
    return f"{type(module).__name__}({module.extra_repr()})"


def replace_pooling(
    model: nn.Module,
    mapping: Mapping[Layer, Target] | Choice,
    *,
    example: Any = None,
    channels: Literal["auto"] | None = None,
    requires_grad: bool | None = None,
) -> Report:
    """Replace the pooling layers of a model, in place.

    Kernel, stride, padding, dilation and ceil_mode stay, and the output size of adaptive layers.
    Hooks, mode, device and dtype of the model go to the new layers.  All or nothing: the model
    changes only if every layer can be replaced.  Poolings that the model calls as functions are no
    layers: they stay, and the report names them.

    Replace before you make an optimizer, which else does not know new parameters, and before
    ``DistributedDataParallel``.

    Parameters
    ----------
    model : torch.nn.Module
        It holds the layers; itself it cannot be replaced.
    mapping : dict or callable
        From layers to what comes in their place; the first key that fits a layer decides.

        A key is a class or its name (``torch.nn.AvgPool2d``, ``"MaxPool2d"``), or the name of a
        layer or a pattern of names (``"features.3"``, ``"layer1.*"``; ``*`` stands for anything,
        dots too).  A value is a method's name, ``"lip"`` meaning ``SimplifiedLIP``; or what makes a
        module of the keywords kernel_size, stride, … or output_size, as
        ``functools.partial(pnn.SoftPool2d, beta=2.0)``; or None: the layer stays.

        A callable in place of the dict gets name, layer and channels (None: unknown) of every
        pooling layer, and returns such a value, or a module.
    example : optional
        An input of the model, a tuple of arguments or a dict of keywords, with which it runs once,
        in ``eval()`` and without gradients.  That tells the channels of every layer, initialises
        what is lazy, and shows poolings that are functions.
    channels : {None, "auto"}
        ``"auto"``: learnable parameters for each channel, rather than one for all.  Their number is
        that of `example`, or of the layers before in a ``Sequential``.  Modules that cannot be made
        without channels get them always.
    requires_grad : bool, optional
        Of the new parameters; by default they are learnt, also in a model that is frozen.

    Returns
    -------
    Report
        A list of ``Replacement`` (name, old, new) in the order of the model; a layer that is used
        in several places is listed at each.  ``undo`` takes it.

    Raises
    ------
    ParameterError
        A key fits no layer; or one cannot be replaced faithfully: it returns indices that the
        method has not, has a divisor of its own, or has no stride where the method needs one.

    Examples
    --------
    >>> import torch, poolreg.torch as pt
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.MaxPool2d(3, 2, 1))
    >>> report = pt.replace_pooling(model, {"MaxPool2d": "dpp"}, channels="auto")
    >>> report[0].name, report[0].new
    ('1', DPPPool2d(kernel_size=3, stride=2, padding=1, channels=4))
    >>> report.learnable
    ['1.alpha', '1.lam']
    >>> pt.undo(report)
    >>> model[1]
    MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)
    """
    _check(model, mapping, channels)
    functions = [] if example is not None else functions_of(model)
    seen = Seen({}, functions) if example is None else run(model, example)
    parameters = list(model.parameters())
    frozen = bool(parameters) and not any(p.requires_grad for p in parameters)
    making = _Making(model, seen, channels == "auto")
    done = []
    for place, target in _chosen(model, mapping, making):
        if target is not None:
            done.append((place, Replacement(place.path, place.layer, making.new(place, target))))
    made = {replacement.new: replacement.old for _, replacement in done}
    wrapped = any(isinstance(module, DistributedDataParallel) for module in model.modules())
    if wrapped and any(list(new.parameters()) for new in made):
        raise ParameterError(
            "DistributedDataParallel does not know new parameters: replace before it wraps a model"
        )
    for new, old in made.items():
        if requires_grad is not None:
            new.requires_grad_(requires_grad)
        _pass_on(old, new)
    for place, replacement in done:
        setattr(place.holder, place.name, replacement.new)
    return Report(done, frozen, seen.functions)


def undo(report: Report) -> None:
    """Put the layers back that ``replace_pooling`` took, with the mode and the hooks of the new.

    Raises
    ------
    ParameterError
        One of the new layers is no longer in its place; then nothing is put back.
    """
    pairs = list(zip(report.places, report, strict=True))
    for place, replacement in pairs:
        if getattr(place.holder, place.name, None) is not replacement.new:
            raise ParameterError(f"{place.path} has been replaced since: undo that first")
    for place, replacement in pairs:
        _pass_on(replacement.new, replacement.old)
        setattr(place.holder, place.name, replacement.old.train(replacement.new.training))


def _hooks(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if "_hook" in name}


def _pass_on(giver: nn.Module, taker: nn.Module) -> None:
    """Hooks; the dictionaries themselves, so that handles still remove them."""
    vars(taker).update({name: value for name, value in _hooks(giver).items() if value})


# ---- Which layers ------------------------------------------------------------------------------


def _check(model: Any, mapping: Any, channels: Any) -> None:
    if not isinstance(model, nn.Module):
        raise ParameterError(
            f"model must be a torch.nn.Module, got {type(model).__name__}; the order is model, "
            "mapping"
        )
    if isinstance(model, torch.jit.ScriptModule):
        raise ParameterError(
            "a scripted or traced model cannot be changed: replace in the model it was made of"
        )
    if isinstance(mapping, (type, nn.Module)) or not (
        isinstance(mapping, Mapping) or callable(mapping)
    ):
        raise ParameterError(
            "mapping must be a dict from layers to poolings, as {'MaxPool2d': 'soft'}, or a "
            f"function of name, layer and channels; got {mapping!r}"
        )
    for target in mapping.values() if isinstance(mapping, Mapping) else ():
        if isinstance(target, nn.Module) or not (
            target is None or isinstance(target, str) or callable(target)
        ):
            raise ParameterError(
                "mapping: give a method's name, a class, or a function that makes a layer, which "
                f"each place gets its own of; got {target!r}"
            )
    if channels not in (None, "auto"):
        raise ParameterError(f"channels must be None or 'auto', got {channels!r}")
    if rank_of(model) is not None:
        raise ParameterError(
            f"model is a pooling layer itself, {_line(model)}, and holds none: make the other "
            "layer in its stead"
        )


def _chosen(
    model: nn.Module, mapping: Mapping[Any, Target] | Choice, making: _Making
) -> Iterable[tuple[Place, Any]]:
    """The places with what comes there; an error if a key fits none."""
    found = places(model)
    if not isinstance(mapping, Mapping):
        layers = [place for place in found if rank_of(place.layer) is not None]
        return [(p, mapping(p.path, p.layer, making.channels(p))) for p in layers]
    fitting = [(place, [key for key in mapping if _fits(place, key)]) for place in found]
    for key in mapping:
        if not any(key in keys for _, keys in fitting):
            raise ParameterError(f"mapping: {_nothing(model, key, making.seen.functions)}")
    return [(place, mapping[keys[0]]) for place, keys in fitting if keys]


def _fits(place: Place, key: Any) -> bool:
    if not isinstance(key, str):
        return isinstance(place.layer, key)
    names = place.path, WRAPPERS.sub("", place.path), type(place.layer).__name__
    if re.search(r"[*?[]", key):
        return rank_of(place.layer) is not None and any(fnmatchcase(n, key) for n in names[:2])
    return key in names


WRAPPERS = re.compile(r"^module\.|(?:(?<=^)|(?<=\.))_orig_mod\.")
"""What DataParallel and torch.compile write into names."""


def _nothing(model: nn.Module, key: Any, functions: list[str]) -> str:
    """What a model has in place of a layer."""
    wanted = f"of class or name {key!r}" if isinstance(key, str) else f"of class {key.__name__}"
    layers = [layer for layer in model.modules() if rank_of(layer) is not None]
    counts = Counter(type(layer).__name__ for layer in layers)
    has = ", ".join(f"{name} ({count})" for name, count in counts.items()) or "no pooling layer"
    called = f"; it calls functions, which are no layers: {', '.join(functions)}"
    return f"the model has no layer {wanted}; it has {has}{called if functions else ''}"


# ---- What comes in their place -----------------------------------------------------------------


class _Making:
    """Makes what comes in place of layers, once for each; an error if it would not be faithful."""

    def __init__(self, model: nn.Module, seen: Seen, per_channel: bool) -> None:
        self.modules = dict(model.named_modules(remove_duplicate=False))
        self.seen, self.per_channel = seen, per_channel
        self.made: dict[nn.Module, nn.Module] = {}
        floats = (p for p in model.parameters() if p.is_floating_point())
        self.like = next(floats, torch.empty(0))

    def channels(self, place: Place) -> int | None:
        """How many channels a layer gets; None: unknown."""
        rank, x = rank_of(place.layer), self.seen.inputs.get(place.layer)
        if rank is not None and x is not None and x.ndim > rank:
            return x.shape[-rank - 1]
        own: int | None = getattr(place.layer, "channels", None)
        return own or channels_before(place, self.modules)

    def new(self, place: Place, target: Any) -> nn.Module:
        path, layer, rank = place.path, place.layer, rank_of(place.layer)
        if layer in self.made:
            return self.made[layer]
        if rank is None:
            raise ParameterError(f"{path}: {_line(layer)} is no pooling layer of torch.nn")
        with self.like.device:
            if isinstance(target, str):
                new = self._by_name(place, target, rank)
            elif getattr(layer, "return_indices", False):
                raise ParameterError(
                    f"{path}: {_line(layer)} returns indices, what comes in place may not"
                )
            else:
                new = target if isinstance(target, nn.Module) else self._by_maker(place, target)
        new = new.to(self.like.device, self.like.dtype)
        _try(path, layer, new, rank, self.channels(place))
        self.made[layer] = new.train(layer.training)
        return new

    def _by_name(self, place: Place, method: str, rank: int) -> nn.Module:
        path, layer = place.path, _line(place.layer)
        if getattr(place.layer, "return_indices", False) and method != "max":
            raise ParameterError(f"{path}: {layer} returns indices, the module of {method!r} none")
        if getattr(place.layer, "divisor_override", None) is not None and method != "avg":
            raise ParameterError(f"{path}: {layer} has a divisor of its own, {method!r} has none")
        if method in ("max", "avg"):
            return _torchs_own(path, place.layer, method, rank)
        if method == "lip":
            return self._by_maker(place, LIPS[rank - 1])
        params = get_method(method).params
        for param in params:
            if param.kind == "map" and param.default is Param.required:
                raise ParameterError(
                    f"{path}: {method!r} needs {param.name} beside the input, which a layer has not"
                )
        given = _differing(windows(place.layer))
        if method == "lp" and hasattr(place.layer, "norm_type"):
            given["p"] = place.layer.norm_type
        if self.per_channel and any(p.kind == "learnable" and p.shape != "scalar" for p in params):
            given["channels"] = self._known_channels(place, method)
        return pooling.pool_module(method, rank)(**given)

    def _by_maker(self, place: Place, maker: Callable[..., nn.Module]) -> nn.Module:
        """By keywords; channels where it cannot do without, or may take them and shall."""
        takes = _parameters(maker)
        held = windows(place.layer)
        given = _differing(held)
        for name in DEFAULTS.keys() & held.keys() & takes.keys():
            if takes[name].default not in (DEFAULTS[name], inspect.Parameter.empty):
                given[name] = held[name]
        if "channels" in takes:
            default = takes["channels"].default
            if default is inspect.Parameter.empty or (self.per_channel and default is None):
                given["channels"] = self._known_channels(place, getattr(maker, "__name__", "it"))
        return maker(**given)

    def _known_channels(self, place: Place, what: str) -> int:
        channels = self.channels(place)
        if channels is None:
            raise ParameterError(
                f"{place.path}: {what} is made for a number of channels, which the layers before "
                "do not tell: give example=, an input of the model"
            )
        return channels


LIPS = pooling.SimplifiedLIP1d, pooling.SimplifiedLIP, pooling.SimplifiedLIP3d
DEFAULTS = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}


def _parameters(maker: Callable[..., nn.Module]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(maker).parameters
    except ValueError:  # as some of what is not written in Python
        return {}


def _differing(held: dict[str, Any]) -> dict[str, Any]:
    """Windows without what is a default."""
    defaults = DEFAULTS | {"stride": held.get("kernel_size")}
    return {n: v for n, v in held.items() if v is not None and v != defaults.get(n)}


def _torchs_own(path: str, layer: nn.Module, method: str, rank: int) -> nn.Module:
    given = _differing(windows(layer))
    adaptive = "Adaptive" if "output_size" in given else ""
    cls = getattr(pooling, f"{adaptive}{method.capitalize()}Pool{rank}d")
    if method == "avg" and given.pop("dilation", 1) != 1:
        raise ParameterError(f"{path}: {_line(layer)} has a dilation, {cls.__name__} has none")
    if type(layer).__name__ == cls.__name__:
        own = ("return_indices", "count_include_pad", "divisor_override")
        given |= {name: getattr(layer, name) for name in own if hasattr(layer, name)}
    elif method == "avg" and not adaptive:
        given["count_include_pad"] = False
    new: nn.Module = cls(**given)
    return new


# ---- The trial ---------------------------------------------------------------------------------


def _try(path: str, old: nn.Module, new: nn.Module, rank: int, channels: int | None) -> None:
    """Both take a small input to the same shape, without their hooks."""
    channels = channels or getattr(new, "channels", None) or 1
    shape = (1, channels, *[1 + 2 * max(_reach(old))] * rank)
    expected, got = (_result(path, module, shape) for module in (old, new))
    if got != expected:
        raise ParameterError(
            f"{path}: {_line(new)} takes {shape} to {got}, {_line(old)} takes it to {expected}"
        )


def _result(path: str, module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    like = next(module.parameters(), next(module.buffers(), torch.empty(0, device="cpu")))
    dtype = like.dtype if like.is_floating_point() else None
    try:
        with undisturbed(module):
            y = module.forward(torch.zeros(shape, device=like.device, dtype=dtype))
    except Exception as error:
        raise ParameterError(f"{path}: {_line(module)} does not take {shape}: {error}") from error
    return tuple((y[0] if isinstance(y, tuple) else y).shape)


def _reach(layer: Any) -> list[int]:
    """How far a window of the layer reaches, by axis; of adaptive ones their number will do."""
    size = getattr(layer, "output_size", None) or getattr(layer, "kernel_size", 1)
    dilation = getattr(layer, "dilation", 1)
    steps = max(dilation) if isinstance(dilation, (list, tuple)) else dilation
    sizes = size if isinstance(size, (list, tuple)) else [size]
    return [(1 if n is None else int(n)) * int(steps) for n in sizes]
