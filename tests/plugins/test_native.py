"""Native functions: what they are given, what they give back, and everything that is not one.

The functions here are Python behind ctypes; compiled ones are tested by test_installed.py.
"""

import ctypes
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from poolreg.testing import check_method

POINTERS = {"float32": ctypes.POINTER(ctypes.c_float), "float64": ctypes.POINTER(ctypes.c_double)}
WINDOW = dict(kernel_size=(2, 2), stride=1, padding=1)
X = np.random.default_rng(0).standard_normal((3, 4))


def prototype(role: str, dtype: str) -> Any:
    """The type of a function, written from poolcore.h."""
    number, doubles = POINTERS[dtype], POINTERS["float64"]
    size, places = ctypes.c_int64, ctypes.POINTER(ctypes.c_int64)
    block = (size, size, size, number, ctypes.POINTER(ctypes.c_uint8), *(number,) * 4, doubles)
    block += (places, places, ctypes.c_uint64, ctypes.c_void_p)
    return ctypes.CFUNCTYPE(
        ctypes.c_int32, *block, *(number,) * {"forward": 1, "backward": 5}[role]
    )


Function = Callable[..., int]


def native(role: str, function: Function) -> dict[str, Any]:
    return {dtype: prototype(role, dtype)(function) for dtype in POINTERS}


def cells(pointer: Any, *shape: int) -> Any:
    return np.ctypeslib.as_array(pointer, shape)


def total(taps: int, lanes: int, full: int, win: Any, *rest: Any) -> int:
    """y is the sum of the members: elsewhere there are zeros."""
    cells(rest[-1], lanes)[:] = cells(win, taps, lanes).sum(axis=0)
    return 0


def spread(taps: int, lanes: int, *rest: Any) -> int:
    dy, dwin = rest[-5:-3]
    cells(dwin, taps, lanes)[:] = cells(dy, lanes)
    return 0


def method_of(reducer: Any, *params: pr.Param) -> type[pr.Method]:
    return type("Made", (pr.Method,), dict(name="test.made", reducer=reducer, params=params))


def pool(reducer: Any, x: Any = X, *params: pr.Param, **given: Any) -> Any:
    with pr.registered(method_of(reducer, *params)):
        return pr.pool(x, "test.made", **{**WINDOW, **given})


# ---- What functions are given --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", sorted(POINTERS))
@pytest.mark.parametrize("threads", [1, 2])
def test_forward_and_backward(dtype: str, threads: int) -> None:
    x = np.random.default_rng(1).integers(-9, 9, (150, 151, 2)).astype(dtype)
    window = dict(kernel_size=3, stride=2, padding=1, axes=(0, 1))
    reducer = pr.Native(
        pr.native_method(forward=native("forward", total), backward=native("backward", spread))
    )
    results = []
    with pr.registered(method_of(reducer)), pr.num_threads(threads):
        for method in ("test.made", "sum"):
            y, vjp = pr.pool_vjp(x, method, **window)
            results.append((y, vjp(y).input))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_every_argument() -> None:
    """All kinds of parameters; windows of one axis, of which the first hangs over the edge."""
    params = (
        pr.Param("weight", kind="map", shape="map:in", doc="Of members."),
        pr.Param("target", kind="map", shape="map:out", doc="Of outputs."),
        pr.Param("flag", dtype="bool", default=True, doc="A setting."),
        pr.Param("alpha", kind="learnable", default=2.0, doc="A number."),
        pr.Param("word", dtype="str", default="b", choices=("a", "b", "c"), doc="A choice."),
        pr.Param("beta", kind="learnable", shape="1|C", default=3.0, doc="Perhaps per channel."),
        pr.Param("nothing", default=None, optional=True, doc="Perhaps a number."),
        pr.Param("count", dtype="int", default=7, doc="A whole number."),
    )
    seen: dict[str, Any] = {}
    alone: list[Any] = []

    def look(taps: int, lanes: int, full: int, win: Any, *rest: Any) -> int:
        valid, count, map_in, map_out, learnable, numbers, channel, element, _, context, y = rest
        shape = taps, lanes
        for name, pointer, size in (
            ("win", win, shape),
            ("valid", valid, shape),
            ("count", count, (lanes,)),
            ("map_in", map_in, shape),
            ("map_out", map_out, (lanes,)),
            ("params", learnable, (2, lanes)),
            ("numbers", numbers, (4,)),
            ("channel", channel, (lanes,)),
            ("element", element, (lanes,)),
        ):
            seen[name] = cells(pointer, *size).copy()
        alone.append((full, context))
        cells(y, lanes)[:] = 0
        return 0

    x = np.arange(1.0, 7.0).reshape(3, 2)
    target = np.array([[100.0, 200.0], [300.0, 400.0]])
    reducer = pr.Native(
        pr.native_method(forward={"float64": prototype("forward", "float64")(look)})
    )
    window = dict(kernel_size=2, padding=((1, 0),), axes=(0,), channel_axis=1)
    with pr.registered(method_of(reducer, *params)):
        pr.pool(x, "test.made", weight=10 * x, target=target, beta=[4.0, 5.0], **window)

    order = np.argsort(seen["element"])  # in which order lanes come is not said
    by_lane = {name: a[..., order].tolist() for name, a in seen.items() if name != "numbers"}
    assert by_lane == {
        "element": [0, 1, 2, 3],
        "channel": [0, 0, 1, 1],
        "win": [[0, 3, 0, 4], [1, 5, 2, 6]],
        "map_in": [[0, 30, 0, 40], [10, 50, 20, 60]],
        "valid": [[0, 1, 0, 1], [1, 1, 1, 1]],
        "count": [1, 2, 1, 2],
        "map_out": [100, 300, 200, 400],
        "params": [[2, 2, 2, 2], [4, 4, 5, 5]],
    }
    np.testing.assert_array_equal(seen["numbers"], [1, 1, np.nan, 7])
    assert alone == [(0, None)]


