"""Routines: the statements of a program, in order, for the loss with its gradient and for the outputs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from micrograd_bp.compiler.arrays.backward import Gradients, forward_loop, named_gradient, parts_in
from micrograd_bp.compiler.arrays.language import (
    BATCH_SIZE,
    Array,
    Rule,
    array,
    broadcast_to,
    call,
    literal,
    reshape,
    rewritten,
    scatter,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Kept, Loop, Stacked
from micrograd_bp.compiler.arrays.lowering import Lowered, lowered
from micrograd_bp.compiler.arrays.reading import Reader, shape_of, variable_of
from micrograd_bp.compiler.arrays.rolling import Item, Rounds, groups_in, reads_of, replaced, rolled
from micrograd_bp.compiler.arrays.statements import FORWARD, PARAMETERS, Accumulating, Statement
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import HOLE, Column, Group, Index, View
from micrograd_bp.engine import Value, topological_order


@dataclass(slots=True)
class Routine:
    """A function of a program.

    Attributes:
        name: what it is called.
        inputs: the groups that it takes besides the parameters.
        statements: what it does.
        results: what it returns, by name.
    """

    name: str
    inputs: Sequence[Group]
    statements: list[Statement]
    results: dict[str, Array]

    def __str__(self) -> str:
        """The routine in the array language, a line for each statement, and those of loops further in."""
        values = [(each.target, each.value) for each in self.statements]
        lines = [str(value.detail) if value.function == "loop" else f"{name} = {value}" for name, value in values]
        return "\n".join([*lines, f"return {', '.join(map(str, self.results.values()))}"])

    @property
    def values(self) -> list[Array]:
        """All arrays that are computed, those in loops included."""
        loops = [each.value.detail for each in self.statements if each.value.function == "loop"]
        values = [value for loop in loops for value in loop.values]
        return [*(statement.value for statement in self.statements), *values, *self.results.values()]

    def rewritten(self, rule: Rule) -> "Routine":
        """The same with its arrays computed in another way."""

        def also_in_loops(node: Array, operands: Sequence[Array]) -> Array | None:
            if node.function != "loop":
                return rule(node, operands)
            loop: Loop = node.detail
            node = loop.with_values(rewritten(loop.values, rule)).starting(*operands[: loop.n_beginning])
            return rule(node, node.operands) or node

        values = rewritten([*(statement.value for statement in self.statements), *self.results.values()], also_in_loops)
        n = len(self.statements)
        statements = [each._replace(value=value) for each, value in zip(self.statements, values[:n], strict=True)]
        return Routine(self.name, self.inputs, statements, dict(zip(self.results, values[n:], strict=True)))


class Routines:
    """Makes routines from groups."""

    def __init__(self, grouping: Grouping) -> None:
        """Starts from the groups of a graph."""
        self.grouping = grouping
        self.reader = Reader(grouping.constants)
        self.loops: list[Rounds] = []
        """The loops of all routines that have been made."""

    def value_and_gradient(self, loss: Value, wanted: Sequence[str] = ()) -> Routine:
        """The mean loss of a batch, and its gradient along the parameters and along the inputs in `wanted`."""
        group, position = self.grouping.place(loss)
        passed = self._forward([group])
        read = self.reader.read(Column(group, np.array([position])))
        items = self._rolled(passed, [read])
        mean = read
        if group.batched:
            mean = call("divide", reshape(total(mean, range(len(mean.shape))), ()), BATCH_SIZE)
        value = variable("value")
        statements = [Statement(value, mean, "the mean loss" if group.batched else "the loss")]
        upstream = call("divide", literal(1.0), BATCH_SIZE) if group.batched else literal(1.0)
        gradients = Gradients(self.grouping.parameters, [self.grouping.inputs[name] for name in wanted])
        gradients.follow(items)
        gradients.give(read, upstream)
        gradients.through(items, statements)
        results = {"value": value, "gradient": self._gradient_of_parameters(gradients.of, statements)}
        for name in wanted:
            along = self.grouping.inputs[name]
            gradient = named_gradient(along, gradients.of.get(along, []), statements)
            results[f"d_{name}"] = broadcast_to(gradient, shape_of(along))
        statements = _forward_statements(items, gradients.kept) + statements
        return Routine("value_and_gradient", list(self.grouping.inputs.values()), statements, results)

    def predict(self, outputs: Mapping[str, Sequence[Value]]) -> Routine:
        """The outputs, from only the inputs that they depend on."""
        columns = {name: self.grouping.column([*map(self.grouping.place, nodes)]) for name, nodes in outputs.items()}
        groups = [column.group for column in columns.values()]
        passed = self._forward(groups)
        needed = self._needed(groups)
        results = {name: self.reader.read(column, exact=True) for name, column in columns.items()}
        inputs = [group for group in self.grouping.inputs.values() if group in needed]
        items = self._rolled(passed, results.values(), keeps=True)
        loops = [item for item in items if isinstance(item, Rounds)]
        for rounds in loops:
            results = dict(zip(results, replaced(results.values(), rounds.kept), strict=True))
        nodes = topological_order(*results.values(), *_values_after_loops(items))
        stacked = {node.detail.of for node in nodes if isinstance(node.detail, Stacked)}
        owns = {rounds: [variable_of(own) for own in rounds.groups if own in stacked] for rounds in loops}
        kept = {rounds: [Kept(own, None, is_carried=True) for own in owns[rounds]] for rounds in loops}
        return Routine("predict", inputs, _forward_statements(items, kept), results)

    def _rolled(self, passed: dict[Group, Lowered], results: Iterable[Array], *, keeps: bool = False) -> list[Item]:
        """What is computed, with what repeats as rounds, and without views of the parameters that only rounds take."""
        self._add_views(passed, groups_in(results))
        items = rolled(list(passed.values()), results, keeps=keeps, period=self.grouping.period)
        loops = [item for item in items if isinstance(item, Rounds)]
        self.loops += loops
        if not loops:
            return items
        needed = set(groups_in(results)).union(*map(reads_of, items))
        return [
            item
            for item in items
            if isinstance(item, Rounds) or not isinstance(item.group, View) or item.group in needed
        ]

    def _needed(self, groups: Iterable[Group]) -> set[Group]:
        needed = set(groups)
        for group in reversed(self.grouping.groups):
            if group in needed:
                needed.update(group.sources)
        return needed

    def _forward(self, groups: Iterable[Group]) -> dict[Group, Lowered]:
        """These groups and all that they are computed from; a view of the parameters where it is first read."""
        needed = self._needed(groups)
        passed: dict[Group, Lowered] = {}
        for group in self.grouping.groups:
            if group not in needed:
                continue
            done = lowered(group, self.reader)
            if group.members[0] in self.grouping.totals and done.value.function not in ("add", "subtract"):
                # The first one begins with 0, as it would in a loop over a sum of all rounds.
                done = done._replace(value=array("add", (literal(0.0), done.value), done.value.shape))
            if done.stands_for is not None:
                self.reader.same[group] = done.stands_for
                continue
            reads = list(groups_in([*done.operands, done.value]))
            self._add_views(passed, reversed(reads))  # so that backwards the weights come before the biases
            passed[group] = done
        return passed

    def _add_views(self, passed: dict[Group, Lowered], reads: Iterable[Group]) -> None:
        """Adds the views of the parameters that are read here for the first time."""
        for group in reads:
            if isinstance(group, View) and group not in passed:
                passed[group] = lowered(group, self.reader)

    def _gradient_of_parameters(self, gradients: Mapping[Group, Sequence[Array]], statements: list[Statement]) -> Array:
        """The gradients of the views in one flat array."""
        parameters = self.grouping.parameters
        gradient = variable("gradient", shape_of(parameters))
        parts = parts_in(reversed(gradients.get(parameters, ())))
        parts.sort(key=lambda part: -1 if part.places is None else _first_entry(part.places))
        if len(parts) == 1 and parts[0].array.detail == Accumulating(parameters):
            return parts[0].array  # all of it comes from a loop
        value = scatter(parts, gradient.shape)
        statements.append(Statement(gradient, value, "the gradient, in the order of the parameters"))
        return gradient


def _forward_statements(items: Sequence[Item], kept: Mapping[Rounds, Sequence[Kept]]) -> list[Statement]:
    entries = [item for item in items if isinstance(item, Lowered)]
    views = [(done.group, done.value) for done in entries if isinstance(done.group, View)]
    views.sort(key=lambda view: _first_entry(view[0].column.index))
    statements = [Statement(variable_of(group), value, PARAMETERS, group) for group, value in views]
    for item in items:
        if isinstance(item, Rounds):
            loop = forward_loop(item, kept.get(item, ()))
            statements.append(Statement(variable(loop.detail), loop, FORWARD))
        elif not isinstance(item.group, View):
            statements.append(Statement(variable_of(item.group), item.value, FORWARD, item.group))
    return statements


def _values_after_loops(items: Iterable[Item]) -> Iterator[Array]:
    for item in items:
        if isinstance(item, Rounds):
            yield from (each.initial for each in item.carried)
        else:
            yield item.value


def _first_entry(index: Index) -> int:
    return int(index[index != HOLE].min(initial=np.iinfo(np.int64).max))
