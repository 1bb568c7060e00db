"""Other libraries' words: each is refused, and answered with ours, which does what is said."""

import inspect
import re
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from poolreg import advice

X = np.arange(1.0, 36).reshape(5, 7)
Y = X.reshape(1, 1, 5, 7)
FUNCTIONS = [name for name in pr.__all__ if re.search(r"_pool(\dd)?$", name)]
CALL = [*inspect.signature(pr.pool).parameters]


def refuses(error: type[Exception], *said: str) -> Any:
    return pytest.raises(error, match="(?s)" + ".*".join(map(re.escape, said)))


# ---- Methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Max", "did you mean 'max'?"),
        ("MaxPool2d", "did you mean 'max'?"),
        ("mean", "did you mean 'avg'?"),
        ("average", "did you mean 'avg'?"),
        ("maximum", "did you mean 'max'?"),
        ("amax", "did you mean 'max'?"),
        ("sum_pool", "did you mean 'sum'?"),
        ("softmax", "did you mean 'soft'?"),
        ("lse", "did you mean 'logsumexp'?"),
        ("detail-preserving", "did you mean 'dpp'?"),
        ("LPPool2d", "did you mean 'lp'?"),
        ("adaptive_avg", "did you mean 'avg' with output_size=?"),
        ("GlobalAveragePooling2D", "did you mean 'avg' with output_size=1?"),
        ("gap", "global_avg_pool"),
        ("l2", "'lp' with p=2"),
        ("rms", "'power_avg' with p=2"),
        ("median", "there is no median yet"),
        ("quantile", "Write a method"),
        ("nanmean", "'lip' with logits of -inf"),
        ("max_unpool2d", "no unpooling"),
    ],
)
def test_methods_by_other_names(name: str, said: str) -> None:
    with refuses(pr.UnknownMethodError, f"unknown method {name!r}; ", said):
        pr.get_method(name)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (None, "Write a method"),
        (np.median, "Write a method"),
        (lambda block: block, "Write a method"),
        (type(pr.get_method("max")), "poolreg.register_method"),
        (2, "comes before kernel_size"),
        ((2, 2), "comes before kernel_size"),
    ],
)
def test_what_is_no_name_of_a_method(method: Any, said: str) -> None:
    for call in (lambda: pr.pool(X, method, 2), lambda: pr.Pool(method, 2)):
        with refuses(pr.UnknownMethodError, repr(method), said, "known methods: avg"):
            call()


def test_a_wrong_method_is_said_before_missing_axes() -> None:
    for call in (pr.pool, pr.pool_vjp):
        with refuses(pr.UnknownMethodError, "did you mean 'max'?"):
            call(X, "Max", 2)


def test_every_name_of_the_table_leads_somewhere() -> None:
    assert set(advice.METHODS.values()) <= set(pr.methods())
    assert not {*advice.METHODS, *advice.OTHER_METHODS} & set(pr.methods())
    every = {*CALL, "keepdims", "p", "input"}
    assert set(advice.ARGUMENTS.values()) <= every
    for said in (advice.OTHER_METHODS, advice.OTHER_ARGUMENTS, advice.PADDINGS):
        for method in re.findall(r"'(\w+)' (?:with|is)", " ".join(said.values())):
            assert method in {*pr.methods(), "same", "same_lower"}


def test_norms_by_other_names() -> None:
    squares = (X**2).sum()
    np.testing.assert_allclose(pr.pool(X, "lp", X.shape, p=2.0), np.sqrt(squares))
    np.testing.assert_allclose(pr.pool(X, "power_avg", X.shape, p=2.0), np.sqrt(squares / X.size))
    np.testing.assert_allclose(pr.pool(X, "lp", X.shape, p=1.0), X.sum())


def test_means_without_nan() -> None:
    x = np.where(X % 4 == 0, np.nan, X)
    logits = np.where(np.isnan(x), -np.inf, 0)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3))
    y = pr.pool(x, "lip", (3, 3), stride=1, logits=logits)
    np.testing.assert_allclose(y, np.nanmean(windows, (2, 3)))
    y = pr.pool(np.where(np.isnan(x), -np.inf, x), "max", (3, 3), stride=1)
    np.testing.assert_array_equal(y, np.nanmax(windows, (2, 3)))


