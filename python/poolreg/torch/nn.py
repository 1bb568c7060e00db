"""Modules: torch's own pooling layers on our functions, and one for every other method.

Torch's own are subclasses of ``torch.nn``'s, with their constructors, attributes and texts.  Every
other module is made from what its method declares: learnable parameters are kept raw, as
``nn.Parameter``, and become effective values by the transform of the schema; what draws in training
does so in ``train()`` mode alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from poolreg.contract.method import Method
from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.engine.plan import Padding, Size
from poolreg.errors import ParameterError
from poolreg.torch import functional
from poolreg.torch.functional import AXES
from poolreg.torch.general import run
from poolreg.torch.raw import effective, raw

__all__ = ["Pool", "pool_module"]

# ---- Torch's own -------------------------------------------------------------------------------


def _own(name: str, function: str, *attributes: str) -> list[Any]:
    """torch.nn's classes of rank 1, 2 and 3 of a name, whose forward is our function."""
    return [_own_of(f"{name}{rank}d", f"{function}{rank}d", attributes) for rank in (1, 2, 3)]


def _own_of(name: str, function: str, attributes: tuple[str, ...]) -> type[nn.Module]:
    base = getattr(nn, name)
    pooled = getattr(functional, function)
    accepted = inspect.signature(pooled).parameters
    names = [attribute for attribute in attributes if attribute in accepted]

    def forward(self: Any, input: Tensor) -> Any:
        return pooled(input, **{name: getattr(self, name) for name in names})

    doc = f"``torch.nn.{name}``, by ``poolreg.torch.functional.{function}``."
    __all__.append(name)
    return type(name, (base,), {"__module__": __name__, "__doc__": doc, "forward": forward})


_WINDOW = "kernel_size", "stride", "padding", "ceil_mode"
MaxPool1d, MaxPool2d, MaxPool3d = _own(
    "MaxPool", "max_pool", *_WINDOW, "dilation", "return_indices"
)
AvgPool1d, AvgPool2d, AvgPool3d = _own(
    "AvgPool", "avg_pool", *_WINDOW, "count_include_pad", "divisor_override"
)
LPPool1d, LPPool2d, LPPool3d = _own("LPPool", "lp_pool", "norm_type", *_WINDOW)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = _own(
    "AdaptiveMaxPool", "adaptive_max_pool", "output_size", "return_indices"
)
AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = _own(
    "AdaptiveAvgPool", "adaptive_avg_pool", "output_size"
)

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
    **settings
        The method's parameters: effective values, with which learnable ones begin.

    Maps, as LIP's logits, are arguments of ``forward``, by name.
    """

    method: ClassVar[str]
    rank: ClassVar[int]

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
        **settings: Any,
    ) -> None:
        super().__init__()
        if (kernel_size is None) == (output_size is None):
            raise ParameterError("give kernel_size or output_size, and not both")
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.dilation, self.ceil_mode, self.output_size = dilation, ceil_mode, output_size
        self.channels, self.learn = channels, learn
        self.settings = self._kept(self.declared, settings)

    @property
    def declared(self) -> Method:
        """What the method declares."""
        return get_method(self.method)

    def _kept(self, declared: Method, settings: dict[str, Any]) -> dict[str, Any]:
        """Learnable parameters registered, raw; the other settings, checked."""
        known = {param.name: param for param in declared.params}
        kept = {}
        for name, value in settings.items():
            if name == "training" or (name in known and known[name].kind in ("map", "state")):
                raise ParameterError(f"{name} is no argument of the module: {_given(name)}")
            if name not in known:
                declared.resolve({name: value})
            if known[name].kind == "hyper":
                kept[name] = known[name].check(value)
        for param in declared.params:
            if param.kind == "learnable":
                value = settings.get(param.name, self._beginning(param, kept))
                self._register(param, value)
            elif param.kind == "state":
                self.register_buffer(param.name, self._state(param, kept))
        return kept

    def _beginning(self, param: Param, settings: dict[str, Any]) -> Any:
        """The effective value with which a learnable parameter begins; None: there is none."""
        return None if param.default is Param.required else param.default

    def _register(self, param: Param, value: Any) -> None:
        if value is None:
            self.register_parameter(param.name, None)
            return
        start = torch.as_tensor(value, dtype=torch.get_default_dtype())
        param.check_values(start.numpy())
        if start.ndim == 0 and self.channels is not None and param.shape != "scalar":
            start = start.expand(param.shape_for(self.channels, self.rank))
        start = raw(param, start).clone()
        if self.learn:
            self.register_parameter(param.name, nn.Parameter(start))
        else:
            self.register_buffer(param.name, start)

    def _state(self, param: Param, settings: dict[str, Any]) -> Tensor | None:
        """What a state begins with; None: the module has none."""
        return None

    def effective(self) -> dict[str, Tensor]:
        """The learnable parameters as the method has them."""
        params = [p for p in self.declared.params if p.kind == "learnable"]
        held = [(param, getattr(self, param.name)) for param in params]
        return {param.name: effective(param, t) for param, t in held if t is not None}

    def forward(self, input: Tensor, **maps: Any) -> Any:
        """The pooled tensor; maps by name."""
        windows = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        params = {**self.settings, **self.effective(), **maps}
        for param in self.declared.params:
            if param.name == "training":
                params["training"] = self.training
            elif param.kind == "state" and getattr(self, param.name) is not None:
                params[param.name] = getattr(self, param.name)
        return run(
            input,
            self.method,
            AXES[self.rank],
            -self.rank - 1,
            (*windows, self.output_size),
            params,
        )

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
    """A module whose class was made: it is pickled by its method and rank."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (self.method, self.rank), self.__dict__