def test_cells_without_a_member_hold_the_fill_of_a_native_method() -> None:
    def largest(taps: int, lanes: int, full: int, win: Any, *rest: Any) -> int:
        cells(rest[-1], lanes)[:] = cells(win, taps, lanes).max(axis=0)
        return 0

    capsule = pr.native_method(forward=native("forward", largest))
    y = pool(pr.Native(capsule, fill=-np.inf), -np.abs(X))
    np.testing.assert_array_equal(y, pr.pool(-np.abs(X), "max", **WINDOW))


def test_a_capsule_keeps_its_functions() -> None:
    reducer = pr.Native(pr.native_method(forward=native("forward", total)))
    gc.collect()
    np.testing.assert_allclose(pool(reducer), pr.pool(X, "sum", **WINDOW))


# ---- What they give back -------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_a_function_that_fails(threads: int) -> None:
    reducer = pr.Native(
        pr.native_method(
            forward=native("forward", total), backward=native("backward", lambda *block: -7)
        )
    )
    x = np.ones((200, 300))
    with pr.registered(method_of(reducer)), pr.num_threads(threads):
        y, vjp = pr.pool_vjp(x, "test.made", (2, 2))
        with pytest.raises(pr.PluginError, match=r"backward_f64 answered -7: 0 says that the"):
            vjp(y)
    failing = pr.Native(pr.native_method(forward=native("forward", lambda *block: 3)))
    with pytest.raises(pr.PluginError, match=r"forward_f64 answered 3: 0 says that the"):
        pool(failing, x)


def leave(taps: int, lanes: int, *rest: Any) -> int:
    """Nothing is filled."""
    return 0


def beyond(argument: int, at: Callable[[int, int], int], right: Function) -> Function:
    """What is right, and a number outside of an argument, counted from the last."""

    def function(taps: int, lanes: int, full: int, *rest: Any) -> int:
        code = right(taps, lanes, full, *rest)
        rest[argument][at(taps, lanes)] = 1
        return code

    return function


def adding(taps: int, lanes: int, *rest: Any) -> int:
    """As spread, but to what dwin held before."""
    dy, dwin = rest[-5:-3]
    cells(dwin, taps, lanes)[:] += cells(dy, lanes)
    return 0


