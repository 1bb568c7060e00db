"""What errors advise on other libraries' words for methods, arguments, padding and axes.

No such word is accepted: the error names poolreg's word for it, or what to do if there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["argument_advice", "axes_advice", "layout_advice", "method_advice", "padding_advice"]

OWN_METHOD = "'Write a method' in the documentation says how to add one"
NAN = (
    "NaN goes into its windows: replace it first, by -inf for 'max', inf for 'min', 0 for 'sum'; "
    "'lip' with logits of -inf where NaN is gives the mean of the others"
)
UNPOOL = "there is no unpooling, but pool_vjp brings values back to where they came from"
NO_VALUE = "padding has no value; numpy.pad first gives it one"

METHODS = {
    "mean": "avg",
    "average": "avg",
    "maximum": "max",
    "amax": "max",
    "any": "max",
    "minimum": "min",
    "amin": "min",
    "all": "min",
    "add": "sum",
    "total": "sum",
    "softmax": "soft",
    "generalized_mean": "gem",
    "generalised_mean": "gem",
    "power": "power_avg",
    "power_mean": "power_avg",
    "lse": "logsumexp",
    "log_sum_exp": "logsumexp",
    "lme": "logavgexp",
    "logmeanexp": "logavgexp",
    "log_mean_exp": "logavgexp",
    "log_avg_exp": "logavgexp",
    "detail_preserving": "dpp",
    "local_importance": "lip",
    "avg_max": "avgmax",
    "max_avg": "avgmax",
    "mixed_max_avg": "mixed_learned",
}
"""Names of methods that are here under another one, without "pool" and rank."""

OTHER_METHODS = {
    "median": f"there is no median yet: 'avg', 'min' and 'max' are nearest, and {OWN_METHOD}",
    **dict.fromkeys(
        ("quantile", "percentile", "rank", "mode", "majority", "std", "var"),
        f"there is no such method yet; {OWN_METHOD}",
    ),
    "l1": "it is 'lp' with p=1",
    "l2": "it is 'lp' with p=2",
    "norm": "it is 'lp' with p=2",
    "rms": "it is 'power_avg' with p=2",
    "gap": "it is the function global_avg_pool, or 'avg' with output_size=1",
    "gmp": "it is the function global_max_pool, or 'max' with output_size=1",
    **dict.fromkeys(
        ("nanmax", "nanmin", "nanmean", "nansum", "nanmedian"),
        NAN,
    ),
    **dict.fromkeys(("un", "max_un"), UNPOOL),
    "blur": f"there is no such method yet; {OWN_METHOD}",
    "fractional_max": "there is no such method yet; 's3' draws the rows and columns that stay",
}
"""What is said of names that have no method, or that mean more than one."""

ARGUMENTS = {
    "strides": "stride",
    "window_strides": "stride",
    "step": "stride",
    "pool_size": "kernel_size",
    "ksize": "kernel_size",
    "kernel": "kernel_size",
    "kernel_shape": "kernel_size",
    "filter_size": "kernel_size",
    "window": "kernel_size",
    "window_shape": "kernel_size",
    "window_dimensions": "kernel_size",
    "window_size": "kernel_size",
    "block_size": "kernel_size",
    "size": "kernel_size",
    "pads": "padding",
    "pad": "padding",
    "dilations": "dilation",
    "window_dilation": "dilation",
    "rate": "dilation",
    "axis": "axes",
    "dim": "axes",
    "dims": "axes",
    "layout": "data_format",
    "data_layout": "data_format",
    "multichannel": "channel_axis",
    "target_size": "output_size",
    "out_size": "output_size",
    "output_shape": "output_size",
    "return_mask": "return_indices",
    "keepdim": "keepdims",
    "keep_dims": "keepdims",
    "norm_type": "p",
    "random_state": "rng",
    "seed": "rng",
    "n_jobs": "num_threads",
    "workers": "num_threads",
    "output": "out",
}
"""Arguments that are here under another name."""

OTHER_ARGUMENTS = {
    "auto_pad": "padding='same' is SAME_UPPER, 'same_lower' SAME_LOWER, 'valid' VALID",
    "exclusive": "it is the opposite of count_include_pad",
    **dict.fromkeys(("func", "function", "reduce"), f"say it as method; {OWN_METHOD}"),
    **dict.fromkeys(
        ("ignore_nan", "skipna", "nan_policy"),
        NAN,
    ),
    **dict.fromkeys(
        ("where", "mask"), "'lip' with logits of -inf where there is no member is a masked mean"
    ),
    **dict.fromkeys(("mode", "cval", "padding_mode"), NO_VALUE),
    "footprint": "windows are boxes: kernel_size and dilation",
    "origin": "padding=((before, after), …) moves the windows",
    "keepdims": "pooled axes stay; the global_* functions drop them unless keepdims=True",
    "dtype": "the result has the input's dtype; convert it before or after",
    "generator": "rng takes a seed or a numpy.random.Generator",
}
"""What is said of arguments that have no counterpart of the same meaning."""

PADDINGS = {
    "same": "'same' has the windows of TensorFlow's SAME, whose averages do not count padding: "
    "count_include_pad=False",
    "same_upper": "'same' puts the odd cell after",
    "valid": "it is 'valid', or 0",
    "notset": "give the numbers",
    "full": "give dilation * (kernel_size - 1) on both sides",
    "causal": "give ((before, 0), …) with before = dilation * (kernel_size - 1)",
    **dict.fromkeys(("constant", "zeros", "reflect", "symmetric", "edge", "wrap"), NO_VALUE),
    "replicate": f"{NO_VALUE}, with mode='edge'",
    "circular": f"{NO_VALUE}, with mode='wrap'",
}
"""What is said of words for padding, in lower case."""

SPATIAL = {1: "W", 2: "HW", 3: "DHW"}
LAYOUTS = tuple(
    batch + order
    for letters in SPATIAL.values()
    for order in ("C" + letters, letters + "C")
    for batch in ("", "N")
)
"""Every data_format in letters."""


def method_advice(name: object, known: Iterable[str]) -> str | None:
    """What is said of a method's name that is unknown; None if nothing is near."""
    if not isinstance(name, str):
        return _no_name(name)
    known = tuple(known)
    bare, where = _bare(name)
    if bare in OTHER_METHODS:
        return OTHER_METHODS[bare]
    meant = METHODS.get(bare, bare)
    if meant in known:
        return f"did you mean {meant!r}{where}?"
    close = get_close_matches(name, known, n=3) or get_close_matches(bare, known, n=3)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else None


