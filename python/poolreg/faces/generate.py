"""Writes the modules of the named functions and layers from the table.

::

    python -m poolreg.faces.generate

They are checked in, for people, editors and type checkers to read; a test asserts that they are
fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from poolreg.contract.params import Param
from poolreg.faces import docs
from poolreg.faces.source import (
    WIDTH,
    Argument,
    assigned,
    block,
    called,
    listed,
    mapping,
    quoted,
    signature,
)
from poolreg.faces.table import ROWS, WINDOWS, Row, layer_name

__all__ = ["sources"]

PACKAGE = Path(__file__).parents[1]


def sources() -> dict[Path, str]:
    """The modules by file."""
    return {
        PACKAGE / "faces" / "functions.py": functions(),
        PACKAGE / "torch" / "functional.py": torch_functions(),
        PACKAGE / "torch" / "nn.py": torch_layers(),
    }


def module(doc: str, imports: str, names: Iterable[str], parts: Iterable[str], gap: str) -> str:
    doc += "\n\nWritten by poolreg.faces.generate from poolreg.faces.table: edit that."
    public = listed("__all__ = [", [f'"{name}"' for name in sorted(names)], "]")
    head = "\n\n".join([quoted(doc), "from __future__ import annotations", imports, public])
    source = f"{head}{gap}{gap.join(parts)}\n"
    long = any(len(line) > WIDTH for line in source.split("\n"))  # in docstrings
    return f"# ruff: noqa: E501\n{source}" if long else source


# ---- Arguments ---------------------------------------------------------------------------------

ARGUMENTS = (
    Argument("kernel_size", "Size"),
    Argument("stride", "Size | None", "None"),
    Argument("padding", "Padding", "0"),
    Argument("dilation", "Size", "1"),
    Argument("ceil_mode", "bool", "False"),
    Argument("output_size", "OutputSize"),
    Argument("axes", "int | Sequence[int] | None", "None"),
    Argument("keepdims", "bool", "False"),
    Argument("return_indices", "bool", "False"),
    Argument("rng", "Any", "None"),
    Argument("generator", "Generator | None", "None"),
    Argument("data_format", "str | None", "None"),
    Argument("out", "Any", "None"),
    Argument("num_threads", "int | None", "None"),
)
NORM_TYPE = Argument("norm_type", "Any")
"""torch's word for the p of a norm, which has no default there."""
OTHERS = Argument("**others", "Unpack[NoOthers]")


def arguments(row: Row, names: Iterable[str]) -> list[Argument]:
    """The arguments of these names."""
    known = {argument.name: argument for argument in (*ARGUMENTS, NORM_TYPE)}
    known.update((param.name, of_param(param)) for param in row.declared.params)
    return [known[name] for name in names]


def of_param(param: Param) -> Argument:
    type_: str = param.dtype if param.kind == "hyper" else "Any"
    if param.optional and type_ != "Any":
        type_ += " | None"
    return Argument(param.name, type_, "" if param.default is Param.required else value(param))


def value(param: Param) -> str:
    return f'"{param.default}"' if isinstance(param.default, str) else repr(param.default)


def params(row: Row, given: Sequence[Argument]) -> list[str]:
    """The method's parameters among the arguments, as the entries of a dictionary."""
    names = {"p" if one == NORM_TYPE else one.name: one.name for one in given}
    return [f'"{p.name}": {names[p.name]}' for p in row.declared.params if p.name in names]


def windows(rank: int, given: Sequence[Argument]) -> list[str]:
    """The arguments that say windows, by name."""
    words = *WINDOWS, "output_size", "data_format"
    return [*(f"{one.name}={one.name}" for one in given if one.name in words), f"rank={rank}"]


def has(given: Iterable[Argument], name: str) -> bool:
    return any(argument.name == name for argument in given)


# ---- On arrays ---------------------------------------------------------------------------------

FUNCTIONS = """\
from collections.abc import Sequence
from typing import Any, Literal, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Array
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import input_array
from poolreg.engine.execute import execute
from poolreg.engine.windows import Padding, Size, plan_of
from poolreg.faces.others import NoOthers, hiding_others, refuse
from poolreg.faces.plane import pool_plane"""

TYPES = """\
Indices = NDArray[np.int64]
OutputSize = int | Sequence[int | None]"""


