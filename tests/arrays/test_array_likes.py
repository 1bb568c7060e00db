"""What is no array of numbers in the CPU's memory is refused by its type, with what to do; nothing
is loaded, computed, copied from a device, or stripped of a mask or of labels without a word."""

import array
import inspect
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from PIL import Image

X = np.arange(16.0).reshape(1, 1, 4, 4)
FUNCTIONS = [name for name in pr.__all__ if re.search(r"_pool(\dd)?$", name)]
ARGUMENTS = {"kernel_size": 2, "output_size": 1, "norm_type": 2, "logits": X}

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


def refuses(*words: str) -> Any:
    return pytest.raises(pr.DTypeError, match="(?s)" + ".*".join(map(re.escape, words)))


# ---- Stand-ins for other libraries' arrays -------------------------------------------------------


class NotInMemory:
    """What NumPy would make an array of, if it were asked."""

    shape, dtype, ndim = X.shape, X.dtype, X.ndim

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        pytest.fail("it was loaded without a word")


class Labelled(NotInMemory):
    """As DataFrame, Series, DataArray."""

    coords = index = dims = ()

    def to_numpy(self) -> Any:
        return X


class Lazy(NotInMemory):
    """As dask's arrays."""

    chunks = ((1,), (1,), (4,), (4,))

    def compute(self) -> Any:
        return X


class Chunked(NotInMemory):
    """As zarr's."""

    chunks = (1, 1, 2, 2)

    def __getitem__(self, key: Any) -> Any:
        return X[key]


class Stored(NotInMemory):
    """As a data set of h5py's that has no chunks."""

    __module__ = "h5py._hl.dataset"

    def __getitem__(self, key: Any) -> Any:
        return X[key]


class Sparse:
    """As SciPy's."""

    def toarray(self) -> Any:
        return X


class OnDevice(NotInMemory):
    """As CuPy's."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0

    def __dlpack__(self, **kwargs: Any) -> Any:
        pytest.fail("it was copied without a word")

    def get(self) -> Any:
        return X


class OnJax(OnDevice):
    __module__ = "jaxlib._jax"


class OnMetal(NotInMemory):
    def __dlpack_device__(self) -> tuple[int, int]:
        return 8, 0


class Nowhere(NotInMemory):
    def __dlpack_device__(self) -> tuple[int, int]:
        raise ValueError("no such device")


class Numba(NotInMemory):
    __cuda_array_interface__: dict[str, Any] = {}  # noqa: RUF012


class Units(np.ndarray):
    """As astropy's Quantity."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        pytest.fail("its units were dropped without a word")


def masked() -> Any:
    return np.ma.array(X, mask=X > 3)


OTHERS = {
    "labels": (Labelled, "Labelled", ".to_numpy()"),
    "lazy": (Lazy, "Lazy", ".compute()"),
    "chunks": (Chunked, "Chunked", "[...]"),
    "file": (Stored, "h5py.Stored", "[...]"),
    "sparse": (Sparse, "Sparse", ".toarray()"),
    "CUDA": (OnDevice, "OnDevice on CUDA", ".get()"),
    "JAX": (OnJax, "jaxlib.OnJax on CUDA", "jax.device_get"),
    "Metal": (OnMetal, "OnMetal on Metal", "copy it"),
    "device": (Nowhere, "Nowhere", "no such device"),
    "CUDA interface": (Numba, "Numba", "CUDA"),
    "conversion": (NotInMemory, "NotInMemory", "numpy.asarray"),
    "mapping": (lambda: {"a": X}, "dict", "each of its entries"),
    "mask": (masked, "MaskedArray", "mask", ".filled(", "'lip'"),
    "matrix": (lambda: X[0, 0].view(np.matrix), "matrix", "numpy.asarray"),
    "units": (lambda: X.view(Units), "Units", "units", "numpy.asarray"),
}
other = pytest.mark.parametrize(
    ("make", "words"), [(w[0], w[1:]) for w in OTHERS.values()], ids=OTHERS
)


@other
def test_every_input(make: Callable[[], Any], words: tuple[str, ...]) -> None:
    for name in FUNCTIONS:
        function = getattr(pr, name)
        given = {n: v for n, v in ARGUMENTS.items() if n in inspect.signature(function).parameters}
        with refuses("input must be", *words[:1]):
            function(make(), **given)
    op = pr.Pool("max", 2, data_format="NCHW")
    for call in (op, op.vjp):
        with refuses("x must be", *words):
            call(make())


