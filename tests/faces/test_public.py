"""The public face: names, signatures, docstrings, operators, configuration."""

import copy
import doctest
import importlib
import inspect
import itertools
import json
import pickle
import pkgutil
import re
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from cases import cases
from command import python
from poolreg.engine.windows import Windows
from poolreg.faces.plane import global_plan

NEED_EXTRAS = {
    "poolreg.__main__",
    "poolreg.cli.commands",
    "poolreg.cli.pictures.gallery",
}  # of the command line
PEERS = "poolreg.bench.peers."  # each imports the library that it measures

TAIL = "*, data_format=None, out=None, num_threads=None"
WINDOW = "input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False"
AVERAGE = (
    "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, "
    "{}divisor_override=None, {}dilation=1, data_format=None, out=None, num_threads=None"
)
WHOLE = "input, *, axes=None, data_format=None, keepdims=False"
GENERAL = (
    "*, stride=None, padding=0, dilation=1, ceil_mode=False, output_size=None, axes=None, "
    "data_format=None"
)
SIGNATURES = {
    **{
        f"{m}_pool{d}d": f"{WINDOW}, return_indices=False, {TAIL}"
        for m, d in itertools.product(("max", "min"), (1, 2, 3))
    },
    **{f"sum_pool{d}d": f"{WINDOW}, {TAIL}" for d in (1, 2, 3)},
    "avg_pool1d": AVERAGE.format("*, ", ""),
    "avg_pool2d": AVERAGE.format("", "*, "),
    "avg_pool3d": AVERAGE.format("", "*, "),
    **{
        f"adaptive_{m}_pool{d}d": f"input, output_size, return_indices=False, {TAIL}"
        for m, d in itertools.product(("max", "min"), (1, 2, 3))
    },
    **{
        f"adaptive_{m}_pool{d}d": f"input, output_size, {TAIL}"
        for m, d in itertools.product(("avg", "sum"), (1, 2, 3))
    },
    **{
        f"global_{m}_pool": f"{WHOLE}, return_indices=False, out=None, num_threads=None"
        for m in ("max", "min")
    },
    **{f"global_{m}_pool": f"{WHOLE}, out=None, num_threads=None" for m in ("avg", "sum")},
    "pool": f"x, method, kernel_size=None, {GENERAL}, channel_axis=None, return_indices=False, "
    "out=None, num_threads=None, rng=None, **params",
    "pool_vjp": f"x, method, kernel_size=None, {GENERAL}, channel_axis=None, out=None, "
    "num_threads=None, rng=None, **params",
    "Pool": f"method, kernel_size=None, {GENERAL}, channel_axis=None, **params",
    "output_shape": f"shape, kernel_size=None, {GENERAL}",
    "windows": f"shape, kernel_size=None, {GENERAL}",
}
OTHERS = {
    "methods",
    "get_method",
    "describe",
    "register_method",
    "registered",
    "Method",
    "Param",
    "Traits",
    "Select",
    "Linear",
    "num_threads",
    "show_config",
    "PoolregError",
    "ParameterError",
    "ShapeError",
    "DTypeError",
    "UnknownMethodError",
    "PluginError",
    "__version__",
}


# ---- Names ---------------------------------------------------------------------------------------


def test_all_names_are_there_once() -> None:
    assert len(pr.__all__) == len(set(pr.__all__))
    assert set(SIGNATURES) | OTHERS <= set(pr.__all__)
    public = {
        name
        for name, value in vars(pr).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public <= set(pr.__all__)
    assert all(hasattr(pr, name) for name in pr.__all__)


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    signature = inspect.signature(getattr(pr, name))
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)) == f"({SIGNATURES[name]})"


@pytest.mark.parametrize("name", sorted(set(SIGNATURES) | OTHERS - {"__version__"}))
def test_docstring(name: str) -> None:
    """A line of summary; functions show an example and name every parameter in words."""
    thing = getattr(pr, name)
    text = inspect.getdoc(thing)
    assert text
    assert re.match(r"[A-Z`].*[.:]$", text.split("\n\n")[0], re.DOTALL)
    if name in SIGNATURES and name != "pool_vjp":
        assert ">>>" in text
    if name in SIGNATURES and name not in ("pool_vjp", "Pool", "output_shape", "windows"):
        for parameter in inspect.signature(thing).parameters:
            assert re.search(rf"^\W*(\w+, )*{parameter}\b", text, re.MULTILINE), parameter


