"""A graph as Python code, bound to floats and to arrays."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy

from micrograd_bp.compiler.write.functions import Function, FunctionText
from micrograd_bp.compiler.write.source_text import SourceText
from micrograd_bp.engine.numbers.arrays import Arrays

NUMBERS = {"inf", "nan"}


class PythonCode:
    """The functions of a program in Python.

    Attributes:
        text: the source.
        first: the first function.
    """

    def __init__(self, functions: Sequence[Function]) -> None:
        """Writes and compiles them."""
        written = [FunctionText(function) for function in functions]
        self.first = written[0]
        names = {name for source in written for name in source.functions}
        self._called = sorted(names - NUMBERS)
        graph = functions[0].graph
        header = _header(len(graph.nodes) - graph.n_leaves, sorted(names & NUMBERS), self._called)
        self.text = SourceText([header, *(part for source in written for part in source.parts)])
        self.on_floats = self.text.run()

    @cached_property
    def on_arrays(self) -> dict[str, Any]:
        """What the source defines, on arrays; `on_floats` is the same on floats."""
        arrays = Arrays(numpy)
        return self.bound(lambda name: getattr(arrays, name))

    def bound(self, function: Callable[[str], Any]) -> dict[str, Any]:
        """What the source defines, with the functions of another kind of numbers."""
        namespace = self.text.run()
        namespace |= {name: function(name) for name in self._called}
        return namespace


def _header(n_operations: int, numbers: Sequence[str], functions: Sequence[str]) -> list[str]:
    return [
        f'"""The program of a graph with {n_operations:,} operations, in straight-line code, made by micrograd_bp.',
        "",
        "Here it runs on floats, for one sample. With functions of arrays in place of those of floats, and arrays that",
        "hold a number for each sample as inputs, it runs on a batch; the caller then takes means.",
        '"""',
        "",
        *([f"from math import {', '.join(numbers)}", ""] if numbers else []),
        *(["from micrograd_bp.engine.numbers.floats import floats", ""] if functions else []),
        *[f"{name} = floats.{name}" for name in functions],
    ]