def functions() -> str:
    """poolreg.faces.functions"""
    doc = "The named functions: torch's names, order, defaults and output sizes, for NumPy arrays."
    made = {name: (row, rank) for row in ROWS for name, rank in row.functions.items()}
    bare = [on_arrays(name, row, rank, "...") for name, (row, rank) in made.items()]
    callable_ = run(module(doc, FUNCTIONS, made, [TYPES, *bare], "\n\n\n"))
    parts = []
    for name, (row, rank) in sorted(made.items()):
        result = repr(eval(docs.example(row, rank), {"np": np, "pr": callable_}))
        parts.append(on_arrays(name, row, rank, quoted(docs.docstring(row, rank, result))))
    return module(doc, FUNCTIONS, made, [TYPES, *parts], "\n\n\n")


def run(source: str) -> SimpleNamespace:
    """What a module defines."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(source, names)
    return SimpleNamespace(**names)


def on_arrays(name: str, row: Row, rank: int, doc: str) -> str:
    """A function on arrays."""
    by_position, by_name = (arguments(row, names) for names in row.arguments)
    by_position.insert(0, Argument("input", "Any"))
    given = by_position + by_name
    selects = has(given, "return_indices")
    returns = "Any" if selects else "Array"
    body = [doc, block("if others:", [f"refuse({name}, others)"])]
    body += whole_plane(row, returns) if row.over == "plane" else pooled(row, rank, given)
    return "\n".join(
        [
            *(overloads(name, by_position, by_name) if selects else ()),
            "@hiding_others",
            block(signature(name, by_position, [*by_name, OTHERS], returns), body),
        ]
    )


def pooled(row: Row, rank: int, given: Sequence[Argument]) -> Iterator[str]:
    """`others`, which is empty, serves where there are no parameters."""
    entries = params(row, given)
    if entries:
        yield mapping("params", entries)
    yield 'x = input_array("input", input)'
    yield called("plan_of", ["x.shape", *windows(rank, given)], "plan = ")
    indices = "return_indices" if has(given, "return_indices") else "False"
    rest = [indices, "out", "num_threads", *(["rng"] if has(given, "rng") else [])]
    method, mapped = f'get_method("{row.method}")', "params" if entries else "others"
    yield called("execute", [method, "plan", "x", mapped, *rest], "return ")


def whole_plane(row: Row, returns: str) -> Iterator[str]:
    indices = "return_indices" if returns == "Any" else "False"
    passed = ["input", "axes", "data_format", "keepdims", indices, "out", "num_threads"]
    yield called("pool_plane", [f'"{row.method}"', *passed], f"y: {returns} = ")
    yield "return y"


def overloads(
    name: str, by_position: Sequence[Argument], by_name: Sequence[Argument]
) -> Iterator[str]:
    """One without and one with indices, which come by name if defaults come before."""

    def changed(one: Argument) -> Argument:
        no = Argument(one.name, "Literal[False]", "False")
        return no if one.name == "return_indices" else one

    def declared(first: Iterable[Argument], rest: Iterable[Argument], returns: str) -> str:
        return f"@overload\n{signature(name, first, rest, returns)} ..."

    yield declared(map(changed, by_position), map(changed, by_name), "Array")
    yes = Argument("return_indices", "Literal[True]")
    first = [one for one in by_position if one.name != yes.name]
    rest = [one for one in by_name if one.name != yes.name]
    if first == by_position or any(one.default for one in first):
        rest.insert(0, yes)
    else:
        first.append(yes)
    yield declared(first, rest, "tuple[Array, Indices]")


# ---- On tensors --------------------------------------------------------------------------------

TORCH_FUNCTIONS = """\
from collections.abc import Sequence
from typing import Any, Unpack

from torch import Generator, Tensor
from torch.compiler import is_dynamo_compiling

from poolreg.engine.windows import Padding, Size, Windows
from poolreg.faces.others import NoOthers, hiding_others
from poolreg.torch.autograd import called
from poolreg.torch.ranked import pool_as_torch, pool_named
from poolreg.torch.ready import find"""

TORCH_TYPES = "OutputSize = int | Sequence[int | None]"

TORCH_DOC = """\
The functions of a rank on tensors: torch's own, with its signatures, and those beyond torch's.

``max_pool*``, ``avg_pool*`` and the adaptive ones take the arguments of ``torch.nn.functional``,
and give the same results, indices, dtypes and strides; what torch refuses they refuse.  The others
take windows in torch's order and parameters by name; ``generator`` is in place of ``rng``, and
``torch.set_num_threads`` counts.

>>> import torch, poolreg.torch.functional as PF
>>> PF.max_pool2d(torch.arange(16.0).reshape(1, 1, 4, 4), 2)
tensor([[[[ 5.,  7.],
          [13., 15.]]]])

