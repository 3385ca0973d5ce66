"""A routine as the text of a kernel, of which LLVM makes machine code.

Some samples after the others go forwards and backwards, so that nothing is as large as the batch. What depends on no
sample comes before, and what needs the sums over samples comes after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import BATCH, BATCH_SIZE, VIEWS, WHOLE, Array, Shape, broadcast_to, variable
from micrograd_bp.compiler.arrays.loops import Loop, initials_of, loop_body
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.schedule import scheduled
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.thresholds import MOST_NATIVE_LINES
from micrograd_bp.compiler.write.nests import TOGETHER, Nests, NoLoopNestError, Storage, peeled, sums_samples
from micrograd_bp.compiler.write.places import evenly
from micrograd_bp.engine.graph import topological_order

LINEAR = {"add", "subtract", "negative", "multiply", "divide", "take", "scatter", "matmul", "sum", "at_round", *VIEWS}
"""Functions of which the sum over samples is the same before and after."""


@dataclass(eq=False, frozen=True, slots=True)
class _Part:
    """Names a part of what is computed, which is no other of the same name."""

    name: str


class NativeSource(NamedTuple):
    """A kernel, and the tables that it is handed.

    Attributes:
        source: its text, which defines `kernel`.
        numbers: the constants, one behind the other.
        places: the tables of places, one behind the other.
        n_arrays: how many arrays it takes.
        shapes: those of what it fills: of the gradient, and of the gradients along inputs.
        loops: how many loops are in the text.
    """

    source: str
    numbers: "np.ndarray[Any, Any]"
    places: "np.ndarray[Any, Any]"
    n_arrays: int
    shapes: list[Shape]
    loops: int


def native_source(routine: Routine, dtype: str = "float64") -> NativeSource:
    """Writes `value_and_gradient` as the function `kernel`.

    It takes the parameters and the inputs, the tables of numbers and of places, and what it fills: the gradient, and
    those along inputs. It returns the value.

    Raises:
        NoLoopNestError: a function that there is no machine code for, samples that depend on each other, or too much.
    """
    return _Kernel(routine, dtype).written()


def _is_batched(a: Array) -> bool:
    """Whether it differs from sample to sample, or is computed from what does."""
    if a.function == "loop":
        loop: Loop = a.detail
        inside = [*loop.values, *(each.target for each in loop.body), *(each.symbol for each in loop.carried)]
        if any(map(_is_batched, inside)):
            return True
    return any(BATCH in node.shape for node in topological_order(a))


class _Kernel(Nests):
    """Writes a routine."""

    def __init__(self, routine: Routine, dtype: str) -> None:
        """Starts with the arguments."""
        nodes = topological_order(*routine.values)
        multiplies_samples = any(node.function == "matmul" and BATCH in node.shape for node in nodes)
        super().__init__(dtype, TOGETHER if multiplies_samples else 1)
        self.routine = routine = replace(routine, statements=list(routine.statements))
        (n_parameters,) = routine.results["gradient"].shape
        self.storage[BATCH_SIZE] = Storage(self.batch, ())
        self._argument(variable("parameters", (n_parameters,)))
        for group in routine.inputs:
            self._argument(variable(group, (BATCH, len(group))))
        self.arguments += [f"{self.number_table}: {dtype}[0,]", f"{self.place_table}: int64[0,]"]
        for name, result in list(routine.results.items())[1:]:
            target = result
            # What is handed out in single precision is summed over samples in double precision elsewhere.
            if dtype != "float64" or result.function != "variable" or result in self.storage or BATCH in result.shape:
                target = variable(_Part(name), result.shape)
                routine.statements.append(Statement(target, result, ""))
            self._argument(target, name)

    def _argument(self, target: Array, name: str = "") -> None:
        """An array that the kernel is handed."""
        name, has_rows = self.own_name(name or target.name), BATCH in target.shape
        self.storage[target] = Storage(name, self.shape(target), is_array=True, has_rows=has_rows)
        self.arguments.append(f"{name}: {self.dtype}[{'0, ' if has_rows else ''}{target.shape[-1]},]")

    def written(self) -> NativeSource:
        """The text and its tables."""
        statements = [new for each in scheduled(self.routine, _apart(self.routine)) for new in _hoisted(each)]
        for each in statements:
            for inner in (*loop_body(each), each):
                self.shapes[inner.target] = self.shape(inner.value)
        self._look_at_reads(statements)
        before, samples, after = self._phases(statements)
        self.write(before)
        if samples:
            self._over_samples(samples)
        self.write(after)
        if len(self.lines) > MOST_NATIVE_LINES:
            raise NoLoopNestError(f"LLVM would take too long for {len(self.lines):,} lines")
        results = list(self.routine.results.values())
        value = self.number(results[0], [])[0]
        of_math = sorted(name for name in self.functions if not hasattr(np, name))
        lines = [
            '"""A graph of scalars as loop nests, of which LLVM makes machine code."""',
            "",
            "from __future__ import annotations",
            "",
            *([f"from math import {', '.join(of_math)}"] if of_math else []),
            f"from numpy import {', '.join(sorted(self.functions.difference(of_math)))}",
            "",
            "",
            f"def kernel({', '.join(self.arguments)}) -> float64:",
            *([f"    {self.row} = empty({self.together}, int64)"] if self.together > 1 else []),
            *([f"    {self.batch} = float({self._n_samples})"] if self.routine.inputs else []),
            *self.allocated,
            *self.lines,
            f"    return {value}",
        ]
        numbers, places = self.numbers.flat(self.dtype), self.places.flat("int64")
        source, shapes = "\n".join(lines) + "\n", [each.shape for each in results[1:]]
        return NativeSource(source, numbers, places, len(self.arguments), shapes, self.loops)

    def _look_at_reads(self, statements: Iterable[Statement]) -> None:
        """Counts what is read where, and finds what need not be copied out of the parameters."""
        multiplied = set[Array]()
        for value in [*_values(statements), *self.routine.results.values()]:
            nodes = topological_order(value)
            self.reads.update(nodes)
            multiplied.update(node.operands[1] for node in nodes if node.function == "matmul")
        for target, value, *_ in statements:
            is_view = value.function == "take" and value.operands[0].detail == "parameters"
            if is_view and target not in multiplied and target not in self.storage and evenly(value.detail):
                self.aliases[target] = value

    @property
    def _n_samples(self) -> str:
        first = self.routine.inputs[0]
        return f"len({self.storage[variable(first, (BATCH, len(first)))].name})"

    def _over_samples(self, statements: Iterable[Statement]) -> None:
        self.in_samples, together, n = True, self.together, self._n_samples
        with self.block(f"for {self.sample} in range(0, {n}, {together}):"):
            if together > 1:  # where fewer are left, the last one is computed again, and not added up
                self.line(f"{self.left} = {n} - {self.sample}")
                with self.over(together) as (row,):
                    self.line(f"{self.row}[{row}] = {self.sample} + {row} if {row} < {self.left} else {n} - 1")
            self.write(statements)
        self.in_samples = False

    # ---- the order of statements

    def _phases(self, statements: Iterable[Statement]) -> tuple[list[Statement], ...]:
        """What comes before samples, what is done for each of them, and what comes after."""
        phases: tuple[list[Statement], ...] = ([], [], [])
        late: set[Array] = set()
        for each in statements:
            kept = [kept.own for kept in each.value.detail.kept] if each.value.function == "loop" else []
            reads = {node for node in [*topological_order(each.value), *kept] if node in late}
            made = [each.target, *_made_in(each.value)]
            if BATCH in each.target.shape or _is_batched(each.value):
                if reads:
                    raise NoLoopNestError("samples depend on each other")
                phases[1].append(each)
                late.update(target for target in made if BATCH not in target.shape)
            else:
                phases[2 if reads else 0].append(each)
                late.update(made if reads else ())
        return phases


def _apart(routine: Routine) -> set[Array]:
    """What needs nests of its own inside of something else, or is the same for all samples where that is not."""
    apart, batched = set[Array](), set[Array]()
    loops = [value for value in routine.values if value.function == "loop"]
    begun = [each for loop in loops for each in zip(loop.detail.carried, initials_of(loop), strict=True)]
    initials = [broadcast_to(initial, symbol.shape) for (symbol, _), initial in begun]
    for value in [*initials, *(value for value in routine.values if value not in loops)]:
        root = peeled(value)
        for node in topological_order(value):
            if BATCH in node.shape or not batched.isdisjoint(node.operands):
                batched.add(node)
                apart.update(x for x in node.operands if x.is_computed and x not in batched)
            if node.function == "matmul" and node.operands[1].function != "variable":
                apart.add(node.operands[1])
            if node.function in WHOLE and node is not root:
                apart.add(node)
    for target, parts, _ in [each for loop in loops for each in loop.detail.accumulated]:
        spread = [array for array, places in parts if places is not None or array.shape != target.shape]
        apart.update(array for array in spread if peeled(array).function in WHOLE)
    return apart


def _hoisted(statement: Statement) -> list[Statement]:
    """A statement; before a loop, the parts that are the same in all its rounds.

    Raises:
        NoLoopNestError: samples depend on each other in the loop, or it hands on two arrays in each other's place.
    """
    if statement.value.function != "loop":
        return [statement]
    loop: Loop = statement.value.detail
    symbols = {symbol for symbol, _ in loop.carried}
    if any(following is not symbol and following in symbols for symbol, following in loop.carried):
        raise NoLoopNestError("rounds exchange what they hand on")
    own = symbols.union(loop.kept_variables)
    before: list[Statement] = []
    inside: list[Statement] = []
    for each in loop.body:
        nodes = topological_order(each.value)
        is_moving = any(node in own or node.function in ("at_round", "numbers_at_round") for node in nodes)
        if is_moving or each.group is not None:
            own.add(each.target)
            inside.append(each)
        else:
            before.append(each)
    loop = replace(loop, body=inside)
    if _is_batched(statement.value):
        _check_shares(loop)
    return [*before, statement._replace(value=loop.starting(*initials_of(statement.value)))]


def _values(statements: Iterable[Statement]) -> Iterator[Array]:
    """All that statements compute, in loops too, and what these keep."""
    for each in statements:
        yield each.value
        if each.value.function == "loop":
            loop: Loop = each.value.detail
            yield from loop.values
            yield from loop.kept_variables


def _made_in(value: Array) -> list[Array]:
    """The variables that a loop makes; none for what is no loop."""
    if value.function != "loop":
        return []
    loop: Loop = value.detail
    made = [*(each.target for each in loop.body), *(symbol for symbol, _ in loop.carried)]
    return [*made, *(each.target for each in loop.accumulated)]


def _check_shares(loop: Loop) -> None:
    """Sees that what a loop adds up is added up over samples too, when these run one after the other.

    Raises:
        NoLoopNestError: it is not.
    """
    shares: set[Array] = set()

    def is_share(value: Array) -> bool:
        own: set[Array] = set()
        for node in topological_order(value):
            mixed = [operand in own or operand in shares for operand in node.operands]
            if sums_samples(node) or node in shares:
                own.add(node)
            elif any(mixed):
                if node.function == "where":  # of shares, or 0, where the choice is the same for all samples
                    is_zero = [x.is_literal(0.0) for x in node.operands]
                    mixed = [not mixed[0], mixed[1] or is_zero[1], mixed[2] or is_zero[2]]
                together = node.function in ("add", "subtract", "scatter", "concatenate", "where")
                fits = all(mixed) if together else sum(mixed) == 1 and node.function in LINEAR
                if not fits or (node.function == "divide" and mixed[1]):
                    raise NoLoopNestError("samples depend on each other")
                own.add(node)
        return value in own

    for each in loop.body:
        if is_share(each.value):
            shares.add(each.target)
    carried = [following for symbol, following in loop.carried if BATCH not in symbol.shape]
    added = [part.array for target, parts, _ in loop.accumulated if BATCH not in target.shape for part in parts]
    if any(map(is_share, carried)) or not all(map(is_share, added)):
        raise NoLoopNestError("samples depend on each other")
