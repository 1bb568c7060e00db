"""Options as Python values: sizes, paddings, and parameters of a method by its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

import poolreg as pr
from poolreg.cli.pictures import contrast, images
from poolreg.contract.method import Array

NONE = "none"
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
NAMED_PADDINGS = ("valid", "same", "same_lower")


def _integers(text: str, separator: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(separator))


def reads(parse: Callable[[str], Any], expected: str) -> Callable[..., Any]:
    """A click callback that parses an option's text; a ValueError shows what was expected."""

    def read(context: click.Context, option: click.Parameter, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(read(context, option, text) for text in value)
        try:
            return parse(value) if isinstance(value, str) else value
        except ValueError as error:
            message = f"{value!r} is not {expected}"
            raise click.BadParameter(message, context, option) from error

    return read


def _size(text: str) -> int | tuple[int, ...]:
    sizes = _integers(text, "x")
    return sizes[0] if len(sizes) == 1 else sizes


def _output_size(text: str) -> Any:
    sizes = tuple(None if part == NONE else int(part) for part in text.split("x"))
    return sizes[0] if len(sizes) == 1 and sizes[0] is not None else sizes


def _padding(text: str) -> Any:
    if text in NAMED_PADDINGS:
        return text
    if ":" not in text:
        return _size(text)
    pairs = tuple(_integers(pair, ":") for pair in text.split("x"))
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError
    return pairs


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError
    return name, value


def _counts(text: str) -> tuple[int, ...]:
    counts = _integers(text, ",")
    if min(counts) < 1:
        raise ValueError
    return counts


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise ValueError
    return names


SIZE = reads(_size, "an integer, or one for each pooled axis as in 3x3")
OUTPUT_SIZE = reads(_output_size, "an integer, or one or 'none' for each pooled axis as in 7x7")
PADDING = reads(
    _padding,
    "an integer, 1x2 (one for each axis), 0:1x0:1 (before:after), valid, same or same_lower",
)
AXES = reads(lambda text: _integers(text, ","), "a list of integers as in 0,1")
ASSIGNMENT = reads(_assignment, "of the form name=value")
NAMES = reads(_names, "a list of methods as in max,avg")
WORDS = reads(_names, "a list of names as in a,b")
COUNTS = reads(_counts, "a list of positive integers as in 1,2")


@dataclass(frozen=True)
class Given:
    """What `--param` said, by name, in words."""

    words: tuple[tuple[str, str], ...]

    def for_method(self, method: str, x: Array, axes: Sequence[int]) -> dict[str, Any]:
        """The parameters by the method's schema; ParameterError for a name that it lacks."""
        schema = {param.name: param for param in pr.describe(method).params}
        for name, text in self.words:
            if name not in schema:
                pr.get_method(method).resolve({name: text})  # refuses it, and says what was meant
        return {name: parameter(schema[name], text, x, axes) for name, text in self.words}

    def known_to(self, method: str) -> Given:
        """Only what this method has."""
        names = {param.name for param in pr.describe(method).params}
        return Given(tuple(word for word in self.words if word[0] in names))

    def check_known(self, methods: Sequence[str]) -> None:
        """ParameterError for a name that none of the methods has."""
        for name, _ in self.words:
            if not any(Given(((name, ""),)).known_to(method).words for method in methods):
                raise pr.ParameterError(f"none of {', '.join(methods)} has a parameter {name!r}")


def parameter(param: pr.Param, text: str, x: Array, axes: Sequence[int]) -> Any:
    """A parameter's value from its word; whether it is allowed is for the method to say."""
    if param.optional and text.lower() == NONE:
        return None
    try:
        if param.kind == "hyper":
            return _HYPER[param.dtype](text)
        if param.kind == "learnable":
            return _numbers(text)
        if param.kind == "map":
            return _map(param, text, x, axes)
    except ValueError as error:
        if isinstance(error, pr.PoolregError):
            raise
        raise pr.ParameterError(f"{param.name} must be {_expected(param)}, got {text!r}") from error
    raise pr.ParameterError(f"{param.name} is kept between calls; the command line makes one only")


def _truth(text: str) -> bool:
    if text.lower() not in TRUTHS:
        raise ValueError
    return TRUTHS[text.lower()]


_HYPER: dict[str, Callable[[str], Any]] = {
    "bool": _truth,
    "int": int,
    "float": float,
    "str": str,
}


def _numbers(text: str) -> Any:
    """A number, several, or the array in a file."""
    if text.startswith("@"):
        return images.read_npy(Path(text[1:]))
    numbers = [float(part) for part in text.split(",")]
    return numbers[0] if len(numbers) == 1 else np.array(numbers)


def _map(param: pr.Param, text: str, x: Array, axes: Sequence[int]) -> Array:
    """The array in a file, in the dtype of the input; or the contrast of the input itself."""
    if text.startswith("@"):
        dtype = np.float64 if param.dtype == "float64" else x.dtype
        return images.read_npy(Path(text[1:])).astype(dtype)
    if text == "contrast" and param.shape == "map:in":
        return contrast.contrast_logits(x, axes)
    raise ValueError


def _expected(param: pr.Param) -> str:
    """The allowed values in the command line's words."""
    if param.kind == "map":
        made = " or contrast (made of the input)" if param.shape == "map:in" else ""
        return f"@FILE.npy{made}"
    files = " (as 0.5, as 0.5,1,2 or as @FILE.npy)" if param.kind == "learnable" else ""
    return param.allowed() + files
