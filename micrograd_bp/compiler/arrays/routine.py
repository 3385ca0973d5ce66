"""Routines: the statements of a program, in order, for the loss with its gradient and for the outputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.gradient import backward, contributions, stated
from micrograd_bp.compiler.arrays.language import (
    BATCH_SIZE,
    Array,
    Part,
    Rule,
    broadcast_to,
    call,
    laid_out,
    literal,
    parts_of,
    reshape,
    rewritten,
    scatter,
    signed,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.lowering import Lowered, lowered
from micrograd_bp.compiler.arrays.reading import Reader, shape_of, variable_of
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import HOLE, Column, Group, Index
from micrograd_bp.engine import Value, topological_order


@dataclass(frozen=True, slots=True)
class GradientOf:
    """Names the gradient of the loss along a group."""

    group: Group

    @property
    def name(self) -> str:
        """`d_W0` for `W0`."""
        return self.group.gradient_name


PARAMETERS, FORWARD, BACKWARD = "the parameters", "forward", "backward"
"""The headings of the statements that take views of the parameters, of the forward and of the backward pass."""


class Statement(NamedTuple):
    """One array of a program that has a name.

    Attributes:
        target: the variable.
        value: what it is computed from.
        section: the heading that it stands under.
        group: the group whose array, or whose gradient, this is.
    """

    target: Array
    value: Array
    section: str
    group: Group | None = None

    @property
    def is_backward(self) -> bool:
        """Whether it is about a gradient."""
        return self.section not in (PARAMETERS, FORWARD)


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
    inputs: list[Group]
    statements: list[Statement]
    results: dict[str, Array]

    def __str__(self) -> str:
        """The routine in the array language, a line for each statement."""
        lines = [f"{each.target} = {each.value}" for each in self.statements]
        return "\n".join([*lines, f"return {', '.join(map(str, self.results.values()))}"])

    def rewritten(self, rule: Rule) -> "Routine":
        """The same with its arrays computed in another way."""
        values = rewritten([*(statement.value for statement in self.statements), *self.results.values()], rule)
        n = len(self.statements)
        statements = [each._replace(value=value) for each, value in zip(self.statements, values[:n], strict=True)]
        return Routine(self.name, self.inputs, statements, dict(zip(self.results, values[n:], strict=True)))


class Routines:
    """Makes routines from groups."""

    def __init__(self, grouping: Grouping) -> None:
        """Starts from the groups of a graph."""
        self.grouping = grouping
        self.reader = Reader(grouping.constants)

    def value_and_gradient(self, loss: Value, wanted: Sequence[str] = ()) -> Routine:
        """The mean loss of a batch, and its gradient along the parameters and along the inputs in `wanted`."""
        group, position = self.grouping.place[loss]
        passed = self._forward([group])
        read = self.reader.read(Column(group, np.array([position])))
        self._add_views(passed, [read])
        statements = _forward_statements(passed)
        mean = read
        if group.batched:
            mean = call("divide", reshape(total(mean, range(len(mean.shape))), ()), BATCH_SIZE)
        value = variable("value")
        statements.append(Statement(value, mean, "the mean loss" if group.batched else "the loss"))
        upstream = call("divide", literal(1.0), BATCH_SIZE) if group.batched else literal(1.0)
        gradients = self._backward(passed, read, upstream, wanted, statements)
        results = {"value": value, "gradient": self._gradient_of_parameters(gradients, statements)}
        for name in wanted:
            along = self.grouping.inputs[name]
            gradient = _named_gradient(along, gradients.get(along, []), statements)
            results[f"d_{name}"] = broadcast_to(gradient, shape_of(along))
        return Routine("value_and_gradient", list(self.grouping.inputs.values()), statements, results)

    def predict(self, outputs: Mapping[str, Sequence[Value]]) -> Routine:
        """The outputs, from only the inputs that they depend on."""
        columns = {
            name: self.grouping.column([self.grouping.place[node] for node in nodes]) for name, nodes in outputs.items()
        }
        groups = [column.group for column in columns.values()]
        passed = self._forward(groups)
        needed = self._needed(groups)
        results = {name: self.reader.read(column, exact=True) for name, column in columns.items()}
        self._add_views(passed, results.values())
        inputs = [group for group in self.grouping.inputs.values() if group in needed]
        return Routine("predict", inputs, _forward_statements(passed), results)

    def _needed(self, groups: Iterable[Group]) -> set[Group]:
        needed: set[Group] = set()
        stack = list(groups)
        while stack:
            group = stack.pop()
            if group not in needed:
                needed.add(group)
                stack += group.sources
        return needed

    def _forward(self, groups: Iterable[Group]) -> dict[Group, Lowered]:
        """These groups and all that they are computed from; a view of the parameters where it is first read."""
        needed = self._needed(groups)
        passed: dict[Group, Lowered] = {}
        for group in self.grouping.groups:
            if group not in needed:
                continue
            done = lowered(group, self.reader)
            if done.stands_for is not None:
                self.reader.same[group] = done.stands_for
                continue
            self._add_views(passed, reversed(done.reads))  # so that backwards the weights come before the biases
            passed[group] = done
        return passed

    def _add_views(self, passed: dict[Group, Lowered], reads: Iterable[Array]) -> None:
        """Adds the views of the parameters that are read here for the first time."""
        for group in [node.detail for read in reads for node in topological_order(read)]:
            if isinstance(group, Group) and group.kind == "view" and group not in passed:
                passed[group] = lowered(group, self.reader)

    def _backward(
        self,
        passed: Mapping[Group, Lowered],
        loss: Array,
        upstream: Array,
        wanted: Sequence[str],
        statements: list[Statement],
    ) -> dict[Group, list[Array]]:
        """The chain rule: the groups in reverse, each giving its gradient back to those that it was computed from.

        Returns:
            What came to the gradients of the parameters and the inputs, in parts.
        """
        parameters = self.grouping.parameters
        moving = {parameters, *(self.grouping.inputs[name] for name in wanted)}
        for done in passed.values():
            sources = [self.reader.original(source) for source in done.group.sources]
            if not moving.isdisjoint(sources):
                moving.add(done.group)

        gradients: dict[Group, list[Array]] = {}

        def give(y: Array, d: Array) -> None:
            for x, contribution in contributions(y, d, lambda x: x.detail in moving or x.detail == "parameters"):
                gradients.setdefault(parameters if x.detail == "parameters" else x.detail, []).append(contribution)

        def give_back(group: Group, shares: list[Array]) -> None:
            done = passed[group]
            d = _named_gradient(group, shares, statements)
            if done.formulas is None:
                give(done.value, d)
                return
            d = laid_out(d, shape_of(group), done.extents)
            for x, contribution in stated(done.derivatives(), d, done.extents):
                give(x, contribution)

        give(loss, upstream)
        backward(list(passed), gradients, give_back)
        return gradients

    def _gradient_of_parameters(self, gradients: Mapping[Group, Sequence[Array]], statements: list[Statement]) -> Array:
        """The gradients of the views in one flat array."""
        parameters = self.grouping.parameters
        gradient = variable("gradient", shape_of(parameters))
        parts = [part for each in reversed(gradients.get(parameters, ())) for part in _parts(each)]
        parts.sort(key=lambda part: 0 if part.places is None else _first_entry(part.places))
        value = scatter(parts, gradient.shape)
        statements.append(Statement(gradient, value, "the gradient, in the order of the parameters"))
        return gradient


def _forward_statements(passed: Mapping[Group, Lowered]) -> list[Statement]:
    views = [done for done in passed.values() if done.group.kind == "view"]
    views.sort(key=lambda done: _first_entry(done.group.operands[0].index))
    others = [done for done in passed.values() if done.group.kind != "view"]
    return [
        Statement(variable_of(done.group), done.value, section, done.group)
        for section, lowered_there in ((PARAMETERS, views), (FORWARD, others))
        for done in lowered_there
    ]


def _parts(contribution: Array) -> list[Part]:
    return parts_of(contribution) if contribution.function == "scatter" else [Part(contribution, None)]


def _first_entry(index: Index) -> int:
    return int(index[index != HOLE].min(initial=np.iinfo(np.int64).max))


def _named_gradient(group: Group, contributions: Sequence[Array], statements: list[Statement]) -> Array:
    """What has been given to a group, added up, with a name; a number that holds for all entries needs none."""
    shape = shape_of(group)
    parts = [part for contribution in contributions for part in _parts(contribution)]
    if not parts or any(part.places is not None for part in parts):
        parts.sort(key=lambda part: part.places is not None)
        value = scatter(parts, shape)
    else:
        value = _added([part.array for part in parts])
        # A view's gradient is put to its place as it is; any other may stay a number that holds for all entries.
        if group.kind == "view":
            value = broadcast_to(value, shape)
        elif value.function in ("variable", "literal"):
            return value
    if not parts:
        return value
    gradient = variable(GradientOf(group), value.shape)
    statements.append(Statement(gradient, value, BACKWARD, group))
    return gradient


def _added(contributions: list[Array]) -> Array:
    """The sum of contributions; a number that all of them are multiplied by is multiplied once."""
    signed = [_signed(each) for each in contributions]
    factors = {factor for _, factor, _ in signed}
    if len(contributions) == 1 or len(factors) > 1 or None in factors:
        signed = [(1.0, None, each) for each in contributions]
    signed.sort(key=lambda each: each[0] < 0.0)
    value = signed[0][2] if signed[0][0] > 0.0 else call("negative", signed[0][2])
    for sign, _, rest in signed[1:]:
        value = call("add" if sign > 0.0 else "subtract", value, rest)
    factor = signed[0][1]
    return value if factor is None else call("multiply", factor, value)


def _signed(contribution: Array) -> tuple[float, Array | None, Array]:
    """A sign, a variable that holds one number, and what they are multiplied with."""
    sign, rest = signed(contribution)
    if rest.function == "multiply" and rest.operands[0].function == "variable" and not rest.operands[0].shape:
        factor, other = rest.operands
        return sign, factor, other
    return 1.0, None, contribution
