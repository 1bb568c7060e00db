"""Windows by the textbook, in decimal numbers of a hundred digits.

``pooled(method, x, **params)`` is for one window: y, its derivatives by x, by every parameter and
by every map, and the mean size of what y is the mean of, beside which its rounding is measured.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, Overflow, localcontext
from typing import Any

Number = Decimal
Row = list[Decimal]
DIGITS = 100
ZERO, ONE = Decimal(0), Decimal(1)
DEFAULT_EPS2, DEFAULT_EPS = map(Decimal.from_float, (1e-3, 1e-6))  # of dpp, of gem


Result = tuple[Number, dict[str, Row], Number]


def pooled(method: str, x: Sequence[float], **params: Any) -> Result:
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = DIGITS, -(10**15), 10**15
        context.traps[Overflow] = False
        members = [Decimal(float(member)) for member in x]
        return METHODS[method](members, **{name: number(value) for name, value in params.items()})


def number(value: Any) -> Any:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [Decimal(float(one)) for one in value]
    return Decimal(float(value))


# ---- Weighted means ----------------------------------------------------------------------------


def shares_of(weights: Row) -> Row:
    total = sum(weights, ZERO)
    return [w / total for w in weights]


def mean_of(shares: Row, x: Row) -> Number:
    return sum((a * member for a, member in zip(shares, x, strict=True)), ZERO)


def size_of(shares: Row, x: Row) -> Number:
    return mean_of(shares, [abs(member) for member in x])


def away_from_mean(shares: Row, x: Row) -> Row:
    """From the member of the largest share, so that equal members are not away at all."""
    first = x[shares.index(max(shares))]
    mean = mean_of(shares, [member - first for member in x])
    return [member - first - mean for member in x]


def exponentials(logarithms: Row) -> Row:
    largest = max(logarithms)
    return [(one - largest).exp() for one in logarithms]


def soft(x: Row, beta: Number = ONE, grad: str = "exact") -> Result:
    a = shares_of(exponentials([beta * member for member in x]))
    away = away_from_mean(a, x)
    slope = beta if grad == "exact" else ZERO
    by_x = [w * (1 + slope * one) for w, one in zip(a, away, strict=True)]
    return mean_of(a, x), {"x": by_x, "beta": [mean_of(a, [one**2 for one in away])]}, size_of(a, x)


def lip(x: Row, logits: Row, gate: Number | None = None) -> Result:
    sigmoids = [1 / (1 + (-one).exp()) for one in logits]
    a = shares_of(exponentials(logits if gate is None else [gate * s for s in sigmoids]))
    slopes = [ONE] * len(x) if gate is None else [gate * s * (1 - s) for s in sigmoids]
    away = away_from_mean(a, x)
    by_logits = [w * one * slope for w, one, slope in zip(a, away, slopes, strict=True)]
    return mean_of(a, x), {"x": a, "logits": by_logits}, size_of(a, x)


def stochastic(x: Row, weights: str = "relu", temperature: Number = ONE) -> Result:
    if weights == "exp":
        y, slopes, size = soft(x, 1 / temperature)
        return y, {"x": slopes["x"]}, size
    sizes = [abs(member) if weights == "abs" else max(member, ZERO) for member in x]
    if max(sizes) == 0:
        equal = [ONE / len(x)] * len(x)
        return mean_of(equal, x), {"x": equal}, size_of(equal, x)
    kappa = 1 / temperature
    a = shares_of([raised(size / max(sizes), kappa) for size in sizes])
    away = away_from_mean(a, x)
    by_x = [w * (1 + kappa * d / m) if w else ZERO for w, d, m in zip(a, away, x, strict=True)]
    return mean_of(a, x), {"x": by_x}, size_of(a, x)


def raised(base: Number, power: Number) -> Number:
    return (power * base.ln()).exp() if base else ZERO


def dpp(
    x: Row,
    alpha: Number = ONE,
    lam: Number = ONE,
    variant: str = "sym",
    norm: str = "mean",
    eps2: Number | None = None,
    r: Number | None = None,
) -> Result:
    n = len(x)
    eps2 = DEFAULT_EPS2 if eps2 is None else eps2
    off = away_from_mean([ONE / n] * n, x) if r is None else [m - r for m in x]
    phi = [d if variant == "sym" else max(d, ZERO) for d in off]
    e = [f * f + eps2 for f in phi]
    unit = {"mean": sum(e, ZERO) / n, "sum": sum(e, ZERO), "none": ONE}[norm]
    v = [one / unit for one in e]
    u = [raised(one, lam / 2) for one in v]
    w = [alpha + one for one in u]
    a = shares_of(w)
    y = mean_of(a, x)
    away = [one / sum(w, ZERO) for one in away_from_mean(a, x)]  # of y with w
    of_log_e = [d * one * lam / 2 for d, one in zip(away, u, strict=True)]
    if norm != "none":
        total = sum(of_log_e, ZERO)
        of_log_e = [one - total * part for one, part in zip(of_log_e, shares_of(e), strict=True)]
    of_d = [2 * g * f / one for g, f, one in zip(of_log_e, phi, e, strict=True)]
    of_r = -sum(of_d, ZERO)
    to_all = of_r / n if r is None else ZERO
    gradients = {
        "x": [share + d + to_all for share, d in zip(a, of_d, strict=True)],
        "alpha": [sum(away, ZERO)],
        "lam": [
            mean_of([d * one / 2 for d, one in zip(away, u, strict=True)], [i.ln() for i in v])
        ],
    }
    return y, gradients | ({} if r is None else {"r": [of_r]}), max(abs(m) for m in x)


# ---- Means on another scale --------------------------------------------------------------------


def power(x: Row, p: Number = Decimal(2), norm: str = "sum", signed: bool = False) -> Result:
    """Members of 0 count nothing, and have no gradient."""
    c = ONE if norm == "sum" else ONE / len(x)
    used = [(abs(m), ONE if m > 0 else -ONE) for m in x if m]
    if not used or (p < 0 and len(used) < len(x)):
        return ZERO, {"x": [ZERO] * len(x), "p": [ZERO]}, ZERO
    unit = max(size for size, _ in used) if p > 0 else min(size for size, _ in used)
    logs = [(size / unit).ln() for size, _ in used]
    sides = [s if signed else ONE for _, s in used]
    terms = [s * (p * log).exp() for log, s in zip(logs, sides, strict=True)]
    total = c * sum(terms, ZERO)
    root = unit * (abs(total).ln() / p).exp()
    y = root if total > 0 else -root
    shares = [c * term / total for term in terms]
    by_used = [a * y / (s * size) for a, (size, s) in zip(shares, used, strict=True)]
    by_x = iter(by_used)
    by_p = y / p * (mean_of(shares, logs) - abs(total).ln() / p)
    return y, {"x": [next(by_x) if m else ZERO for m in x], "p": [by_p]}, abs(y)


def gem(x: Row, p: Number = Decimal(3), eps: Number | None = None) -> Result:
    eps = DEFAULT_EPS if eps is None else eps
    y, gradients, size = power([max(m, eps) for m in x], p, "mean")
    by_x = [g if m > eps else ZERO for g, m in zip(gradients["x"], x, strict=True)]
    return y, {**gradients, "x": by_x}, size


def log_exp(x: Row, temperature: Number, c: Number) -> Result:
    below = [(m - max(x)) / temperature for m in x]
    e = exponentials(below)
    a, log = shares_of(e), (c * sum(e, ZERO)).ln()
    y = max(x) + temperature * log
    by_t = log - mean_of(a, below)
    return y, {"x": a, "temperature": [round(by_t, DIGITS - 10)]}, abs(max(x)) + abs(y)


METHODS: dict[str, Callable[..., Result]] = {
    "soft": soft,
    "lip": lip,
    "stochastic": stochastic,
    "dpp": dpp,
    "lp": power,
    "power_avg": lambda x, norm="mean", **params: power(x, norm=norm, **params),
    "gem": gem,
    "logavgexp": lambda x, temperature=ONE: log_exp(x, temperature, ONE / len(x)),
    "logsumexp": lambda x, temperature=ONE: log_exp(x, temperature, ONE),
}
