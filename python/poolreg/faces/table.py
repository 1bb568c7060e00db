"""The table of the named functions and layers: a row is a function of each rank.

``python -m poolreg.faces.generate`` writes from it ``poolreg.faces.functions``,
``poolreg.torch.functional`` and ``poolreg.torch.nn``.  What a method declares is not said again:
its parameters with their defaults, whether it gives indices and whether it draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from poolreg.contract.method import Method
from poolreg.contract.registry import get_method

__all__ = ["BASIC", "ROWS", "WINDOWS", "Row", "layer_name"]

RANKS = 1, 2, 3
WINDOWS = "kernel_size", "stride", "padding", "dilation", "ceil_mode"
IN_ORDER = " ".join(WINDOWS)
TAIL = "data_format", "out", "num_threads"


@dataclass(frozen=True)
class Row:
    """One function, on arrays and on tensors, and its layer, of each rank.

    Attributes
    ----------
    method : str
        The method that it runs.
    summary : str
        The first line of its docstring, with ``{rank}`` or ``{axes}``.
    example : str
        How it is called in its docstring, of rank 1, after the name; the result is computed.
    over : str
        What is reduced: windows as they are given (``soft_pool2d``), bins of which the number is
        given (``adaptive_max_pool2d``), or the whole plane (``global_max_pool``).
    order : str
        The arguments after `input`, those by position up to a ``*``, where torch has an order of
        its own.  Else windows come by position, and by name what the method declares.
    ranks : tuple of int
        The ranks of this row, if torch's order differs between ranks.
    torch : str
        The layer of torch, without its rank: functions and layers of tensors are then torch's own,
        with torch's arguments and limits.
    torch_where : str
        Where the results are torch's, if not everywhere.
    layer : str
        The layer, likewise, where its name is not made of the method's words.
    """

    method: str
    summary: str
    example: str = ""
    over: Literal["windows", "bins", "plane"] = "windows"
    order: str = ""
    ranks: tuple[int, ...] = RANKS
    torch: str = ""
    torch_where: str = ""
    layer: str = ""

    @property
    def declared(self) -> Method:
        """What the method declares."""
        return get_method(self.method)

    @property
    def stem(self) -> str:
        """The function's name without its rank."""
        return {"windows": "", "bins": "adaptive_", "plane": "global_"}[self.over] + (
            f"{self.method}_pool"
        )

    def name(self, rank: int) -> str:
        """The function's name."""
        return self.stem if self.over == "plane" else f"{self.stem}{rank}d"

    @property
    def functions(self) -> dict[str, int]:
        """The functions by name, with their ranks; one alone if it is for all ranks."""
        return {self.name(rank): rank for rank in self.ranks}

    @property
    def on_tensors(self) -> bool:
        """Whether tensors have it, too."""
        return bool(self.torch) or self.over == "windows"

    @property
    def layers(self) -> dict[str, int]:
        """The layers by name, with their ranks."""
        name = self.torch or layer_name(self.method)
        return {f"{name}{rank}d": rank for rank in self.ranks}

    @property
    def arguments(self) -> tuple[list[str], list[str]]:
        """The arguments after `input`: by position, and by name alone."""
        by_position, _, by_name = (self.order or self._usual_order).partition("*")
        names = by_name.split()
        return by_position.split(), [*names, *(word for word in TAIL if word not in names)]

    @property
    def _usual_order(self) -> str:
        indices = "return_indices" if self.declared.returns_indices else ""
        if self.over == "bins":
            return f"output_size {indices}"
        if self.over == "plane":
            return f"* axes data_format keepdims {indices}"
        params = " ".join(param.name for param in self.declared.params)
        rng = "rng" if self.declared.traits.needs_rng else ""
        return f"{IN_ORDER} * {params} {indices} {rng}"


# Of torch's kind: their docstrings say what windows are, and no more.
BASIC = (
    Row(
        "max",
        "Max pooling over {axes}: the largest member of every window.",
        order=f"{IN_ORDER} return_indices",
        torch="MaxPool",
    ),
    Row(
        "min",
        "Min pooling over {axes}: the smallest member of every window.",
        order=f"{IN_ORDER} return_indices",
    ),
    Row(
        "avg",
        "Average pooling over {axes}: the sum of every window by its divisor.",
        order="kernel_size stride padding ceil_mode count_include_pad * divisor_override dilation",
        ranks=(1,),
        torch="AvgPool",
    ),
    Row(
        "avg",
        "Average pooling over {axes}: the sum of every window by its divisor.",
        order="kernel_size stride padding ceil_mode count_include_pad divisor_override * dilation",
        ranks=(2, 3),
        torch="AvgPool",
    ),
    Row("sum", "Sum pooling over {axes}: the sum of the members of every window."),
    Row(
        "max",
        "Adaptive max pooling over {axes}, to a given output size.",
        over="bins",
        torch="AdaptiveMaxPool",
    ),
    Row("min", "Adaptive min pooling over {axes}, to a given output size.", over="bins"),
    Row(
        "avg",
        "Adaptive average pooling over {axes}, to a given output size.",
        over="bins",
        torch="AdaptiveAvgPool",
    ),
    Row("sum", "Adaptive sum pooling over {axes}, to a given output size.", over="bins"),
    Row("max", "Global max pooling: one window, all of the spatial axes.", over="plane"),
    Row("min", "Global min pooling: one window, all of the spatial axes.", over="plane"),
    Row("avg", "Global average pooling: one window, all of the spatial axes.", over="plane"),
    Row("sum", "Global sum pooling: one window, all of the spatial axes.", over="plane"),
)

