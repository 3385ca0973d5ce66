"""Routines as Python: one line for each statement, as somebody would write it who works with NumPy."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    BATCH,
    Array,
    Part,
    Shape,
    broadcast_to,
    parts_of,
    reshape,
    scatter,
    transpose,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Kept, Moving, Stacked, in_moving_slices
from micrograd_bp.compiler.arrays.places import block_of, cuts_up, in_slices, is_repeated, is_slice, steps
from micrograd_bp.compiler.arrays.statements import Accumulating, Statement
from micrograd_bp.compiler.find.groups import HOLE, Index
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import COMPARISONS, LACKING
from micrograd_bp.engine.numbers.namespace import FUNCTIONS

# How tightly the parts of an expression hold together.
COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(5)

Written = tuple[str, int]
"""A text, and how tightly it holds together."""

StatementLines = tuple[Statement, list[str], Shape]
"""A statement, its lines, and the shape of the array that the first of them makes."""

OPERATORS = {
    "add": ("+", SUM, SUM, PRODUCT),
    "subtract": ("-", SUM, SUM, PRODUCT),
    "multiply": ("*", PRODUCT, PRODUCT, SIGN),
    "divide": ("/", PRODUCT, PRODUCT, SIGN),
    "matmul": ("@", PRODUCT, SIGN, SIGN),
    "greater": (">", COMPARISON, SUM, SUM),
    "greater_equal": (">=", COMPARISON, SUM, SUM),
    "less": ("<", COMPARISON, SUM, SUM),
    "less_equal": ("<=", COMPARISON, SUM, SUM),
    "equal": ("==", COMPARISON, SUM, SUM),
    "not_equal": ("!=", COMPARISON, SUM, SUM),
}
"""An operator, how tightly it holds, and how tightly its left and right operand must."""


class Round(NamedTuple):
    """The round of a loop that is written.

    Attributes:
        name: what its number is called.
        first: the number of the first round.
    """

    name: str
    first: int

    def number(self, offset: int = 0, step: int = 1) -> str:
        """`offset` in the first round, and `step` more in each one after that."""
        offset -= step * self.first
        if step < 0:
            return f"{offset} - {f'{-step} * ' if step < -1 else ''}{self.name}"
        moving = f"{step} * {self.name}" if step > 1 else self.name
        return f"{moving} {'-' if offset < 0 else '+'} {abs(offset)}" if offset else moving


class Writer:
    """Writes expressions.

    Attributes:
        taken: names that are taken in the function that is written.
        renamed: what variables are called otherwise in the loop that is written.
        round: its round.
        view_lists: what lists of views of the parameters are called, of which a round takes its own.
        put: for what is computed where it belongs in the gradient, the gradient and the place.
        first_lines: the lines that define names of our own, which something that is written asks for.
    """

    behind_one = ""
    """What stands behind the number of a single parameter: with dots it is a view, which follows the parameter."""

    def __init__(self, constants: Constants, dtype: str = "float64", library: str = "np") -> None:
        """Writes functions as those of `library`, and arrays under the names that `constants` gives them."""
        self.constants = constants
        self.library = library
        self.dtype = dtype
        # NumPy makes float64 of a choice between two plain numbers.
        of_dtype = "{}" if dtype == "float64" else f"{library}.{dtype}({{}})"
        self._one, self._zero = of_dtype.format("1.0"), of_dtype.format("0.0")
        self.taken: set[str] = set()
        self.renamed: dict[Any, str] = {}
        self.round: Round | None = None
        self.view_lists: dict[Any, str] = {}
        self.put: dict[Array, tuple[Array, Part]] = {}
        self.first_lines: dict[str, str] = {}
        self._kept_names: dict[Array, str] = {}

    def own_name(self, name: str) -> str:
        """A new name, like the one that is asked for."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    @cached_property
    def round_name(self) -> str:
        """The name of the number of a round."""
        return self.own_name("t")

    def kept_name(self, kept: Kept, *others: Kept) -> str:
        """The name of the list of what is kept: `hs` for `h`; `kept` where it keeps several arrays."""
        if kept.own not in self._kept_names:
            self._kept_names[kept.own] = self.own_name("kept" if others else f"{self.name(kept.own)}s")
        return self._kept_names[kept.own]

    def name(self, target: Array) -> str:
        """The name of a variable: that of a group, or one of our own."""
        named = target.detail
        if named in self.renamed:
            return self.renamed[named]
        return self.constants.free(named) if isinstance(named, str) else target.name

    def names_in(self, a: Array) -> set[str]:
        """The names of the variables that an array is computed from."""
        return {self.name(node) for node in topological_order(a) if node.function == "variable"}

    def text(self, a: Array) -> str:
        """An array as Python."""
        return self._number(a, (self.truth(a), ATOM))[0]

    def truth(self, a: Array) -> str:
        """An array as Python; a comparison, and what has the name of one, as truth."""
        known: dict[Array, Written] = {}
        for node in topological_order(a):
            known[node] = self.written(node, [known[operand] for operand in node.operands])
        return known[a][0]

    def factor(self, a: Array) -> str:
        """An array as something that a method can be called on."""
        text = self.text(a)
        return text if a.function in ("variable", "take", "at_round", "sum", "transpose") else f"({text})"

    def _number(self, node: Array, written: Written) -> Written:
        """A comparison as 1.0 or 0.0, since NumPy does not subtract truth values."""
        if node.function in COMPARISONS or node.function == "truth":
            return f"{self.library}.where({written[0]}, {self._one}, {self._zero})", ATOM
        return written

    def written(self, node: Array, operands: list[Written]) -> Written:
        """A function of operands that are written already."""
        # A choice asks for truth, and times truth is times 1 or 0.
        truth = {"where": 0, "multiply": 1}.get(node.function)
        if truth == 1 and self.dtype != "float64" and not node.operands[0].shape:
            truth = None  # truth times a plain number is float64
        both = enumerate(zip(node.operands, operands, strict=True))
        operands = [each if place == truth else self._number(operand, each) for place, (operand, each) in both]
        if truth == 0 and self.dtype != "float64" and not any(operand.shape for operand in node.operands[1:]):
            operands[1] = f"{self.library}.{self.dtype}({operands[1][0]})", ATOM
        if node.function in OPERATORS:
            sign, strength, left, right = OPERATORS[node.function]
            return f"{inside(operands[0], left)} {sign} {inside(operands[1], right)}", strength
        if node.function == "negative":
            return f"-{inside(operands[0], SIGN)}", SIGN
        writer = getattr(self, f"_{node.function}", None)
        if writer is not None:
            return writer(node, operands), ATOM
        arguments = ", ".join([text for text, _ in operands])
        return f"{self.function(node.function)}({arguments})", ATOM

    def function(self, name: str) -> str:
        """A function of numbers, as it is called in the library."""
        if is_lacking(name):
            return self.constants.free(name)
        return f"{self.library}.{name}"

    def _variable(self, node: Array, _: Any) -> str:
        return self.name(node)

    _truth = _variable

    def _literal(self, node: Array, _: Any) -> str:
        number, sign = node.detail, "-" if node.detail < 0.0 else ""
        return repr(number) if np.isfinite(number) else f"{sign}{self.library}.{abs(number)!r}"

    def _constant(self, node: Array, _: Any) -> str:
        return self.constants.name(node.detail)

    def _transpose(self, _: Array, operands: list[Written]) -> str:
        return f"{inside(operands[0], ATOM)}.T"

    def _reshape(self, node: Array, operands: list[Written]) -> str:
        return f"{inside(operands[0], ATOM)}.reshape({', '.join(map(str, node.shape)) or '()'})"

    def _broadcast_to(self, node: Array, operands: list[Written]) -> str:
        return f"{self.library}.broadcast_to({operands[0][0]}, {self.extents(node.shape)})"

    def _scatter(self, node: Array, operands: list[Written]) -> str:
        assert not operands, "what is added to zeros has lines of its own"
        return f"{self.library}.zeros({self.extents(node.shape)}, parameters.dtype)"

    def extents(self, shape: Shape) -> str:
        """A shape as a tuple."""
        return shape_in_parentheses(shape, self.constants.free("batch"))

    def zeros(self, shape: Shape) -> str:
        """Zeros, to which something is added."""
        return self.text(scatter((), shape)) if shape else "0.0"

    def _concatenate(self, node: Array, operands: list[Written]) -> str:
        return f"{self.library}.concatenate([{', '.join(self.side_by_side(node, operands))}], axis=-1)"

    def side_by_side(self, node: Array, operands: list[Written], whole: str = "*{}") -> list[str]:
        """The parts of a concatenation; what has been kept of all rounds of a loop, in order, as a `whole`."""
        texts: list[str] = []
        place = 0
        while place < len(operands):
            part = node.operands[place]
            rounds = part.detail.rounds if part.function == "of_round" else 0
            run = [_round_of(each, rounds) for each in node.operands[place : place + rounds]]
            is_whole = rounds > 0 and run == [(part.operands[0], number) for number in range(rounds)]
            texts.append(whole.format(self.text(part.operands[0])) if is_whole else operands[place][0])
            place += rounds if is_whole else 1
        return texts

    def _sum(self, node: Array, operands: list[Written], function: str = "sum") -> str:
        return f"{inside(operands[0], ATOM)}.{function}({', '.join(axes_arguments(node))})"

    def _max(self, node: Array, operands: list[Written]) -> str:
        return self._sum(node, operands, "max")

    def _take(self, node: Array, operands: list[Written]) -> str:
        index, rank = node.detail, len(node.operands[0].shape)
        place = self.place(np.maximum(index, 0) if has_holes(index) else index, rank)
        text = f"{inside(operands[0], ATOM)}[{place}{self._behind(node)}]"
        if has_holes(index):
            return f"{self.library}.where({self.constants.name(index != HOLE)}, {text}, 0.0)"
        return text

    def _behind(self, node: Array) -> str:
        return self.behind_one if not node.shape and node.operands[0].detail == "parameters" else ""

    def place(self, index: Index, rank: int) -> str:
        """What stands in the brackets to take entries of the last axis."""
        which = steps(index) if index.ndim == 1 else None
        if which is not None:
            text = f"{which.start or ''}:{which.stop}" + (f":{which.step}" if which.step != 1 else "")
        else:
            text = str(index) if index.ndim == 0 else self.constants.name(index)
        return ":, " * (rank - 1) + text

    def _at_round(self, node: Array, operands: list[Written]) -> str:
        return f"{inside(operands[0], ATOM)}[{self.moving_place(node)}{self._behind(node)}]"

    def _of_round(self, node: Array, operands: list[Written]) -> str:
        return f"{operands[0][0]}[{node.detail.number}]"

    def _numbers_at_round(self, node: Array, _: Any) -> str:
        assert self.round is not None
        return f"{self.constants.name(node.detail)}[{self.round.number()}]"

    def moving_place(self, taken: Array) -> str:
        """What stands in the brackets to take entries of the last axis at places that move on."""
        assert self.round is not None
        moving, rank = taken.detail, len(taken.operands[0].shape)
        first, step = moving.table[0], moving.step
        which = steps(first) if first.ndim == 1 else None
        if step is None:
            text = f"{self.constants.name(moving.table)}[{self.round.number()}]"
        elif first.ndim == 0:
            text = self.round.number(int(first), step)
        elif which is None:
            text = f"{self.constants.name(first)} + {self.round.number(0, step)}"
        else:
            text = f"{self.round.number(which.start, step)}:{self.round.number(which.stop, step)}"
            text += f":{which.step}" if which.step != 1 else ""
        return ":, " * (rank - 1) + text

    # ---- statements

    def lines(self, statement: Statement) -> StatementLines:
        """A statement as lines of Python: one, or for a `scatter` one more for each part."""
        target, value = statement.target, statement.value
        if value.function != "scatter":
            return statement, self.computed(target, value), target.shape
        start, parts = self.start(statement)
        return statement, [*start, *(self.part(target, *each) for each in parts)], target.shape if start else ()

    def computed(self, target: Array, value: Array) -> list[str]:
        """The lines that compute an array which gets a name."""
        return [f"{self.name(target)} = {self.truth(value) if target.function == 'truth' else self.text(value)}"]

    def start(self, statement: Statement) -> tuple[list[str], list[tuple[Part, bool]]]:
        """What makes the array of a `scatter`, unless a loop has; what is left, and whether it needs no 0 before."""
        target, (first, parts) = statement.target, begun(statement.value)
        untouched = np.full(target.shape[-1], first.function == "scatter")
        marked, left = [], untouched.size
        for part in parts:
            places = np.arange(untouched.size) if part.places is None else part.places[part.places != HOLE]
            is_first = bool(untouched[places].all()) and not is_repeated(places)
            untouched[places] = False
            left -= is_first * places.size
            marked.append((part, is_first))
        if target.detail == "gradient" and not left:
            return [f"{self.name(target)} = {self.library}.empty_like(parameters)"], marked
        return [] if self.text(first) == self.name(target) else self.computed(target, first), marked

    def part(self, target: Array, part: Part, is_put: bool) -> str:
        """The line that adds a part to an array, or that puts it there."""
        array, index = part
        name, sign, rank = self.name(target), "=" if is_put else "+=", len(target.shape)
        if index is None:
            return f"{name}[:] = {self.text(array)}" if is_put else f"{name} += {self.text(array)}"
        if isinstance(index, np.ndarray) and index.ndim == 2 and rank > 1:
            block = block_of(index, target.shape[-1])
            if block is None or not cuts_up(block, target.shape[-1]):  # only what all rows make up is a view
                array = broadcast_to(array, (*target.shape[:-1], *index.shape))
                array = reshape(array, (*target.shape[:-1], index.size))
                index = index.ravel()
        where = place_in(target, Part(array, index))
        if where.function == "transpose":
            where, array = where.operands[0], transpose(array)
        value, place, repeated = self.text(array), "", ""
        if isinstance(index, Moving):
            if where.function == "at_round" and any(map(is_repeated, where.detail.table)):
                repeated = self.moving_place(where)
        else:
            if has_holes(index):
                text = self.factor(broadcast_to(array, (*target.shape[:-1], *index.shape)))
                value = f"{text}[{':, ' * (rank - 1)}{self.constants.name(index != HOLE)}]" if array.shape else value
                index = index[index != HOLE]
            if is_repeated(index):
                repeated = self.place(index, rank)
            elif where.function == "take" and not is_slice(where.detail):
                place = f"{name}[{self.place(index, rank)}]"
        if repeated:
            indices = f"{self.library}.s_[{repeated}]" if rank > 1 else repeated
            return f"{self.library}.add.at({name}, {indices}, {value})"
        return f"{place or self.text(where)}{'[:]' if where.function == 'reshape' else ''} {sign} {value}"