# ---- Arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("strides", "did you mean 'stride'?"),
        ("pool_size", "did you mean 'kernel_size'?"),
        ("ksize", "did you mean 'kernel_size'?"),
        ("block_size", "did you mean 'kernel_size'?"),
        ("size", "did you mean 'kernel_size'?"),
        ("window_shape", "did you mean 'kernel_size'?"),
        ("pads", "did you mean 'padding'?"),
        ("dim", "did you mean 'axes'?"),
        ("seed", "did you mean 'rng'?"),
        ("func", "say it as method"),
        ("auto_pad", "'same' is SAME_UPPER"),
        ("keepdim", "keepdims=True"),
        ("ignore_nan", "NaN goes into its windows"),
        ("mask", "masked mean"),
        ("exclusive", "opposite of count_include_pad"),
    ],
)
def test_arguments_by_other_names(name: str, said: str) -> None:
    """In the functions for any method, and when an operator is made."""
    for call in (
        lambda **given: pr.pool(X, "avg", (2, 2), **given),
        lambda **given: pr.pool_vjp(X, "avg", (2, 2), **given),
        lambda **given: pr.Pool("avg", 2, **given),
    ):
        with refuses(pr.ParameterError, f"no parameter {name!r}; its parameters: ", said):
            call(**{name: 1})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_of_functions_by_other_names(name: str) -> None:
    function = getattr(pr, name)
    needed = {"kernel_size": 2, "output_size": 1, "norm_type": 2, "logits": Y}
    needed = {n: v for n, v in needed.items() if n in inspect.signature(function).parameters}
    for wrong, said in (
        ("layout", "'data_format'"),
        ("workers", "'num_threads'"),
        ("mask", "'lip' with logits of -inf"),
        *([("strides", "'stride'"), ("pad", "'padding'")] if "kernel_size" in needed else []),
        *([("pool_size", "'kernel_size'")] if "kernel_size" in needed else []),
        *([("betta", "'beta'")] if name.startswith("soft") else []),
    ):
        with refuses(TypeError, f"{name}() got an unexpected keyword argument {wrong!r}; ", said):
            function(Y, **needed, **{wrong: 1})


# ---- Padding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("SAME", "'same' has the windows of TensorFlow's SAME"),
        ("Same", "'same' has the windows"),
        ("VALID", "it is 'valid'"),
        ("smae", "did you mean 'same'?"),
        ("full", "dilation * (kernel_size - 1)"),
        ("causal", "before"),
        ("reflect", "numpy.pad"),
        ("circular", "mode='wrap'"),
    ],
)
def test_padding_by_other_words(word: str, said: str) -> None:
    with refuses(pr.ParameterError, "'valid', 'same' or 'same_lower'", f"got {word!r}", said):
        pr.pool(X, "max", (2, 2), padding=word)


def tensorflow_same(size: int, k: int, s: int, d: int) -> tuple[int, int]:
    """https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2"""
    total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
    return total // 2, total - total // 2


@pytest.mark.parametrize("size", [5, 6, 8])
def test_same_is_the_same_of_tensorflow(size: int) -> None:
    x = np.arange(1.0, size + 1)
    for k in (1, 2, 3, 4):
        for s, d in ((1, 1), (2, 1), (3, 1), (1, 2)):
            before, after = tensorflow_same(size, k, s, d)
            window = dict(stride=s, dilation=d)
            for method, params in (("max", {}), ("avg", {"count_include_pad": False})):
                y = pr.pool(x, method, (k,), padding="same", **window, **params)
                explicit = pr.pool(x, method, (k,), padding=((before, after),), **window, **params)
                np.testing.assert_array_equal(y, explicit)
                assert len(y) == -(-size // s)


# ---- Axes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("NCL", "did you mean 'NCW'?"),
        ("NLC", "did you mean 'NWC'?"),
        ("nchw", "did you mean 'NCHW'?"),
        ("HW", "pool(x, method, kernel_size, axes=(0, 1)) pools 'HW'"),
        ("NHW", "pool(x, method, kernel_size, axes=(1, 2)) pools 'HW'"),
        ("CHWN", "numpy.moveaxis"),
        ("channel_last", "did you mean 'channels_last'?"),
    ],
)
def test_layouts_that_do_not_exist(layout: str, said: str) -> None:
    for call in (pr.max_pool2d, lambda x, k, **given: pr.pool(x, "max", k, **given)):
        with refuses(pr.ParameterError, f"got {layout!r}", said):
            call(Y, 2, data_format=layout)


