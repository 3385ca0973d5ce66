"""Loops: what is computed round after round, each round from what the round before left.

A loop is a node of the language. Its body is written once, with variables for what is carried from round to round; what
otherwise differs is read with `at_round`, at places that move on. What the way back needs is kept of each round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import Array, Part, array, rewritten, take, variable
from micrograd_bp.compiler.arrays.places import in_slices
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.groups import Index
from micrograd_bp.engine.graph import topological_order


class Moving(NamedTuple):
    """Places that are others in each round: those of round k are `table[k]`."""

    table: Index

    @property
    def step(self) -> int | None:
        """How far all places move on from one round to the next; None where they do not move evenly."""
        steps = np.diff(self.table, axis=0)
        return int(steps.flat[0]) if (steps == steps.flat[:1]).all() else None


def at_round(a: Array, table: Index) -> Array:
    """The entries along the last axis of which the round that runs has the places: `table[k]` in round k."""
    return array("at_round", (a,), (*a.shape[:-1], *table.shape[1:]), Moving(table))


def numbers_at_round(numbers: "np.ndarray[Any, Any]") -> Array:
    """The numbers of the round that runs: `numbers[k]` in round k."""
    return array("numbers_at_round", (), numbers.shape[1:], numbers)


def in_moving_slices(a: Array, moving: Moving) -> Array:
    """What `at_round` gives, by way of slices where that is possible, as `in_slices` cuts out what does not move."""
    first, second = (in_slices(a, index) for index in moving.table[:2])
    cut = next((node for node in topological_order(first) if node.function == "take" and node.operands == (a,)), None)
    if moving.step is None or cut is None or cut.detail.ndim != 1:
        return at_round(a, moving.table)
    places = cut.detail + moving.step * np.arange(len(moving.table))[:, None]
    (as_second,) = rewritten([first], lambda node, _: take(a, places[1]) if node is cut else None)
    if as_second is not second or places.max() >= a.shape[-1]:
        return at_round(a, moving.table)
    (moved,) = rewritten([first], lambda node, _: at_round(a, places) if node is cut else None)
    return moved


@dataclass(frozen=True, slots=True)
class Stacked:
    """Names what all rounds of a loop give, as a list, or one behind the other along a first axis.

    Attributes:
        of: what is stacked.
        kind: what tells it from others of the same.
    """

    of: Any
    kind: Any = ""

    @property
    def name(self) -> str:
        """`zs` for `z`."""
        return f"{getattr(self.of, 'name', self.of)}s{self.kind if isinstance(self.kind, str) else ''}"


class RoundOf(NamedTuple):
    """One of the rounds of a loop: its number, of which the first is 0, and how many there are."""

    number: int
    rounds: int


def of_round(own: Array, number: int, rounds: int) -> Array:
    """What a variable of a loop was in one of its rounds."""
    return array("of_round", (variable(Stacked(own.detail), own.shape),), own.shape, RoundOf(number, rounds))


class Carried(NamedTuple):
    """What a round takes over from the round before.

    Attributes:
        symbol: the variable that a round reads.
        following: what it hands on to the next round.
    """

    symbol: Array
    following: Array


class Kept(NamedTuple):
    """What is kept of each round.

    Attributes:
        own: the variable of the round.
        before: the variable of the round before, where that is needed too; it is what is carried.
        is_carried: whether it is handed on to the next round, and stays after the last one.
    """

    own: Array
    before: Array | None
    is_carried: bool


class Accumulated(NamedTuple):
    """What all rounds add to zeros.

    Attributes:
        target: the variable of the sum.
        parts: what a round adds; the places of a part may be `Moving`.
        goes_on: whether another loop has begun with the sum, so that it does not begin with zeros.
    """

    target: Array
    parts: Sequence[Part]
    goes_on: bool = False


@dataclass(eq=False, slots=True, frozen=True)
class Loop:
    """Rounds of statements.

    Attributes:
        rounds: how many there are.
        first: the number of the first one.
        backward: whether the last round runs first.
        carried: what a round hands on to the next.
        body: the statements of a round.
        kept: what is kept of each round, in a loop that runs forward; what is read of that, in one that runs backward.
        accumulated: what the rounds add up.
        in_turn: variables for what stands at the number of the round in arrays that have an axis for the rounds.
        stacked: variables of such arrays that the loop makes, and what a round puts there.
    """

    rounds: int
    first: int
    backward: bool
    carried: Sequence[Carried]
    body: Sequence[Statement]
    kept: Sequence[Kept] = ()
    accumulated: Sequence[Accumulated] = ()
    in_turn: Sequence[Array] = ()
    stacked: Sequence[tuple[Array, Array]] = ()
    name: str = "loop"

    def __repr__(self) -> str:
        numbers = f"{self.first}, {self.first + self.rounds}"
        lines = [f"for t in {f'reversed(range({numbers}))' if self.backward else f'range({numbers})'}:"]
        lines += [f"    {each.target} = {each.value}" for each in self.body]
        lines += [f"    {target} += {part}" for target, parts, _ in self.accumulated for part, _ in parts]
        return "\n".join([*lines, *(f"    {symbol} = {following}" for symbol, following in self.carried)])

    @property
    def parts(self) -> list[Array]:
        """The arrays that the rounds add up."""
        return [part.array for each in self.accumulated for part in each.parts]

    @property
    def values(self) -> list[Array]:
        """All arrays that a round computes."""
        handed_on = [each.following for each in self.carried]
        return [*(each.value for each in self.body), *handed_on, *self.parts, *(value for _, value in self.stacked)]

    @property
    def kept_variables(self) -> list[Array]:
        """The variables of what is kept, those of the rounds before included."""
        return [variable for kept in self.kept for variable in (kept.own, kept.before) if variable is not None]

    @property
    def n_beginning(self) -> int:
        """How many operands the node has besides what is given to all rounds alike."""
        return len(self.carried) + len(self.in_turn)

    @property
    def invariants(self) -> list[Array]:
        """The variables from outside of the loop that each round reads."""
        own = {statement.target for statement in self.body} | {each.symbol for each in self.carried}
        own |= set(self.in_turn)
        if self.backward:
            own |= set(self.kept_variables)
        nodes = topological_order(*self.values, *(each.target for each in self.accumulated if each.goes_on))
        return [node for node in nodes if node.function == "variable" and node not in own]

    def starting(self, *initials: Array) -> Array:
        """The loop as a node of the language: a function of what it begins with, and of what all rounds read.

        Args:
            initials: for each array that is carried, what it begins as, and then the arrays that are read in turn.
        """
        return array("loop", [*initials, *self.invariants], (), self)

    def with_values(self, values: Iterable[Array]) -> "Loop":
        """The same with others in place of `values`."""
        new = iter(values)
        body = [statement._replace(value=next(new)) for statement in self.body]
        carried = [each._replace(following=next(new)) for each in self.carried]
        accumulated = [
            each._replace(parts=[part._replace(array=next(new)) for part in each.parts]) for each in self.accumulated
        ]
        stacked = [(stack, next(new)) for stack, _ in self.stacked]
        return replace(self, carried=carried, body=body, accumulated=accumulated, stacked=stacked)


def loop_body(statement: Statement) -> Sequence[Statement]:
    """The statements of a round, where a statement is a loop; else none."""
    return statement.value.detail.body if statement.value.function == "loop" else ()


def initials_of(loop: Array) -> Sequence[Array]:
    """What the arrays that a loop carries begin as."""
    return loop.operands[: len(loop.detail.carried)]


def accumulated_in(statement: Statement) -> Sequence[Array]:
    """The sums that are added up, where a statement is a loop; else none."""
    return [each.target for each in statement.value.detail.accumulated] if statement.value.function == "loop" else ()
