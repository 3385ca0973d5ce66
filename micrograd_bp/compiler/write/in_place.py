"""Statements as NumPy that makes few arrays: each line works on in the array of the line before it.

It computes what the plain source does, in the same order. A gradient along a view of the parameters is written where it
belongs at once; for z = x·W the product that gives dL/dW is taken as (dL/dz)ᵀ·x, which is how a neuron's weights lie.
With many samples products lie column by column where they are narrow, or where there is a matrix of some size: loops
and BLAS are faster so, as BLAS is with sums over neurons or samples, which are products with ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import BATCH, Array, Part, call, rewritten, transpose, variable
from micrograd_bp.compiler.arrays.loops import Loop, loop_body
from micrograd_bp.compiler.arrays.places import is_slice
from micrograd_bp.compiler.arrays.statements import BACKWARD, PARAMETERS, Accumulating, GradientOf, Statement
from micrograd_bp.compiler.find.groups import Input, View
from micrograd_bp.compiler.thresholds import FEW_COLUMNS, MATRIX_BY_COLUMNS, SAMPLES_BY_COLUMNS
from micrograd_bp.compiler.write.loops import LoopWriter, is_put, numbers_of
from micrograd_bp.compiler.write.numpy import (
    ATOM,
    OPERATORS,
    Round,
    StatementLines,
    Writer,
    Written,
    inside,
    is_lacking,
    place_in,
)
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import COMPARISONS


class InPlaceWriter(LoopWriter):
    """Writes statements; products, and what can be one, as calls of BLAS."""

    behind_one = ", ..."

    def written(self, node: Array, operands: list[Written]) -> Written:
        """As for any writer, but for what BLAS is faster with."""
        if node.function == "matmul" and len(node.shape) == len(node.operands[1].shape) == 2:
            product = f"{inside(operands[0], ATOM)}.dot({operands[1][0]})"
            if not self._lies_by_columns(node):
                return product, ATOM
            by_columns = f'{self.library}.matmul({operands[0][0]}, {operands[1][0]}, order="F")'
            return f"({product} if {self._few()} else {by_columns})", ATOM
        if node.function == "scatter" and self._lies_by_columns(node):
            order = f'"C" if {self._few()} else "F"'
            return f"{self.library}.zeros({self.extents(node.shape)}, parameters.dtype, {order})", ATOM
        if node.function == "sum" and node.operands[0].shape[:-1] == (BATCH,):
            if node.detail == ((1,), True):
                ones = self.constants.name(np.ones((node.operands[0].shape[-1], 1)))
                return f"{inside(operands[0], ATOM)}.dot({ones})", ATOM
            if len(node.shape) == 1 or (node.shape == () and node.operands[0].shape == (BATCH, 1)):
                ones, batch = map(self.constants.free, ("ones", "batch"))
                self.first_lines["ones"] = f"{ones} = {self.library}.ones({batch}, parameters.dtype)"
                return f"{ones}.dot({operands[0][0]}){'' if node.shape else '[0]'}", ATOM
        return super().written(node, operands)

    def _lies_by_columns(self, node: Array) -> bool:
        """Whether it has a row for each sample, and lies column by column in memory if these are many."""
        is_matrix = len(node.shape) == 2 and node.shape[0] == BATCH and node.shape[1] > 1
        return is_matrix and (node.shape[1] < FEW_COLUMNS or self._all_by_columns)

    def _few(self) -> str:
        """The name that says whether there are few samples."""
        few, batch = map(self.constants.free, ("few", "batch"))
        self.first_lines["few"] = f"{few} = {batch} < {SAMPLES_BY_COLUMNS}"
        return few

    def routine(self, statements: Sequence[Statement], read: Sequence[Array]) -> list[StatementLines]:
        """As for any writer. The flat gradient is made before the backward pass, which fills it."""
        statements = _worked_through(statements, read)
        values = [each.value.detail.values if each.value.function == "loop" else [each.value] for each in statements]
        nodes = [node for each in values for node in topological_order(*each) if node.shape[:1] == (BATCH,)]
        is_large = any(x.function == "matmul" and prod(x.operands[1].shape) > MATRIX_BY_COLUMNS for x in nodes)
        taken = [node.operands[0].detail for node in nodes if node.function == "take"]
        self._all_by_columns = is_large or not all(isinstance(each, Input) for each in taken)
        gradients = [each for each in statements if each.target.detail == "gradient"]
        rest = [each for each in statements if each not in gradients]
        backward = next((place for place, each in enumerate(rest) if each.section == BACKWARD), len(rest))
        reads = _reads([*(each.value for each in statements), *read])
        starts, ends = [], []
        for statement in gradients:
            gradient, (start, parts) = statement.target, self.start(statement)
            firsts = [part for part, is_first in parts if is_first]  # none where it begins with what a loop gives
            starts += [(statement, start, gradient.shape)] if firsts else []
            self._put_at_once(gradient, firsts, rest, reads)
            lines = [self.part(gradient, *each) for each in parts if each[0].array not in self.put]
            lines = lines if firsts else [*start, *lines]
            ends += [(statement, lines, () if firsts else gradient.shape)] if lines else []
        lists = [line for each in rest for line in _view_lists(each, self)]
        forth, back = (super(InPlaceWriter, self).block(part) for part in (rest[:backward], rest[backward:]))
        return [*lists, *forth, *starts, *back, *ends]

    def loop(self, statement: Statement) -> list[StatementLines]:
        """As for any writer; what a round puts to its place in the gradient is computed there."""
        loop: Loop = statement.value.detail
        reads = _reads(loop.values)
        for each in filter(is_put, loop.accumulated):
            self._put_at_once(each.target, each.parts, loop.body, reads)
        return super().loop(statement)

    def _put_at_once(
        self, gradient: Array, parts: Iterable[Part], statements: Sequence[Statement], reads: Mapping[Any, int]
    ) -> None:
        """Lets statements compute parts of the gradient where these belong, if nothing else reads them."""
        once = {x.target for x in statements if reads[x.target.detail] == 1 and x.value.function != "scatter"}
        fitting = [part for part in parts if part.array in once and _is_writable(gradient, part)]
        self.put |= {part.array: (gradient, part) for part in fitting}

    def block(self, statements: Sequence[Statement], read: Sequence[Array] = ()) -> list[StatementLines]:
        """As for any writer, but for the views that stand in lists."""
        return super().block(
            _worked_through([each for each in statements if each.target.detail not in self.view_lists], read)
        )

    def lines(self, statement: Statement) -> StatementLines:
        """As for any writer; what is put to its place in the gradient is computed there."""
        target = statement.target
        if target not in self.put:
            return super().lines(statement)
        return statement, [self._computed_there(*self.put[target], statement.value)], target.shape

    def computed(self, target: Array, value: Array) -> list[str]:
        """As for any writer; where that is possible, each line works on in the array of the one before it."""
        is_array = target.function == "variable" and target.shape
        return _worked_on(self.name(target), value, self) if is_array else super().computed(target, value)

    def _computed_there(self, gradient: Array, part: Part, value: Array) -> str:
        """The line that writes a value to its place in the gradient."""
        place = place_in(gradient, part)
        is_transposed = place.function == "transpose"
        place = place.operands[0] if is_transposed else place
        text = self.text(place)
        if value.function == "matmul":
            factors = [transpose(each) for each in reversed(value.operands)] if is_transposed else value.operands
            return f"{self.library}.matmul({', '.join(map(self.text, factors))}, out={text})"
        if value.shape and _is_entry_by_entry(value) and not is_transposed:
            operands = ", ".join(map(self.text, value.operands))
            return f"{self.function(value.function)}({operands}, out={text})"
        text += "" if place.function in ("take", "at_round") else "[:]"
        return f"{text} = {self.factor(value)}.T" if is_transposed else f"{text} = {self.text(value)}"


def _view_lists(statement: Statement, writer: InPlaceWriter) -> Iterator[StatementLines]:
    """Lists of the views that the rounds of a loop take of the parameters, which a program keeps."""
    for each in loop_body(statement):
        view = each.target.detail
        if isinstance(view, View) and view not in writer.view_lists:
            loop: Loop = statement.value.detail
            name = writer.view_lists[view] = writer.own_name(f"{writer.name(each.target)}s")
            writer.round = Round(writer.round_name, loop.first)
            line = f"{name} = [{writer.text(each.value)} for {writer.round_name} in {numbers_of(loop, writer)}]"
            yield Statement(variable(name), each.value, PARAMETERS), [line], ()


def _worked_through(statements: Sequence[Statement], results: Sequence[Array]) -> list[Statement]:
    """The statements, prepared for working in place; `results` are read after them."""
    return _with_single_uses_inside(_with_signs_of_results(statements), results)


def _is_writable(gradient: Array, part: Part) -> bool:
    """Whether the entries that a part is put to are a view of the gradient, which can be written to."""
    nodes = topological_order(place_in(gradient, part))
    moving = [node.detail for node in nodes if node.function == "at_round"]
    places = [*(node.detail for node in nodes if node.function == "take"), *(each.table[0] for each in moving)]
    return all(map(is_slice, places)) and all(each.step is not None for each in moving)


def _reads(values: Iterable[Array]) -> Counter[Any]:
    """How often some values read each variable; z·z reads z twice."""
    reads: Counter[Any] = Counter()
    for value in values:
        places = [value, *(operand for each in topological_order(value) for operand in each.operands)]
        if value.function == "loop":  # which reads again and again
            places += value.detail.invariants
        reads.update(each.detail for each in places if each.function == "variable")
    return reads


def _with_single_uses_inside(statements: Sequence[Statement], results: Sequence[Array]) -> list[Statement]:
    """The statements without products that are read only once: they are computed where they are read."""
    reads = _reads([*(statement.value for statement in statements), *results, *results])  # results stay
    worked_on = {
        operand.detail
        for statement in statements
        if _is_entry_by_entry(statement.value)
        for operand in statement.value.operands
        if operand.function == "variable" and operand.shape == statement.value.shape
    }
    inside: dict[Array, Array] = {}
    kept = []
    for statement in statements:
        target, (value,) = statement.target, rewritten([statement.value], lambda node, _: inside.get(node))
        if isinstance(target.detail, GradientOf):
            is_for_reader = value.function == "matmul" and not isinstance(target.detail.group, (View, Input))
        else:
            is_for_reader = target.detail in worked_on and _begins_with_product(value)
        if is_for_reader and reads[target.detail] == 1:
            inside[target] = value
            continue
        kept.append(statement._replace(value=value))
    return kept


def _begins_with_product(value: Array) -> bool:
    """Whether it is a product of matrices, or that with a bias."""
    return value.function == "matmul" or (value.function == "add" and value.operands[0].function == "matmul")


def _with_signs_of_results(statements: Sequence[Statement]) -> list[Statement]:
    """For a = max(z, 0), what comes after asks a > 0 in place of z > 0, so that a can be computed in the array of z."""
    signs: dict[Array, Array] = {}
    changed = []
    for statement in statements:
        (value,) = rewritten([statement.value], lambda node, _: signs.get(node))
        changed.append(statement._replace(value=value))
        if value.function == "maximum" and value.operands[1].is_literal(0.0):
            z, zero = value.operands
            signs[call("greater", z, zero)] = call("greater", statement.target, zero)
    return changed


def _worked_on(name: str, value: Array, writer: Writer) -> list[str]:
    """Lines that compute an array step by step in one place."""
    chain = [value]  # from the result down to what is computed first
    while (below := _to_work_on(chain[-1], value, name, writer)) is not None:
        chain.append(below)
    first = chain.pop()
    if chain and name in writer.names_in(value) and writer.text(first) != name:
        return [f"{name} = {writer.text(value)}"]  # the first of several lines would write over what is read later
    text = writer.text(first)
    lines = [f"{name} = {text}"] if text != name or not chain else []
    for expression in reversed(chain):
        below = first
        others = [operand for operand in expression.operands if operand is not below]
        first = expression
        if expression.function == "multiply" and others and others[0].function in (*COMPARISONS, "truth"):
            lines.append(f"{name} *= {writer.truth(others[0])}")
        elif expression.function in (OPERATORS if expression.operands[0] is below else ("add", "multiply")):
            lines.append(f"{name} {OPERATORS[expression.function][0]}= {writer.text(others[0])}")
        else:
            operands = [name if operand is below else writer.text(operand) for operand in expression.operands]
            lines.append(f"{writer.function(expression.function)}({', '.join(operands)}, out={name})")
    return lines


def _to_work_on(expression: Array, result: Array, name: str, writer: Writer) -> Array | None:
    """The operand of an entry-by-entry operation in whose array the result, of this name, can be computed."""
    if not _is_entry_by_entry(expression):
        return None
    operands = expression.operands
    fitting = [x for x in operands if x.shape == result.shape and operands.count(x) == 1]
    # What has been added up is read by others too, but for those that take over its name.
    added_up = [x for x in fitting if isinstance(x.detail, Accumulating) and writer.text(x) == name]
    made_for_this = [x for x in fitting if x.function == "matmul" or _is_entry_by_entry(x)]
    return next(iter(added_up + made_for_this), None)


def _is_entry_by_entry(expression: Array) -> bool:
    """Whether NumPy has a function or an operator for it that can write into an array which is there."""
    name = expression.function
    function = getattr(np, name, None)
    is_ufunc = isinstance(function, np.ufunc) and function.signature is None  # matmul is one with a signature
    return is_ufunc and not (name in COMPARISONS or is_lacking(name))
