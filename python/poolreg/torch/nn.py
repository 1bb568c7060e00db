"""Modules: torch's own pooling layers on our functions, and one for every other method.

Torch's own are subclasses of ``torch.nn``'s, with their constructors, attributes and texts; the
others take the arguments of ``Pool``.

Written by poolreg.faces.generate from poolreg.faces.table: edit that.
"""

from __future__ import annotations

from poolreg.torch.lip import (
    BottleneckLIP,
    BottleneckLIP1d,
    BottleneckLIP3d,
    SimplifiedLIP,
    SimplifiedLIP1d,
    SimplifiedLIP3d,
)
from poolreg.torch.modules import Pool, of_method, of_torch, pool_module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgMaxPool1d",
    "AvgMaxPool2d",
    "AvgMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BottleneckLIP",
    "BottleneckLIP1d",
    "BottleneckLIP3d",
    "DPPPool1d",
    "DPPPool2d",
    "DPPPool3d",
    "GeMPool1d",
    "GeMPool2d",
    "GeMPool3d",
    "LIPPool1d",
    "LIPPool2d",
    "LIPPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "LogAvgExpPool1d",
    "LogAvgExpPool2d",
    "LogAvgExpPool3d",
    "LogSumExpPool1d",
    "LogSumExpPool2d",
    "LogSumExpPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MinPool1d",
    "MinPool2d",
    "MinPool3d",
    "MixedLearnedPool1d",
    "MixedLearnedPool2d",
    "MixedLearnedPool3d",
    "MixedPool1d",
    "MixedPool2d",
    "MixedPool3d",
    "Pool",
    "PowerAvgPool1d",
    "PowerAvgPool2d",
    "PowerAvgPool3d",
    "S3DPPPool1d",
    "S3DPPPool2d",
    "S3DPPPool3d",
    "S3Pool1d",
    "S3Pool2d",
    "S3Pool3d",
    "SimplifiedLIP",
    "SimplifiedLIP1d",
    "SimplifiedLIP3d",
    "SoftPool1d",
    "SoftPool2d",
    "SoftPool3d",
    "StochasticPool1d",
    "StochasticPool2d",
    "StochasticPool3d",
    "SumPool1d",
    "SumPool2d",
    "SumPool3d",
    "pool_module",
]

AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = of_torch(
    "AdaptiveAvgPool", "adaptive_avg_pool"
)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = of_torch(
    "AdaptiveMaxPool", "adaptive_max_pool"
)
AvgMaxPool1d, AvgMaxPool2d, AvgMaxPool3d = of_method("avgmax")
AvgPool1d, AvgPool2d, AvgPool3d = of_torch("AvgPool", "avg_pool")
DPPPool1d, DPPPool2d, DPPPool3d = of_method("dpp")
GeMPool1d, GeMPool2d, GeMPool3d = of_method("gem")
LIPPool1d, LIPPool2d, LIPPool3d = of_method("lip")
LPPool1d, LPPool2d, LPPool3d = of_torch("LPPool", "lp_pool")
LogAvgExpPool1d, LogAvgExpPool2d, LogAvgExpPool3d = of_method("logavgexp")
LogSumExpPool1d, LogSumExpPool2d, LogSumExpPool3d = of_method("logsumexp")
MaxPool1d, MaxPool2d, MaxPool3d = of_torch("MaxPool", "max_pool")
MinPool1d, MinPool2d, MinPool3d = of_method("min")
MixedLearnedPool1d, MixedLearnedPool2d, MixedLearnedPool3d = of_method("mixed_learned")
MixedPool1d, MixedPool2d, MixedPool3d = of_method("mixed")
PowerAvgPool1d, PowerAvgPool2d, PowerAvgPool3d = of_method("power_avg")
S3DPPPool1d, S3DPPPool2d, S3DPPPool3d = of_method("s3_dpp")
S3Pool1d, S3Pool2d, S3Pool3d = of_method("s3")
SoftPool1d, SoftPool2d, SoftPool3d = of_method("soft")
StochasticPool1d, StochasticPool2d, StochasticPool3d = of_method("stochastic")
SumPool1d, SumPool2d, SumPool3d = of_method("sum")
