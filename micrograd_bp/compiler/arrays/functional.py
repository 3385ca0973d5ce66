"""Routines for libraries whose arrays never change: what is scattered is gathered, and plain numbers become arrays."""

from collections.abc import Mapping, Sequence
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
    concatenate,
    finite_or_zero,
    is_entrywise,
    literal,
    parts_of,
    reshape,
    scatter,
    take,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Loop
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.scans import scanned
from micrograd_bp.compiler.arrays.slices import Placed, distinct, in_table, placed, view
from micrograd_bp.compiler.find.groups import HOLE, Index, View


def functional(routine: Routine, arrays: Mapping[Array, Index] | None = None) -> Routine:
    """The same routine in functions that all libraries have; with these arrays of parameters in place of a flat one."""
    scans = replace(routine, statements=[new for statement in routine.statements for new in scanned(statement)])
    new = (scans if arrays is None else _in_arrays(scans, arrays)).rewritten(_rewritten)
    statements = [statement._replace(value=_as_array(statement.value)) for statement in new.statements]
    return replace(new, statements=statements, results={name: _as_array(each) for name, each in new.results.items()})


def parameter_arrays(size: int, views: Sequence[View]) -> dict[Array, Index]:
    """The arrays that parameters are read in, each with the places of its entries; what is left is in `parameters`.

    Matrices come first. None overlap, and what a loop reads in turn is one array, with a first axis for the rounds.
    """
    rounds: dict[str, list[View]] = {}
    for one in views:
        rounds.setdefault(one.name, []).append(one)
    tables = dict[Array, Index]()
    for each in rounds.values():
        index = np.stack([one.column.index for one in each])
        index = index if len(each) > 1 else index[0]
        tables[variable(each[0], index.shape)] = index
    sets = [set(index.ravel().tolist()) for index in tables.values()]
    arrays, left = dict[Array, Index](), set(range(size))
    ordered = sorted(zip(tables, sets, strict=True), key=lambda each: (-min(len(each[0].shape), 2), -len(each[1])))
    for read, own in ordered:
        is_part_or_all = all(len(own & other) in (0, len(own), len(other)) for other in sets)
        if len(own) == tables[read].size and own <= left and is_part_or_all:
            arrays[read] = tables[read]
            left -= own
    arrays = dict(sorted(arrays.items(), key=lambda each: int(each[1].min())))
    return arrays | ({variable("parameters", (len(left),)): np.array(sorted(left), int)} if left or not arrays else {})


def _in_arrays(routine: Routine, arrays: Mapping[Array, Index]) -> Routine:
    """The same, reading these arrays in place of the flat one, and giving the gradient of each."""
    size = sum(index.size for index in arrays.values())
    flat = [reshape(each, (index.size,)) for each, index in arrays.items()]
    order = np.argsort(np.concatenate([index.ravel() for index in arrays.values()]))
    whole = take(concatenate(flat) if len(flat) > 1 else flat[0], order)
    # The array of each parameter, and where it is there; a hole is the last.
    owner, place = np.full((2, size + 1), HOLE)
    for number, index in enumerate(arrays.values()):
        owner[index.ravel()], place[index.ravel()] = number, np.arange(index.size)

    def rule(node: Array, operands: Sequence[Array]) -> Array | None:
        if node.function == "variable" and node.detail == "parameters":
            return whole
        if node.function == "take" and operands[0] is whole:
            places = node.detail.ravel()
            if len(owners := set(owner[places].tolist()) - {HOLE}) == 1:
                return reshape(take(flat[owners.pop()], place[places]), node.shape)
        return None

    new = routine.rewritten(rule)
    statements = [each for each in new.statements if each.value is not each.target]
    if (gradient := new.results.pop("gradient", None)) is not None:
        parts = parts_of(statements.pop().value) if statements[-1].target is gradient else [Part(gradient, None)]
        for number, (each, index) in enumerate(arrays.items()):
            own = [
                Part(take(broadcast_to(part, (size,)), index.ravel()), None)
                if at is None
                else Part(part, np.where(owner[at] == number, place[at], HOLE))
                for part, at in parts
                if at is None or (owner[at] == number).any()
            ]
            new.results[each.name] = reshape(scatter(own, (index.size,)), index.shape)
    return replace(new, statements=statements)


def _rewritten(node: Array, operands: Sequence[Array]) -> Array | None:
    if node.function == "take":
        return view(_as_array(operands[0]), node.detail)
    if node.function == "scatter":
        return _gathered([Part(*each) for each in zip(operands, node.detail, strict=True)], node.shape)
    if not operands:
        return None
    if node.function == "finite":
        return finite_or_zero(operands[0])
    if node.function == "loop":
        loop: Loop = node.detail
        values = [_as_array(value) for value in loop.values]
        return loop.with_values(values).starting(*map(_as_array, operands[: loop.n_beginning]))
    if not is_entrywise(node.function):
        return array(node.function, [_as_array(operand) for operand in operands], node.shape, node.detail)
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


def _is_plain(a: Array) -> bool:
    """Whether it is a plain number, in Python's own arithmetic."""
    return a.function == "literal" or a is BATCH_SIZE


def _as_array(a: Array) -> Array:
    return array("array", (a,)) if _is_plain(a) else a
