"""What one operation writes into a program: statements on local names, read off the trace of its rule.

The operands and the node itself are still open, so that a template serves every node of its kind.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import NUMBERS, Array, array, constant, literal, signed, variable
from micrograd_bp.compiler.arrays.rules import Functions, firsts, named_operands, result_and_contributions
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.numpy import ATOM, PRODUCT, Written, tuple_of
from micrograd_bp.compiler.write.xp import FunctionalWriter
from micrograd_bp.engine.graph import topological_order

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


CONSTANT = "any_constant"
"""The function of a constant of the graph of which the number is left open."""

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

    def __init__(self, graph: Numbering, *, differentiated: bool) -> None:
        """Starts with none, for a graph, and whether there is a backward pass."""
        self.functions: set[str] = set()
        self._graph = graph
        self._differentiated = differentiated
        leaves = enumerate(graph.nodes[graph.n_variables : graph.n_leaves], start=graph.n_variables)
        self._constants = {place: node.data != 0.0 or repr(node.data) for place, node in leaves}
        self._writer = LineWriter(self.functions)
        self._known: dict[object, Template | None] = {}

    def of(self, place: int, *, upstream_is_one: bool = False) -> Template:
        """The template for the node with this number."""
        graph = self._graph
        operation, operands = graph.nodes[place].operation, graph.operands[place]
        wanted = tuple([self._differentiated and graph.moved[operand] == 1 for operand in operands])
        left_open = tuple([self._constants.get(operand) for operand in operands])
        key = operation, wanted, left_open, upstream_is_one, firsts(operands)
        if key not in self._known:
            self._known[key] = self._template(place, wanted, left_open, upstream_is_one=upstream_is_one)
        if (template := self._known[key]) is not None:
            return template
        numbers = tuple([graph.nodes[x].data if x in self._constants else None for x in operands])
        if (key, numbers) not in self._known:
            self._known[key, numbers] = self._template(place, wanted, numbers, upstream_is_one=upstream_is_one)
        template = self._known[key, numbers]
        assert template is not None
        return template

    def _template(
        self, place: int, wanted: Sequence[bool], constants: Sequence[float | str | None], *, upstream_is_one: bool
    ) -> Template | None:
        """The template for a node, with its constants as `_operand` has them; None where it needs their numbers."""
        operation, upstream = self._graph.nodes[place].operation, literal(1.0) if upstream_is_one else variable("{1}")
        assert operation is not None
        names = named_operands(self._graph.operands[place], "{{{}}}", start=2)
        operands = [*map(_operand, names, constants)]
        result, products = result_and_contributions(operation, operands, wanted, upstream, _Calls())
        shares = {x: signed(product) for x, product in products.items()}
        roots = [result, *(share for _, share in shares.values())]
        order = topological_order(*roots)
        known = [{operand.function for operand in node.operands} - NUMBERS for node in order]
        if {CONSTANT} in known:
            return None
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


def _operand(name: Array, constant_as: float | str | None) -> Array:
    """An operand: a variable, or a constant of the graph, with its number or, for True, with a place for it.

    What adds 0 must know it, and so must what computes with constants alone.
    """
    if constant_as is True:
        return array(CONSTANT, detail=name.detail)
    return name if constant_as is None else constant(np.array(float(constant_as)))


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

    _any_constant = _variable

    def _literal(self, node: Array, _: Any) -> str:
        self._functions |= {repr(abs(float(node.detail)))} & {"inf", "nan"}
        return repr(float(node.detail))

    _constant = _literal

    def _logsumexp(self, _: Array, operands: list[Written]) -> str:
        return f"{self.function('logsumexp')}({tuple_of([text for text, _ in operands])})"