@other
def test_every_other_argument(make: Callable[[], Any], words: tuple[str, ...]) -> None:
    _, vjp = pr.pool_vjp(X, "max", 2, data_format="NCHW")
    with refuses("dy must be", *words):
        vjp(make())
    window = dict(kernel_size=2, data_format="NCHW")
    for method, name in (
        ("lip", "logits"),
        ("soft", "beta"),
        ("stochastic", "samples"),
        ("lp", "p"),
    ):
        training = {"training": True} if name == "samples" else {}
        for call in (pr.pool, pr.pool_vjp):
            with refuses(f"{name} must be", *words):
                call(X, method, **window, **training, **{name: make()})
        with refuses(f"{name} must be", *words):
            pr.Pool(method, **window, **{name: make()})


@other
def test_every_output(make: Callable[[], Any], words: tuple[str, ...]) -> None:
    """Results may not land where nobody sees them."""
    _, vjp = pr.pool_vjp(X, "max", 2, data_format="NCHW")
    for call in (
        lambda out: pr.max_pool2d(X, 2, out=out),
        lambda out: pr.pool_vjp(X, "avg", 2, data_format="NCHW", out=out),
        lambda out: pr.max_pool2d(X, 2, return_indices=True, out=(np.empty((1, 1, 2, 2)), out)),
        lambda out: pr.global_avg_pool(X, out=out),
        lambda out: pr.global_max_pool(X, return_indices=True, out=(np.empty((1, 1)), out)),
        lambda out: vjp(X[..., :2, :2], out=out),
    ):
        with refuses("out", type(make()).__name__):
            call(make())


@other
def test_entries_of_lists_are_refused(make: Callable[[], Any], words: tuple[str, ...]) -> None:
    for value in ([make()], (np.ones(3), [make()])):
        with refuses("an entry of x must be", *words):
            pr.pool(value, "max", 2, axes=0)


def test_global_results_go_where_they_are_told() -> None:
    for keepdims, shape in ((True, (1, 1, 1, 1)), (False, (1, 1))):
        y, index = np.zeros(shape), np.zeros(shape, np.int64)
        assert pr.global_avg_pool(X, keepdims=keepdims, out=y) is y
        assert y == 7.5
        pair = pr.global_max_pool(X, keepdims=keepdims, return_indices=True, out=(y, index))
        assert pair[0] is y
        assert pair[1] is index
        assert (y, index) == (15, 15)
        with refuses("out must be an array", "tuple"):
            pr.global_max_pool(X, keepdims=keepdims, out=(y, index))
    with pytest.raises(pr.ShapeError, match=re.escape("out must have shape (1, 1), got (1,)")):
        pr.global_avg_pool(X, out=np.zeros(1))


# ---- What is taken -------------------------------------------------------------------------------


class Interface:
    def __init__(self) -> None:
        self.__array_interface__ = X.__array_interface__


