"""Checks of what a method declares."""

from __future__ import annotations

import copy
import json
import pickle
import re
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import numpy as np

from poolreg.contract.method import API_VERSION, Method
from poolreg.contract.params import Param
from poolreg.contract.plugins import GROUP
from poolreg.contract.registry import NAME, describe, get_method
from poolreg.errors import ParameterError
from poolreg.testing.checks import check, require, skip
from poolreg.testing.reference import reference_windows
from poolreg.testing.subject import Subject

WORD = re.compile(r"[A-Za-z]\w*")


def is_ours(method: Method) -> bool:
    return type(method).__module__.startswith("poolreg.methods.")


@check
def name(subject: Subject) -> None:
    """The name is lower-case words, ``vendor.method`` outside of poolreg, and the repr has it."""
    method = subject.method
    require(
        NAME.fullmatch(method.name) is not None and ("." in method.name or is_ours(method)),
        f"the name must be lower-case words like 'vendor.method', got {method.name!r}; bare names "
        "belong to poolreg",
    )
    require(
        method.name in repr(method),
        f"repr() must show the name {method.name!r}, got {method!r}; keep the repr of Method",
    )


@check
def api_version(subject: Subject) -> None:
    """A method of another distribution says for which version of the contract it was written."""
    version = subject.method.api_version
    if version is None and is_ours(subject.method):
        skip("is part of poolreg")
    require(
        version is not None,
        f"api_version is not declared: write api_version = {API_VERSION} into the class, so that a "
        "poolreg with another contract can refuse the method by name",
    )
    major, minor = version or API_VERSION
    require(
        major == API_VERSION[0] and minor <= API_VERSION[1],
        f"api_version is {version}, but this poolreg has contract {API_VERSION}: the major number "
        "must be equal, the minor number at most ours",
    )


@check
def docstring(subject: Subject) -> None:
    """The class has a docstring of its own, whose first line is a sentence."""
    first = (type(subject.method).__dict__.get("__doc__") or "").strip().partition("\n")[0]
    require(
        bool(first),
        "the class has no docstring: its first line is what poolreg.describe() and listings show",
    )
    require(
        first.endswith(".") and first[0].isupper(),
        "the first line of the docstring must be a sentence: begin with a capital letter and end "
        f"with a full stop; got {first!r}",
    )


@check
def parameters(subject: Subject) -> None:
    """Every parameter has a name that can be a keyword, a doc of one line, and a default that it
    accepts; or it is required.  Bounds and choices are possible."""
    names = [param.name for param in subject.method.params]
    require(len(set(names)) == len(names), f"two parameters have one name: {names}")
    for param in subject.method.params:
        problem = problem_of(param)
        require(problem is None, f"parameter {param.name!r} {problem}")


def problem_of(param: Param) -> str | None:
    """What is wrong with a declaration."""
    if not param.name.isidentifier():
        return "has a name that is no Python identifier: it could not be passed"
    if not param.doc.strip() or "\n" in param.doc:
        return "needs a doc of one line: pass Param(doc=...)"
    if param.low is not None and param.high is not None and param.low > param.high:
        return f"has low={param.low} above high={param.high}: no value is allowed"
    if param.dtype == "str" and param.kind == "hyper" and not param.choices:
        return "is a string without choices: pass Param(choices=...)"
    if param.shape.startswith("map") != (param.kind == "map"):
        return f"has kind={param.kind!r} with shape={param.shape!r}: maps alone have map shapes"
    return problem_of_default(param)


def problem_of_default(param: Param) -> str | None:
    if param.default is Param.required:
        return None
    if param.kind == "map" and param.default is not None:
        return "is a map with a default: maps are required, or optional with default None"
    if param.default is None:
        return None if param.optional else "has the default None without optional=True"
    alone = param.shape in ("scalar", "1|C")
    if param.kind == "learnable" and not alone and np.ndim(param.default) == 0:
        return f"is an array of shape ({param.shape}), but its default is a number"
    try:
        param.check(param.default)
    except ParameterError as error:
        return f"does not accept its own default: {error}"
    return None


@check
def json_schema(subject: Subject) -> None:
    """The JSON Schema of the parameters can be written and read back."""
    schema = describe(subject.name).json_schema()
    try:
        read = json.loads(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError) as error:
        require(False, f"the JSON Schema cannot be written: {error}; defaults must be JSON values")
    require(
        read["properties"].keys() == {param.name for param in subject.method.params},
        "the JSON Schema must have every parameter",
    )


@check
def pickling(subject: Subject) -> None:
    """Pickled or copied, a method is found again by its name: it carries no state of its own."""
    method = get_method(subject.name)
    for what, made in (
        ("pickle.loads(pickle.dumps(method))", pickle.loads(pickle.dumps(method))),
        ("copy.deepcopy(method)", copy.deepcopy(method)),
    ):
        require(
            made is method,
            f"{what} must give the registered method, got {made!r}; leave __reduce__ to Method",
        )


@check
def entry_point(subject: Subject) -> None:
    """If an installed distribution offers the method, its entry point is this method."""
    offers = [entry for entry in entry_points(group=GROUP) if _is_about(entry, subject.method)]
    if not offers:
        skip("no installed distribution offers it")
    for entry in offers:
        require(
            entry.name == subject.name,
            f"the entry point {entry.name!r} = {entry.value!r} offers a method that names itself "
            f"{subject.name!r}; the two must agree",
        )
        offered: Any = entry.load()
        kind = offered if isinstance(offered, type) else type(offered)
        require(
            kind is type(subject.method),
            f"the entry point {entry.name!r} = {entry.value!r} gives {offered!r}, not this method",
        )


def _is_about(entry: EntryPoint, method: Method) -> bool:
    cls = type(method)
    return entry.name == method.name or entry.value == f"{cls.__module__}:{cls.__qualname__}"


def has_reference(method: Method) -> bool:
    cls = type(method)
    own = cls.reference is not Method.reference
    return own or cls.reference_index is not Method.reference_index


def has_reference_backward(method: Method) -> bool:
    cls = type(method)
    if cls.reference_backward is not Method.reference_backward:
        return True
    return cls.reference_index is not Method.reference_index and not cls.params


@check
def reference(subject: Subject) -> None:
    """The class defines y of one window, slow and obvious: the definition that all else is tested
    against."""
    require(
        has_reference(subject.method),
        "the class defines neither reference(window, params) nor, for a method that selects, "
        "reference_index(window, params): write one window in plain NumPy. Without it no value "
        "can be checked.",
    )
    call = subject.planes((2, 2), 0, kernel_size=2)
    y = call.reference()
    windows = list(reference_windows(call.x, call.method, **call.arguments()))
    require(
        y.shape == call.output_shape and len(windows) == y.size and bool(np.isfinite(y).all()),
        f"reference() must give one finite number for a window of usual numbers, got {y!r}\n{call}",
    )