ROWS = (
    *BASIC,
    Row(
        "soft",
        "SoftPool in {rank}-D: the mean, weighted by the softmax of the members.",
        "(np.array([[1.0, 2, 3, 4]]), 4).round(6)",
    ),
    Row(
        "lip",
        "Local importance-based pooling in {rank}-D: the mean, weighted by a map of importance.",
        "(np.array([[1.0, 2, 3, 4]]), 4, logits=np.array([[0.0, 1, 0, -1]])).round(6)",
        layer="LIPPool",
    ),
    Row(
        "dpp",
        "Detail-preserving pooling in {rank}-D: the mean, where what differs from its surroundings "
        "weighs more.",
        "(np.array([[1.0, 2, 3, 6]]), 4).round(6)",
        layer="DPPPool",
    ),
    Row(
        "power_avg",
        "Power-average pooling in {rank}-D: the power mean of the sizes of the members.",
        "(np.array([[1.0, -2, 3, -4]]), 4, p=3.0).round(6)",
    ),
    Row(
        "gem",
        "GeM pooling in {rank}-D: generalised mean, the power mean of what is above eps.",
        "(np.array([[0.0, 1, 2, 3]]), 4).round(6)",
        layer="GeMPool",
    ),
    Row(
        "logavgexp",
        "LogAvgExp pooling in {rank}-D: the logarithm of the mean of the exponentials.",
        "(np.array([[1.0, 2, 3, 4]]), 4).round(6)",
        layer="LogAvgExpPool",
    ),
    Row(
        "logsumexp",
        "Log-sum-exp pooling in {rank}-D: the logarithm of the sum of the exponentials.",
        "(np.array([[1.0, 2, 3, 4]]), 4).round(6)",
        layer="LogSumExpPool",
    ),
    Row(
        "avgmax",
        "Average-max pooling in {rank}-D: halfway between mean and maximum.",
        "(np.array([[1.0, 2, 3, 4]]), 4)",
        layer="AvgMaxPool",
    ),
    Row(
        "mixed_learned",
        "Mixed pooling with a learnt share in {rank}-D: mean and maximum, blended in a learnt "
        "proportion.",
        "(np.array([[1.0, 2, 3, 4]]), 4, lam=1.0)",
    ),
    Row(
        "mixed",
        "Mixed pooling in {rank}-D: maximum or mean, by chance in training.",
        "(np.array([[1.0, 2, 3, 4]]), 4)",
    ),
    Row(
        "stochastic",
        "Stochastic pooling in {rank}-D: a member drawn in training, the mean of the draws else.",
        "(np.array([[1.6, 0, 0, 2.4]]), 4).round(6)",
    ),
    Row(
        "lp",
        "Lp pooling in {rank}-D: the p-norm of the members; norm_type is p.",
        "(np.array([[1.0, -2, 3, -4]]), 2, 4).round(6)",
        order="norm_type kernel_size stride ceil_mode * padding dilation norm signed",
        torch="LPPool",
        torch_where="where x >= 0 or p is even",
    ),
    Row(
        "s3",
        "S3Pool in {rank}-D: the maximum at every place, then rows and columns drawn at random.",
        "(np.array([[1.0, 2, 3, 4]]), 2)",
    ),
    Row(
        "s3_dpp",
        "S3Pool of DPP in {rank}-D: detail-preserving pooling at every place, then rows and "
        "columns drawn.",
        "(np.array([[1.0, 2, 3, 4]]), 2)",
        layer="S3DPPPool",
    ),
)


def layer_name(method: str) -> str:
    """The name of a method's layer, without the rank; also of a method without a row."""
    given = next((row.layer for row in ROWS if row.method == method), "")
    words = method.replace(".", "_").split("_")
    return given or "".join(word.capitalize() for word in words) + "Pool"
