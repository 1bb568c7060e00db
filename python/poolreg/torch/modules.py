"""What modules are made of: torch's own on our functions, and one for every method.

A module of a method is made from what that declares: learnable parameters are kept raw, as
``nn.Parameter``, and become effective values by the transform of the schema; what draws in training
does so in ``train()`` mode alone.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any, ClassVar, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from poolreg.contract.method import Method
from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.engine.windows import Padding, Size, Windows
from poolreg.errors import ParameterError
from poolreg.faces.table import layer_name
from poolreg.torch import functional
from poolreg.torch.general import pool_by
from poolreg.torch.raw import effective, raw
from poolreg.torch.tensors import check_axes

__all__ = ["Pool", "of_method", "of_torch", "pool_module"]

PUBLIC = "poolreg.torch.nn"
"""Where the modules are found, also by what unpickles them."""
RANKS = 1, 2, 3


def _unscripted(module: nn.Module) -> NoReturn:
    """What torch.jit.script asks of a module before it compiles its forward, which it cannot."""
    raise ParameterError(
        f"torch.jit.script cannot compile {type(module).__name__}, nor other modules of poolreg: "
        "use torch.export, torch.compile or torch.jit.trace"
    )


# ---- Torch's own -------------------------------------------------------------------------------

Ranks = tuple[type[nn.Module], type[nn.Module], type[nn.Module]]


def of_torch(layer: str, function: str) -> Ranks:
    """torch.nn's classes of rank 1, 2 and 3, whose forward is our function of their attributes."""
    one, two, three = (_own(f"{layer}{rank}d", f"{function}{rank}d") for rank in RANKS)
    return one, two, three


def _own(layer: str, function: str) -> type[nn.Module]:
    pooled = getattr(functional, function)
    _, *attributes = inspect.signature(pooled).parameters

    def forward(self: Any, input: Tensor) -> Any:
        return pooled(input, **{name: getattr(self, name) for name in attributes})

    doc = f"``torch.nn.{layer}``, by ``poolreg.torch.functional.{function}``."
    names = {
        "__module__": PUBLIC,
        "__doc__": doc,
        "__prepare_scriptable__": _unscripted,
        "forward": forward,
    }
    return type(layer, (getattr(nn, layer),), names)


# ---- Every method ------------------------------------------------------------------------------


class Pool(nn.Module):
    """The module of a method and a rank: see ``pool_module``.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, ceil_mode
        As in ``poolreg.pool``.
    output_size : int or tuple
        In place of all of them: adaptive windows, 1 for global pooling.
    channels : int, optional
        Learnable parameters per channel; else one number each.
    learn : bool, default True
        Whether parameters are learnt; else they are buffers.
    device, dtype
        Of parameters and buffers, as in torch's modules; by default torch's own defaults.
    **settings
        The method's parameters: effective values, with which learnable ones begin.

    Maps, as LIP's logits, are arguments of ``forward``, by name.  ``reset_parameters()`` gives
    parameters and buffers their first values again, as after ``to_empty``.
    """

    method: ClassVar[str]
    rank: ClassVar[int]
    __prepare_scriptable__ = _unscripted

    def __init__(
        self,
        kernel_size: Size | None = None,
        stride: Size | None = None,
        padding: Padding = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        output_size: Any = None,
        channels: int | None = None,
        learn: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **settings: Any,
    ) -> None:
        super().__init__()
        if (kernel_size is None) == (output_size is None):
            raise ParameterError("give kernel_size or output_size, and not both")
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.dilation, self.ceil_mode, self.output_size = dilation, ceil_mode, output_size
        self.channels, self.learn = channels, learn
        self.settings = self._checked(settings)
        self.beginnings: dict[str, Tensor] = {}
        for param in self.declared.params:
            if param.kind == "learnable":
                self._register(param, settings, device, dtype)
            elif param.kind == "state":
                self.register_buffer(param.name, self._state(param, device))
        self.reset_parameters()

    @property
    def declared(self) -> Method:
        """What the method declares."""
        return get_method(self.method)

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Of what was given the settings that are neither learnt nor counted."""
        known = {param.name: param for param in self.declared.params}
        kept = {}
        for name, value in settings.items():
            if name == "training" or (name in known and known[name].kind in ("map", "state")):
                raise ParameterError(f"{name} is no argument of the module: {_given(name)}")
            if name not in known:
                self.declared.resolve({name: value})
            if known[name].kind == "hyper":
                kept[name] = known[name].check(value)
        return kept

    def _register(self, param: Param, settings: dict[str, Any], device: Any, dtype: Any) -> None:
        """A learnable parameter without values, which `beginnings` has."""
        value = settings.get(param.name, self._beginning(param))
        if value is None:
            self.register_parameter(param.name, None)
            return
        if isinstance(value, Tensor) and value.is_meta:
            raise ParameterError(f"{param.name} is a tensor on meta, which has no values to begin")
        param.check_values(value.detach().cpu().numpy() if isinstance(value, Tensor) else value)
        start = torch.as_tensor(value, dtype=torch.float64, device="cpu").detach()
        if start.ndim == 0 and self.channels is not None and param.shape != "scalar":
            start = start.expand(param.shape_for(self.channels, self.rank))
        self.beginnings[param.name] = start.clone()
        empty = torch.empty(start.shape, device=device, dtype=dtype)
        if self.learn:
            self.register_parameter(param.name, nn.Parameter(empty))
        else:
            self.register_buffer(param.name, empty)

    def _beginning(self, param: Param) -> Any:
        """The effective value with which a learnable parameter begins; None: there is none."""
        return None if param.default is Param.required else param.default

    def _state(self, param: Param, device: Any) -> Tensor | None:
        """What holds a state; None: the module has none."""
        return None

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Learnable parameters begin again, and counts at 0."""
        for param in self.declared.params:
            held = getattr(self, param.name, None)
            if held is not None and param.name in self.beginnings:
                held.copy_(raw(param, self.beginnings[param.name]).to(held.dtype))
            elif held is not None and param.kind == "state":
                held.zero_()

    def effective(self) -> dict[str, Tensor]:
        """The learnable parameters as the method has them."""
        params = [p for p in self.declared.params if p.kind == "learnable"]
        held = [(param, getattr(self, param.name)) for param in params]
        return {param.name: effective(param, t) for param, t in held if t is not None}

    def forward(self, input: Tensor) -> Any:
        """The pooled tensor."""
        return self._pooled(input)

    def _check_axes(self, input: Tensor) -> None:
        if isinstance(input, Tensor):  # and no proxy of a tracer
            check_axes(input, self.rank)

    def _pooled(self, input: Tensor, **maps: Any) -> Any:
        self._check_axes(input)
        windows = Windows(
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            ceil_mode=self.ceil_mode,
            output_size=self.output_size,
            axes=tuple(range(-self.rank, 0)),
            channel_axis=-self.rank - 1,
        )
        params = {**self.settings, **self.effective(), **maps}
        for param in self.declared.params:
            if param.name == "training":
                params["training"] = self.training
            elif param.kind == "state" and getattr(self, param.name) is not None:
                params[param.name] = getattr(self, param.name)
        return pool_by(input, self.method, windows, params)

    def extra_repr(self) -> str:
        """Arguments as they were given, without defaults."""
        shown = {
            name: getattr(self, name)
            for name, default in _SHOWN.items()
            if getattr(self, name) != default
        }
        return ", ".join(f"{name}={value!r}" for name, value in (shown | self.settings).items())


