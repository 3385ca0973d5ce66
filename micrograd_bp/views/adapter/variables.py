"""What an editor shows beside the code: the numbers of a step, a value, its operands, and the parameters as a tree.

A group of variables is fetched when somebody opens it, a page at a time, and is called by a number until the next step.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.adapter.requests import RequestError
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.names import Role
from micrograd_bp.views.number_text import NOT_KNOWN, number
from micrograd_bp.views.remarks import remark
from micrograd_bp.views.steps.formulas import NodeFormulas
from micrograd_bp.views.steps.step import CHANGED, Step

PAGE = 100
"""A group of more variables than this is paged."""


class Variable(NamedTuple):
    """One line of a group.

    Attributes:
        name: what stands on the left.
        text: what stands on the right.
        group: what is inside.
        value: the value whose gradient can be watched there.
    """

    name: str
    text: str
    group: "Listing | None" = None
    value: Value | None = None


class Listing(NamedTuple):
    """Some variables.

    Attributes:
        n_inside: how many there are; at most, if it is no more than a page.
        page: those from a first place up to a last one.
    """

    n_inside: int
    page: Callable[[int, int], Sequence[Variable]]


class Branch:
    """A branch of the tree of parameters: those whose names begin alike."""

    def __init__(self) -> None:
        self.inside: dict[str, Branch | Value] = {}
        self.count = 0

    @cached_property
    def entries(self) -> "list[tuple[str, Branch | Value]]":
        """What is inside, in order, numbers as numbers."""
        return sorted(self.inside.items(), key=lambda entry: _in_order(entry[0]))


def _in_order(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in name.split(".")]


class Variables:
    """The groups of one walk.

    Attributes:
        walk: where the numbers come from.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._groups: list[Listing] = []
        self._n_forgotten = 0
        self._watchable: dict[tuple[int, str], Value] = {}

    def forget(self) -> None:
        """The numbers have changed: what was handed out is no longer valid, and is never taken for something else."""
        self._n_forgotten += len(self._groups)
        self._groups.clear()
        self._watchable.clear()

    # ---- for the protocol

    def reference(self, group: Listing) -> dict[str, int]:
        """The number of a group, and how many are in it if it should be paged, as a part of a variable or a scope."""
        self._groups.append(group)
        paged = {"indexedVariables": group.n_inside} if group.n_inside > PAGE else {}
        return {"variablesReference": self._n_forgotten + len(self._groups), **paged}

    def fetch(self, reference: int, kind: str, start: int, count: int) -> list[dict[str, Any]]:
        """A page of a group; all of it where `count` is 0.

        Raises:
            RequestError: there is no such group.
        """
        place = reference - self._n_forgotten - 1
        if not 0 <= place < len(self._groups):
            raise RequestError(f"there are no variables {reference} here; a step makes those before it invalid")
        group = self._groups[place]
        if kind == "named" and group.n_inside > PAGE:
            return []
        start = min(max(start, 0), group.n_inside)
        stop = min(start + count, group.n_inside) if count > 0 else group.n_inside
        return [self._told(variable, reference) for variable in group.page(start, stop)]

    def _told(self, variable: Variable, reference: int) -> dict[str, Any]:
        """A variable of a group, for the protocol."""
        told: dict[str, Any] = {"name": variable.name, "value": variable.text, "variablesReference": 0}
        if variable.group is not None:
            told |= self.reference(variable.group)
        if variable.value is not None:
            self._watchable[reference, variable.name] = variable.value
            told["evaluateName"] = self.walk.recording.names[variable.value]
        return told

    def watchable(self, reference: int, name: str) -> Value | None:
        """The value behind a variable that has been fetched."""
        return self._watchable.get((reference, name))

    # ---- what there is to see

    def scopes(self, node: Value, step: Step | None) -> dict[str, Listing]:
        """The groups of a stack frame: a value, and the step by which its gradient goes on from it."""
        groups = {"Step": self._step(step)} if step is not None else {}
        groups["Value"] = self._value(node)
        if node.operands:
            groups["Operands"] = self._operands(node)
        if self._parameters.count:
            groups["Parameters"] = self._branch(self._parameters)
        return groups

    def named(self, value: Value, name: str | None = None) -> Variable:
        """A value as a line: its number and its gradient at this step, and what there is to know about it inside."""
        return Variable(name or self.walk.recording.names[value], self.numbers(value), self._value(value), value)

    def numbers(self, value: Value) -> str:
        """The number of a value, and its gradient at this step."""
        if not self.walk.is_known(value):
            return NOT_KNOWN
        if self.walk.is_forward:
            return number(value.data)
        return f"{number(value.data)}, gradient {number(self.walk.recording.gradient(value))}"

    def called(self, name: str) -> Listing | None:
        """The values of a list in the script, or the parameters of a module; None if nothing is called so."""
        names = self.walk.recording.names
        within = (value for value, each in names.items() if each.startswith(f"{name}."))
        values = [value for value in within if value in names.own or names.role(value) is Role.PARAMETER]
        if not values:
            return None
        return Listing(len(values), lambda start, stop: [self.named(value) for value in values[start:stop]])

    def _step(self, step: Step) -> Listing:
        names = self.walk.recording.names
        upstream, local = number(step.upstream_gradient), number(step.local_derivative)
        rows = [
            Variable("from", names[step.node], self._value(step.node), step.node),
            Variable("to", step.target, self._value(step.operand), step.operand),
            Variable("upstream gradient", upstream),
            Variable("local derivative", step.formula.text),
            Variable("contribution", f"{upstream} · {local} = {number(step.contribution)}"),
            Variable("gradient", f"{number(step.before)} → {number(step.after)}", value=step.operand),
            Variable("step", f"{step.number:,} of {len(self.walk.recording.steps):,}"),
        ]
        if step.changed:
            rows.append(Variable("note", CHANGED))
        return _rows(rows)

    def _value(self, value: Value) -> Listing:
        return Listing(PAGE, lambda start, stop: self._facts(value)[start:stop])

    def _facts(self, value: Value) -> list[Variable]:
        recording = self.walk.recording
        is_known = self.walk.is_known(value)
        rows = [Variable("data", number(value.data) if is_known else NOT_KNOWN)]
        if not self.walk.is_forward:
            rows.append(Variable("gradient so far", number(recording.gradient(value)), value=value))
        if value.label:
            rows.append(Variable("label", value.label))
        if value.operation is not None:
            has_rule = bool(value.operation.operand_names) and is_known
            formula = NodeFormulas(value, recording.names).result.text if has_rule else ""
            rows.append(
                Variable("operation", f"{value.operation.name}: {formula}" if formula else value.operation.name)
            )
        else:
            rows.append(Variable("role", recording.names.role(value).value))
        module = recording.names.module(value)
        if module is not None:
            rows.append(Variable("module", f"{recording.names.path(module)} ({module.kind})".strip()))
        if value.origin is not None and value.origin.place:
            rows.append(Variable("made at", value.origin.place))
        if note := remark(value):
            rows.append(Variable("note", note))
        if not self.walk.is_forward:
            contributions = self.walk.contributions.to(value)
            n_taken = sum(step.number <= recording.position for step in contributions)
            for name, steps in (
                ("contributed so far", contributions[:n_taken]),
                ("still to come", contributions[n_taken:]),
            ):
                rows.append(Variable(name, f"{len(steps):,}", self._contributions(steps) if steps else None))
        if value.operands:
            rows.append(Variable("operands", f"{len(value.operands):,}", self._operands(value)))
        return rows

    def _contributions(self, steps: Sequence[Step]) -> Listing:
        def page(start: int, stop: int) -> list[Variable]:
            return [
                Variable(
                    f"step {step.number}, through {step.node_name}",
                    f"{number(step.upstream_gradient)} · {number(step.local_derivative)} = {number(step.contribution)}",
                )
                for step in steps[start:stop]
            ]

        return Listing(len(steps), page)

    def _operands(self, node: Value) -> Listing:
        def page(start: int, stop: int) -> list[Variable]:
            shown = []
            for position, operand in enumerate(node.operands[start:stop], start):
                name = self.walk.recording.names[operand]
                of_many = node.operands.count(operand) > 1 if len(node.operands) <= PAGE else False
                shown.append(self.named(operand, f"{name} (operand {position + 1})" if of_many else name))
            return shown

        return Listing(len(node.operands), page)

    @cached_property
    def _parameters(self) -> Branch:
        """All parameters, by the parts of their names; a number stays with the name before it: `layers.0`."""
        root, names = Branch(), self.walk.recording.names
        for value in self.walk.recording.graph.order:
            if not value.operands and names.role(value) is Role.PARAMETER:
                parts: list[str] = []
                *path, last = names[value].split(".")
                for part in path:
                    if part.isdecimal() and parts:
                        parts[-1] += f".{part}"
                    else:
                        parts.append(part)
                branch = root
                branch.count += 1
                for part in parts:
                    inside = branch.inside.setdefault(part, Branch())
                    branch = inside if isinstance(inside, Branch) else branch
                    branch.count += 1
                branch.inside[last if last not in branch.inside else names[value]] = value
        return root

    def _branch(self, branch: Branch) -> Listing:
        def page(start: int, stop: int) -> list[Variable]:
            return [
                self.named(inside, name)
                if isinstance(inside, Value)
                else Variable(name, f"{inside.count:,} values", self._branch(inside))
                for name, inside in branch.entries[start:stop]
            ]

        return Listing(len(branch.inside), page)


def _rows(rows: Sequence[Variable]) -> Listing:
    return Listing(len(rows), lambda start, stop: rows[start:stop])