As a rule a call has been made before, and is found by a key of its arguments."""


def torch_functions() -> str:
    """poolreg.torch.functional"""
    made = {
        name: (row, rank) for row in ROWS if row.on_tensors for name, rank in row.functions.items()
    }
    parts = [
        as_torch(name, row, rank) if row.torch else on_tensors(name, row, rank)
        for name, (row, rank) in sorted(made.items())
    ]
    return module(TORCH_DOC, TORCH_FUNCTIONS, made, [TORCH_TYPES, *parts], "\n\n\n")


def as_torch(name: str, row: Row, rank: int) -> str:
    """One of torch's own."""
    types = {"norm_type": "float", "padding": "Size"}
    given = [
        one._replace(type=types.get(one.name, one.type)) for one in arguments(row, row.arguments[0])
    ]
    selects = has(given, "return_indices")
    bins = ['"bins"'] if row.over == "bins" else []
    key = [f'"{row.method}"', str(rank), *bins, *(one.name for one in given)]
    entries = params(row, arguments(row, row.arguments[0]))
    passed = [name, "input", "key", "windows", "params" if entries else "{}"]
    where = f", {row.torch_where}" if row.torch_where else ""
    found = [
        called("Windows", windows(rank, given), "windows = ", 2),
        *([mapping("params", entries, 2)] if entries else []),
        called("pool_as_torch", [*passed, *(["return_indices"] if selects else [])], "y = ", 2),
    ]
    body = [
        quoted(f"``torch.nn.functional.{name}``{where}."),
        assigned("key", key),
        "y = None if is_dynamo_compiling() else find(input, key, called)",
        block("if y is None:", found),
        "return y",
    ]
    takes = [Argument("input", "Tensor"), *given]
    return block(signature(name, takes, [], "Any" if selects else "Tensor"), body)


def on_tensors(name: str, row: Row, rank: int) -> str:
    """One beyond torch's."""
    method = row.declared
    drawing = [
        *(["return_indices"] if method.returns_indices else []),
        *(["generator"] if method.traits.needs_rng else []),
    ]
    by_position = arguments(row, WINDOWS)
    by_name = arguments(row, [*(p.name for p in method.params), *drawing, "data_format"])
    given = by_position + by_name
    entries = params(row, given)
    passed = [name, "input", "key", "windows", "params" if entries else "{}"]
    passed += [*(f"{word}={word}" for word in drawing), "**others"]
    found = [
        called("Windows", windows(rank, given), "windows = ", 2),
        *([mapping("params", entries, 2)] if entries else []),
        called("pool_named", passed, "y = ", 2),
    ]
    body = [
        quoted(f"``poolreg.{name}`` on a tensor, with gradients."),
        assigned("key", [f'"{row.method}"', str(rank), *(one.name for one in given)]),
        "y = None if others or is_dynamo_compiling() else find(input, key, called)",
        block("if y is None:", found),
        "return y",
    ]
    takes = [Argument("input", "Tensor"), *by_position]
    head = signature(name, takes, [*by_name, OTHERS], "Any")
    return "\n".join(["@hiding_others", block(head, body)])


# ---- Layers ------------------------------------------------------------------------------------

TORCH_LAYERS = """\
from poolreg.torch.lip import (
    BottleneckLIP,
    BottleneckLIP1d,
    BottleneckLIP3d,
    SimplifiedLIP,
    SimplifiedLIP1d,
    SimplifiedLIP3d,
)
from poolreg.torch.modules import Pool, of_method, of_torch, pool_module"""

LAYERS_DOC = """\
Modules: torch's own pooling layers on our functions, and one for every other method.

Torch's own are subclasses of ``torch.nn``'s, with their constructors, attributes and texts; the
others take the arguments of ``Pool``."""


def torch_layers() -> str:
    """poolreg.torch.nn"""
    makers: dict[str, tuple[str, list[str]]] = {}
    for row in ROWS:
        if row.torch:
            makers[row.torch] = "of_torch", [row.torch, row.stem]
        elif row.on_tensors:
            makers[layer_name(row.method)] = "of_method", [row.method]
    lips = [
        f"{kind}LIP{rank}" for kind in ("Bottleneck", "Simplified") for rank in ("", "1d", "3d")
    ]
    public, parts = ["Pool", "pool_module", *lips], []
    for layer, (maker, words) in sorted(makers.items()):
        names = [f"{layer}{rank}d" for rank in (1, 2, 3)]
        public += names
        parts.append(called(maker, [f'"{word}"' for word in words], f"{', '.join(names)} = ", 0))
    return module(LAYERS_DOC, TORCH_LAYERS, public, ["\n".join(parts)], "\n\n")


if __name__ == "__main__":
    for file, source in sources().items():
        file.write_text(source, encoding="utf-8")
