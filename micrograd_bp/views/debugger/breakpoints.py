"""Where the debugger stops: at an operation, a value, a source line, or where a condition holds."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.conditions import Condition
from micrograd_bp.views.debugger.lines import Lines
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording

Test = Callable[[Recording, Step], bool]


@dataclass(eq=False)
class Breakpoint:
    """One place to stop.

    Attributes:
        number: by which it is deleted.
        what: what it was set on, in words.
        test: whether to stop after this step.
        computes: whether to stop when this value is computed, in the forward pass; None for what only steps have.
        enough: after how many times that it was reached it stops; None for each time.
        hits: how many times that was, from the beginning of the walk on.
        log: what to say in place of stopping, if it is there to say something.
    """

    number: int
    what: str
    test: Test
    computes: Callable[[Value], bool] | None = None
    enough: Callable[[int], bool] | None = None
    hits: int = 0
    log: Callable[[Recording, Step], str] | None = None

    @property
    def is_due(self) -> bool:
        """Whether this is the time to stop, after so many hits."""
        return self.enough is None or self.enough(self.hits)


class Target(NamedTuple):
    """What a breakpoint is set on.

    Attributes:
        what: in words.
        test: whether a step is there.
        computes: whether it is this value, in the forward pass; None for what only steps have.
    """

    what: str
    test: Test
    computes: Callable[[Value], bool] | None = None


def at_node(what: str, is_meant: Callable[[Value], bool]) -> Target:
    """A value in the middle: its first step, when its own gradient is complete."""
    return Target(what, lambda recording, step: step.is_first and is_meant(step.node), is_meant)


def at_leaf(what: str, is_meant: Callable[[Value], bool]) -> Target:
    """A leaf: each step that adds to its gradient."""
    return Target(what, lambda recording, step: is_meant(step.operand))


def breakpoint_at(number: int, text: str, recording: Recording) -> Breakpoint:
    """What `break` makes of its argument: `PLACE`, `CONDITION` or `PLACE if CONDITION`.

    Raises:
        ValueError: it is none of these, or nothing in the graph is meant by it.
    """
    return breakpoint_on(number, *read(text, recording), recording)


def read(text: str, recording: Recording) -> tuple[Target | None, list[Condition]]:
    """The place and the conditions in the argument of `break`.

    Raises:
        ValueError: as for `breakpoint_at`.
    """
    place_text, is_conditional, condition_text = re.match(r"(.*?)(?:(\bif\b)(.*))?$", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]  # it always matches
    place: Target | None = None
    conditions: list[Condition] = []
    if place_text.strip():
        place = _place(place_text.strip(), recording)
    if place is None and (place_text.strip() or not is_conditional):
        conditions.append(condition(place_text.strip(), recording))
    if is_conditional:
        conditions.append(condition(condition_text.strip(), recording))
    return place, conditions


def breakpoint_on(number: int, place: Target | None, conditions: Sequence[Condition], _: Recording) -> Breakpoint:
    """A breakpoint on a place, or everywhere, where all conditions hold."""
    words = [*([place.what] if place else []), *(f"where {each.text}" for each in conditions)]
    tests: list[Test] = [*([place.test] if place else []), *(each.holds for each in conditions)]

    def all_hold(recording: Recording, step: Step) -> bool:
        return all(test(recording, step) for test in tests)

    computes = place.computes if place and not conditions else None
    return Breakpoint(number, ", ".join(words), tests[0] if len(tests) == 1 else all_hold, computes)


def watchpoint(number: int, name: str, recording: Recording) -> Breakpoint:
    """Stops whenever a step changes the gradient of the value called `name`.

    Raises:
        ValueError: no value is called so.
    """
    return breakpoint_on(number, watched(name, recording), [], recording)


def watched(name: str, recording: Recording) -> Target:
    """Each change of the gradient of the value called `name`.

    Raises:
        ValueError: no value is called so.
    """
    value = known_value(name, recording)

    def changes(recording: Recording, step: Step) -> bool:
        return step.operand is value and step.before != step.after  # nan differs from everything: it stops there too

    return Target(f"the gradient of {recording.names[value]} changes", changes)


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


def condition(text: str, recording: Recording) -> Condition:
    """A condition, by its text.

    Raises:
        ValueError: it compares nothing, cannot be read, or speaks of something that is not there.
    """
    if not re.search(r"[<>=!]|\bis\b", text):
        operations = dict.fromkeys(node.operation.name for node in recording.graph.order if node.operation)
        raise ValueError(
            f"{text or 'an empty condition'} is no operation, value, source line or condition here; "
            f"the operations are {', '.join(operations) or 'none'}"
        )
    return Condition(text, recording.names)


def _place(text: str, recording: Recording) -> Target | None:
    value = recording.names.value(text)
    if value is not None and value in recording.names.own:
        return value_place(value, recording)
    operations = {node.operation for node in recording.graph.order if node.operation is not None}
    meant = {operation for operation in operations if text in (operation.name, operation.symbol)}
    if meant:
        return at_node(f"operation {text}", lambda node: node.operation in meant)
    if value is not None:
        return value_place(value, recording)
    line = re.fullmatch(r"(?:(.+):)?(\d+)", text)
    return line_place(line[1], int(line[2]), Lines(recording.graph.order)) if line else None


def value_place(value: Value, recording: Recording) -> Target:
    """On a value."""
    name = recording.names[value]
    if value.operands:
        return at_node(f"value {name}", lambda node: node is value)
    return at_leaf(f"leaf {name}", lambda operand: operand is value)


def line_place(file: str | None, line: int, lines: Lines) -> Target:
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
        return at_node(what, made.__contains__)
    return at_leaf(what, made.__contains__)
