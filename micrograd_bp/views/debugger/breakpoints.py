"""Where the debugger stops: at an operation, a value, a source line, or where a condition holds."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.conditions import Condition
from micrograd_bp.views.debugger.lines import Lines
from micrograd_bp.views.steps.steps import Recording, Step

Test = Callable[[Recording, Step], bool]


@dataclass(eq=False)
class Breakpoint:
    """One place to stop.

    Attributes:
        number: by which it is deleted.
        what: what it was set on, in words.
        test: whether to stop after this step.
        computes: whether to stop when this value is computed, in the forward pass; None for what only steps have.
        enough: whether this is the time to stop, of all that it could have; None for each time.
        hits: how many times that was.
        log: what to say in place of stopping, if it is there to say something.
    """

    number: int
    what: str
    test: Test
    computes: Callable[[Value], bool] | None = None
    enough: Callable[[int], bool] | None = None
    hits: int = 0
    log: Callable[[Recording, Step], str] | None = None

    def hit(self) -> bool:
        """Counts one more time; says whether it is the one to stop at."""
        self.hits += 1
        return self.enough is None or self.enough(self.hits)


class Place(NamedTuple):
    """What a breakpoint is set on.

    Attributes:
        what: in words.
        is_node: whether it is this value, to whose operands the gradient goes on; stops at its first step.
        is_operand: whether it is this value, at each step that adds to its gradient.
    """

    what: str
    is_node: Callable[[Value], bool] | None = None
    is_operand: Callable[[Value], bool] | None = None

    def test(self, recording: Recording, step: Step) -> bool:
        """Whether a step is there."""
        if self.is_node is not None and step.is_first and self.is_node(step.node):
            return True
        return self.is_operand is not None and self.is_operand(step.operand)


def breakpoint_at(number: int, text: str, recording: Recording) -> Breakpoint:
    """What `break` makes of its argument: `PLACE`, `CONDITION` or `PLACE if CONDITION`.

    Raises:
        ValueError: it is none of these, or nothing in the graph is meant by it.
    """
    place_text, is_conditional, condition_text = re.match(r"(.*?)(?:(\bif\b)(.*))?$", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]  # it always matches
    place: Place | None = None
    conditions: list[Condition] = []
    if place_text.strip():
        place = _place(place_text.strip(), recording)
        if place is None:
            conditions.append(_condition(place_text.strip(), recording))
    if is_conditional:
        conditions.append(_condition(condition_text.strip(), recording))
    return breakpoint_on(number, place, conditions)


def breakpoint_on(number: int, place: Place | None, conditions: Sequence[Condition]) -> Breakpoint:
    """A breakpoint on a place, or everywhere, where all conditions hold."""
    words = [*([place.what] if place else []), *(f"where {condition.text}" for condition in conditions)]
    tests: list[Test] = [*([place.test] if place else []), *(condition.holds for condition in conditions)]
    test = tests[0] if len(tests) == 1 else lambda recording, step: all(test(recording, step) for test in tests)
    return Breakpoint(number, ", ".join(words), test, place.is_node if place and not conditions else None)


def watchpoint(number: int, name: str, recording: Recording) -> Breakpoint:
    """Stops whenever a step changes the gradient of the value called `name`.

    Raises:
        ValueError: no value is called so.
    """
    value = known_value(name, recording)

    def changes(recording: Recording, step: Step) -> bool:
        return step.operand is value and step.before != step.after  # nan differs from everything: it stops there too

    return Breakpoint(number, f"the gradient of {recording.names[value]} changes", changes)


def known_value(name: str, recording: Recording) -> Value:
    """The value called `name`.

    Raises:
        ValueError: there is none; the message lists some that are there.
    """
    value = recording.names.value(name)
    if value is None:
        known = recording.names.all()
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        raise ValueError(f"no value is called {name or 'nothing'}; there are {', '.join(known[:8])}{more}")
    return value


COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "%": lambda hits, number: hits % number == 0,
}


def hit_count(text: str) -> Callable[[int], bool]:
    """Which times are meant: `3` or `== 3` the third one, `>= 3` from there on, `% 3` every third.

    Raises:
        ValueError: it is none of these.
    """
    found = re.fullmatch(r"\s*(==|>=|>|<=|<|%|)\s*([1-9]\d{0,8})\s*", text)
    if found is None:
        raise ValueError(f"a hit count is a number such as 3, or >= 3, or % 3 for every third time, got {text}")
    compare, number = COMPARISONS[found[1]], int(found[2])
    return lambda hits: compare(hits, number)


def _condition(text: str, recording: Recording) -> Condition:
    if not re.search(r"[<>=!]|\bis\b", text):
        operations = dict.fromkeys(node.operation.name for node in recording.graph.order if node.operation)
        raise ValueError(
            f"{text or 'an empty condition'} is no operation, value, source line or condition here; "
            f"the operations are {', '.join(operations) or 'none'}"
        )
    return Condition(text, recording.names)


def _place(text: str, recording: Recording) -> Place | None:
    value = recording.names.value(text)
    if value is not None and value in recording.names.own:
        return _value(value, recording)
    operations = {node.operation for node in recording.graph.order if node.operation is not None}
    meant = {operation for operation in operations if text in (operation.name, operation.symbol)}
    if meant:
        return Place(f"operation {text}", lambda node: node.operation in meant)
    if value is not None:
        return _value(value, recording)
    line = re.fullmatch(r"(?:(.+):)?(\d+)", text)
    return line_place(line[1], int(line[2]), Lines(recording.graph.order)) if line else None


def _value(value: Value, recording: Recording) -> Place:
    name = recording.names[value]
    if value.operands:
        return Place(f"value {name}", is_node=lambda node: node is value)
    return Place(f"leaf {name}", is_operand=lambda operand: operand is value)


def line_place(file: str | None, line: int, lines: Lines) -> Place:
    """What was made on a line: the nodes; where a line made only leaves, these.

    Raises:
        ValueError: nothing was made there.
    """
    there = lines.at(file, line)
    if not there:
        raise ValueError(lines.nothing())
    made = frozenset(value for values in there.values() for value in values)
    what = f"line {' and '.join(sorted(f'{name}:{line}' for name in map(lines.short_name, there)))}"
    if any(value.operands for value in made):
        return Place(what, is_node=made.__contains__)
    return Place(what, is_operand=made.__contains__)