@pytest.mark.parametrize(
    ("layout", "x", "said"),
    [
        ("NHWC", Y[0], "'HWC' is the same without a batch"),
        ("CHW", Y, "'NCHW' is the same with a batch"),
        ("NCHW", X, "axes=(0, 1) pools 'HW'"),
        ("NCHW", X[0], "the array has 1"),
    ],
)
def test_layouts_of_another_number_of_axes(layout: str, x: np.ndarray, said: str) -> None:
    with refuses(pr.ShapeError, f"data_format={layout!r} has {len(layout)} axes", said):
        pr.pool(x, "max", 2, data_format=layout)


def test_arrays_without_channels() -> None:
    with refuses(pr.ShapeError, "got 2: shape (5, 7)", "pool(x, method, kernel_size, axes=(0, 1))"):
        pr.max_pool2d(X, 2)
    with refuses(pr.ShapeError, "got 5", "axes=(-2, -1)"):
        pr.max_pool2d(Y[None], 2)
    with refuses(pr.ShapeError, "kernel_size=(2, 2), which pools all 2"):
        pr.pool(X, "max", 2)


def test_axes_have_no_names() -> None:
    with refuses(pr.ShapeError, "from -2 to 1, got ('y', 'x')", "no names"):
        pr.pool(X, "max", 2, axes=("y", "x"))


def test_docstrings_say_how_an_image_is_pooled() -> None:
    for name in FUNCTIONS:
        if not name.startswith("global"):
            assert 'data_format="HWC"' in getattr(pr, name).__doc__
    assert pr.max_pool2d(np.ones((6, 8, 3)), 2, data_format="HWC").shape == (3, 4, 3)


# ---- The function that was called ----------------------------------------------------------------


def torch_functions() -> list[Any]:
    if find_spec("torch") is None:
        return []
    import poolreg.torch.functional as PF

    return [pytest.param(getattr(PF, name), id=f"torch.{name}") for name in PF.__all__]


PUBLIC = [*(pytest.param(getattr(pr, name), id=name) for name in FUNCTIONS), *torch_functions()]


def names_in_traceback(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("function", PUBLIC)
def test_errors_name_the_function_that_was_called(function: Callable[..., Any]) -> None:
    name = function.__name__
    with refuses(TypeError, f"{name}() ", "missing", "'input'"):
        function()
    with refuses(TypeError, f"{name}() ", "positional argument"):
        function(*range(20))
    given = {"kernel_size": 2, "output_size": 1, "norm_type": 2, "logits": Y}
    given = {n: v for n, v in given.items() if n in inspect.signature(function).parameters}
    with pytest.raises(pr.DTypeError) as refused:
        function(object(), **given)
    assert names_in_traceback(refused.value)[1] == name
    assert refused.value.__context__ is None or refused.value.__cause__ is not None
    if not function.__module__.startswith("poolreg.torch"):
        with refuses(TypeError, f"{name}() got an unexpected keyword argument 'zzz'"):
            function(object(), **given, zzz=1)


def test_errors_come_alone() -> None:
    """No look-up that failed is shown before them."""
    for call in (
        lambda: pr.pool(X, "Max", 2),
        lambda: pr.pool(X, "max", 2),
        lambda: pr.max_pool2d(Y, 0),
        lambda: pr.max_pool2d(Y, [0, 0]),
    ):
        with pytest.raises(pr.PoolregError) as refused:
            call()
        assert refused.value.__context__ is None


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_words_of_tensors() -> None:
    import poolreg.torch as pt
    import poolreg.torch.functional as PF
    import torch

    x = torch.from_numpy(Y)
    with refuses(pr.UnknownMethodError, "did you mean 'max'?"):
        pt.pool(x, "Max", 2)
    with refuses(pr.ParameterError, "'strides'", "did you mean 'stride'?"):
        PF.soft_pool2d(x, 2, strides=2)
    with refuses(TypeError, "lp_pool2d() got an unexpected keyword argument 'strides'"):
        PF.lp_pool2d(x, 2, 2, strides=2)
    for dtype, said in (
        (torch.complex64, "input.real and input.imag"),
        (torch.bool, "input.float(): max is any"),
        (torch.int64, "input.double(), which holds integers to 2**53"),
        (torch.int16, "input.float(), which holds every int16"),
    ):
        with refuses(pr.DTypeError, f"got {str(dtype)[6:]}; ", said):
            PF.soft_pool2d(torch.ones(1, 1, 4, 4).to(dtype), 2)
