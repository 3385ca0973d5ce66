"""Routines for libraries whose arrays never change: what is scattered is gathered, and plain numbers become arrays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    BATCH_SIZE,
    Array,
    Part,
    Shape,
    array,
    broadcast_to,
    call,
    literal,
    reshape,
    total,
)
from micrograd_bp.compiler.arrays.loops import Loop
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.rules import computed
from micrograd_bp.compiler.arrays.scans import scanned
from micrograd_bp.compiler.arrays.slices import Placed, distinct, in_table, placed, view
from micrograd_bp.compiler.find.groups import HOLE
from micrograd_bp.compiler.run.array_functions import ArrayFunctions
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import OPERATORS
from micrograd_bp.engine.table import OPERATIONS

FUNCTIONS = ArrayFunctions(np)
"""What numbers are computed with when a program is written."""


def functional(routine: Routine) -> Routine:
    """The same routine in functions that all libraries have."""
    scans = [new for statement in routine.statements for new in scanned(statement)]
    new = replace(routine, statements=scans).rewritten(_rewritten)
    statements = [statement._replace(value=_as_array(statement.value)) for statement in new.statements]
    return replace(new, statements=statements, results={name: _as_array(each) for name, each in new.results.items()})


def _rewritten(node: Array, operands: Sequence[Array]) -> Array | None:
    if node.function == "take":
        return view(_as_array(operands[0]), node.detail)
    if node.function == "scatter":
        return _gathered([Part(*each) for each in zip(operands, node.detail, strict=True)], node.shape)
    if not operands:
        return None
    if node.function == "loop":
        loop: Loop = node.detail
        values = [_as_array(value) for value in loop.values]
        return loop.with_values(values).starting(*map(_as_array, operands[: loop.n_beginning]))
    if not _is_of_numbers(node.function):
        return array(node.function, [_as_array(operand) for operand in operands], node.shape, node.detail)
    if all(operand.function == "literal" for operand in operands):
        return literal(computed(node.function, [operand.detail for operand in operands], FUNCTIONS))
    if all(map(_is_plain, operands)):
        operands = [_as_array(operand) if operand is BATCH_SIZE else operand for operand in operands]
    return call(node.function, *operands)


def _gathered(parts: Sequence[Part], shape: Shape) -> Array:
    """What `scatter` gives, without an array that is changed."""
    *lead, size = shape or (1,)
    value: Array | None = None
    added: dict[bytes, Placed] = {}
    for part, index in parts:
        if index is None:
            whole = broadcast_to(_as_array(part), shape)
            value = whole if value is None else call("add", value, whole)
            continue
        places = index.ravel()
        flat = reshape(broadcast_to(_as_array(part), (*lead, *index.shape)), (*lead, len(places)))
        kept = np.flatnonzero(places != HOLE)
        if not len(kept):
            continue
        if len(kept) < len(places):
            flat, places = view(flat, kept), places[kept]
        table = in_table(places)
        if (first := distinct(table)).size < table.size:  # adds up what comes to the same places again and again
            axes = [len(lead) + axis for axis in (0, 1) if first.shape[axis] < table.shape[axis]]
            flat, places = total(reshape(flat, (*lead, *table.shape)), axes), first.ravel()
            flat = reshape(flat, (*lead, len(places)))
        before, _ = added.get(places.tobytes(), (literal(0.0), places))
        added[places.tobytes()] = Placed(call("add", before, flat), places)
    if added:
        together = reshape(placed(list(added.values()), size, tuple(lead)), shape)
        value = together if value is None else call("add", value, together)
    return broadcast_to(_as_array(literal(0.0)), shape) if value is None else value


def _is_of_numbers(function: str) -> bool:
    """Whether a function takes plain numbers too, beside an array; the operands of others must be arrays."""
    return function in OPERATORS or (is_primitive(function) and not OPERATIONS[function].many)


def _is_plain(a: Array) -> bool:
    """Whether it is a plain number, in Python's own arithmetic."""
    return a.function == "literal" or a is BATCH_SIZE


def _as_array(a: Array) -> Array:
    return array("array", (a,)) if _is_plain(a) else a
