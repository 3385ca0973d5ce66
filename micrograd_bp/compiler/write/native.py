"""A routine as the text of a kernel, of which LLVM makes machine code.

Some samples after the others go forwards and backwards, so that nothing is as large as the batch. What depends on no
sample comes before, and what needs the sums over samples comes after.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import BATCH, BATCH_SIZE, Array, Shape, rewritten, variable, with_operands
from micrograd_bp.compiler.arrays.loops import Carried, Loop, initials_of
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.schedule import scheduled
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.thresholds import MOST_NATIVE_LINES
from micrograd_bp.compiler.write.nests import (
    READS,
    TOGETHER,
    WHOLE,
    Nests,
    NoLoopNestError,
    Storage,
    peeled,
    sums_samples,
)
from micrograd_bp.compiler.write.places import evenly
from micrograd_bp.engine.graph import topological_order

OF_MATH = {"erf", "erfc", "lgamma"}
"""Functions that NumPy does not have."""

LINEAR = {"add", "subtract", "negative", "multiply", "divide", "take", "scatter", "matmul", "sum"} | READS
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
    """

    source: str
    numbers: "np.ndarray[Any, Any]"
    places: "np.ndarray[Any, Any]"
    n_arrays: int
    shapes: list[Shape]


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
        self.routine, self.statements = routine, scheduled(routine)
        self.parts: dict[Array, Array] = {}
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
                self.statements.append(self._named(result, name))
                target = self.statements[-1].target
            self._argument(target, name)

    def _named(self, value: Array, name: str) -> Statement:
        """A statement for a value, with a variable of its own."""
        target = variable(_Part(name), value.shape)
        self.shapes[target] = self.shape(value)
        return Statement(target, value, "")

    def _argument(self, target: Array, name: str = "") -> None:
        """An array that the kernel is handed."""
        name, has_rows = self.own_name(name or target.name), BATCH in target.shape
        self.storage[target] = Storage(name, self.shape(target), is_array=True, has_rows=has_rows)
        self.arguments.append(f"{name}: {self.dtype}[{'0, ' if has_rows else ''}{target.shape[-1]},]")

    def written(self) -> NativeSource:
        """The text and its tables."""
        statements = [new for each in self.statements for new in self._simple(each)]
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
        lines = [
            '"""A graph of scalars as loop nests, of which LLVM makes machine code."""',
            "",
            "from __future__ import annotations",
            "",
            *([f"from math import {', '.join(of_math)}"] if (of_math := sorted(self.functions & OF_MATH)) else []),
            f"from numpy import {', '.join(sorted(self.functions - OF_MATH))}",
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
        return NativeSource(
            "\n".join(lines) + "\n", numbers, places, len(self.arguments), [each.shape for each in results[1:]]
        )

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
        earlier, self.lines, self.in_samples = self.lines, [], True
        together, n = self.together, self._n_samples
        with self.block(f"for {self.sample} in range(0, {n}, {together}):"):
            if together > 1:  # where fewer are left, the last one is computed again, and not added up
                self.line(f"{self.left} = {n} - {self.sample}")
                with self.over(together) as (row,):
                    self.line(f"{self.row}[{row}] = {self.sample} + {row} if {row} < {self.left} else {n} - 1")
            self.write(statements)
        self.lines, self.in_samples = [*earlier, *self.before_samples, *self.lines], False

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

    # ---- statements in their simplest form

    def _simple(self, statement: Statement) -> Iterator[Statement]:
        """A statement, after new ones for what has nests of its own inside of it."""
        if statement.value.function == "loop":
            yield from self._simple_loop(statement)
            return
        new, value = self._taken_out(statement.value, statement.target.name)
        yield from new
        yield statement._replace(value=value)

    def _taken_out(self, value: Array, name: str) -> tuple[list[Statement], Array]:
        """Statements for parts of a value, and what is left of it."""
        new: list[Statement] = []
        root = peeled(value)

        def taken_out(part: Array) -> Array:
            if part not in self.parts:
                new.append(self._named(part, f"{name}_part"))
                self.parts[part] = new[-1].target
            return self.parts[part]

        def rule(node: Array, operands: Sequence[Array]) -> Array | None:
            operands = list(operands)
            if node.function == "matmul" and operands[1].function != "variable":
                operands[1] = taken_out(operands[1])
            if _is_batched(with_operands(node, tuple(operands))):
                for place, operand in enumerate(operands):
                    if operand.function not in READS and not _is_batched(operand):
                        operands[place] = taken_out(operand)
            changed = with_operands(node, tuple(operands))
            return taken_out(changed) if node.function in WHOLE and node is not root else changed

        (left,) = rewritten([value], rule)
        return new, left

    def _simple_loop(self, statement: Statement) -> Iterator[Statement]:
        loop: Loop = statement.value.detail
        inside: list[Statement] = []
        outside: list[Statement] = []
        own = {each.target for each in loop.body} | {each.symbol for each in loop.carried}
        own |= set(loop.kept_variables)

        def keep(new: Iterable[Statement]) -> None:
            for each in new:
                moves = any(
                    node in own or node.function in ("at_round", "numbers_at_round")
                    for node in topological_order(each.value)
                )
                (inside if moves else outside).append(each)
                own.update([each.target] if moves else [])

        initials = []
        for (symbol, _), initial in zip(loop.carried, initials_of(statement.value), strict=True):
            new, value = self._taken_out(initial, symbol.name)
            outside += new
            initials.append(value)
        for each in loop.body:
            new, value = self._taken_out(each.value, each.target.name)
            keep(new)
            inside.append(each._replace(value=value))
        accumulated = []
        for sums in loop.accumulated:
            parts = []
            for part in sums.parts:
                new, value = self._taken_out(part.array, sums.target.name)
                if part.places is not None and peeled(value).function in WHOLE:
                    new.append(self._named(value, f"{sums.target.name}_part"))
                    value = new[-1].target
                keep(new)
                parts.append(part._replace(array=value))
            accumulated.append(sums._replace(parts=parts))
        carried = []
        symbols = {symbol for symbol, _ in loop.carried}
        for symbol, following in loop.carried:
            if following.function != "variable" or (following in symbols and following is not symbol):
                new, value = self._taken_out(following, symbol.name)
                keep([*new, last := self._named(value, f"{symbol.name}_next")])
                if inside[-1] is not last:  # it is the same in all rounds
                    inside.append(outside.pop())
                following = last.target
            carried.append(Carried(symbol, following))
        moving = {each.target for each in inside}
        self.parts = {part: target for part, target in self.parts.items() if target not in moving}
        yield from outside
        new_loop = replace(loop, body=inside, accumulated=accumulated, carried=carried)
        if _is_batched(statement.value):
            _check_shares(new_loop)
        yield statement._replace(value=new_loop.starting(*initials))


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
                together = node.function in ("add", "subtract", "scatter", "concatenate")
                fits = all(mixed) if together else sum(mixed) == 1 and node.function in LINEAR
                if not fits or (node.function == "divide" and mixed[1]):
                    raise NoLoopNestError("samples depend on each other")
                own.add(node)
        return value in own

    for each in loop.body:
        if is_share(each.value):
            shares.add(each.target)
    for symbol, following in loop.carried:
        if BATCH not in symbol.shape and is_share(following):
            raise NoLoopNestError("samples depend on each other")
    for target, parts, _ in loop.accumulated:
        for part in parts:
            if BATCH not in target.shape and not is_share(part.array):
                raise NoLoopNestError("samples depend on each other")
