"""A graph as Python code, bound to floats and to arrays."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from keyword import iskeyword
from typing import Any, NamedTuple

import numpy

from micrograd_bp.compiler.find.chunks import fit_in_one
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.many_functions import ManyFunctions
from micrograd_bp.compiler.write.one_function import OneFunction, is_reserved
from micrograd_bp.compiler.write.source_text import SourceText
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
    """

    def __init__(self, functions: Sequence[Function]) -> None:
        """Writes and compiles them."""
        written = [function.written() for function in functions]
        self._first = written[0]
        names = {name for each in written for name in each.functions}
        self._called = sorted(names - NUMBERS)
        self._constants = {name: numbers for each in written for name, numbers in each.constants.items()}
        graph = functions[0].graph
        header = _header(len(graph.nodes) - graph.n_leaves, sorted(names & NUMBERS), self._called)
        self.text = SourceText([header, *(part for each in written for part in each.parts)])
        self.on_floats = self.text.run()

    @cached_property
    def on_arrays(self) -> dict[str, Any]:
        """What the source defines, on arrays; `on_floats` is the same on floats."""
        arrays = Arrays(numpy)
        return self.bound(lambda name: getattr(arrays, name), lambda numbers: list(numpy.array(numbers)))

    def bound(self, function: Callable[[str], Any], constants: Callable[[list[float]], list[Any]]) -> dict[str, Any]:
        """What the source defines, with the functions of numbers and the constants of another kind of numbers."""
        namespace = self.text.run()
        namespace |= {name: function(name) for name in self._called}
        namespace |= {name: constants(numbers) for name, numbers in self._constants.items()}
        return namespace

    def where(self, place: int) -> list[tuple[str, int, str]]:
        """For a node of the first function: the names of it and of its gradient, with the lines and the statements."""
        found = [(name, self.text.line_number(part + 1, line)) for name, part, line in self._first.where(place)]
        return [(name, line, self.text.lines[line - 1].strip()) for name, line in found]

    def place(self, name: str, index: Sequence[int], member: str) -> int:
        """The number of the node that has this name in the first function, or whose gradient has it."""
        return self._first.place(name, index, member)


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
