"""What is not public in torch: named in one file, and spared where a torch has not got it."""

import re
import subprocess
import sys
from pathlib import Path

import poolreg
import pytest

torch = pytest.importorskip("torch")

from poolreg.torch import internals  # noqa: E402

SUPPORT = Path(__file__).parents[1] / "support"
PACKAGE = Path(poolreg.__file__).parent / "torch"
SOURCE = Path(internals.__file__).read_text(encoding="utf-8")
NAMES = re.findall(r'_found\(\s*"([^"]+)"', SOURCE)


@pytest.fixture(scope="module")
def reports() -> str:
    """What uses of poolreg.torch come to with torches that lack a name each."""
    command = [sys.executable, str(SUPPORT / "other_torches.py"), *NAMES]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
@pytest.mark.parametrize("name", NAMES)
def test_a_torch_without_the_name(name: str, reports: str) -> None:
    """Values, gradients and the compiler are right; what is rare is right or refused."""
    assert f"right: {name}\n" in reports, reports


def test_names_are_in_one_file() -> None:
    private = re.compile(r"\btorch(\.\w+)*\._[a-z]|\b_C\b|\bimport _|super\(Function")
    files = set(PACKAGE.glob("*.py")) - {Path(internals.__file__)}
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if private.search(line)] == []


def test_the_mark_of_a_constant_is_torchs() -> None:
    def ours() -> None: ...
    def theirs() -> None: ...

    assert vars(internals.constant(ours)) == vars(torch.compiler.assume_constant_result(theirs))


def test_the_import_spares_the_compiler() -> None:
    script = (
        "import sys, torch, poolreg.torch.functional as PF\n"
        "assert 'torch._dynamo' not in sys.modules\n"
        "x = torch.arange(16.0).reshape(1, 1, 4, 4)\n"
        "y = PF.soft_pool2d(x, 2)\n"
        "assert 'torch._dynamo' not in sys.modules\n"
        "compiled = torch.compile(PF.soft_pool2d, fullgraph=True, backend='eager')\n"
        "assert torch.equal(compiled(x, 2), y)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
