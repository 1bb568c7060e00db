"""Detail-preserving pooling at every place, then rows and columns drawn at random."""

from __future__ import annotations

from poolreg.contract.registry import register_method
from poolreg.methods.dpp import Dpp
from poolreg.methods.s3 import S3

__all__ = ["S3Dpp"]


@register_method
class S3Dpp(S3):
    """Detail-preserving pooling at a random place, one of those that the stride skips.

    As ``s3``, with ``dpp`` of ``ref="lite"`` in place of the maximum: at the kept places in
    training, and the mean over the places of each output in inference.

    The gradients are those of ``dpp`` at the kept places, in inference each its share.  Nothing
    overflows.  If a member is NaN, y is NaN.  Padding is no member, and windows end with the input.
    There are no adaptive windows.
    """

    name = "s3_dpp"
    formula = r"""
        z_s = \mathrm{dpp}(V_s), \qquad
        y_o = \begin{cases} z_{s(o)} & \text{in training, } s(o) \text{ drawn} \\
        \frac{1}{n_o} \sum_{s \in S_o} z_s & \text{in inference} \end{cases}
    """
    inner = Dpp.reducer
    params = (
        *(p for p in Dpp.params if p.name in ("alpha", "lam", "variant", "norm", "eps2")),
        *S3.params,
    )
    references = (*Dpp.references, *S3.references)
    differences = (
        "The official code repeats the last row and column of the input; here windows end with it.",
    )