def test_doctests() -> None:
    modules = [
        info.name
        for info in pkgutil.walk_packages(pr.__path__, "poolreg.")
        if info.name not in NEED_EXTRAS and not info.name.startswith(PEERS)
    ]
    if find_spec("torch") is None:
        modules = [name for name in modules if not name.startswith("poolreg.torch")]
    assert "poolreg.methods.max" in modules
    attempted = 0
    for name in ["poolreg", *modules]:
        result = doctest.testmod(importlib.import_module(name))
        assert result.failed == 0, name
        attempted += result.attempted
    assert attempted > 60


def test_import_is_light() -> None:
    """No framework and no extra; and `methods` stays a function."""
    done = python("""
import sys, poolreg
heavy = {"torch", "matplotlib", "click", "rich", "scipy", "PIL", "importlib.metadata"}
print(sorted(heavy & sys.modules.keys()))
poolreg.max_pool1d([[1.0, 2.0]], 2)
import poolreg.methods.max
print("max" in poolreg.methods())
""")
    assert done.stdout.split("\n") == ["[]", "True", ""], done.stderr


def test_version() -> None:
    assert pr.__version__ == version("poolreg") == pr.show_config().version


# ---- One result by every way ---------------------------------------------------------------------


@pytest.mark.parametrize(("method", "params"), cases(("avg", "max", "min", "sum")))
def test_all_entries_give_the_same(method: str, params: dict[str, Any]) -> None:
    x = samples.normals((2, 3, 9, 8), np.float64, 1)
    window = dict(stride=2, padding=1, ceil_mode=True, dilation=2)
    expected = pr.pool(x, method, 3, axes=(2, 3), **window, **params)
    function = getattr(pr, f"{method}_pool2d")(x, 3, **window, **params)
    operator = pr.Pool(method, 3, data_format="NCHW", **window, **params)
    for y in (function, operator(x), operator.vjp(x)[0], operator(x.tolist())):
        np.testing.assert_array_equal(y, expected)
    assert operator.output_shape(x.shape) == expected.shape
    _, vjp = pr.pool_vjp(x, method, 3, axes=(2, 3), **window, **params)
    np.testing.assert_array_equal(operator.vjp(x)[1](expected).input, vjp(expected).input)


def test_operators_take_what_calls_take() -> None:
    x = samples.normals((2, 9, 8), np.float64, 2)
    op = pr.Pool("max", 2, axes=(1, 2))
    out = np.empty((2, 4, 4))
    assert op(x, out=out, num_threads=1) is out
    y, index = op(x, return_indices=True)
    np.testing.assert_array_equal(
        x.reshape(2, -1)[np.arange(2)[:, None], index.reshape(2, -1)], y.reshape(2, -1)
    )


OPERATORS = [
    pr.Pool("max", 3),
    pr.Pool("max", (3, 2), stride=2, padding=((1, 0), (0, 1)), axes=(0, 1)),
    pr.Pool("avg", 2, padding="same", data_format="NHWC", count_include_pad=False),
    pr.Pool("avg", [2, 2], data_format="NCHW", divisor_override=3, dilation=2, ceil_mode=True),
    pr.Pool("sum", output_size=(7, None), data_format="NCHW"),
    pr.Pool("min", output_size=1, axes=(-2, -1), channel_axis=0),
    pr.Pool("soft", 2, data_format="NCHW", beta=np.array([1.0, np.inf], np.float32)),
    pr.Pool("soft", 2, data_format="NCHW", beta=np.array([1.0, np.inf])),
    pr.Pool("soft", 2, data_format="NCHW", beta=np.linspace(0, 1, 1001)),
    pr.Pool("soft", 2, data_format="NCHW", beta=np.linspace(0, 1, 1001) + (np.arange(1001) == 500)),
    pr.Pool("soft", 2, data_format="NCHW", beta=0.5),
    pr.Pool("lp", np.int64(2), axes=0, p=float("inf")),
    pr.Pool("lip", (1, 2), logits=np.array([[-np.inf, 0.1], [0.2, 0.3]])),
]


