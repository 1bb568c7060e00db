"""Modules of LIP that make their own logits."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from poolreg.engine.windows import Padding, Size
from poolreg.errors import ParameterError
from poolreg.torch.modules import Pool

__all__ = [
    "BottleneckLIP",
    "BottleneckLIP1d",
    "BottleneckLIP3d",
    "SimplifiedLIP",
    "SimplifiedLIP1d",
    "SimplifiedLIP3d",
]

GATE = 12.0


class SimplifiedLIP(Pool):
    """LIP in 2-D whose logits are one convolution of the input, normalised and gated.

    ``logits = InstanceNorm(conv3x3(x))``; the weights of members are ``exp(12 sigmoid(logits))``.
    The convolution begins as 0, so the module begins as average pooling.  A plane of one element
    has nothing to normalise: its logits are the norm's bias.  ``SimplifiedLIP1d`` and
    ``SimplifiedLIP3d`` are the same of one axis and of three.

    Source: Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019.

    Parameters
    ----------
    channels : int
        Those of the input; ``replace_pooling`` finds them in a network.
    kernel_size, stride, padding, dilation, ceil_mode
        As in ``poolreg.pool``; by default 3, 2 and 1, as in the paper.
    output_size : int or tuple
        In place of all of them: adaptive windows, 1 for global pooling.  Logits are those of the
        whole plane.
    device, dtype
        Of the parameters.

    Examples
    --------
    >>> import torch, poolreg.torch.nn as pnn
    >>> lip = pnn.SimplifiedLIP(4)
    >>> lip(torch.rand(2, 4, 9, 9)).shape
    torch.Size([2, 4, 5, 5])
    >>> [(name, tuple(p.shape)) for name, p in lip.named_parameters()]
    [('logits.0.weight', (4, 4, 3, 3)), ('logits.1.weight', (4,)), ('logits.1.bias', (4,))]
    """

    method: ClassVar[str] = "lip"
    rank: ClassVar[int] = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Size | None = 3,
        stride: Size | None = 2,
        padding: Padding = 1,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        output_size: Any = None,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if not isinstance(channels, int) or channels < 1:
            raise ParameterError(
                f"channels must be those of the input, an integer >= 1, got {channels!r}; "
                "replace_pooling finds them in a network"
            )
        windows: dict[str, Any] = {
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "ceil_mode": ceil_mode,
        }
        if output_size is not None:
            windows = {"output_size": output_size}
        super().__init__(**windows, channels=channels, gate=GATE)
        self.logits = nn.Sequential(*self._layers(channels, device=device, dtype=dtype))

    def _layers(self, channels: int, **of: Any) -> list[nn.Module]:
        """What makes the logits."""
        conv = _ZEROS[self.rank](channels, channels, 3, padding=1, bias=False, **of)
        return [conv, _PlaneNorm(channels, self.rank, **of)]

    def forward(self, input: Tensor) -> Any:
        """The pooled tensor."""
        self._check_axes(input)
        return self._pooled(input, logits=self.logits(input))


class BottleneckLIP(SimplifiedLIP):
    """LIP in 2-D whose logits come from convolutions of 1x1, 3x3 and 1x1.

    Between the channels of the input there are `bottleneck`, 128 in the paper; each convolution is
    normalised, and all but the last go through ReLU.  Other arguments, and what it begins as, are
    those of ``SimplifiedLIP``.  ``BottleneckLIP1d`` and ``BottleneckLIP3d`` are the same of one
    axis and of three.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: Size | None = 3,
        stride: Size | None = 2,
        padding: Padding = 1,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        bottleneck: int = 128,
        **keywords: Any,
    ) -> None:
        self.bottleneck = bottleneck
        super().__init__(channels, kernel_size, stride, padding, dilation, ceil_mode, **keywords)

    def _layers(self, channels: int, **of: Any) -> list[nn.Module]:
        inner, conv, rank = self.bottleneck, _CONVOLUTIONS[self.rank], self.rank
        return [
            conv(channels, inner, 1, bias=False, **of),
            _PlaneNorm(inner, rank, **of),
            nn.ReLU(),
            conv(inner, inner, 3, padding=1, bias=False, **of),
            _PlaneNorm(inner, rank, **of),
            nn.ReLU(),
            _ZEROS[rank](inner, channels, 1, bias=False, **of),
            _PlaneNorm(channels, rank, **of),
        ]


class SimplifiedLIP1d(SimplifiedLIP):
    """``SimplifiedLIP`` of one axis."""

    rank = 1


class SimplifiedLIP3d(SimplifiedLIP):
    """``SimplifiedLIP`` of three axes."""

    rank = 3


class BottleneckLIP1d(BottleneckLIP):
    """``BottleneckLIP`` of one axis."""

    rank = 1


class BottleneckLIP3d(BottleneckLIP):
    """``BottleneckLIP`` of three axes."""

    rank = 3


# ---- Layers of logits --------------------------------------------------------------------------


class _PlaneNorm(nn.Module):
    """An affine instance norm, written so that it can be traced and takes planes of one element."""

    def __init__(self, channels: int, rank: int, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.rank = rank
        self.weight = nn.Parameter(torch.empty(channels, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(channels, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        shape = -1, *[1] * self.rank
        normed = F.layer_norm(input, input.shape[-self.rank :])
        return normed * self.weight.view(shape) + self.bias.view(shape)


class _Zero(nn.Module):
    """A convolution that begins as 0."""

    weight: Tensor

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)


class _ZeroConv1d(_Zero, nn.Conv1d): ...


class _ZeroConv2d(_Zero, nn.Conv2d): ...


class _ZeroConv3d(_Zero, nn.Conv3d): ...


_CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_ZEROS: dict[int, Any] = {1: _ZeroConv1d, 2: _ZeroConv2d, 3: _ZeroConv3d}