_SHOWN: dict[str, Any] = {
    "kernel_size": None,
    "stride": None,
    "padding": 0,
    "dilation": 1,
    "ceil_mode": False,
    "output_size": None,
    "channels": None,
    "learn": True,
}


def _given(name: str) -> str:
    """Who gives what is no argument of a module."""
    if name == "training":
        return "train() and eval() say it"
    return "maps are arguments of forward, and a state is the module's own"


class _Named(Pool):
    """A module whose class was made: one that has no name here is pickled by method and rank."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        made = _made.get((self.method, self.rank))
        named = getattr(sys.modules[PUBLIC], type(self).__name__, None)
        if type(self) is made and made is not named:
            return _rebuilt, (self.method, self.rank), self.__dict__
        return super().__reduce_ex__(protocol)


def _rebuilt(method: str, rank: int) -> Pool:
    cls = pool_module(method, rank)
    return cls.__new__(cls)


class _Mapped(_Named):
    """A method with maps.  Others do not take them: torch.fx cannot trace arguments of any name."""

    def forward(self, input: Tensor, **maps: Any) -> Any:
        """The pooled tensor; maps by name."""
        for param in self.declared.params:
            if param.kind == "map" and param.default is Param.required and param.name not in maps:
                raise ParameterError(
                    f"{param.name} must be given beside the input, layer(input, {param.name}=…), "
                    "so this is no layer for a Sequential; SimplifiedLIP makes its own logits"
                )
        return self._pooled(input, **maps)


_made: dict[tuple[str, int], type[Pool]] = {}


def pool_module(method: str, rank: int = 2) -> type[Pool]:
    """The module class of any registered method, also of third parties.

    Examples
    --------
    >>> import torch, poolreg.torch.nn as pnn
    >>> pnn.pool_module("soft", rank=1)(2)
    SoftPool1d(kernel_size=2)
    """
    if rank not in RANKS:
        raise ParameterError(f"rank must be 1, 2 or 3, got {rank!r}")
    declared = get_method(method)
    if (method, rank) not in _made:
        doc = f"{(type(declared).__doc__ or '').strip()}\n\nArguments: see ``Pool``."
        _made[method, rank] = type(
            f"{layer_name(method)}{rank}d",
            (BASES.get(method, _Mapped if _has_maps(declared) else _Named),),
            {"method": method, "rank": rank, "__module__": PUBLIC, "__doc__": doc},
        )
    return _made[method, rank]


def _has_maps(declared: Method) -> bool:
    return any(param.kind == "map" for param in declared.params)


class _DPPPool(_Named):
    """With ref="full" the filter is learnt, too; it begins as the mean of what it covers."""

    def _beginning(self, param: Param) -> Any:
        if self.settings.get("ref") != "full" or param.name not in ("F", "b"):
            return super()._beginning(param)
        if param.name == "b":
            return 0.0
        if self.channels is None:
            raise ParameterError(
                "ref='full' has a filter for each channel: say how many, channels="
            )
        return np.full(param.shape_for(self.channels, self.rank), 3.0**-self.rank)


class _MixedPool(_Named):
    """With eval="majority" the draws of training are counted, by channel."""

    def _state(self, param: Param, device: Any) -> Tensor | None:
        if self.settings.get("eval") != "majority":
            return None
        if self.channels is None:
            raise ParameterError(f"{param.name} are per channel: say how many, channels=")
        shape = param.shape_for(self.channels, self.rank)
        return torch.empty(shape, dtype=torch.int64, device=device)


BASES: dict[str, type[_Named]] = {"dpp": _DPPPool, "mixed": _MixedPool}


def of_method(method: str) -> tuple[type[Pool], type[Pool], type[Pool]]:
    """The module classes of rank 1, 2 and 3."""
    one, two, three = (pool_module(method, rank) for rank in RANKS)
    return one, two, three
