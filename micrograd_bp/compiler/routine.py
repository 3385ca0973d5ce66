"""Routines: the statements of a program, in order, for the loss with its gradient and for the outputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from micrograd_bp.compiler.backward import Backward
from micrograd_bp.compiler.blocks import Block
from micrograd_bp.compiler.expression import (
    BATCH_SIZE,
    Expression,
    broadcast_to,
    call,
    literal,
    reshape,
    total,
    variable,
)
from micrograd_bp.compiler.forward import Computed, computed
from micrograd_bp.compiler.grouping import Grouping
from micrograd_bp.compiler.groups import HOLE, Column, Group
from micrograd_bp.compiler.reading import Entries, Read, Reader, shape_of, variable_of
from micrograd_bp.engine import Value


@dataclass(frozen=True, slots=True)
class GradientOf:
    """Names the gradient of the loss along a group."""

    group: Group

    @property
    def name(self) -> str:
        """`d_W0` for `W0`."""
        return self.group.gradient_name


PARAMETERS, FORWARD = "the parameters", "forward"
"""The headings of the statements that take views of the parameters, and of the forward pass."""


@dataclass(slots=True)
class Statement:
    """One line of a program.

    Attributes:
        action: "set" gives the target its value; "add" adds to some of its entries; "put" and "put more" write the
            gradient along a view of the parameters to its place, or add it there.
        target: the variable; for "put" and "put more" the gradient of a view.
        value: what it is set to, or what is added.
        section: the heading that it stands under.
        entries: for "add", which entries.
        group: the group whose array, or whose gradient, this is.
    """

    action: str
    target: Expression
    value: Expression
    section: str
    entries: Entries = None
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
    results: dict[str, Expression]


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
        mean = read.expression
        if group.batched:
            mean = call("divide", reshape(total(mean, range(len(mean.shape))), ()), BATCH_SIZE)
        value = variable("value")
        statements.append(Statement("set", value, mean, "the mean loss" if group.batched else "the loss"))

        moving = self._moving(passed, wanted)
        backward = Backward(moving)
        upstream = call("divide", literal(1.0), BATCH_SIZE) if group.batched else literal(1.0)
        backward.give(read, upstream, read.expression.shape)
        for done in reversed(passed.values()):
            if done.group in moving:
                gradient = _gradient(done.group, backward, statements)
                if gradient is not None:
                    backward.through(done, gradient)
        results = {"value": value, "gradient": self._gradient_of_parameters(passed, backward, statements)}
        for name in wanted:
            gradient = _gradient(self.grouping.inputs[name], backward, statements)
            whole = variable_of(self.grouping.inputs[name])
            zeros = Expression("zeros_like", (whole,), whole.shape)
            results[f"d_{name}"] = zeros if gradient is None else broadcast_to(gradient, whole.shape)
        return Routine("value_and_gradient", list(self.grouping.inputs.values()), statements, results)

    def predict(self, outputs: Mapping[str, Sequence[Value]]) -> Routine:
        """The outputs, from only the inputs that they depend on."""
        columns = {
            name: self.grouping.column([self.grouping.place[node] for node in nodes]) for name, nodes in outputs.items()
        }
        groups = [column.group for column in columns.values()]
        passed = self._forward(groups)
        needed = self._needed(groups)
        reads = {name: self.reader.read(column, exact=True) for name, column in columns.items()}
        self._add_views(passed, reads.values())
        statements = _forward_statements(passed)
        results = {name: read.expression for name, read in reads.items()}
        return Routine(
            "predict", [group for group in self.grouping.inputs.values() if group in needed], statements, results
        )

    def _needed(self, groups: Iterable[Group]) -> set[Group]:
        needed: set[Group] = set()
        stack = list(groups)
        while stack:
            group = stack.pop()
            if group not in needed:
                needed.add(group)
                stack += group.sources
        return needed

    def _forward(self, groups: Iterable[Group]) -> dict[Group, Computed]:
        """These groups and all that they are computed from; a view of the parameters where it is first read."""
        needed = self._needed(groups)
        passed: dict[Group, Computed] = {}
        for group in self.grouping.groups:
            if group not in needed:
                continue
            done = computed(group, self.reader)
            if done.stands_for is not None:
                self.reader.same[group] = done.stands_for
                continue
            self._add_views(passed, reversed(done.all_reads()))  # so that backwards the weights come before the biases
            passed[group] = done
        return passed

    def _add_views(self, passed: dict[Group, Computed], reads: Iterable[Read]) -> None:
        """Adds the views of the parameters that are read here for the first time."""
        for read in reads:
            if read.group is not None and read.group.kind == "view" and read.group not in passed:
                passed[read.group] = computed(read.group, self.reader)

    def _moving(self, passed: Mapping[Group, Computed], wanted: Sequence[str]) -> set[Group]:
        """The groups that depend on what a gradient is wanted for."""
        moving = {self.grouping.parameters, *(self.grouping.inputs[name] for name in wanted)}
        for done in passed.values():
            if not moving.isdisjoint([self.reader.original(source) for source in done.group.sources]):
                moving.add(done.group)
        return moving

    def _gradient_of_parameters(
        self, passed: Mapping[Group, Computed], backward: Backward, statements: list[Statement]
    ) -> Expression:
        """The gradients of the views in one flat array."""
        parameters = self.grouping.parameters
        gradient = variable("gradient", (len(parameters),))
        views = [done.group for done in _views(passed) if backward.contributions(done.group)]
        covered = np.concatenate([np.zeros(0, int), *(view.operands[0].index.ravel() for view in views)])
        covered = covered[covered != HOLE]
        each_once = len(covered) == len(parameters) == len(np.unique(covered))
        section = "the gradient, in the order of the parameters"
        start = Expression(
            "empty_like" if each_once else "zeros_like", (variable("parameters", gradient.shape),), gradient.shape
        )
        statements.append(Statement("set", gradient, start, section))
        for view in views:
            action = "put" if each_once else "put more"
            value = variable(GradientOf(view), shape_of(view))
            statements.append(Statement(action, value, value, section, group=view))
        return gradient


def _forward_statements(passed: Mapping[Group, Computed]) -> list[Statement]:
    views = _views(passed)
    others = [done for done in passed.values() if done.group.kind != "view"]
    return [
        Statement("set", variable_of(done.group), done.value, section, group=done.group)
        for section, computed_there in ((PARAMETERS, views), (FORWARD, others))
        for done in computed_there
    ]


def _views(passed: Mapping[Group, Computed]) -> list[Computed]:
    """The views of the parameters, sorted as their first parameters are."""
    views = [done for done in passed.values() if done.group.kind == "view"]
    return sorted(views, key=lambda done: _first_parameter(done.group.operands[0]))


def _added(contributions: list[Expression]) -> Expression:
    """The sum of contributions; a number that all of them are multiplied by is multiplied once."""
    signed = [_signed(each) for each in contributions]
    factors = {factor.detail if factor is not None else None for _, factor, _ in signed}
    if len(contributions) == 1 or len(factors) > 1 or None in factors:
        signed = [(1.0, None, each) for each in contributions]
    signed.sort(key=lambda each: each[0] < 0.0)
    value = signed[0][2] if signed[0][0] > 0.0 else call("negative", signed[0][2])
    for sign, _, rest in signed[1:]:
        value = call("add" if sign > 0.0 else "subtract", value, rest)
    factor = signed[0][1]
    return value if factor is None else call("multiply", factor, value)


def _signed(contribution: Expression) -> tuple[float, Expression | None, Expression]:
    """A sign, a variable that holds one number, and what they are multiplied with."""
    if contribution.function != "multiply":
        return 1.0, None, contribution
    factor, rest = contribution.operands
    sign = -1.0 if factor.function == "negative" else 1.0
    factor = factor.operands[0] if sign < 0.0 else factor
    return (sign, factor, rest) if factor.function == "variable" and not factor.shape else (1.0, None, contribution)


def _first_parameter(column: Column) -> int:
    return int(column.index[column.index != HOLE].min(initial=len(column.group)))


def _gradient(group: Group, backward: Backward, statements: list[Statement]) -> Expression | None:
    """Adds up what has been given to a group; None if that is nothing."""
    contributions = backward.contributions(group)
    if not contributions:
        return None
    target = GradientOf(group)
    whole = [each.gradient for each in contributions if each.entries is None]
    parts = [each for each in contributions if each.entries is not None]
    if not parts:
        value = _added(whole)
        # A view's gradient is put to its place as it is; any other may stay a number that holds for all entries.
        if group.kind == "view":
            value = broadcast_to(value, shape_of(group))
        elif value.function in ("variable", "literal"):
            return value
        gradient = variable(target, value.shape)
        statements.append(Statement("set", gradient, value, "backward", group=group))
        return gradient
    gradient = variable(target, shape_of(group))
    start = Expression("zeros_like", (variable_of(group),), gradient.shape)
    if whole and whole[0].shape == gradient.shape and whole[0].function not in SHARED:
        start = whole.pop(0)
    statements.append(Statement("set", gradient, start, "backward", group=group))
    for value in whole:
        statements.append(Statement("add", gradient, value, "backward", group=group))
    for part in parts:
        value, places = part.gradient, part.entries
        if isinstance(places, Block) and not places.cuts_up(gradient.shape[-1]):  # no view of it, to be added to
            value, places = places.flat(value, gradient.shape[:-1]), places.places
        statements.append(Statement("add", gradient, value, "backward", places, group))
    return gradient


SHARED = {"variable", "constant", "reshape", "transpose", "broadcast_to", "entries", "view"}
"""What may be the memory of another array, so that nothing must be added to it in place."""