@pytest.mark.parametrize(
    ("forward", "backward", "fault"),
    [
        (total, spread, None),
        (beyond(-1, lambda taps, lanes: lanes, total), spread, "forward_f32 wrote behind y"),
        (beyond(-1, lambda taps, lanes: -1, total), spread, "forward_f32 wrote before y"),
        (leave, spread, "forward_f32 left a part of y as it was"),
        (beyond(0, lambda taps, lanes: 0, total), spread, "forward_f32 changed win, which it may"),
        (
            total,
            beyond(-4, lambda taps, lanes: (taps + 1) * lanes - 1, spread),
            "backward_f32 wrote behind dwin",
        ),
        (total, leave, "backward_f32 left a part of dwin as it was"),
        (total, adding, "before the call: set it"),
    ],
)
def test_what_functions_write_is_checked(
    forward: Function, backward: Function, fault: str | None
) -> None:
    capsule = pr.native_method(
        forward=native("forward", forward), backward=native("backward", backward)
    )
    method = method_of(pr.Native(capsule))
    report = check_method(method, only=["native_writes"], raise_on_failure=False)
    assert [result.state for result in report.results] == ["failed" if fault else "passed"]
    assert (fault or "") in report["native_writes"].message


def test_dtypes_are_those_of_the_functions() -> None:
    function = native("forward", total)["float64"]
    reducer = pr.Native(pr.native_method(forward=function))
    made = method_of(reducer)
    assert made.dtypes == ("float64",)
    with pytest.raises(pr.DTypeError, match="float64"):
        pool(reducer, X.astype(np.float32))


def test_without_backward_it_is_not_differentiable() -> None:
    reducer = pr.Native(pr.native_method(forward=native("forward", total)))
    assert not method_of(reducer).traits.differentiable


# ---- Capsules ------------------------------------------------------------------------------------


class Struct(ctypes.Structure):
    """poolcore_method, written from poolcore.h."""

    _fields_ = (
        ("size", ctypes.c_size_t),
        ("minor", ctypes.c_int32),
        *((name, ctypes.c_int32) for name in ("maps_in", "maps_out", "params", "numbers")),
        ("context", ctypes.c_void_p),
        *((f"{role}_f{n}", ctypes.c_void_p) for role in ("forward", "backward") for n in (32, 64)),
    )


KEPT: list[Any] = []  # a capsule owns nothing


def capsule(name: bytes | None = b"poolreg.method_v1", **fields: Any) -> Any:
    function = native("forward", total)["float64"]
    address = ctypes.cast(function, ctypes.c_void_p).value
    struct = Struct(**{"size": ctypes.sizeof(Struct), "forward_f64": address, **fields})
    KEPT.extend([function, struct, name])
    new = ctypes.pythonapi.PyCapsule_New
    new.argtypes, new.restype = (
        (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        ctypes.py_object,
    )
    return new(ctypes.addressof(struct), name, None)


def test_a_capsule_from_elsewhere() -> None:
    np.testing.assert_allclose(pool(pr.Native(capsule())), pr.pool(X, "sum", **WINDOW))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: capsule(b"poolreg.method_v2"), r"'poolreg\.method_v1', got 'poolreg\.method_v2'"),
        (lambda: capsule(b"scipy.spatial"), r"'poolreg\.method_v1', got 'scipy\.spatial'"),
        (lambda: capsule(None), r"'poolreg\.method_v1', got ''"),
        (lambda: capsule(size=64), r"size 64, expected 72: set size = sizeof\(poolcore_method\)"),
        (lambda: capsule(size=0), "size 0, expected 72"),
        (lambda: capsule(minor=1, size=80), r"version 1\.1 of poolcore\.h, this poolreg has 1\.0"),
        (lambda: capsule(forward_f64=None), "has no forward function"),
        (lambda: 12345, r"a capsule named 'poolreg\.method_v1', got int"),
        (lambda: None, "got NoneType"),
    ],
)
def test_other_capsules(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(pr.PluginError, match=message):
        pr.Native(made())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(maps_in=1, params=1, numbers=1), None),
        (dict(maps_in=-1, params=-1, numbers=-1, maps_out=-1), None),
        (dict(maps_in=0, params=1, numbers=1), "maps_in = 0, the method declares 1"),
        (dict(maps_in=1, params=2, numbers=1), "params = 2, the method declares 1"),
        (dict(maps_in=1, params=1, numbers=0), "numbers = 0, the method declares 1"),
        (dict(maps_in=1, params=1, numbers=1, maps_out=1), "maps_out = 1, the method declares 0"),
    ],
)
def test_counts_are_those_of_the_schema(fields: dict[str, int], message: str | None) -> None:
    params = (
        pr.Param("weight", kind="map", shape="map:in", doc="A map."),
        pr.Param("alpha", kind="learnable", default=1.0, doc="Learnable."),
        pr.Param("flag", dtype="bool", default=True, doc="A setting."),
    )
    reducer = pr.Native(capsule(**fields))
    if message is None:
        method_of(reducer, *params)
        return
    with pytest.raises(pr.PluginError, match=message):
        method_of(reducer, *params)