@pytest.mark.parametrize("op", OPERATORS, ids=repr)
def test_operators_can_be_written_pickled_and_compared(op: pr.Pool) -> None:
    for same in (
        eval(repr(op), {"Pool": pr.Pool, "np": np}),
        pickle.loads(pickle.dumps(op)),
        copy.copy(op),
        copy.deepcopy(op),
    ):
        assert same == op
        assert {op: 1}[same] == 1
        assert all(not v.flags.writeable for v in same.params.values() if isinstance(v, np.ndarray))
        assert hash(same) == hash(op)
        assert repr(same) == repr(op)
    assert [op == other for other in OPERATORS].count(True) == 1
    assert op != repr(op)


def test_equal_arguments_make_equal_operators() -> None:
    for method, one, other in (
        ("max", dict(kernel_size=np.int64(2)), dict(kernel_size=2)),
        ("max", dict(kernel_size=[2, 3]), dict(kernel_size=(2, 3))),
        ("max", dict(kernel_size=2, padding=[[0, 1]]), dict(kernel_size=2, padding=((0, 1),))),
        ("soft", dict(kernel_size=2, beta=1), dict(kernel_size=2, beta=np.float32(1.0))),
        ("soft", dict(kernel_size=2, beta=[1, 2]), dict(kernel_size=2, beta=np.array([1.0, 2]))),
        (
            "soft",
            dict(kernel_size=2, beta=np.arange(3.0), grad="exact"),
            dict(kernel_size=2, grad="exact", beta=np.arange(3.0).astype(">f8")),
        ),
    ):
        a, b = pr.Pool(method, **one), pr.Pool(method, **other)
        assert a == b
        assert hash(a) == hash(b)
        assert b in [pr.Pool("sum", 2), a]


def test_operators_keep_nothing_that_others_can_change() -> None:
    kernel, beta = [2, 2], np.array([0.5])
    op = pr.Pool("soft", kernel, data_format="NCHW", beta=beta)
    text, number = repr(op), hash(op)
    kernel[0], beta[0] = 3, 7
    assert (repr(op), hash(op)) == (text, number)
    with pytest.raises(ValueError, match="read-only"):
        op.params["beta"][0] = 7


def test_operators_are_checked_when_they_are_made() -> None:
    for arguments, words in (
        (dict(kernel_size=np.array([2, 2])), "kernel_size must be a number"),
        (dict(kernel_size=2, beta="x"), "beta must be a number"),
        (dict(kernel_size=2, grad="no"), "grad must be"),
    ):
        with pytest.raises(pr.ParameterError, match=words):
            pr.Pool("soft", **arguments)


def test_counts_that_training_changes_are_given_to_each_call() -> None:
    x = samples.normals((2, 3, 4, 4), np.float64, 3)
    counts = np.array([[3, 1], [0, 2], [1, 1]])
    op = pr.Pool("mixed", 2, data_format="NCHW", eval="majority", counts=counts)
    np.testing.assert_array_equal(op(x), pr.mixed_pool2d(x, 2, eval="majority", counts=counts))
    with pytest.raises(pr.ParameterError, match="counts must be writeable in training"):
        op(x, training=True)
    op(x, training=True, counts=counts, rng=1)
    assert counts.sum() == 8 + 2 * 3


def test_operators_differ_by_method_window_and_parameters() -> None:
    op = pr.Pool("avg", 2, axes=0)
    for other in (
        pr.Pool("sum", 2, axes=0),
        pr.Pool("avg", 3, axes=0),
        pr.Pool("avg", 2, axes=1),
        pr.Pool("avg", 2, axes=0, stride=1),
        pr.Pool("avg", 2, axes=0, divisor_override=2),
    ):
        assert op != other


def test_equal_arguments_find_their_plan() -> None:
    def plan(kernel: Any, stride: Any = None) -> Any:
        return Windows(kernel_size=kernel, stride=stride, rank=2).plan((1, 1, 2048, 2048))

    assert plan(int("1000")) is plan(int("1000"))
    assert plan((3, int("1000"))) is plan((3, int("1000")))
    for other in (3.0, True, np.float32(3)):
        with pytest.raises(pr.ParameterError, match="must be an integer"):
            plan((other, int("1000")))
    assert global_plan((2, 3, 4, 5), None, None) is global_plan((2, 3, 4, 5), None, None)