class Capsule:
    """DLPack and nothing else."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return X.__dlpack_device__()

    def __dlpack__(self, **kwargs: Any) -> Any:
        return X.__dlpack__(**kwargs)


class Plain(np.ndarray):
    pass


def memmap(folder: Path) -> Any:
    kept = np.memmap(folder / "x", np.float64, "w+", shape=X.shape)
    kept[:] = X
    return kept


TAKEN: dict[str, Callable[[Path], Any]] = {
    "list": lambda folder: X.tolist(),
    "tuple": lambda folder: tuple(X),
    "list of scalars": lambda folder: [[[list(row) for row in X[0, 0]]]],
    "memory map": memmap,
    "subclass": lambda folder: X.view(Plain),
    "buffer": lambda folder: memoryview(X),
    "interface": lambda folder: Interface(),
    "DLPack": lambda folder: Capsule(),
}


@pytest.mark.parametrize("make", TAKEN.values(), ids=TAKEN)
def test_what_lends_its_memory_is_taken(make: Callable[[Path], Any], tmp_path: Path) -> None:
    given = make(tmp_path)
    np.testing.assert_array_equal(pr.max_pool2d(given, 2), pr.max_pool2d(X, 2))
    np.testing.assert_array_equal(pr.lip_pool2d(X, 2, logits=given), pr.lip_pool2d(X, 2, logits=X))


def test_pictures_and_buffers_of_one_axis() -> None:
    picture = Image.fromarray(X[0, 0].astype(np.float32))
    np.testing.assert_array_equal(pr.pool(picture, "max", (2, 2)), [[5, 7], [13, 15]])
    assert pr.pool(array.array("d", [1, 3, 2]), "max", (3,)) == 3
    with refuses("x must be float32", "uint8", "numpy.asarray(x).astype(numpy.float32)"):
        pr.pool(picture.convert("L"), "max", (2, 2))


def test_outputs_may_be_memory_maps_and_subclasses(tmp_path: Path) -> None:
    for out in (memmap(tmp_path), X.view(Plain).copy()):
        assert pr.max_pool2d(X, 1, out=out) is out


def test_lists_that_make_no_array() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for value in ([np.ones((1, 2, 2)), np.ones((1, 3, 3))], [[1.0], [2.0, 3.0]], endless):
        with refuses("x must be an array of numbers", "pool each of them"):
            pr.pool(value, "max", 2, axes=0)


def test_masked_means_by_lip() -> None:
    """What the error for masked arrays advises, also where NaN is under the mask."""
    x = np.ma.array(X, mask=X % 3 == 0)
    expected = [[np.ma.mean(x[0, 0, i : i + 3, j : j + 3]) for j in (0, 1)] for i in (0, 1)]
    logits = np.where(x.mask, -np.inf, 0)
    for filled in (x.filled(0), x.filled(np.nan)):
        np.testing.assert_allclose(pr.lip_pool2d(filled, 3, 1, logits=logits)[0, 0], expected)


# ---- Parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["2", b"2", True, 1j, np.array([1j]), ["1"], np.array(["2"]), [True], None, object()]
)
def test_parameters_are_real_numbers(value: Any) -> None:
    """No text that looks like one, no truth, no number without its imaginary part."""
    with pytest.raises((pr.ParameterError, pr.DTypeError), match="beta must be"):
        pr.soft_pool2d(X, 2, beta=value)
    with pytest.raises((pr.ParameterError, pr.DTypeError), match="beta must be"):
        pr.Pool("soft", 2, beta=value)


@pytest.mark.parametrize("value", [2, [2], np.int8(2), np.float16(2), np.array([2], np.uint8)])
def test_parameters_of_any_number_type(value: Any) -> None:
    expected = pr.soft_pool2d(X, 2, beta=2.0)
    np.testing.assert_array_equal(pr.soft_pool2d(X, 2, beta=value), expected)


# ---- Tensors -------------------------------------------------------------------------------------


@needs_torch
def test_tensors_in_the_functions_for_arrays() -> None:
    import torch

    x = torch.from_numpy(X)
    np.testing.assert_array_equal(pr.max_pool2d(x, 2), pr.max_pool2d(X, 2))
    for tensor, *words in (
        (x.clone().requires_grad_(), "torch.Tensor", "gradient", "poolreg.torch", ".detach()"),
        (torch.empty(1, 1, 4, 4, device="meta"), "memory", "torch.Tensor", "meta"),
        (x.to(torch.bfloat16), "torch.Tensor", "BFloat16", "poolreg.torch"),
        (x.to_sparse(), "torch.Tensor", "to_dense", "poolreg.torch"),
    ):
        with refuses("input must", *words):
            pr.max_pool2d(tensor, 2)
    with refuses("out must be an array", "torch.Tensor"):
        pr.max_pool2d(X, 2, out=x)


@needs_torch
def test_arrays_in_the_functions_for_tensors() -> None:
    import poolreg.torch as pt
    import poolreg.torch.functional as PF

    for name in PF.__all__:
        given = dict(ARGUMENTS)
        function = getattr(PF, name)
        given = {n: v for n, v in given.items() if n in inspect.signature(function).parameters}
        with refuses("input must be a torch.Tensor, got ndarray", "poolreg"):
            function(X, **given)
    with refuses("input must be a torch.Tensor, got list"):
        pt.pool(X.tolist(), "max", 2, axes=0)


@needs_torch
def test_parameters_of_tensors_lose_nothing() -> None:
    import poolreg.torch as pt
    import torch

    x = torch.from_numpy(X)
    frozen = np.array([2.0])
    frozen.flags.writeable = False
    y = pt.pool(x, "soft", 2, data_format="NCHW", beta=frozen)
    np.testing.assert_array_equal(y.numpy(), pr.soft_pool2d(X, 2, beta=2.0))
    for beta in (np.ma.array([1.0], mask=True), np.array([1j]), ["2"]):
        with refuses("beta must be"):
            pt.pool(x, "soft", 2, data_format="NCHW", beta=beta)