def test_optional_learnable_parameters_are_refused() -> None:
    param = pr.Param("alpha", kind="learnable", default=None, optional=True, doc="Perhaps.")
    with pytest.raises(pr.ParameterError, match="alpha: native functions take no optional"):
        method_of(pr.Native(capsule(params=-1)), param)


# ---- Functions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (0, "forward: 0 is not an address"),
        (-1, "forward: -1 is not an address"),
        (2**64, f"forward: {2**64} is not an address"),
        (True, "must be an address, a ctypes function or a numba cfunc, got bool"),
        ("total", "got str"),
        (total, "got function"),
        (1.5, "got float"),
    ],
)
def test_what_is_no_function(function: Any, message: str) -> None:
    with pytest.raises(pr.PluginError, match=message):
        pr.native_method(forward=function)


def test_functions_of_other_signatures() -> None:
    expected = r"forward for float64 has another signature; expected int32\(int64, int64, int64, CP"
    wrong = [
        prototype("forward", "float32")(total),
        prototype("backward", "float64")(spread),
        ctypes.CFUNCTYPE(ctypes.c_int64, *prototype("forward", "float64")._argtypes_)(total),
        ctypes.CFUNCTYPE(ctypes.c_int32)(lambda: 0),
        ctypes.CDLL(None).abs,
    ]
    for function in wrong:
        with pytest.raises(pr.PluginError, match=expected):
            pr.native_method(forward={"float64": function})


def test_roles_and_dtypes_of_functions() -> None:
    forward = native("forward", total)
    for given, message in (
        (dict(forward={}), "there is no function for any dtype"),
        (dict(forward=None), "there is no function for any dtype"),
        (dict(forward={"float16": 1}), "dtypes are 'float32' and 'float64', got 'float16'"),
        (
            dict(forward=forward["float64"], backward=native("backward", spread)),
            "backward for float32, but forward has no function for it",
        ),
    ):
        with pytest.raises(pr.PluginError, match=message):
            pr.native_method(**given)


def test_signatures() -> None:
    signature = pr.native_signature("backward", "float32")
    assert signature.count("CPointer(float32)") == 10
    assert signature.count("CPointer(float64)") == 1
    for role, dtype in (("forwards", "float64"), ("forward", "int32"), ("forward", None)):
        with pytest.raises(pr.ParameterError, match="must be"):
            pr.native_signature(role, dtype)


def test_functions_of_numba() -> None:
    """One that is right, and what is not; of pointers ctypes knows nothing, so numba is asked."""
    numba = pytest.importorskip("numba")

    def constant(
        taps, lanes, full, win, valid, count, map_in, map_out, params, numbers, channel, element,
        key, context, y,
    ):  # type: ignore[no-untyped-def]  # fmt: skip
        for i in range(lanes):
            y[i] = 2
        return 0

    def compiled(signature: str) -> Any:
        return numba.cfunc(signature)(constant)

    right = pr.native_signature("forward", "float64")
    y = pool(pr.Native(pr.native_method(forward=compiled(right))))
    np.testing.assert_array_equal(y, np.full((4, 5), 2.0))
    for wrong in (
        pr.native_signature("forward", "float32"),
        right.replace("int32(", "int64(", 1),
        right.replace("CPointer(uint8)", "CPointer(int8)"),
        right.replace("uint64", "int64"),
    ):
        with pytest.raises(pr.PluginError, match="forward for float64 has another signature"):
            pr.native_method(forward=compiled(wrong))
