"""What one operation writes into a program: statements on local names, read off the trace of its rule.

The operands and the node itself are still open, so that a template serves every node of its kind.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import Array, array, constant, literal, signed, variable
from micrograd_bp.compiler.arrays.rules import Functions, firsts, named_operands, result_and_contributions
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.numpy import ATOM, PRODUCT, Written, tuple_of
from micrograd_bp.compiler.write.xp import FunctionalWriter
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.operation import Operation

DEEPEST = 20
"""Parentheses inside of each other, at most; Python's compiler fails at some 200."""

TERMS_IN_A_STATEMENT = 8
"""The terms of a sum, at most; it fails at some 3,000."""


class Name(str):
    """A term that is just the name of a number."""

    __slots__ = ()


class Minus(str):
    """A term that is subtracted; any other text is added."""

    __slots__ = ()


ONE = Name("1.0")
"""The gradient from which the backward pass starts."""


def sum_statements(name: str, terms: Sequence[str]) -> list[str]:
    """Statements that give the sum of `terms` a name. A new object is made each time: arrays may be shared."""
    lines = []
    for start in range(0, max(1, len(terms)), TERMS_IN_A_STATEMENT):
        text = name if start else ""
        for term in terms[start : start + TERMS_IN_A_STATEMENT]:
            if type(term) is Minus:
                text = f"{text} - {term}" if text else f"-{term}"
            else:
                text = f"{text} + {term}" if text else term
        lines.append(f"{name} = {text or '0.0'}")
    return lines


class Template(NamedTuple):
    """The statements of one node, as formats that take its name, that of its gradient, and those of its operands.

    Attributes:
        forward: the statements that give the node.
        backward: the statements that the contributions need first.
        contributions: the numbers of operands, and what comes to their gradients.
    """

    forward: list[str]
    backward: list[str]
    contributions: list[tuple[int, str]]


class Templates:
    """The templates of a program, each made once.

    Attributes:
        functions: the names of all functions that they call, and of numbers that are no literals of Python.
    """

    def __init__(self, graph: Numbering, *, differentiated: bool, constants_are_written: bool) -> None:
        """Starts with none.

        Args:
            graph: the graph.
            differentiated: whether there is a backward pass.
            constants_are_written: whether constants stand as numbers in the statements, or have names as other leaves.
        """
        self.functions: set[str] = set()
        self._graph = graph
        self._differentiated = differentiated
        self._constants_are_written = constants_are_written
        self._writer = LineWriter(self.functions)
        self._known: dict[object, Template] = {}

    def of(self, place: int, *, upstream_is_one: bool = False) -> Template:
        """The template for the node with this number."""
        graph = self._graph
        operation, operands = graph.nodes[place].operation, graph.operands[place]
        wanted = tuple([self._differentiated and graph.moved[operand] == 1 for operand in operands])
        constants: tuple[float | None, ...] = ()
        if self._constants_are_written:
            first, end = graph.n_variables, graph.n_leaves
            constants = tuple([graph.nodes[x].data if first <= x < end else None for x in operands])
        key = operation, wanted, constants, upstream_is_one, firsts(operands)
        if key not in self._known:
            assert operation is not None
            names = named_operands(operands, "{{{}}}", start=2)
            arrays = [
                name if number is None else constant(np.array(number))
                for name, number in zip(names, constants or [None] * len(operands), strict=True)
            ]
            upstream = literal(1.0) if upstream_is_one else variable("{1}")
            self._known[key] = self._template(operation, arrays, wanted, upstream)
        return self._known[key]

    def _template(
        self, operation: Operation, operands: Sequence[Array], wanted: Sequence[bool], upstream: Array
    ) -> Template:
        result, products = result_and_contributions(operation, operands, wanted, upstream, _Calls())
        shares = {x: signed(product) for x, product in products.items()}
        roots = [result, *(share for _, share in shares.values())]
        order = topological_order(*roots)
        uses = Counter([*roots[1:], *(operand for node in order for operand in node.operands)])
        written: dict[Array, Written] = {}
        depths: dict[Array, int] = {}
        lines: list[str] = []
        named = {node for node in order if node.function == "variable"}
        for node in order:
            written[node] = self._writer.written(node, [written[operand] for operand in node.operands])
            depths[node] = 1 + max([depths[operand] for operand in node.operands]) if node.operands else 0
            if node is result or (node.operands and (uses[node] > 1 or depths[node] > DEEPEST)):
                name = "{0}" if node is result else f"{{0}}_part{len(lines) or ''}"
                lines.append(f"{name} = {written[node][0]}")
                written[node], depths[node] = (name, ATOM), 0
                named.add(node)
            if node is result:
                n_forward = len(lines)
        numbers = {x: number for number, x in enumerate(operands)}
        contributions: list[tuple[int, str]] = []
        for x, (sign, share) in shares.items():
            text, strength = written[share]
            if sign < 0.0:
                term: str = Minus(text if strength >= PRODUCT else f"({text})")
            elif share.is_literal(1.0):
                term = ONE
            else:
                term = Name(text) if share in named else text
            contributions.append((numbers[x], term))
        return Template(lines[:n_forward], lines[n_forward:], contributions)


class _Calls(Functions):
    """Functions of numbers as straight lines call them: `logsumexp` takes a tuple."""

    def logsumexp(self, x: Sequence[Array]) -> Array:
        return array("logsumexp", x)


class LineWriter(FunctionalWriter):
    """Writes numbers as Python on plain names."""

    def __init__(self, functions: set[str]) -> None:
        """Notes in `functions` what it calls, and numbers that are no literals."""
        super().__init__(Constants())
        self._functions = functions

    def function(self, name: str) -> str:
        """A function of numbers, under its own name."""
        self._functions.add(name)
        return name

    def _variable(self, node: Array, _: Any) -> str:
        return str(node.detail)

    def _literal(self, node: Array, _: Any) -> str:
        self._functions |= {repr(abs(float(node.detail)))} & {"inf", "nan"}
        return repr(float(node.detail))

    _constant = _literal

    def _logsumexp(self, _: Array, operands: list[Written]) -> str:
        return f"{self.function('logsumexp')}({tuple_of([text for text, _ in operands])})"
