"""Modules of LIP that make their own logits."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from poolreg.engine.windows import Padding, Size
from poolreg.errors import ParameterError
from poolreg.torch.functional import lip_pool2d

__all__ = ["BottleneckLIP", "SimplifiedLIP"]

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
        return lip_pool2d(input, *windows, logits=self.logits(input), gate=GATE)

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
