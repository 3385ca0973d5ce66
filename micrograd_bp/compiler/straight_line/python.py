"""A graph as Python code, bound to floats and to arrays."""

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import NamedTuple

import numpy

from micrograd_bp.compiler.source_text import SourceText
from micrograd_bp.compiler.straight_line.chunks import fit_in_one
from micrograd_bp.compiler.straight_line.many_functions import ManyFunctions
from micrograd_bp.compiler.straight_line.numbering import Numbering
from micrograd_bp.compiler.straight_line.one_function import OneFunction, is_reserved
from micrograd_bp.engine.numbers.arrays import Arrays

NUMBERS = {"inf", "nan"}


class Function(NamedTuple):
    """A function of a program before it is written.

    Attributes:
        graph: what it computes; its variables are the parameters and the members of the groups.
        n_parameters: how many parameters there are.
        groups: how many members each group of inputs has, by name.
        targets: for `value_and_gradient`, the variables with respect to which the root is differentiated.
        outputs: for `predict`, the nodes of each group of outputs.
    """

    graph: Numbering
    n_parameters: int
    groups: Mapping[str, int]
    targets: Sequence[int] | None = None
    outputs: Mapping[str, Sequence[int]] | None = None

    def written(self) -> OneFunction | ManyFunctions:
        """Its source: one Python function, or many."""
        kind = OneFunction if fit_in_one(self.graph) else ManyFunctions
        arguments = {"parameters": self.n_parameters}
        for name, size in self.groups.items():
            while is_reserved(name) or name in arguments or iskeyword(name):
                name += "_"
            arguments[name] = size
        return kind(self.graph, arguments, targets=self.targets, outputs=self.outputs)


class PythonCode:
    """The functions of a program in Python.

    Attributes:
        text: the source.
        on_floats: what the source defines, with the functions of numbers on floats.
        on_arrays: likewise on arrays.
    """

    def __init__(self, functions: Sequence[Function]) -> None:
        """Writes and compiles them."""
        written = [function.written() for function in functions]
        self._first = written[0]
        called = {name for each in written for name in each.functions}
        graph = functions[0].graph
        header = _header(len(graph.nodes) - graph.n_leaves, called)
        self.text = SourceText([header, *(part for each in written for part in each.parts)])
        self.on_floats = self.text.run()
        self.on_arrays = self.text.run()
        arrays = Arrays(numpy)
        self.on_arrays |= {name: getattr(arrays, name) for name in called - NUMBERS}
        for each in written:
            self.on_arrays |= {name: list(numpy.array(numbers)) for name, numbers in each.constants.items()}

    def where(self, place: int) -> list[tuple[str, int, str]]:
        """For a node of the first function: the names of it and of its gradient, with the lines and the statements."""
        found = [(name, self.text.line_number(part + 1, line)) for name, part, line in self._first.where(place)]
        return [(name, line, self.text.lines[line - 1].strip()) for name, line in found]

    def place(self, name: str) -> int:
        """The number of the node that has this name in the first function, or whose gradient has it."""
        return self._first.place(name)


def _header(n_operations: int, functions: set[str]) -> list[str]:
    numbers, called = sorted(functions & NUMBERS), sorted(functions - NUMBERS)
    return [
        f'"""The program of a graph with {n_operations:,} operations, in straight-line code, made by micrograd_bp.',
        "",
        "Here it runs on floats, for one sample. With functions of arrays in place of those of floats, and arrays that",
        "hold a number for each sample as inputs, it runs on a batch; the caller then takes means.",
        '"""',
        "",
        *([f"from math import {', '.join(numbers)}", ""] if numbers else []),
        *(["from micrograd_bp.engine.numbers.floats import floats", ""] if called else []),
        *[f"{name} = floats.{name}" for name in called],
    ]
