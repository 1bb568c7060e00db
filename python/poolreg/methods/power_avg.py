"""Power-average pooling."""

from __future__ import annotations

from poolreg.contract.registry import register_method
from poolreg.methods.lp import Power, power_params

__all__ = ["PowerAvg"]


@register_method
class PowerAvg(Power):
    """The power mean of the window.

    ``y = (c sum of |x_i|^p)^(1/p)`` with c one by the number of members, or 1 with ``norm="sum"``,
    which is ``lp``.  p = 1 is the mean of the sizes, -1 the harmonic mean, infinity the largest and
    minus infinity the smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain mean.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed mean; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.
    """

    name = "power_avg"
    formula = (
        r"y = \left( c \sum_{i \in V} \left| x_i \right|^p \right)^{1/p}, \qquad c = \frac{1}{n}"
    )
    params = power_params("mean")
    references = (
        "C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and "
        "recurrent neural networks, ECML PKDD 2014",
    )
    differences = (
        "What PyTorch calls power-average pooling is the sum: see lp.",
        "PyTorch divides by p = 0; here it is refused.",
    )