def _rebuilt(method: str, rank: int) -> Pool:
    cls = pool_module(method, rank)
    return cls.__new__(cls)


NAMES = {
    "avgmax": "AvgMaxPool",
    "dpp": "DPPPool",
    "gem": "GeMPool",
    "lip": "LIPPool",
    "logavgexp": "LogAvgExpPool",
    "logsumexp": "LogSumExpPool",
    "s3_dpp": "S3DPPPool",
}

_made: dict[tuple[str, int], type[Pool]] = {}


def pool_module(method: str, rank: int = 2) -> type[Pool]:
    """The module class of any registered method, also of third parties.

    Examples
    --------
    >>> import torch, poolreg.torch.nn as pnn
    >>> pnn.pool_module("soft", rank=1)(2)
    SoftPool1d(kernel_size=2)
    """
    if rank not in AXES:
        raise ParameterError(f"rank must be 1, 2 or 3, got {rank!r}")
    declared = get_method(method)
    if (method, rank) not in _made:
        words = method.replace(".", "_").split("_")
        name = NAMES.get(method, "".join(word.capitalize() for word in words) + "Pool")
        doc = f"{(type(declared).__doc__ or '').strip()}\n\nArguments: see ``Pool``."
        _made[method, rank] = type(
            f"{name}{rank}d",
            (BASES.get(method, _Named),),
            {"method": method, "rank": rank, "__module__": __name__, "__doc__": doc},
        )
    return _made[method, rank]


class _DPPPool(_Named):
    """With ref="full" the filter is learnt, too; it begins as the mean of what it covers."""

    def _beginning(self, param: Param, settings: dict[str, Any]) -> Any:
        if settings.get("ref") != "full" or param.name not in ("F", "b"):
            return super()._beginning(param, settings)
        if param.name == "b":
            return 0.0
        if self.channels is None:
            raise ParameterError(
                "ref='full' has a filter for each channel: say how many, channels="
            )
        return torch.full(param.shape_for(self.channels, self.rank), 3.0**-self.rank)


class _MixedPool(_Named):
    """With eval="majority" the draws of training are counted, by channel."""

    def _state(self, param: Param, settings: dict[str, Any]) -> Tensor | None:
        if settings.get("eval") != "majority":
            return None
        if self.channels is None:
            raise ParameterError(f"{param.name} are per channel: say how many, channels=")
        return torch.zeros(param.shape_for(self.channels, self.rank), dtype=torch.int64)


BASES: dict[str, type[_Named]] = {"dpp": _DPPPool, "mixed": _MixedPool}


def _of(method: str) -> Iterable[type[Pool]]:
    for rank in AXES:
        made = pool_module(method, rank)
        __all__.append(made.__name__)
        yield made


