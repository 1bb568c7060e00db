"""What poolreg is compared with: one small adapter a file, each in a process of its own.

An adapter has

- `VERSIONS`: what it runs on, by name;
- `PEERS`: by name, functions that prepare a call for `(case, inputs, threads)`: a function without
  arguments, or None where the library has no such path;
- `results(case, returned)`: what such a call returned, as arrays in the case's layout and in the
  order of `case.results`;
- perhaps `set_threads(threads)`, called before anything else.

Importing it raises ImportError if the library is absent.  This file knows which adapters there are
without importing any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Call = Callable[[], Any]
Form = Literal["new", "out"]  # each call makes a new result, or all write into the same one


@dataclass(frozen=True)
class Peer:
    """One column: where its adapter is, and which of our forms it is compared with."""

    name: str
    adapter: str
    form: Form
    package: str | None = None  # what pip installs
    quick: bool = True  # in a quick run: starts fast, and is near the best somewhere
    converted: bool = False  # its arrays are in another layout than the case's, beforehand


OURS: dict[Form, str] = {"new": "poolreg", "out": "poolreg_out"}
LIMIT = "limit"
TENSORS = "poolreg_torch"
"""poolreg on tensors: beside torch in a table of its own, and no peer."""
ON_TENSORS = TENSORS, "torch"
"""The adapters of rows that are on tensors."""
PEERS = (
    Peer("poolreg", "ours", "new"),
    Peer("poolreg_out", "ours", "out"),
    Peer(TENSORS, "ours_torch", "new", "torch"),
    Peer("limit", "limit", "out"),
    Peer("numpy", "num_py", "new"),
    Peer("torch", "torch_eager", "new", "torch"),
    Peer("torch_out", "torch_out", "out", "torch"),
    Peer("torch_onednn", "torch_onednn", "new", "torch"),
    Peer("torch_onednn_blocked", "torch_onednn", "new", "torch", converted=True),
    Peer("torch_compile", "torch_compile", "new", "torch", quick=False),
    Peer("onnxruntime", "onnx_runtime", "new", "onnx onnxruntime"),
    Peer("onnxruntime_out", "onnx_runtime", "out", "onnx onnxruntime"),
    Peer("openvino", "open_vino", "out", "openvino"),
    Peer("opencv", "open_cv", "new", "opencv-python-headless"),
    Peer("skimage", "scikit_image", "new", "scikit-image", quick=False),
    Peer("scipy", "sci_py", "new", "scipy", quick=False),
    Peer("jax", "xla_jax", "new", "jax", quick=False),
    Peer("tensorflow", "tensor_flow", "new", "tensorflow-cpu", quick=False),
)
BY_NAME = {peer.name: peer for peer in PEERS}
