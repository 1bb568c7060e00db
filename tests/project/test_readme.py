"""What the README shows runs as it stands."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python_blocks_run(number: int) -> None:
    if "import torch" in BLOCKS[number] and find_spec("torch") is None:
        pytest.skip("torch is not installed")
    names: dict[str, object] = {}
    exec("import numpy as np\nimport poolreg as pr\n" + BLOCKS[number], names)
    assert names["pr"] is pr


def test_the_method_is_the_mean_at_its_limit() -> None:
    names: dict[str, Any] = {}
    block = next(block for block in BLOCKS if "pr.Method" in block)
    exec("import numpy as np\nimport poolreg as pr\n" + block, names)
    with pr.registered(names["Lehmer"]):
        y, vjp = pr.pool_vjp([0.0, 1.0], names["Lehmer"].name, (2,), p=1.0)
    assert y == 0.5
    assert vjp(np.ones(1)).input.tolist() == [0.5, 0.5]


def test_there_are_blocks_to_run() -> None:
    assert len(BLOCKS) == 3
