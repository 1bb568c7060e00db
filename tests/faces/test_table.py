"""The table of the named functions: what it makes is checked in, and a row is all that a method
needs besides its file."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import poolreg
import poolreg._core
import pytest
from poolreg.faces.generate import sources
from poolreg.faces.table import ROWS

SOURCES = {f"{file.parent.name}/{file.name}": (file, source) for file, source in sources().items()}


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_checked_in_is_fresh(name: str) -> None:
    file, source = SOURCES[name]
    assert file.read_text(encoding="utf-8") == source, "run: python -m poolreg.faces.generate"


def test_every_method_has_its_functions() -> None:
    assert {row.method for row in ROWS} == {m for m in poolreg.methods() if "." not in m}
    assert {name for row in ROWS for name in row.functions} <= set(poolreg.__all__)


# ---- A method that is new ------------------------------------------------------------------------

METHOD = '''
"""Scaled sums."""

import numpy as np

from poolreg.contract.method import Method, Traits
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Linear


@register_method
class Toy(Method):
    """The sum of the members, divided by a number.

    ``y = sum of the members / by``.
    """

    name = "toy"
    formula = r"y = \\\\frac{1}{b} \\\\sum_{i \\\\in V} x_i"
    gradient_formula = r"\\\\frac{\\\\partial y}{\\\\partial x_k} = \\\\frac{1}{b}"
    reducer = Linear(lambda params: params["by"])
    params = (Param("by", default=2.0, low=1, doc="What the sum is divided by."),)
    traits = Traits(linear=True)
    references = ("A test",)

    def reference(self, window, params):
        return np.sum(window.values) / params["by"]

    def reference_backward(self, window, params, dy):
        return {"x": np.full_like(window.values, dy / params["by"])}
'''.replace("\\\\", "\\")

ROW = """
    Row("toy", "Toy pooling in {rank}-D: half of the sum.", "(np.array([[1.0, 2, 3, 5]]), 4)"),
"""

ON_ARRAYS = """
import inspect
import numpy as np, poolreg as pr
from poolreg.testing import check_method

x = np.arange(16.0).reshape(1, 1, 4, 4)
expected = pr.sum_pool2d(x, 2) / 4
np.testing.assert_array_equal(pr.toy_pool2d(x, 2, by=4.0), expected)
np.testing.assert_array_equal(pr.pool(x, "toy", 2, data_format="NCHW", by=4.0), expected)
np.testing.assert_array_equal(pr.pool_vjp(x, "toy", x.shape)[1](np.ones((1, 1, 1, 1))).input, 0.5)
assert {"toy_pool1d", "toy_pool2d", "toy_pool3d"} <= set(pr.__all__)
assert "*, by: 'float' = 2.0, data_format" in str(inspect.signature(pr.toy_pool3d))
assert "array([[5.5]])" in pr.toy_pool1d.__doc__ and "divided by." in pr.toy_pool1d.__doc__
assert "toy" in pr.methods() and "divided by a number" in str(pr.describe("toy"))
check_method("toy", max_examples=2)
try:
    pr.toy_pool2d(x, 2, strides=2)
except TypeError as error:
    assert str(error) == (
        "toy_pool2d() got an unexpected keyword argument 'strides'; did you mean 'stride'?"
    )
"""

ON_TENSORS = """
import torch, poolreg.torch.functional as PF, poolreg.torch.nn as pnn

x = torch.arange(16.0, dtype=torch.float64).reshape(1, 1, 4, 4).requires_grad_()
expected = PF.sum_pool2d(x, 2) / 4
torch.testing.assert_close(PF.toy_pool2d(x, 2, by=4.0), expected)
layer = pnn.ToyPool2d(2, by=4.0)
assert repr(layer) == "ToyPool2d(kernel_size=2, by=4.0)"
torch.testing.assert_close(layer(x), expected)
assert torch.autograd.gradcheck(layer, (x,)) and torch.autograd.gradgradcheck(layer, (x,))
"""


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with poolreg and, added by nothing else, a method of a file and a row."""
    folder = tmp_path_factory.mktemp("with_toy")
    package = folder / "poolreg"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyx", "*.so")
    shutil.copytree(Path(poolreg.__file__).parent, package, ignore=ignored)
    shutil.copy(poolreg._core.__file__, package)
    (package / "methods" / "toy.py").write_text(METHOD.lstrip("\n"), encoding="utf-8")
    table = package / "faces" / "table.py"
    rows, end = table.read_text(encoding="utf-8").split("    *BASIC,\n")
    table.write_text(rows + "    *BASIC," + ROW + end, encoding="utf-8")
    python(folder, "-m", "poolreg.faces.generate")
    return folder


def python(folder: Path, *words: str) -> str:
    """Python with the poolreg of the folder before all others, whatever imports are told of."""
    path = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-S", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_method_on_arrays(with_toy: Path) -> None:
    python(with_toy, "-c", ON_ARRAYS)


@pytest.mark.skipif(
    os.environ.get("TORCH") == "0" or find_spec("torch") is None, reason="torch is not installed"
)
def test_a_new_method_on_tensors(with_toy: Path) -> None:
    python(with_toy, "-c", ON_TENSORS)


def test_a_new_method_on_the_command_line(with_toy: Path) -> None:
    assert "What the sum is divided by." in python(with_toy, "-m", "poolreg", "describe", "toy")
    assert "toy" in python(with_toy, "-m", "poolreg", "methods")
