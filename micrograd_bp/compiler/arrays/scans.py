"""Loops as scans: a function of what is carried and of what is there for a round, run for all rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    Array,
    Part,
    array,
    broadcast_to,
    call,
    constant,
    reshape,
    rewritten,
    scatter,
    take,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Carried, Loop, Moving, Stacked, initials_of
from micrograd_bp.compiler.arrays.statements import Statement


@dataclass(frozen=True, slots=True)
class InTurn:
    """Names what a round reads at places that move on."""

    of: str
    number: int

    @property
    def name(self) -> str:
        """`X_t` for `X`."""
        return f"{self.of}_t"


def scanned(statement: Statement) -> list[Statement]:
    """A loop as a scan, and what is put to its places after it; another statement as it is."""
    if statement.value.function != "loop":
        return [statement]
    loop: Loop = statement.value.detail
    both = [(each, kind) for own, before, _ in loop.kept for each, kind in ((own, ""), (before, "_before")) if each]
    kept = {each: variable(Stacked(each.detail, kind), each.shape) for each, kind in both}
    in_turn = dict(kept) if loop.backward else {}

    def read_in_turn(node: Array, operands: Sequence[Array]) -> Array | None:
        if node.function not in ("at_round", "numbers_at_round"):
            return None
        rounds = _rounds_of(operands[0], node.detail.table) if operands else constant(node.detail)
        symbol = variable(InTurn(operands[0].name if operands else "c", len(in_turn)), node.shape)
        in_turn[symbol] = rounds
        return symbol

    new = loop.with_values(rewritten(loop.values, read_in_turn))
    carried, initials = list(new.carried), list(initials_of(statement.value))
    stacked = [] if loop.backward else [(stack, each) for each, stack in kept.items()]
    after = []
    for target, parts, goes_on in new.accumulated:
        value, places = target, list[Part]()
        for part in parts:
            if isinstance(part.places, Moving):
                table = part.places.table
                whole = broadcast_to(part.array, (*target.shape[:-1], *table.shape[1:]))
                stack = variable(Stacked(target.detail, (loop, len(stacked))), (len(table), *whole.shape))
                stacked.append((stack, whole))
                places.append(Part(_side_by_side(stack, len(target.shape) - 1), table.reshape(-1)))
            else:
                value = call("add", value, part.array if part.places is None else scatter([part], target.shape))
        if value is not target:
            carried.append(Carried(target, value))
            initials.append(target if goes_on else scatter((), target.shape))
        if places:
            whole = [Part(target, None)] if value is not target or goes_on else []
            after.append(Statement(target, scatter([*whole, *places], target.shape), statement.section))
    carried = [Carried(symbol, broadcast_to(following, symbol.shape)) for symbol, following in carried]
    initials = [broadcast_to(initial, each.symbol.shape) for initial, each in zip(initials, carried, strict=True)]
    scan = replace(new, carried=carried, kept=(), accumulated=(), in_turn=list(in_turn), stacked=stacked)
    return [statement._replace(value=scan.starting(*initials, *in_turn.values())), *after]


def _rounds_of(source: Array, table: "np.ndarray[Any, Any]") -> Array:
    """What is read of an array in all rounds, along a first axis."""
    lead = source.shape[:-1]
    rounds = reshape(take(source, table.reshape(-1)), (*lead, *table.shape))
    return array("moveaxis", (rounds,), (len(table), *lead, *table.shape[1:]), (len(lead), 0)) if lead else rounds


def _side_by_side(stack: Array, rank: int) -> Array:
    """What has come of all rounds, with their places along the last axis; `rank` axes stand before these."""
    rounds, *rest = stack.shape
    lead, last = rest[:rank], rest[rank:]
    behind = array("moveaxis", (stack,), (*lead, rounds, *last), (0, rank)) if rank else stack
    return reshape(behind, (*lead, rounds * int(np.prod(last))))
