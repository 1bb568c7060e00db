"""Hostile input: a refusal is of the right class, and its words name the argument and the value."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import poolreg as pr
import pytest

X = np.arange(144, dtype=np.float32).reshape(1, 2, 8, 9)
Y = (1, 2, 4, 4)
HUGE = [2**61, 2**62, 2**63 - 1, 2**63, 2**70]


def pool(x: Any = X, method: str = "max", **arguments: Any) -> Any:
    arguments = dict(kernel_size=2, data_format="NCHW") | arguments
    return pr.pool(x, method, **arguments)


def refuses(error: type[Exception], *words: str) -> Any:
    """A context in which an error must come whose message has all the words, in this order."""
    return pytest.raises(error, match="(?s)" + ".*".join(map(re.escape, words)))


def test_errors_are_builtin_ones_too() -> None:
    for error, builtin in (
        (pr.ParameterError, ValueError),
        (pr.ShapeError, ValueError),
        (pr.DTypeError, TypeError),
        (pr.UnknownMethodError, LookupError),
        (pr.PluginError, Exception),
    ):
        assert issubclass(error, pr.PoolregError)
        assert issubclass(error, builtin)
        assert not issubclass(pr.PoolregError, builtin) or builtin is Exception


# ---- Windows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, (2, 0), (-3, 2)])
@pytest.mark.parametrize("name", ["kernel_size", "stride", "dilation"])
def test_sizes_below_one(name: str, value: Any) -> None:
    with refuses(pr.ParameterError, name, "greater than zero", str(value)):
        pool(**{name: value})


@pytest.mark.parametrize(
    "value",
    [
        2.0,
        2.5,
        True,
        "2",
        b"2",
        (2, 2.0),
        (2, None),
        {2: 2},
        np.float32(2),
        np.array([2, 2]),
        2j,
        object,
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "dilation"])
def test_sizes_that_are_no_integers(name: str, value: Any) -> None:
    with refuses(pr.ParameterError, name, "integer", repr(value)):
        pool(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel_size", (1, 1, 1)),
        ("kernel_size", ()),
        ("stride", (1, 1, 1)),
        ("padding", (1, 1, 1)),
        ("padding", ()),
        ("dilation", (1, 1, 1)),
        ("dilation", ()),
    ],
)
def test_tuples_of_the_wrong_length(name: str, value: Any) -> None:
    with refuses(pr.ParameterError, name, "2", str(value)):
        pool(**{name: value})


@pytest.mark.parametrize("value", HUGE)
@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "dilation", "output_size"])
def test_sizes_near_and_beyond_64_bit(name: str, value: int) -> None:
    arguments = {name: value} | ({"kernel_size": None} if name == "output_size" else {})
    with refuses(pr.ParameterError, name, "2**61", str(value)):
        pool(**arguments)
    with refuses(pr.ParameterError, name, "2**61", str(value)):
        pr.output_shape(X.shape, data_format="NCHW", **{"kernel_size": 2} | arguments)


@pytest.mark.parametrize("value", [-1, (1, -1), ((1, -2), (0, 0))])
def test_negative_padding(value: Any) -> None:
    with refuses(pr.ParameterError, "padding", "non-negative", str(value)):
        pool(padding=value)


@pytest.mark.parametrize("value", [((1, 2, 3), (1, 1)), ((1,), (1,)), (1, (1, 1)), ("ab", "cd")])
def test_padding_pairs_of_another_form(value: Any) -> None:
    with refuses(pr.ParameterError, "padding", "pairs", str(value)):
        pool(padding=value)


@pytest.mark.parametrize("word", ["SAME", "smae", "full", ""])
def test_words_for_padding(word: str) -> None:
    with refuses(pr.ParameterError, "padding", "'valid', 'same' or 'same_lower'", repr(word)):
        pool(padding=word)


@pytest.mark.parametrize("word", ["same", "same_lower"])
def test_same_with_ceil_mode(word: str) -> None:
    with refuses(pr.ParameterError, f"padding={word!r}", "ceil_mode"):
        pool(padding=word, ceil_mode=True)


@pytest.mark.parametrize("value", [0, 1, None, "yes", np.True_])
def test_ceil_mode_is_a_bool(value: Any) -> None:
    with refuses(pr.ParameterError, "ceil_mode", "True or False", repr(value)):
        pool(ceil_mode=value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(kernel_size=10), ("kernel_size 10", "axis 2 has 8")),
        (dict(kernel_size=(8, 10)), ("kernel_size 10", "axis 3 has 9")),
        (
            dict(kernel_size=3, dilation=5),
            ("kernel_size 3", "dilation 5", "spans 11", "axis 2 has 8"),
        ),
        (dict(kernel_size=11, padding=1), ("kernel_size 11", "axis 2 has 8", "padding 1 + 1")),
        (dict(kernel_size=2**60), (f"kernel_size {2**60}", "axis 2 has 8")),
    ],
)
def test_window_larger_than_the_input(arguments: dict, words: tuple) -> None:
    for method in pr.methods():
        with refuses(pr.ShapeError, *words):
            pool(method=method, **arguments)
    with refuses(pr.ShapeError, *words):
        pr.output_shape(X.shape, data_format="NCHW", **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        dict(kernel_size=2**60, dilation=2**60),
        dict(kernel_size=2, padding=2**61 - 1, stride=1),
        dict(kernel_size=2**60, padding=2**60),
    ],
)
def test_sums_of_sizes_that_overflow(arguments: dict) -> None:
    with refuses(pr.ShapeError, "too large"):
        pool(method="sum", **arguments)


@pytest.mark.parametrize(
    ("method", "params"), [("max", {}), ("min", {}), ("avg", {"count_include_pad": False})]
)
@pytest.mark.parametrize(
    ("length", "window", "output"),
    [
        pytest.param(1, dict(kernel_size=2, padding=1, dilation=2), 0, id="between the taps"),
        pytest.param(4, dict(kernel_size=2, stride=2, padding=((0, 5),)), 2, id="right padding"),
        pytest.param(4, dict(kernel_size=2, stride=1, padding=((3, 0),)), 0, id="left padding"),
        pytest.param(
            3, dict(kernel_size=2, stride=1, padding=4, dilation=4), 3, id="the middle one"
        ),
    ],
)
def test_windows_without_a_member(
    method: str, params: dict, length: int, window: dict, output: int
) -> None:
    """Where there is nothing to select or to average; counted padding and sums give zero."""
    for shape, axis in (((length,), 0), ((3, length), 1), ((2, length, 3), 1)):
        x = np.ones(shape, np.float32)
        for call in (pr.pool, pr.pool_vjp):
            with refuses(pr.ShapeError, f"output index {output}", f"axis {axis}", "padding"):
                call(x, method, axes=axis, **window, **params)
        for other, settings in (("sum", {}), ("avg", {}), ("avg", {"divisor_override": 3})):
            y, vjp = pr.pool_vjp(x, other, axes=axis, **window, **settings)
            assert not np.any(np.take(y, output, axis))
            assert np.isfinite(vjp(np.ones_like(y)).input).all()


@pytest.mark.parametrize("value", [0, -1, (2, 0)])
def test_output_size_below_one(value: Any) -> None:
    with refuses(pr.ParameterError, "output_size", "greater than zero", str(value)):
        pr.adaptive_max_pool2d(X, value)


@pytest.mark.parametrize("value", [2.0, True, "7", (2, 2.0)])
def test_output_size_that_is_no_integer(value: Any) -> None:
    with refuses(pr.ParameterError, "output_size", "integer", repr(value)):
        pr.adaptive_avg_pool2d(X, value)


@pytest.mark.parametrize("value", [(1, 2, 3), (None, 2, 2), ()])
def test_output_size_of_the_wrong_length(value: Any) -> None:
    with refuses(pr.ParameterError, "output_size", "2", str(value)):
        pr.adaptive_avg_pool2d(X, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel_size", 2),
        ("stride", 1),
        ("padding", 1),
        ("padding", "same"),
        ("dilation", 2),
        ("ceil_mode", True),
    ],
)
def test_output_size_beside_a_window(name: str, value: Any) -> None:
    with refuses(pr.ParameterError, "output_size", name):
        pool(output_size=2, **{"kernel_size": None} | {name: value})


@pytest.mark.parametrize(
    "call",
    [
        lambda: pool(kernel_size=None),
        lambda: pr.Pool("max"),
        lambda: pr.adaptive_max_pool2d(X, None),
        lambda: pr.output_shape(X.shape, data_format="NCHW"),
    ],
)
def test_no_window_at_all(call: Callable[[], Any]) -> None:
    with refuses(pr.ParameterError, "kernel_size or output_size"):
        call()


# ---- Axes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel_size", [2, (2, 2), (2,)])
@pytest.mark.parametrize(
    "call",
    [
        lambda kernel_size: pr.pool(X, "max", kernel_size),
        lambda kernel_size: pr.pool_vjp(X, "max", kernel_size),
        lambda kernel_size: pr.Pool("max", kernel_size)(X),
        lambda kernel_size: pr.output_shape(X.shape, kernel_size),
    ],
    ids=["pool", "pool_vjp", "Pool", "output_shape"],
)
def test_axes_are_never_guessed(call: Callable[[Any], Any], kernel_size: Any) -> None:
    """The message shows the three ways to say them."""
    with refuses(pr.ShapeError, "axes=", "data_format=", "kernel_size"):
        call(kernel_size)


def test_both_axes_and_data_format() -> None:
    for call in (pool, lambda **given: pr.global_max_pool(X, data_format="NCHW", **given)):
        with refuses(pr.ShapeError, "axes=", "data_format=", "not both"):
            call(axes=(2, 3))


@pytest.mark.parametrize("axes", [4, -5, (2, 4), 1.0, "1", True, (1, None)])
def test_axes_out_of_range(axes: Any) -> None:
    with refuses(pr.ShapeError, "axes", "-4 to 3", repr(axes)):
        pool(data_format=None, axes=axes)


@pytest.mark.parametrize("axes", [(1, 1), (1, -3), ()])
def test_axes_named_twice_or_not_at_all(axes: Any) -> None:
    with refuses(pr.ShapeError, "axes", "different", repr(axes)):
        pool(data_format=None, axes=axes)


def test_more_than_three_pooled_axes() -> None:
    with refuses(pr.ShapeError, "three axes"):
        pr.pool(np.zeros((4, 4, 4, 4)), "max", (2, 2, 2, 2))


@pytest.mark.parametrize("value", ["nchw", "NCWH", "CHWN", "NHW", "HW", "NCHW ", "channels", 3])
def test_data_formats_that_do_not_exist(value: Any) -> None:
    for call in (pool, lambda data_format: pr.max_pool2d(X, 2, data_format=data_format)):
        with refuses(pr.ParameterError, "data_format", "'NCHW', 'NHWC'", repr(value)):
            call(data_format=value)


@pytest.mark.parametrize("value", ["CHW", "NCDHW", "NWC"])
def test_data_formats_of_another_number_of_axes(value: str) -> None:
    for call in (pool, lambda data_format: pr.global_max_pool(X, data_format=data_format)):
        with refuses(pr.ShapeError, f"data_format={value!r}", f"{len(value)} axes", "4"):
            call(data_format=value)


def test_data_format_of_another_rank() -> None:
    with refuses(pr.ShapeError, "data_format='CDHW'", "3 spatial axes", "2"):
        pr.max_pool2d(X, 2, data_format="CDHW")


@pytest.mark.parametrize(("rank", "ndim"), [(1, 1), (1, 4), (2, 0), (2, 2), (2, 5), (3, 3), (3, 6)])
def test_wrong_number_of_axes(rank: int, ndim: int) -> None:
    x = np.zeros((3,) * ndim, np.float32)
    for name in ("max_pool", "avg_pool", "adaptive_min_pool"):
        with refuses(pr.ShapeError, "input", f"{rank + 1} axes", f"{rank + 2}", f"got {ndim}"):
            getattr(pr, f"{name}{rank}d")(x, 2)


def test_global_pooling_needs_an_axis_to_pool() -> None:
    with refuses(pr.ShapeError, "input", "axes=", "data_format="):
        pr.global_avg_pool(np.zeros((2, 3), np.float32))


def test_channel_axis() -> None:
    with refuses(pr.ShapeError, "channel_axis=2", "pooled"):
        pool(data_format=None, axes=(2, 3), channel_axis=2)
    with refuses(pr.ShapeError, "data_format", "channel_axis"):
        pool(channel_axis=1)


# ---- Arrays --------------------------------------------------------------------------------------


OTHER_DTYPES: dict[Any, str] = {
    np.int8: "input.astype(numpy.float32)",
    np.uint8: "input.astype(numpy.float32)",
    np.uint16: "input.astype(numpy.float32)",
    np.int32: "input.astype(numpy.float64)",
    np.uint32: "input.astype(numpy.float64)",
    np.int64: "input.astype(numpy.float64)",
    np.uint64: "input.astype(numpy.float64)",
    bool: "input.astype(numpy.float32)",
    np.float16: "input.astype(numpy.float32)",
    np.longdouble: "input.astype(numpy.float64), which rounds to 53 bits",
    complex: "input.real and input.imag apart",
    np.complex64: "input.real and input.imag apart",
    object: "objects",
    "U3": "no numbers",
    "S3": "no numbers",
    "V4": "no numbers",
    "M8[s]": "(input - input.min()) / numpy.timedelta64(1, 's')",
    "m8[s]": "input / numpy.timedelta64(1, 's')",
    np.dtype([("a", "f4"), ("b", "f8")]): "fields apart: input['a'], input['b']",
    np.dtypes.StringDType(): "no numbers",
}


@pytest.mark.parametrize(("dtype", "advice"), OTHER_DTYPES.items(), ids=map(str, OTHER_DTYPES))
def test_other_dtypes(dtype: Any, advice: str) -> None:
    x = np.zeros((1, 4, 4), np.int8).astype(dtype)
    for call in (lambda: pr.max_pool2d(x, 2), lambda: pr.avg_pool2d(x, 2)):
        with refuses(pr.DTypeError, "input", "float32 or float64", str(x.dtype), advice):
            call()
    with refuses(pr.DTypeError, "x must be", "float32 or float64", str(x.dtype)):
        pr.pool_vjp(x, "max", (1, 2, 2))


@pytest.mark.parametrize("dtype", [*np.typecodes["AllInteger"], "?", "e", "m8[s]", "M8[s]"])
def test_advice_for_dtypes_keeps_every_number(dtype: str) -> None:
    """What is advised gives an array that can be pooled, with the numbers that there were."""
    ends = [0, 1, 2**53] if dtype.upper() in "LQ" else [0, 1]
    if dtype.upper() in "BHI":
        ends = [*ends, np.iinfo(dtype).max, np.iinfo(dtype).min]
    x = np.array(ends, np.int64).astype(dtype)
    with pytest.raises(pr.DTypeError) as refused:
        pr.pool(x, "max", (1,))
    advised = re.search(
        r"(?:give |dates: |durations: )(.*?)(?:, which|: max| has|;|$)", str(refused.value)
    )
    assert advised is not None
    y = pr.pool(eval(advised[1], {"x": x, "numpy": np}), "max", (1,))
    assert [int(n) for n in y] == x.astype(object if dtype in "?e" else np.int64).astype(
        int
    ).tolist()


def test_advice_for_labels() -> None:
    """Averages of them mean nothing, but the largest is one of them."""
    with refuses(pr.DTypeError, "averages of labels mean nothing", "max, min", "select keep them"):
        pr.max_pool2d(np.array([[[16777217]]]), 1)
    assert pr.max_pool2d(np.array([[[16777217]]]).astype(np.float64), 1) == 16777217


@pytest.mark.parametrize(
    "x", [None, "abc", [[[1, 2], [3, 4]]], {"a": 1}, [["a"]], object], ids=repr
)
def test_what_is_no_array_of_floats(x: Any) -> None:
    with refuses(pr.DTypeError, "input must be"):
        pr.max_pool2d(x, 2)


def test_masked_arrays() -> None:
    """Their mask would be lost without a word."""
    x = np.ma.array(np.zeros((1, 4, 4), np.float32), mask=True)
    with refuses(pr.DTypeError, "input", "plain array", "MaskedArray"):
        pr.max_pool2d(x, 2)


@pytest.mark.parametrize("method", pr.methods())
@pytest.mark.parametrize("shape", [(0, 2, 8, 9), (1, 0, 8, 9), (0, 0, 8, 9)])
def test_empty_batches_are_fine(method: str, shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, np.float32)
    maps = {p.name: x for p in pr.describe(method).params if p.default is pr.Param.required}
    y, vjp = pr.pool_vjp(x, method, 2, data_format="NCHW", **maps)
    assert y.shape == (*shape[:2], 4, 4)
    assert vjp(y).input.shape == shape
    if not method.startswith("s3"):  # windows with a stride only
        assert pool(x, method, kernel_size=None, output_size=1, **maps).size == 0


@pytest.mark.parametrize("method", pr.methods())
@pytest.mark.parametrize(("shape", "axis"), [((1, 2, 0, 9), 2), ((1, 2, 8, 0), 3)])
def test_empty_axes_are_not(method: str, shape: tuple[int, ...], axis: int) -> None:
    x = np.zeros(shape, np.float32)
    for arguments in ({}, dict(kernel_size=None, output_size=1)):
        with refuses(pr.ShapeError, f"axis {axis}", "size 0"):
            pool(x, method, **arguments)


@pytest.mark.parametrize(
    "shape", [(-1,), (2.0,), (True,), (2**62,), (2**70,), 4, "44", None], ids=repr
)
def test_shapes_that_do_not_exist(shape: Any) -> None:
    with refuses(pr.ShapeError, "shape", "integers", repr(shape)):
        pr.output_shape(shape, (2,))


def readonly(shape: tuple[int, ...]) -> np.ndarray:
    array = np.zeros(shape, np.float32)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "words"),
    [
        (np.zeros((1, 2, 4, 5), np.float32), pr.ShapeError, ("(1, 2, 4, 4)", "(1, 2, 4, 5)")),
        (np.zeros((2, 4, 4), np.float32), pr.ShapeError, ("(1, 2, 4, 4)", "(2, 4, 4)")),
        (np.zeros(Y), pr.DTypeError, ("float32", "float64")),
        (np.zeros(Y, ">f4"), pr.DTypeError, ("float32", ">f4")),
        (readonly(Y), pr.ParameterError, ("writeable", "read-only")),
        (X[:, :, :4, :4], pr.ParameterError, ("share memory", "input")),
        ([1, 2], pr.DTypeError, ("array", "list")),
    ],
    ids=["shape", "ndim", "dtype", "byte order", "read-only", "overlap", "no array"],
)
def test_out(out: Any, error: type[Exception], words: tuple[str, ...]) -> None:
    before = X.copy()
    with refuses(error, "out", *words):
        pr.max_pool2d(X, 2, out=out)
    with refuses(error, "out", *words):
        pr.pool_vjp(X, "avg", 2, data_format="NCHW", out=out)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    "strides", [(0, 64, 16, 4), (128, 64, 4, 4), (-128, 32, 16, 4), (4, 4, 4, 4)]
)
def test_out_that_overlaps_itself(strides: tuple[int, ...]) -> None:
    memory = np.zeros(200, np.float32)
    out = np.lib.stride_tricks.as_strided(memory[100:], (2, 2, 4, 4), strides)
    with refuses(pr.ParameterError, "out", str(strides), "overlap"):
        pr.max_pool2d(np.ones((2, 2, 8, 8), np.float32), 2, out=out)
    assert not memory.any()


@pytest.mark.parametrize("strides", [(4, 8, 64, 16), (-128, 64, 16, 4), (256, 64, -16, 4)])
def test_out_in_any_order(strides: tuple[int, ...]) -> None:
    memory = np.zeros(300, np.float32)
    out = np.lib.stride_tricks.as_strided(memory[150:], (2, 2, 4, 4), strides)
    pr.max_pool2d(np.ones((2, 2, 8, 8), np.float32), 2, out=out)
    assert memory.sum() == 64


def test_out_of_indices() -> None:
    y, index = np.zeros(Y, np.float32), np.zeros(Y, np.int64)
    with refuses(pr.DTypeError, "out[1]", "int64", "int32"):
        pr.max_pool2d(X, 2, return_indices=True, out=(y, index.astype(np.int32)))
    with refuses(pr.ParameterError, "out", "3"):
        pr.max_pool2d(X, 2, return_indices=True, out=(y, index, y))
    with refuses(pr.DTypeError, "out", "tuple"):
        pr.max_pool2d(X, 2, out=(y, index))
    with refuses(pr.ParameterError, "out[1]", "share memory", "out[0]"):
        pr.max_pool2d(X, 2, return_indices=True, out=(index.view(np.float32)[..., :4], index))


@pytest.mark.parametrize(
    ("dy", "error", "words"),
    [
        (np.zeros((1, 2, 4, 5), np.float32), pr.ShapeError, ("(1, 2, 4, 4)", "(1, 2, 4, 5)")),
        (np.zeros(Y), pr.DTypeError, ("float32", "float64")),
        (np.zeros(Y, int), pr.DTypeError, ("float32", "int64")),
        (np.float32(1), pr.ShapeError, ("(1, 2, 4, 4)", "()")),
        (None, pr.DTypeError, ("array",)),
    ],
    ids=["shape", "dtype", "integers", "scalar", "None"],
)
def test_upstream_gradients(dy: Any, error: type[Exception], words: tuple[str, ...]) -> None:
    _, vjp = pr.pool_vjp(X, "max", 2, data_format="NCHW")
    with refuses(error, "dy", *words):
        vjp(dy)


def test_out_of_gradients() -> None:
    y, vjp = pr.pool_vjp(X, "max", 2, data_format="NCHW")
    with refuses(pr.ShapeError, "out", "(1, 2, 8, 9)", "(1, 2, 4, 4)"):
        vjp(y, out=np.zeros(Y, np.float32))
    with refuses(pr.ParameterError, "out", "share memory", "x"):
        vjp(y, out=X)
    wide = np.zeros(X.shape, np.float32)
    with refuses(pr.ParameterError, "out", "share memory", "dy"):
        vjp(wide[:, :, :4, :4], out=wide)


# ---- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"), [("maxx", "max"), ("Max", "max"), ("average", "avg"), ("mn", "min")]
)
@pytest.mark.parametrize(
    "call",
    [lambda name: pool(method=name), lambda name: pr.Pool(name, 2), pr.get_method, pr.describe],
    ids=["pool", "Pool", "get_method", "describe"],
)
def test_misspelt_methods(call: Callable[[str], Any], name: str, meant: str) -> None:
    with refuses(pr.UnknownMethodError, repr(name), "did you mean", repr(meant)):
        call(name)


@pytest.mark.parametrize("name", ["", "wavelet", None, 3, ("max",)])
def test_unknown_methods(name: Any) -> None:
    with refuses(pr.UnknownMethodError, repr(name), ", ".join(pr.methods())):
        pool(method=name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("strides", "stride"),
        ("pool_size", "kernel_size"),
        ("axis", "axes"),
        ("kernel", "kernel_size"),
        ("dilations", "dilation"),
        ("pads", "padding"),
        ("return_index", "return_indices"),
        ("count_includepad", "count_include_pad"),
    ],
)
def test_misspelt_parameters(name: str, meant: str) -> None:
    """Other libraries' words, and slips of the pen; the method's own parameters are listed."""
    for call in (pool, lambda method, **given: pr.Pool(method, 2, axes=(2, 3), **given)(X)):
        with refuses(
            pr.ParameterError,
            "'avg'",
            repr(name),
            "count_include_pad, divisor_override",
            repr(meant),
        ):
            call(method="avg", **{name: 1})


def test_parameters_of_another_method() -> None:
    with refuses(pr.ParameterError, "'max'", "'divisor_override'", "none"):
        pool(divisor_override=2)
    with pytest.raises(TypeError, match="strides"):
        pr.max_pool2d(X, 2, strides=2)


@pytest.mark.parametrize("value", [0, 2.0, True, "3"])
def test_divisors(value: Any) -> None:
    with refuses(pr.ParameterError, "divisor_override", "integer, not 0", repr(value)):
        pr.avg_pool2d(X, 2, divisor_override=value)


@pytest.mark.parametrize("value", [0, 1, None, "yes"])
def test_count_include_pad_is_a_bool(value: Any) -> None:
    with refuses(pr.ParameterError, "count_include_pad", "True or False", f"got {value!r}"):
        pr.avg_pool2d(X, 2, count_include_pad=value)


@pytest.mark.parametrize("method", ["avg", "sum"])
def test_indices_of_what_selects_nothing(method: str) -> None:
    with refuses(pr.ParameterError, "return_indices", repr(method)):
        pool(method=method, return_indices=True)


def test_rng_for_what_draws_nothing() -> None:
    with refuses(pr.ParameterError, "rng", "'max'"):
        pool(rng=1)


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "2", 2**40])
def test_thread_counts(value: Any) -> None:
    with refuses(pr.ParameterError, "num_threads", "integer", "1", repr(value)):
        pool(num_threads=value)
    with refuses(pr.ParameterError, "integer", "1", repr(value)), pr.num_threads(value):
        pytest.fail("the block must not run")


def test_a_ragged_list() -> None:
    with refuses(pr.DTypeError, "input", "array of numbers"):
        pr.max_pool2d([[1.0], [2.0, 3.0]], 2)


def test_an_empty_data_format() -> None:
    with refuses(pr.ParameterError, "data_format", "''"):
        pr.max_pool2d(X, 2, data_format="")


def test_a_hint_is_never_the_word_itself() -> None:
    with pytest.raises(pr.ParameterError, match="no parameter 'return_indices'") as refused:
        pr.pool_vjp(X, "max", 2, data_format="NCHW", return_indices=True)
    assert "did you mean" not in str(refused.value)