WHERE = {
    "adaptive": " with output_size=",
    "global": " with output_size=1",
}


def _bare(name: str) -> tuple[str, str]:
    """A name without "pool", rank and what is said of the windows, and how that is said here."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", name).lower()
    words = re.sub(r"_?(pool(ing)?)?_?([123]_?d)?$", "", words)
    for word, where in WHERE.items():
        if words.startswith(word) and words != word:
            return words.removeprefix(word).strip("_"), where
    return words, ""


def _no_name(method: object) -> str:
    if isinstance(method, (int, tuple, list)):
        return "a method has a name, as 'max', and comes before kernel_size"
    if callable(method) and not isinstance(method, type):
        return f"a function is no method; {OWN_METHOD}, which then goes by its name"
    if method is None:
        return f"a method has a name, as 'max'; {OWN_METHOD}"
    return f"a method is given by its name, after poolreg.register_method; {OWN_METHOD}"


def argument_advice(name: str, known: Iterable[str]) -> str:
    """What is said of an unknown argument: "; did you mean …?", or "" if nothing is near."""
    known = tuple(known)
    if name in known:
        return ""
    meant = ARGUMENTS.get(name, name)
    if meant in known:
        return f"; did you mean {meant!r}?"
    if meant in OTHER_ARGUMENTS:
        return f"; {OTHER_ARGUMENTS[meant]}"
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def padding_advice(padding: str) -> str:
    """What is said of an unknown word for padding, after what is allowed."""
    word = padding.lower()
    if word in PADDINGS:
        return f": {PADDINGS[word]}"
    close = get_close_matches(word, ("valid", "same", "same_lower"), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def layout_advice(layout: object) -> str:
    """What is said of a data_format that does not exist."""
    if not isinstance(layout, str):
        return ""
    letters = layout.strip().upper().replace("L", "W")
    if letters in LAYOUTS:
        return f"; did you mean {letters!r}?"
    if letters in ("CHWN", "CDHWN", "CWN"):
        return "; the batch comes first: numpy.moveaxis(x, -1, 0) is a view"
    without = letters.removeprefix("N")
    if without in SPATIAL.values():
        axes = tuple(range(len(letters) - len(without), len(letters)))
        return f"; without channels, pool(x, method, kernel_size, axes={axes}) pools {without!r}"
    names = "channels_first", "channels_last"
    close = get_close_matches(layout.lower().replace(" ", "_"), names, n=1, cutoff=0.8)
    return f"; did you mean {close[0]!r}?" if close else ""


def axes_advice(layout: str, ndim: int) -> str:
    """What is said of a data_format for arrays of another number of axes."""
    with_batch, without = f"N{layout}", layout.removeprefix("N")
    for other, what in ((without, "without a batch"), (with_batch, "with a batch")):
        if len(other) == ndim and other in LAYOUTS and other != layout:
            return f"; {other!r} is the same {what}"
    spatial = without.replace("C", "")
    if len(spatial) == ndim:
        return f"; without batch and channels, axes={tuple(range(ndim))} pools {spatial!r}"
    return ""