def place_in(gradient: Array, part: Part) -> Array:
    """What a part is put to."""
    if isinstance(part.places, Moving):
        return in_moving_slices(gradient, part.places)
    return gradient if part.places is None else in_slices(gradient, part.places)


def _round_of(part: Array, rounds: int) -> tuple[Array, int]:
    """The list, and the number of the round; after a loop, a variable is what it was in the last round."""
    if part.function == "of_round":
        return part.operands[0], part.detail.number
    return variable(Stacked(part.detail), part.shape) if part.function == "variable" else part, rounds - 1


def begun(scattered: Array) -> tuple[Array, list[Part]]:
    """The array that a `scatter` can begin with, and the parts that are left to be added to it."""
    first, *others = [*parts_of(scattered), Part(scatter((), scattered.shape), None)]
    if others and first.places is None and first.array.shape == scattered.shape and is_new(first.array):
        return first.array, others[:-1]
    return scatter((), scattered.shape), parts_of(scattered)


def is_new(a: Array) -> bool:
    """Whether an array has memory of its own, so that something may be added to it in place."""
    return a.is_computed or isinstance(a.detail, Accumulating)  # what a loop has added up is read once


def has_holes(index: Index) -> bool:
    """Whether something is missing."""
    return bool((index == HOLE).any())


def is_lacking(name: str) -> bool:
    """Whether NumPy has no such function of numbers, so that a program that needs it imports it."""
    return name in FUNCTIONS or (name in LACKING and not hasattr(np, name))


def axes_arguments(node: Array) -> list[str]:
    """The arguments of a sum, or a maximum, that say over which axes it goes, whether these stay, and what is least."""
    axes, keepdims, *least = node.detail
    is_whole = len(axes) == len(node.operands[0].shape) and not keepdims
    texts = [] if is_whole else [f"axis={axes[0] if len(axes) == 1 else axes}"]
    texts += ["keepdims=True"] if keepdims else []
    return [*texts, *(f"initial={number!r}" for number in least)]


def shape_in_parentheses(shape: Shape, batch: str) -> str:
    """A shape as a tuple, with a name for the number of samples."""
    return tuple_of([batch if extent == BATCH else str(extent) for extent in shape])


def tuple_of(texts: Iterable[str]) -> str:
    """The text of a tuple."""
    texts = list(texts)
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def inside(written: Written, strength: int) -> str:
    """A text where it must hold together that tightly: a looser one gets parentheses."""
    text, own = written
    return text if own >= strength else f"({text})"