AvgMaxPool1d, AvgMaxPool2d, AvgMaxPool3d = _of("avgmax")
DPPPool1d, DPPPool2d, DPPPool3d = _of("dpp")
GeMPool1d, GeMPool2d, GeMPool3d = _of("gem")
LIPPool1d, LIPPool2d, LIPPool3d = _of("lip")
LogAvgExpPool1d, LogAvgExpPool2d, LogAvgExpPool3d = _of("logavgexp")
LogSumExpPool1d, LogSumExpPool2d, LogSumExpPool3d = _of("logsumexp")
MinPool1d, MinPool2d, MinPool3d = _of("min")
MixedPool1d, MixedPool2d, MixedPool3d = _of("mixed")
MixedLearnedPool1d, MixedLearnedPool2d, MixedLearnedPool3d = _of("mixed_learned")
PowerAvgPool1d, PowerAvgPool2d, PowerAvgPool3d = _of("power_avg")
S3Pool1d, S3Pool2d, S3Pool3d = _of("s3")
S3DPPPool1d, S3DPPPool2d, S3DPPPool3d = _of("s3_dpp")
SoftPool1d, SoftPool2d, SoftPool3d = _of("soft")
StochasticPool1d, StochasticPool2d, StochasticPool3d = _of("stochastic")
SumPool1d, SumPool2d, SumPool3d = _of("sum")

# ---- LIP with its own logits -------------------------------------------------------------------

GATE = 12.0


class _ZeroConv2d(nn.Conv2d):
    """A convolution that begins as 0."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)


class _LazyZeroConv2d(nn.LazyConv2d):
    """The same from all channels to as many, which the first input tells."""

    cls_to_become = _ZeroConv2d

    def initialize_parameters(self, input: Tensor) -> None:
        self.out_channels = input.shape[-3]
        super().initialize_parameters(input)
        nn.init.zeros_(self.weight)


class SimplifiedLIP(nn.Module):
    """LIP whose logits are one convolution of the input, normalised and gated.

    ``logits = InstanceNorm(conv3x3(x))``; the weights of members are ``exp(12 sigmoid(logits))``.
    The convolution begins as 0, so the module begins as average pooling.  Without `channels` the
    first input tells how many there are.

    Source: Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019.
    Planes must be larger than 1x1: the norm of a single element is 0.
    """

    def __init__(
        self,
        channels: int | None = None,
        kernel_size: Size = 3,
        stride: Size | None = 2,
        padding: Padding = 1,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.logits = self._logits(channels)

    def _logits(self, channels: int | None) -> nn.Module:
        if channels is None:
            first = _LazyZeroConv2d(1, 3, padding=1, bias=False)
            return nn.Sequential(first, nn.LazyInstanceNorm2d(affine=True))
        return nn.Sequential(
            _ZeroConv2d(channels, channels, 3, padding=1, bias=False),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, input: Tensor) -> Any:
        windows = self.kernel_size, self.stride, self.padding
        return functional.lip_pool2d(input, *windows, logits=self.logits(input), gate=GATE)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class BottleneckLIP(SimplifiedLIP):
    """LIP whose logits come from 1x1, 3x3 and 1x1 convolutions, `bottleneck` channels between.

    Source: as ``SimplifiedLIP``; 128 channels in the paper.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: Size = 3,
        stride: Size | None = 2,
        padding: Padding = 1,
        *,
        bottleneck: int = 128,
    ) -> None:
        self.bottleneck = bottleneck
        super().__init__(channels, kernel_size, stride, padding)

    def _logits(self, channels: int | None) -> nn.Module:
        if channels is None:
            raise ParameterError("channels must be an integer, got None")
        return nn.Sequential(
            nn.Conv2d(channels, self.bottleneck, 1, bias=False),
            nn.InstanceNorm2d(self.bottleneck, affine=True),
            nn.ReLU(),
            nn.Conv2d(self.bottleneck, self.bottleneck, 3, padding=1, bias=False),
            nn.InstanceNorm2d(self.bottleneck, affine=True),
            nn.ReLU(),
            _ZeroConv2d(self.bottleneck, channels, 1, bias=False),
            nn.InstanceNorm2d(channels, affine=True),
        )


__all__ += ["BottleneckLIP", "SimplifiedLIP"]
