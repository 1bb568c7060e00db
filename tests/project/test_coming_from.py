"""The page *Coming from another library*: both calls of a row give the same.

Calls of torch, NumPy and SciPy are made where these are installed.  What the others do is said in
NumPy below.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"
ROW = re.compile(r"^\| `(.+)` \| `(.+)` \|$", re.MULTILINE)
TORCH = re.compile(r"\bF\.|\bt\.")

rng = np.random.default_rng(0)
x = rng.standard_normal((2, 3, 12, 8), dtype=np.float32)
last = x.transpose(0, 2, 3, 1)
image = rng.random((12, 8, 3), dtype=np.float32)
grey = rng.random((12, 8), dtype=np.float32)
signal = rng.standard_normal(12, dtype=np.float32)


def blocks(array: Any, tall: int, wide: int) -> Any:
    """(rows, tall, columns, wide, ...): axes 1 and 3 are those of a block."""
    height, width = array.shape[:2]
    return array.reshape(height // tall, tall, width // wide, wide, *array.shape[2:])


def around(array: Any, tall: int, wide: int, fill: float = 0.0) -> Any:
    """The neighbours of each element of the first two axes, in two axes at the end."""
    sides = [(size // 2, (size - 1) // 2) for size in (tall, wide)] + [(0, 0)] * (array.ndim - 2)
    padded = np.pad(array, sides, constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (tall, wide), (0, 1))


def same(fill: float) -> Any:
    """TensorFlow's windows of 3 at stride 2 on 12x8, channels last: one row and column after."""
    padded = np.pad(last, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))[:, ::2, ::2]


MEMBERS = (-2, -1)
BLOCK = (1, 3)
IN_NUMPY = {
    "block_reduce(image, (2, 2, 1), np.mean)": blocks(image, 2, 2).mean(BLOCK),
    "block_reduce(grey, (3, 2), np.max)": blocks(grey, 3, 2).max(BLOCK),
    "block_reduce(grey, (3, 2), np.min)": blocks(grey, 3, 2).min(BLOCK),
    "block_reduce(grey, 2, np.sum)": blocks(grey, 2, 2).sum(BLOCK),
    "downscale_local_mean(grey, (2, 2))": blocks(grey, 2, 2).mean(BLOCK),
    "block_reduce(grey, (5, 2), np.sum)": blocks(np.pad(grey, ((0, 3), (0, 0))), 5, 2).sum(BLOCK),
    'ndimage.maximum_filter(grey, 3, mode="constant", cval=-np.inf)': around(
        grey, 3, 3, -np.inf
    ).max(MEMBERS),
    'ndimage.minimum_filter(grey, (5, 3), mode="constant", cval=np.inf)': around(
        grey, 5, 3, np.inf
    ).min(MEMBERS),
    'ndimage.maximum_filter(grey, 2, mode="constant", cval=-np.inf)': around(
        grey, 2, 2, -np.inf
    ).max(MEMBERS),
    'ndimage.uniform_filter(grey, 3, mode="constant")': around(grey, 3, 3).mean(MEMBERS),
    'ndimage.uniform_filter1d(grey, 5, axis=0, mode="constant")': around(grey, 5, 1).mean(MEMBERS),
    'ndimage.uniform_filter(grey, 3, mode="reflect")': around(
        np.pad(grey, 1, mode="symmetric"), 3, 3
    ).mean(MEMBERS)[1:-1, 1:-1],
    "ndimage.maximum_filter(grey, 3)": around(grey, 3, 3, -np.inf).max(MEMBERS),
    "cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)": blocks(
        image, 2, 2
    ).mean(BLOCK),
    "cv2.dilate(image, np.ones((3, 3)))": around(image, 3, 3, -np.inf).max(MEMBERS),
    "cv2.erode(grey, np.ones((5, 3)))": around(grey, 5, 3, np.inf).min(MEMBERS),
    "cv2.blur(grey, (3, 3), borderType=cv2.BORDER_CONSTANT)": around(grey, 3, 3).mean(MEMBERS),
    "cv2.boxFilter(grey, -1, (3, 5), normalize=False, borderType=cv2.BORDER_CONSTANT)": around(
        grey, 5, 3
    ).sum(MEMBERS),
    'tf.nn.max_pool2d(last, 2, 2, "VALID")': last.reshape(2, 6, 2, 4, 2, 3).max((2, 4)),
    'tf.nn.max_pool2d(last, 3, 2, "SAME")': same(-np.inf).max(MEMBERS),
    'tf.nn.avg_pool2d(last, 3, 2, "SAME")': np.nanmean(same(np.nan), MEMBERS),
    "tf.reduce_mean(last, (1, 2))": last.mean((1, 2)),
    "tf.keras.layers.GlobalMaxPooling2D()(last)": last.max((1, 2)),
}


def rows() -> list[tuple[str, str]]:
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    has_torch = find_spec("torch") is not None
    return [row for row in found if has_torch or not TORCH.search(row[0])]


def names(there: str) -> dict[str, Any]:
    """What a call may name; libraries are imported by the calls that need them."""
    known = {"np": np, "pr": pr, "x": x, "last": last, "image": image, "grey": grey}
    known["signal"] = signal
    if TORCH.search(there):
        import poolreg.torch.functional as PF
        import torch
        import torch.nn.functional as F

        known |= {"F": F, "PF": PF, "t": torch.from_numpy(x)}
    return known


def agree(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("there", "here"), rows(), ids=lambda call: call)
def test_both_calls_of_a_row_agree(there: str, here: str) -> None:
    known = names(there)
    ours = eval(here, known)
    if there in IN_NUMPY:
        agree(ours, IN_NUMPY[there])
    else:
        agree(ours, eval(there, known))
    if there.startswith("ndimage.") and find_spec("scipy") is not None:
        from scipy import ndimage

        agree(ours, eval(there, {"np": np, "ndimage": ndimage, "grey": grey}))


def test_every_row_of_the_page_is_found() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(ROW.findall(text)) == len(re.findall(r"^\| `", text, re.MULTILINE)) >= 30
    assert IN_NUMPY.keys() <= {there for there, _ in ROW.findall(text)}
