"""Arguments for pictures of all methods: defaults, and made-up values of what is required."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import poolreg as pr
from poolreg.cli.pictures import contrast
from poolreg.contract.method import Array

if TYPE_CHECKING:
    from poolreg.cli.pictures.gallery import Region

SEED = 0


@dataclass(frozen=True)
class ExampleArguments:
    """The arguments of a method beside the window, and what a caption says of them."""

    arguments: dict[str, Any]
    notes: tuple[str, ...] = ()

    def cropped(self, region: Region) -> ExampleArguments:
        """The same with maps of one region only."""
        rows = slice(int(region.top), int(region.top + region.height))
        columns = slice(int(region.left), int(region.left + region.width))
        maps = {
            name: np.ascontiguousarray(value[rows, columns])
            for name, value in self.arguments.items()
            if isinstance(value, np.ndarray)
        }
        return replace(self, arguments={**self.arguments, **maps})


def example_arguments(method: str, photograph: Array) -> ExampleArguments:
    """Those of one method, as in training if that is a parameter; ParameterError if its schema
    requires something that cannot be made up."""
    arguments: dict[str, Any] = {}
    notes = []
    description = pr.describe(method)
    for param in description.params:
        if param.name == "training" and param.dtype == "bool":
            arguments["training"] = True
            notes.append("as in training")
        elif param.default is pr.Param.required and param.shape == "map:in":
            arguments[param.name] = contrast.contrast_logits(photograph, (0, 1))
            notes.append(f"{param.name}: {contrast.DESCRIPTION}")
        elif param.default is pr.Param.required:
            raise pr.ParameterError(f"needs {param.name} ({param.kind})")
    if description.traits.needs_rng:
        arguments["rng"] = SEED
        notes.append(f"rng={SEED}")
    return ExampleArguments(arguments, _on_one_line(notes))


def _on_one_line(notes: list[str]) -> tuple[str, ...]:
    return (", ".join(notes),) if notes else ()