# ---- Configuration -------------------------------------------------------------------------------


def test_show_config() -> None:
    config = pr.show_config()
    shown = config.to_dict()
    assert list(shown) == [
        "version",
        "isa",
        "isa_compiled",
        "isa_supported",
        "num_threads",
        "openmp",
        "compiler",
        "plugins",
    ]
    assert shown["isa"] in shown["isa_supported"]
    assert set(shown["isa_supported"]) <= set(shown["isa_compiled"])
    assert shown["isa_compiled"][0] == shown["isa_supported"][0] == "baseline"
    assert shown["num_threads"] >= 1
    assert re.match(r"(GNU|Clang|AppleClang) \d+", shown["compiler"])
    assert json.loads(json.dumps(shown))["version"] == pr.__version__
    for word in (config.version, config.isa, config.compiler, config.openmp):
        assert word in str(config)


def test_num_threads_nests_and_ends() -> None:
    def failing() -> None:
        with pr.num_threads(5):
            assert pr.show_config().num_threads == 5
            raise ZeroDivisionError

    before = pr.show_config().num_threads
    with pr.num_threads(3):
        assert pr.show_config().num_threads == 3
        with pytest.raises(ZeroDivisionError):
            failing()
        assert pr.show_config().num_threads == 3
    assert pr.show_config().num_threads == before


SHOW = "import poolreg; config = poolreg.show_config(); print(config.num_threads, config.isa)"


@pytest.mark.parametrize("isa", pr.show_config().isa_supported)
def test_environment(isa: str) -> None:
    done = python(SHOW, POOLREG_NUM_THREADS=" 3 ", POOLREG_CPU=isa)
    assert done.stdout == f"3 {isa}\n", done.stderr


def test_empty_environment_is_none() -> None:
    best = pr.show_config().isa_supported[-1]
    done = python(SHOW, POOLREG_NUM_THREADS="", POOLREG_CPU="")
    assert done.stdout.split()[1] == best, done.stderr


@pytest.mark.parametrize("value", ["0", "-1", "two", "2.0", "99999999", "²"])
def test_thread_counts_of_the_environment(value: str) -> None:
    done = python(SHOW, POOLREG_NUM_THREADS=value)
    assert done.returncode == 1
    assert "ParameterError: POOLREG_NUM_THREADS must be an integer" in done.stderr
    assert value in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["POOLREG_NUM_THREADS", "POOLREG_KEEP_MEMORY"])
@pytest.mark.parametrize("value", ["9" * 5000, "\N{ARABIC-INDIC DIGIT THREE}"])
def test_numbers_of_the_environment_are_ascii_and_short(name: str, value: str) -> None:
    assert f"ParameterError: {name} must be" in python("import poolreg", **{name: value}).stderr


def test_an_instruction_set_of_undecodable_bytes() -> None:
    done = python(SHOW, POOLREG_CPU=b"\xff\xfe".decode(errors="surrogateescape"))
    assert "ParameterError: POOLREG_CPU" in done.stderr


@pytest.mark.parametrize("value", [2**31, 2**32, 2**32 - 1, 10**12, 3 * 2**32])
def test_thread_counts_of_openmp_that_are_cut(value: int) -> None:
    """OpenMP keeps the low 32 bits of OMP_NUM_THREADS, which may be 0 or negative."""
    program = """
import numpy as np, poolreg as pr
assert pr.show_config().num_threads >= 1
pr.soft_pool2d(np.ones((1, 2, 160, 160), np.float32), 3)
"""
    done = python(program, OMP_NUM_THREADS=str(value))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "sse9",
        "AVX2",
        "neon" if "avx2" in pr.show_config().isa_compiled else "avx2",
        *sorted({*pr.show_config().isa_compiled} - {*pr.show_config().isa_supported}),
    ],
)
def test_instruction_sets_that_are_not_here(name: str) -> None:
    done = python(SHOW, POOLREG_CPU=name)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    for word in ("ParameterError: POOLREG_CPU", repr(name), *pr.show_config().isa_supported):
        assert word in last
